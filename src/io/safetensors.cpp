#include <plume/io/safetensors.hpp>

#include <algorithm>

#include <plume/core/checked.hpp>
#include <plume/core/printable.hpp>

#include "src/guard.hpp"
#include "src/io/gguf_parse.hpp"
#include "src/io/safetensors_parse.hpp"
#include "src/io/split_name.hpp"

namespace plume::io {

struct safetensors::parts {
    std::string                                path;
    std::vector<std::shared_ptr<const source>> files;
    std::vector<stored_tensor>                 tensors;
    std::vector<std::uint32_t>                 order;  // by name
    std::uint64_t                              file_bytes = 0;

    result<void> take(std::shared_ptr<const source> file, const safetensors_limits& limits, memory_budget& budget) {
        auto more = parse_safetensors(*file, limits, budget);
        if (!more) return std::move(more).error();
        if (!budget.take(more->size(), sizeof(stored_tensor)))  // for joining the lists
            return error{code::format_limit, "needs more memory to describe than its size justifies"}.in(file->path());
        for (auto& t : *more) {
            t.file = static_cast<std::uint32_t>(files.size());
            tensors.push_back(std::move(t));
        }
        file_bytes += file->size();
        files.push_back(std::move(file));
        return {};
    }

    result<safetensors> finish() && {
        order                = order_by(tensors.size(), [this](std::uint32_t i) -> std::string_view { return tensors[i].name; });
        const auto same      = [this](std::uint32_t a, std::uint32_t b) { return tensors[a].name == tensors[b].name; };
        const auto duplicate = std::adjacent_find(order.begin(), order.end(), same);
        if (duplicate != order.end())
            return error{code::format_invalid, "occurs in two files"}
                .in(path)
                .about("tensor", tensors[*duplicate].name)
                .hint(usual_next_step(code::format_invalid));
        safetensors s;
        s.parts_ = std::make_shared<parts>(std::move(*this));
        return s;
    }
};

namespace {

constexpr std::uint64_t longest_index = std::uint64_t{256} << 20;

/// The files that an index names, each once, in their order of name; and of each tensor in which it must be.
struct index_facts {
    std::vector<std::string>                         files;
    std::vector<std::pair<std::string, std::size_t>> places;
};

error bad_index(const std::string& path, std::string_view key, std::string_view expected, std::string_view found) {
    return error{code::format_invalid, "is not an index of safetensors files"}
        .in(path)
        .about("key", key)
        .expected_found(expected, found)
        .hint("fetch the index again from the model's page");
}

result<index_facts> read_index(const source& file, const safetensors_limits& limits, memory_budget& budget) {
    budget.add_file(file.size());
    if (file.size() > longest_index)
        return error{code::format_limit, "is too long for an index"}.in(file.path()).expected_found(longest_index, file.size()).hint("name the index itself");
    std::vector<std::byte> scratch;
    const auto             bytes = file.view(0, static_cast<std::size_t>(file.size()), scratch);
    if (!bytes) return error(bytes.error());
    const auto parsed = parse_json({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, file.path(), budget, 16);
    if (!parsed) return error(parsed.error());
    const auto map = parsed->root().find("weight_map");
    if (!map || !map->is(json::kind::object) || map->size() == 0) return bad_index(file.path(), "weight_map", "an object of file names", "none");
    if (map->size() > limits.max_tensors)
        return error{code::format_limit, "names more tensors than the limit max_tensors"}
            .in(file.path())
            .expected_found(limits.max_tensors, map->size())
            .hint(usual_next_step(code::format_limit));
    if (!budget.take(map->size(), 3 * sizeof(std::string) + sizeof(std::size_t)))
        return error{code::format_limit, "needs more memory to describe than its size justifies"}.in(file.path()).hint(usual_next_step(code::format_limit));
    index_facts facts;
    for (const auto& m : map->members()) {
        const auto named = m.value.string();
        if (!named) return bad_index(file.path(), m.key, "a file name", json::name(m.value.kind()));
        if (named->empty() || named->find('/') != std::string_view::npos || named->find('\\') != std::string_view::npos ||
            named->find('\0') != std::string_view::npos || *named == "." || *named == "..")
            return bad_index(file.path(), m.key, "the name of a file in the same folder", *named);
        facts.files.emplace_back(*named);
    }
    std::sort(facts.files.begin(), facts.files.end());
    facts.files.erase(std::unique(facts.files.begin(), facts.files.end()), facts.files.end());
    if (facts.files.size() > limits.max_files)
        return error{code::format_limit, "names more files than the limit max_files"}
            .in(file.path())
            .expected_found(std::uint64_t{limits.max_files}, facts.files.size())
            .hint(usual_next_step(code::format_limit));
    for (const auto& m : map->members()) {
        const auto at = std::lower_bound(facts.files.begin(), facts.files.end(), *m.value.string());
        facts.places.emplace_back(m.key, static_cast<std::size_t>(at - facts.files.begin()));
    }
    return facts;
}

}  // namespace

result<safetensors> safetensors::open(const std::string& path, safetensors_options options) {
    return guarded([&]() -> result<safetensors> {
        auto file = source::open(path, options.map);
        if (!file) return std::move(file).error();
        memory_budget budget;
        parts         p;
        p.path = path;
        if (auto taken = p.take(std::move(*file), options.limits, budget); !taken) return std::move(taken).error();
        return std::move(p).finish();
    });
}

result<safetensors> safetensors::open_index(const std::string& path, safetensors_options options) {
    return guarded([&]() -> result<safetensors> {
        const auto index = source::open(path, false);
        if (!index) return error(index.error());
        memory_budget budget;
        const auto    facts = read_index(**index, options.limits, budget);
        if (!facts) return error(facts.error());
        const auto folder = path.substr(0, path.size() - base_name(path).size());
        parts      p;
        p.path = path;
        for (const auto& one : facts->files) {
            auto file = source::open(folder + one, options.map);
            if (!file) {
                if (file.error().code() != code::file_not_found) return std::move(file).error();
                return error{code::file_not_found, "is missing: " + printable(base_name(path), 160) + " names it"}
                    .in(folder + one)
                    .hint("fetch all files of the model into the same folder");
            }
            if (auto taken = p.take(std::move(*file), options.limits, budget); !taken) return std::move(taken).error();
        }
        auto all = std::move(p).finish();
        if (!all) return all;
        for (const auto& [tensor, file] : facts->places) {
            const auto* t = all->find(tensor);
            if (t == nullptr || t->file != file)
                return error{code::format_invalid, "is not where the index says"}
                    .in(path)
                    .about("tensor", tensor)
                    .expected_found(facts->files[file], t == nullptr ? std::string("no file") : std::string(base_name(all->path_of(*t))))
                    .hint("the files do not belong together: fetch the index and all of them again");
        }
        return all;
    });
}

result<safetensors> safetensors::from_memory(std::span<const std::byte> bytes, const safetensors_limits& limits) {
    return guarded([&]() -> result<safetensors> {
        memory_budget budget;
        parts         p;
        p.path = "memory";
        if (auto taken = p.take(source::from_memory(bytes), limits, budget); !taken) return std::move(taken).error();
        return std::move(p).finish();
    });
}

const std::string&             safetensors::path() const noexcept { return parts_->path; }
std::uint64_t                  safetensors::file_bytes() const noexcept { return parts_->file_bytes; }
std::span<const stored_tensor> safetensors::tensors() const noexcept { return parts_->tensors; }
const std::string&             safetensors::path_of(const stored_tensor& t) const noexcept {
                return t.file < parts_->files.size() ? parts_->files[t.file]->path() : parts_->path;
}

const stored_tensor* safetensors::find(std::string_view tensor) const noexcept {
    const auto& p  = *parts_;
    const auto  it = std::lower_bound(p.order.begin(), p.order.end(), tensor, [&](std::uint32_t i, std::string_view n) { return p.tensors[i].name < n; });
    return it != p.order.end() && p.tensors[*it].name == tensor ? &p.tensors[*it] : nullptr;
}

result<std::span<const std::byte>> safetensors::read(const stored_tensor& t, std::uint64_t begin, std::size_t n, std::vector<std::byte>& scratch) const {
    if (t.file >= parts_->files.size() || begin > t.bytes || n > t.bytes - begin)
        return error{code::invalid_argument, "has no such bytes"}.in(path_of(t)).about("tensor", t.name);
    auto bytes = parts_->files[t.file]->view(t.offset + begin, n, scratch);
    if (!bytes) return std::move(bytes).error().about("tensor", t.name);
    return bytes;
}

}  // namespace plume::io
