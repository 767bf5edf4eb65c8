#include <plume/model.hpp>

#include <algorithm>

#include <plume/core/checked.hpp>
#include <plume/core/printable.hpp>
#include <plume/models/folder.hpp>
#include <plume/models/quantised.hpp>
#include <plume/session.hpp>

#include "dispatch.hpp"
#include "fast.hpp"
#include "guard.hpp"
#include "io/cancelled.hpp"
#include "model_parts.hpp"
#include "parallel.hpp"
#include "system.hpp"
#include "text/tables.hpp"

namespace plume {
namespace {

/// What every way of opening a model has in common up to the weights.
struct opened {
    io::gguf                      file;
    std::shared_ptr<model::parts> parts;
    weight_plan                   plan;
};

/// Fast kernels have no way to read rows as they stand in the file.
bool can_wait(const weight_plan& plan) {
    return std::none_of(plan.slots.begin(), plan.slots.end(), [](const weight_slot& s) { return s.pairs; });
}

/// Rows of a folder, and those of another weight type, are made when they are read: they lie nowhere to wait.
bool is_lazy(const std::string& path, const load_options& options) {
    return options.map && options.repack == repack::lazy && options.weights.empty() && !is_folder(path);
}

result<io::gguf> in_type(result<io::gguf> file, const load_options& options) {
    if (!file || options.weights.empty()) return file;
    return quantised(*file, {.type = options.weights, .rules = {}});
}

result<io::gguf> open_by_path(const std::string& path, const load_options& options) {
    return in_type(open_model_file(path, {.map = options.map, .limits = options.limits}), options);
}

/// Of a session: a room for each thread.
std::size_t rooms_bytes(const weight_plan& plan, std::size_t threads) { return plan.room_bytes * threads; }

result<void> choose_machine(model::parts& p, const load_options& options) {
    auto table = choose_target(options.cpu_target);
    if (!table) return std::move(table).error();
    p.table       = *table;
    p.activations = options.activations;
    p.workers     = options.executor;
    if (p.workers) return {};
    auto pool = make_thread_pool(options.threads == 0 ? available_threads() : options.threads);
    if (!pool) return std::move(pool).error();
    p.workers = std::move(*pool);
    return {};
}

/// Keys tokenizer.chat_template and tokenizer.chat_template.<name>. What is no text, or too long for a template, counts as not there.
void read_templates(const io::gguf& file, std::vector<template_source>& templates) {
    constexpr std::string_view key = "tokenizer.chat_template";
    for (const auto& entry : file.metadata()) {
        if (!entry.key.starts_with(key) || (entry.key.size() > key.size() && entry.key[key.size()] != '.')) continue;
        const auto text = entry.value.type() == io::value_type::string ? entry.value.text() : std::nullopt;
        if (text && text->size() <= template_limits{}.source_bytes)
            templates.push_back({std::string(entry.key.substr(std::min(entry.key.size(), key.size() + 1))), std::string(*text)});
    }
}

/// with_machine: its workers help to read the tokenizer.
result<opened> prepare(result<io::gguf> file, const load_options& options, bool with_machine = true) {
    if (!file) return std::move(file).error();
    if (options.stop.stop_requested()) return io::cancelled(*file);
    auto parts = std::make_shared<model::parts>();
    if (with_machine)
        if (auto chosen = choose_machine(*parts, options); !chosen) return std::move(chosen).error();
    auto config = read_config(*file);
    if (!config) return std::move(config).error();
    parts->config  = std::move(*config);
    auto tokenizer = is_folder(file->path()) && has_tokenizer(file->path())
                         ? plume::tokenizer::from_folder(file->path(), {}, options.on_notice, options.stop)
                         : load_tokenizer(*file, {.on_notice = options.on_notice, .stop = options.stop, .workers = parts->workers.get()});
    if (!tokenizer) return std::move(tokenizer).error();
    if (tokenizer->vocabulary_size() > parts->config.V)
        return file->fault(code::format_invalid, "has fewer rows than the vocabulary has tokens")
            .about("tensor", "token_embd.weight")
            .expected_found(tokenizer->vocabulary_size(), parts->config.V);
    parts->tokenizer = std::move(*tokenizer);
    read_templates(*file, parts->templates);
    if (const auto own = parts->tokenizer->template_source(); parts->templates.empty() && !own.empty() && own.size() <= template_limits{}.source_bytes)
        parts->templates.push_back({"", std::string(own)});  // of a folder
    if (options.stop.stop_requested()) return io::cancelled(*file);
    if (options.fast && options.cpu_target.empty()) parts->fast = choose_fast();  // a target that is named means what it says
    auto plan = plan_weights(*file, parts->config, parts->weights, parts->fast != nullptr);
    if (!plan) return std::move(plan).error();
    return opened{std::move(*file), std::move(parts), std::move(*plan)};
}

result<void> check_memory(const io::gguf& file, const weight_plan& plan, bool map) {
    const std::uint64_t need = plan.bytes + (map ? 0 : load_piece_bytes), available = available_memory().available;
    if (need <= available) return {};
    return file.fault(code::out_of_memory, "needs more memory than is available for its weights alone")
        .expected_found(readable_bytes(need) + " (" + std::to_string(need) + " bytes)",
                        readable_bytes(available) + " (" + std::to_string(available) + " bytes)")
        .hint("close other programs, or choose a smaller model or one of a smaller weight type, such as Q4_K_M");
}

load_watch watch_of(const load_options& options, std::uint64_t all) {
    return {[&options, all](std::uint64_t done) {
                return !options.on_progress || options.on_progress(all == 0 ? 1.0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(all)));
            },
            options.stop};
}

result<model> load_opened(result<io::gguf> file, const load_options& options, bool lazy) {
    auto all = prepare(std::move(file), options);
    if (!all) return std::move(all).error();
    if (auto enough = check_memory(all->file, all->plan, options.map); !enough) return std::move(enough).error();
    auto& parts      = *all->parts;
    lazy             = lazy && can_wait(all->plan);
    const auto watch = watch_of(options, all->file.tensor_bytes());
    if (!watch.progress(0)) return io::cancelled(all->file);
    auto loaded = lazy ? reserve_weights(all->file, all->plan, parts.weights, watch) : load_weights(all->file, all->plan, parts.weights, *parts.workers, watch);
    if (!loaded) return std::move(loaded).error();
    if (lazy) parts.room_bytes = rooms_bytes(all->plan, parts.workers->concurrency());
    const auto& w     = parts.weights;
    auto        ropes = make_rope_tables(all->file, parts.config, {w.rope_factors, w.rope_short, w.rope_long});
    if (!ropes) return std::move(ropes).error();
    parts.ropes = std::move(*ropes);
    return model(std::move(all->parts));
}

/// What load says of the factors of RoPE, without the other weights.
result<void> check_rope(const opened& all) {
    const auto&        w = all.parts->weights;
    std::vector<float> vectors[3];
    const float*       factors[3] = {};
    for (std::size_t i = 0; i < 3; ++i) {
        const float* const* places[] = {&w.rope_factors, &w.rope_short, &w.rope_long};
        auto                read     = read_vector(all.file, all.plan, *places[i]);
        if (!read) return std::move(read).error();
        vectors[i] = std::move(*read);
        if (!vectors[i].empty()) factors[i] = vectors[i].data();
    }
    if (auto tables = make_rope_tables(all.file, all.parts->config, {factors[0], factors[1], factors[2]}); !tables) return std::move(tables).error();
    return {};
}

}  // namespace

