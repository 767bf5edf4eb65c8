// plume imatrix: how much each input of a model's matrices matters, counted over a text.
#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <plume/io/gguf_header.hpp>
#include <plume/plume.hpp>

#include "commands.hpp"
#include "support/chunked_text.hpp"
#include "support/human.hpp"
#include "support/new_file.hpp"
#include "support/output.hpp"
#include "support/progress.hpp"

namespace plume::tool {
namespace {

/// Of one tensor: for each matrix in it the sums of squares [of, D] of its inputs, and of how many vectors they are.
struct tensor_sums {
    std::size_t              D = 0;
    std::vector<double>      squares;
    std::vector<std::size_t> vectors;
};
using all_sums = std::map<std::string, tensor_sums, std::less<>>;

/// Vectors are added one by one, in the order of the tokens: the same text gives the same file.
void add(const matrix_input& in, all_sums& all) {
    auto at = all.find(in.tensor);
    if (at == all.end()) at = all.emplace(in.tensor, tensor_sums{in.D, std::vector<double>(in.of * in.D), std::vector<std::size_t>(in.of)}).first;
    double* const sums = at->second.squares.data() + in.index * in.D;
    for (std::size_t t = 0; t < in.T; ++t) {
        const float* x = in.x + t * in.x_stride;
        for (std::size_t i = 0; i < in.D; ++i) sums[i] += double{x[i]} * double{x[i]};
    }
    at->second.vectors[in.index] += in.T;
}

template <class T>
std::vector<std::byte> as_floats(const std::vector<T>& values) {
    std::vector<float>     floats(values.begin(), values.end());
    std::vector<std::byte> bytes(floats.size() * sizeof(float));
    std::memcpy(bytes.data(), floats.data(), bytes.size());
    return bytes;
}

struct text_facts {
    std::string path;
    std::size_t chunks, chunk_tokens;
};

result<void> write_sums(const all_sums& all, const text_facts& text, const std::string& path, const interrupt& stop, progress& bar) {
    io::gguf_header header;
    header.set_text("general.type", "imatrix");
    header.set_texts("imatrix.datasets", std::span(&text.path, 1));
    header.set_u32("imatrix.chunk_count", static_cast<std::uint32_t>(text.chunks));
    header.set_u32("imatrix.chunk_size", static_cast<std::uint32_t>(text.chunk_tokens));
    std::vector<std::vector<std::byte>> tensors;
    for (const auto& [name, sums] : all) {
        const std::uint64_t of = sums.vectors.size();
        header.add_tensor(name + ".in_sum2", std::vector<std::uint64_t>{sums.D, of}, 0);
        header.add_tensor(name + ".counts", std::vector<std::uint64_t>{1, of}, 0);
        tensors.push_back(as_floats(sums.squares));
        tensors.push_back(as_floats(sums.vectors));
    }
    const auto built = header.build();
    const auto piece = [&](std::size_t i, std::vector<std::byte>&) -> result<file_piece> {
        return i == 0 ? file_piece{0, built.bytes} : file_piece{built.offsets[i - 1], tensors[i - 1]};
    };
    return write_pieces(path, built.size, 1 + tensors.size(), piece, 1, stop, bar);
}

/// One chunk as a talk of its own; with the output matrix every token's logits are asked for.
result<void> run_chunk(session& s, std::span<const token_id> chunk, bool head, const call_options& options) {
    s.reset();
    if (head)
        return s.score(
            chunk, [](std::size_t, std::span<const float>) { return true; }, options);
    const auto done = s.prefill(chunk, options);
    return done ? result<void>() : result<void>(done.error());
}

}  // namespace

int imatrix(const invocation& call) {
    std::string     path, text_path, out;
    compute_options compute;
    std::size_t     chunks = 0;
    bool            head = false, quiet = false;
    arguments       a("imatrix",
                      "Runs a text and counts how large each input of the model's matrices is: quantize --imatrix OUT\n"
                            "then spends its bits where they matter. 100,000 words of the kind that the model will meet are\n"
                            "enough. The text is cut into chunks of --ctx tokens, the first replaced by BOS where the model\n"
                            "wants one.");
    a.positional("MODEL", path, "a GGUF file or a Hugging Face folder");
    a.positional("FILE", text_path, "the text");
    a.positional("OUT", out, "the file to write: GGUF, as other programs read it too");
    a.number("-c,--ctx", compute.ctx, 1, longest_context, "tokens in a chunk [the model's own, at most 512]");
    a.number("--chunks", chunks, 1, any_size, "stop after so many [all of the text]");
    a.flag("--head", head, "of the output matrix too");
    compute.add_activations(a);
    compute.add_threads(a);
    compute.add_cpu_target(a);
    compute.add_no_mmap(a);
    a.flag("-q,--quiet", quiet, "no progress bar, no line at the end");
    if (auto code = a.parse(call.argc, call.argv, call.stop)) return *code;

    const auto text = load_chunked(path, text_path, compute, 1, quiet, call.stop);
    if (!text) return fail(text.error(), call.stop);
    chunks = chunks == 0 ? text->n_chunks() : std::min(chunks, text->n_chunks());

    all_sums sums;
    auto     session_options = compute.session();
    session_options.on_input = [&](const matrix_input& in) {
        if (head || in.tensor.starts_with("blk.")) add(in, sums);
    };
    auto session = text->m.new_session(session_options);
    if (!session) return fail(session.error(), call.stop);
    progress counting("counting", quiet);
    for (std::size_t c = 0; c < chunks; ++c) {
        if (auto ran = run_chunk(*session, text->chunk(c), head, {.stop = call.stop.token(), .on_progress = {}}); !ran) return fail(ran.error(), call.stop);
        counting.show(static_cast<double>(c + 1) / static_cast<double>(chunks));
    }
    counting.done();
    progress writing("writing", quiet);
    if (auto written = write_sums(sums, {text_path, chunks, compute.ctx}, out, call.stop, writing); !written) return fail(written.error(), call.stop);
    if (!quiet) say(out + ": " + grouped(sums.size()) + " tensors over " + grouped(chunks) + " chunks of " + grouped(compute.ctx) + " tokens");
    return exit_ok;
}

}  // namespace plume::tool
