// synthetic_model: GGUF files with the shapes of published Llamas and random weights, for measurements: time does not depend on what the weights are.
// It also widens a file's weights to F32, for comparing engines with the exact result.
#include <algorithm>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <plume/core/printable.hpp>

#include "../support/arguments.hpp"
#include "../support/output.hpp"
#include "vocabulary.hpp"
#include "weights.hpp"
#include "writing.hpp"

namespace plume::tool::synthetic {
namespace {

std::uint32_t u32(std::uint64_t n) { return static_cast<std::uint32_t>(n); }

void set_shape(metadata& m, const shape& s, std::string_view type) {
    m.set("general.architecture", std::string_view("llama"));
    m.set("general.name", "synthetic " + std::string(s.name) + " " + std::string(type));
    m.set("general.quantization_version", std::uint32_t{2});
    m.set("llama.block_count", u32(s.L));
    m.set("llama.context_length", u32(s.context));
    m.set("llama.embedding_length", u32(s.D));
    m.set("llama.feed_forward_length", u32(s.F));
    m.set("llama.attention.head_count", u32(s.H));
    m.set("llama.attention.head_count_kv", u32(s.K));
    m.set("llama.attention.key_length", u32(s.E));
    m.set("llama.attention.value_length", u32(s.E));
    m.set("llama.attention.layer_norm_rms_epsilon", 1e-5f);
    m.set("llama.rope.dimension_count", u32(s.E));
    m.set("llama.rope.freq_base", s.rope_base);
    m.set("llama.vocab_size", u32(s.V));
    if (s.experts == 0) return;
    m.set("llama.expert_count", u32(s.experts));
    m.set("llama.expert_used_count", u32(s.used));
}

struct order {
    std::string                  out, vocab, widen;
    const shape*                 of      = nullptr;
    std::string                  type    = "Q4_K_M";
    std::size_t                  threads = std::max(1u, std::thread::hardware_concurrency());
    std::optional<std::uint64_t> seed;
    bool                         quiet = false;
};

result<void> write_synthetic(const order& o, const interrupt& stop, progress& bar) {
    metadata entries;
    set_shape(entries, *o.of, o.type);
    if (o.vocab.empty())
        make_vocabulary(entries, o.of->V);
    else if (auto copied = copy_vocabulary(entries, o.vocab, o.of->V); !copied)
        return copied;

    const auto tensors = *plan_tensors(*o.of, o.type);
    const auto seed    = o.seed.value_or(1);

    std::unordered_map<const quant::format_info*, std::unique_ptr<weight_pool>> pools;
    for (const auto& t : tensors)
        if (auto& pool = pools[t.format]; t.dims.size() > 1 && !pool) pool = std::make_unique<weight_pool>(*t.format, seed);

    const auto fill = [&](std::size_t index, std::uint64_t first, std::uint64_t n, std::byte* out) -> result<void> {
        const auto& t = tensors[index];
        if (t.dims.size() > 1)
            pools.at(t.format)->draw(t.name, first, n, out);
        else
            draw_norm(seed, t.name, n, reinterpret_cast<float*>(out));  // a vector is shorter than a piece
        return {};
    };
    return write_file(o.out, entries, tensors, fill, o.threads, stop, bar);
}

/// The same metadata and tensors, the weights decoded.
result<void> write_widened(const order& o, const interrupt& stop, progress& bar) {
    const auto file = io::gguf::open(o.widen);
    if (!file) return file.error();
    metadata entries;
    for (const auto& entry : file->metadata())
        if (!entry.key.starts_with("split.") && entry.key != "general.file_type" && entry.key != "general.alignment") entries.copy(entry);

    std::vector<planned_tensor>            tensors;
    std::vector<const quant::format_info*> from;
    const auto* const                      f32 = quant::find_format("F32");
    for (const auto& t : file->tensors()) {
        from.push_back(quant::find_format(t.type));
        if (from.back() == nullptr) return error{code::format_unsupported, "holds a tensor of a type that does not run: " + t.name}.in(o.widen);
        tensors.push_back({t.name, {t.dims.begin(), t.dims.begin() + t.n_dims}, f32});
    }
    const auto fill = [&](std::size_t index, std::uint64_t first, std::uint64_t n, std::byte* out) -> result<void> {
        const auto&            f = *from[index];  // pieces are multiples of 256 weights, but for the last
        std::vector<std::byte> scratch;
        const auto             blocks =
            file->read(file->tensors()[index], first / f.weights * f.block_bytes, static_cast<std::size_t>(n / f.weights * f.block_bytes), scratch);
        if (!blocks) return blocks.error();
        f.decode(blocks->data(), static_cast<std::size_t>(n / f.weights), reinterpret_cast<float*>(out));
        return {};
    };
    return write_file(o.out, entries, tensors, fill, o.threads, stop, bar);
}

int start(int argc, char** argv, const interrupt& stop) {
    order                         o;
    std::vector<std::string_view> names;
    for (const auto& s : shapes()) names.push_back(s.name);
    arguments a("synthetic_model", "Writes a GGUF file of a published Llama's shape with random weights: for measuring, not for answers.", "");
    a.positional("FILE", o.out, "the file to write; it appears when it is whole");
    a.choice(
        "-s,--shape", names, [&](std::size_t i) { o.of = &shapes()[i]; },
        "tiny, tiny-experts, 135m (SmolLM2), 1b, 3b (Llama 3.2), 8b (Llama 3.1), 8x1b (8 experts, 2 of them used)");
    a.choice(
        "-w,--type", type_names(), [&](std::size_t i) { o.type = type_names()[i]; },
        "a weight format for all matrices (F32, Q4_0, IQ2_XS, ...), or a mix as files of that name have it: Q3_K_M, Q4_K_M, Q5_K_M, and Q2_K_M, which other "
        "programs call Q2_K [Q4_K_M]");
    a.text("--vocab", "GGUF", o.vocab, "take the vocabulary of this file [a plain byte-level one is made]");
    a.number("--seed", o.seed, "chooses the weights; the same seed gives the same bytes everywhere [1]");
    a.text("--widen", "GGUF", o.widen, "instead of a shape: copy this model with its weights widened to F32");
    a.number("-t,--threads", o.threads, 1, 256, "threads to write with");
    a.flag("-q,--quiet", o.quiet, "no progress bar");
    if (auto code = a.parse(argc, argv, stop)) return *code;
    if ((o.of == nullptr) == o.widen.empty()) return usage("synthetic_model", "what to write is --shape NAME or --widen GGUF");

    progress   bar("writing", o.quiet);
    const auto done = o.of != nullptr ? write_synthetic(o, stop, bar) : write_widened(o, stop, bar);
    return done ? exit_ok : fail(done.error(), stop);
}

}  // namespace
}  // namespace plume::tool::synthetic

int main(int argc, char** argv) {
    try {
        const plume::tool::interrupt stop;
        return plume::tool::synthetic::start(argc, argv, stop);
    } catch (const std::exception& e) {
        plume::tool::say("internal error: " + plume::printable(e.what(), 400));
    }
    return plume::tool::exit_failure;
}