const plume::tokenizer& model::tokenizer() const noexcept { return *parts_->tokenizer; }
const model_config&     model::config() const noexcept { return parts_->config; }
bool                    model::has_chat_template(std::string_view name) const noexcept {
                       return std::any_of(parts_->templates.begin(), parts_->templates.end(), [&](const auto& t) { return t.name == name; });
}
result<chat_template> model::chat_template(std::string_view name) const {
    return guarded([&]() -> result<plume::chat_template> {
        std::string names;
        for (const auto& t : parts_->templates) {
            if (t.name == name) return plume::chat_template::parse(t.text);
            names += (names.empty() ? "" : ", ") + (t.name.empty() ? "the usual one" : printable(t.name));
        }
        error none{code::wrong_state, "this model has no chat template" + (name.empty() ? "" : " named '" + printable(name) + "'")};
        return std::move(none).hint(names.empty() ? "give it one, or let it continue a plain text" : "it has: " + names);
    });
}
std::string_view   model::cpu_target() const noexcept { return parts_->table->name; }
std::string_view   model::fast_kernels() const noexcept { return parts_->fast == nullptr ? "" : parts_->fast->name; }
plume::activations model::activations() const noexcept { return parts_->activations; }
std::size_t        model::threads() const noexcept { return parts_->workers->concurrency(); }
std::uint64_t      model::weight_bytes() const noexcept { return parts_->weights.memory.size(); }

result<model> load(const std::string& path, load_options options) {
    return guarded([&] { return load_opened(open_by_path(path, options), options, is_lazy(path, options)); });
}

result<model> load_memory(std::span<const std::byte> file, load_options options) {
    return guarded([&] { return load_opened(in_type(io::gguf::from_memory(file, options.limits), options), options, false); });
}

result<model> load_reader(std::uint64_t size, io::read_fn read, load_options options) {
    return guarded([&] { return load_opened(in_type(io::gguf::from_reader(size, std::move(read), options.limits), options), options, false); });
}

result<memory_plan> plan(const std::string& path, const load_options& load, const session_options& session) {
    return guarded([&]() -> result<memory_plan> {
        const std::uint64_t available = available_memory().available;  // before the tokenizer is there, which total() counts
        auto                all       = prepare(open_by_path(path, load), load, false);
        if (!all) return std::move(all).error();
        const auto& config  = all->parts->config;
        auto        settled = settle(config, session);
        if (!settled) return std::move(settled).error();
        memory_plan p;
        p.weights                 = all->plan.bytes;
        p.text                    = all->parts->tokenizer->allocated_bytes();
        p.kv                      = kv_bytes(config, *settled);
        const std::size_t threads = load.executor ? load.executor->concurrency() : load.threads == 0 ? available_threads() : load.threads;
        const std::size_t rooms   = is_lazy(path, load) && can_wait(all->plan) ? rooms_bytes(all->plan, threads) : 0;
        p.scratch                 = scratch_bytes(config, *settled, rooms);
        p.available               = available;
        p.context_tokens          = settled->context_tokens;
        p.context_that_fits       = p.weights + p.text > p.available ? 0 : largest_context(config, *settled, rooms, p.available - p.weights - p.text);
        return p;
    });
}

result<void> check(const std::string& path, load_options options) {
    return guarded([&]() -> result<void> {
        auto all = prepare(open_by_path(path, options), options);
        if (!all) return std::move(all).error();
        const auto& parts = *all->parts;
        if (const auto good = check_rope(*all); !good) return error(good.error());
        return check_weights(all->file, all->plan, *parts.workers, watch_of(options, all->file.tensor_bytes()));
    });
}

}  // namespace plume
