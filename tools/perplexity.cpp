// plume perplexity: exp of the mean negative log-likelihood that the model gives to a text, by a fixed protocol.
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <unistd.h>

#include <plume/plume.hpp>

#include "commands.hpp"
#include "support/chunked_text.hpp"
#include "support/human.hpp"
#include "support/logits_file.hpp"
#include "support/output.hpp"
#include "support/progress.hpp"

namespace plume::tool {
namespace {

/// -log softmax(logits)[target], in double; the sum runs from index 0 up, so that the figure is the same everywhere.
double surprise(std::span<const float> logits, token_id target) {
    float largest = logits[0];
    for (const float x : logits) largest = x > largest ? x : largest;
    double sum = 0;
    for (const float x : logits) sum += std::exp(static_cast<double>(x) - static_cast<double>(largest));
    return std::log(sum) - (static_cast<double>(logits[static_cast<std::size_t>(target)]) - static_cast<double>(largest));
}

struct tally {
    double                       sum    = 0;
    std::size_t                  scored = 0;
    std::optional<logits_writer> save;
    std::optional<logits_reader> against;
    divergence                   apart;
    std::optional<error>         problem;  // of either file

    /// False when a file failed.
    bool take(std::span<const float> logits, token_id target) {
        sum += surprise(logits, target);
        ++scored;
        if (save)
            if (auto saved = save->add(logits); !saved) problem = std::move(saved).error();
        if (against && !problem) {
            const auto base = against->next();
            if (base)
                apart.add(*base, logits);
            else
                problem = base.error();
        }
        return !problem;
    }
};

/// One chunk: the first half is context, then every prediction but the last position's is scored (there is nothing to compare that one with).
result<void> score_chunk(session& s, std::span<const token_id> chunk, const call_options& options, tally& total) {
    const std::size_t half = chunk.size() / 2;
    s.reset();
    if (auto ready = s.prefill(chunk.first(half), options); !ready) return ready.error();
    const auto take   = [&](std::size_t i, std::span<const float> logits) { return total.take(logits, chunk[half + i + 1]); };
    auto       scored = s.score(chunk.subspan(half, chunk.size() - 1 - half), take, options);
    if (total.problem) return *total.problem;
    return scored;
}

}  // namespace

int perplexity(const invocation& call) {
    constexpr std::size_t least_ctx = 4;  // half of it is scored but for its last token
    std::string           path, text_path, save_path, against_path;
    compute_options       compute;
    bool                  quiet = false;
    arguments             a("perplexity",
                            "How well the model predicts a text: exp of the mean surprise per token, lower is better.\n"
                                        "The text is cut into chunks of --ctx tokens, the first replaced by BOS where the model wants one;\n"
                                        "the predictions made in the second half of each chunk count.");
    a.positional("MODEL", path, "a GGUF file or a Hugging Face folder");
    a.positional("FILE", text_path, "the text");
    a.number("-c,--ctx", compute.ctx, least_ctx, longest_context, "tokens in a chunk [the model's own, at most 512]");
    compute.add_kv_type(a);
    compute.add_activations(a);
    compute.add_threads(a);
    compute.add_cpu_target(a);
    compute.add_no_mmap(a);
    a.text("--save-logits", "FILE", save_path, "keep the logits of all scored positions, 4 bytes each, to compare others with");
    a.text("--against", "FILE", against_path, "also tell how far this run is from the one that was saved");
    a.flag("-q,--quiet", quiet, "no progress bar");
    if (auto code = a.parse(call.argc, call.argv, call.stop)) return *code;

    const auto text = load_chunked(path, text_path, compute, least_ctx, quiet, call.stop);
    if (!text) return fail(text.error(), call.stop);
    auto session = text->m.new_session(compute.session());
    if (!session) return fail(session.error(), call.stop);

    const std::size_t  chunks = text->n_chunks();
    const logits_facts facts{text->m.config().V, compute.ctx, chunks * (compute.ctx - 1 - compute.ctx / 2), text->ids};
    progress           counting("scoring", quiet);
    tally              total;
    if (!save_path.empty())
        if (auto opened = total.save.emplace(save_path).open(facts); !opened) return fail(opened.error(), call.stop);
    if (!against_path.empty())
        if (auto opened = total.against.emplace().open(against_path, facts); !opened) return fail(opened.error(), call.stop);
    for (std::size_t c = 0; c < chunks; ++c) {
        if (auto scored = score_chunk(*session, text->chunk(c), {.stop = call.stop.token(), .on_progress = {}}, total); !scored)
            return fail(scored.error(), call.stop);
        counting.show(static_cast<double>(c + 1) / static_cast<double>(chunks));
    }
    counting.done();
    if (total.save)
        if (auto kept = total.save->keep(); !kept) return fail(kept.error(), call.stop);
    writer out(STDOUT_FILENO, "standard output", call.stop);
    out.write("perplexity " + fixed(std::exp(total.sum / static_cast<double>(total.scored)), 6) + "\n");
    if (total.against)
        out.write("divergence mean " + short_real(total.apart.mean()) + "\ndivergence 99 % " + short_real(total.apart.quantile(0.99)) +
                  "\ndivergence largest " + short_real(total.apart.quantile(1)) + "\nsame first choice " + fixed(100 * total.apart.same_first(), 3) + " %\n");
    if (!quiet) say(grouped(total.scored) + " predictions scored in " + grouped(chunks) + " chunks of " + grouped(compute.ctx) + " tokens");
    return out.exit_code();
}

}  // namespace plume::tool
