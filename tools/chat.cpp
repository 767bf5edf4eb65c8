// plume chat: a talk with a model, in the terminal or through a pipe.
#include <optional>
#include <string>

#include <plume/core/printable.hpp>
#include <plume/plume.hpp>

#include "commands.hpp"
#include "support/output.hpp"
#include "support/progress.hpp"
#include "support/sampling_flags.hpp"
#include "support/talk.hpp"
#include "support/template_flags.hpp"

namespace plume::tool {
namespace {

struct chat_command_options {
    std::string     model, system;
    std::size_t     max_tokens = any_size;
    sampling_flags  sampling;
    template_flags  flags;
    compute_options compute;
    bool            quiet = false;

    void add(arguments& a) {
        a.positional("MODEL", model, "a GGUF file with a chat template");
        a.text("--system", "TEXT", system, "a system prompt: what the model is to be");
        a.number("-n,--max-tokens", max_tokens, 1, any_size, "tokens of an answer at most [no limit but the context's]");
        sampling.add(a);
        compute.add_threads(a);
        compute.add_ctx(a);
        compute.add_cpu_target(a);
        compute.add_kv_type(a);
        compute.add_activations(a);
        compute.add_no_mmap(a);
        flags.add(a);
        a.flag("-q,--quiet", quiet, "no progress bar, no hints");
        for (const auto* name : {"--top-k", "--top-p", "--min-p", "--frequency-penalty", "--presence-penalty", "--penalty-window", "--logit-bias",
                                 "--cpu-target", "--kv-type", "--activations", "--fast", "--no-mmap", "--jinja", "--tools"})
            a.rare(name);
    }
};

}  // namespace

int chat(const invocation& call) {
    chat_command_options o;
    arguments            a("chat", "A talk. Through a pipe each line is a message. Answers go to standard output, all else to stderr.");
    o.add(a);
    if (auto code = a.parse(call.argc, call.argv, call.stop)) return *code;
    auto sampling = o.sampling.read();
    if (!sampling) return fail(sampling.error(), call.stop);
    auto options = o.flags.read(call.stop);
    if (!options) return fail(options.error(), call.stop);

    progress bar("loading", o.quiet);
    auto     load_options    = o.compute.load(call.stop);
    load_options.on_progress = bar.callback();
    const auto model         = plume::load(o.model, std::move(load_options));
    bar.done();
    if (!model) return fail(model.error(), call.stop);
    auto session = model->new_session(o.compute.session());
    if (!session) return fail(session.error(), call.stop);
    auto made = plume::chat::make(*std::move(session), *std::move(options));
    if (!made) {
        if (made.error().code() == code::wrong_state)
            say(printable(o.model, 400) + " has no chat template: give one with --jinja FILE, or let it continue a text with plume run");
        else
            say(made.error().message());
        return exit_failure;
    }
    talk_options how{.system = o.system, .generate = {}, .quiet = o.quiet};
    how.generate.max_tokens = o.max_tokens;
    how.generate.sampling   = *std::move(sampling);
    how.generate.seed       = o.sampling.seed();
    return talk(*std::move(made), std::move(how), call.stop);
}

}  // namespace plume::tool
