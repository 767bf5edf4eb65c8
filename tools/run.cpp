// plume run: a prompt in, the model's continuation out, piece by piece.
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <plume/core/utf8.hpp>
#include <plume/plume.hpp>

#include "commands.hpp"
#include "support/human.hpp"
#include "support/input.hpp"
#include "support/json.hpp"
#include "support/output.hpp"
#include "support/progress.hpp"
#include "support/sampling_flags.hpp"

namespace plume::tool {
namespace {

struct run_options {
    std::string                model;
    std::optional<std::string> prompt, file;
    std::size_t                max_tokens = 256;
    sampling_flags             sampling;
    std::vector<std::string>   stops;
    compute_options            compute;
    bool                       parse_special = false, raw = false, echo = false, as_json = false, quiet = false;

    void add(arguments& a) {
        a.positional("MODEL", model, "a GGUF file or a Hugging Face folder");
        a.text("-p,--prompt", "TEXT", prompt, "the text to continue (or -f, or standard input)");
        a.text("-f,--file", "FILE", file, "a file with that text");
        a.number("-n,--max-tokens", max_tokens, 0, any_size, "tokens to generate at most");
        sampling.add(a);
        a.texts("--stop", "TEXT", stops, "end before this text; repeatable");
        compute.add_threads(a);
        compute.add_ctx(a);
        compute.add_cpu_target(a);
        compute.add_kv_type(a);
        compute.add_activations(a);
        compute.add_no_mmap(a);
        a.flag("--parse-special", parse_special, "control tokens written in the prompt count as such");
        a.flag("--raw", raw, "no chat template: the prompt as it is");
        a.flag("--echo", echo, "print the prompt before the answer");
        a.flag("--json", as_json, "print one JSON object at the end");
        a.flag("-q,--quiet", quiet, "no progress bar, no timing line");
        for (const auto* name : {"--penalty-window", "--cpu-target", "--no-mmap"}) a.rare(name);
    }
};

std::string rate(std::size_t tokens, double seconds) {
    return std::to_string(tokens) + (tokens == 1 ? " token" : " tokens") +
           (tokens > 0 && seconds > 0 ? " (" + fixed(static_cast<double>(tokens) / seconds, 1) + "/s)" : "");
}

std::string_view why(stop_reason reason) {
    switch (reason) {
        case stop_reason::end:
            return "the model ended it";
        case stop_reason::length:
            return "cut at -n tokens";
        case stop_reason::stop_string:
            return "ended at a --stop text";
        case stop_reason::context_full:
            return "cut: the context is full, see --ctx";
        case stop_reason::stopped:
            return "stopped";
    }
    return "";
}

json report(const finish& done, const std::string& text, double load_seconds) {
    return {{"text", text},      {"stop_reason", name(done.reason)}, {"prompt_tokens", done.prompt_tokens},     {"generated_tokens", done.generated_tokens},
            {"seed", done.seed}, {"load_seconds", load_seconds},     {"prefill_seconds", done.prefill_seconds}, {"decode_seconds", done.decode_seconds}};
}

/// The prompt from wherever it comes; an exit code where there is none.
std::optional<int> read_prompt(const run_options& o, const interrupt& stop, std::string& prompt) {
    if (o.prompt && o.file) return usage("plume run", "either -p or -f, not both");
    if (o.prompt) {
        prompt = *o.prompt;
        return std::nullopt;
    }
    if (!o.file && ::isatty(STDIN_FILENO) == 1)
        return usage("plume run", "nothing to continue yet: give a text with -p \"...\", a file with -f, or pipe one in");
    auto text = o.file ? read_file(*o.file, stop) : read_stdin(stop);
    if (!text) return fail(text.error(), stop);
    prompt = std::move(*text);
    return std::nullopt;
}

/// Generates, and prints as asked. `load_seconds` is for the report.
int answer(session& s, const std::string& prompt, generate_options options, const run_options& o, double load_seconds, const interrupt& stop) {
    writer      out(STDOUT_FILENO, "standard output", stop);
    std::string text;
    progress    bar("reading the prompt", o.quiet);
    options.on_progress = bar.callback();

    const auto put = [&](std::string_view piece) {
        bar.done();
        if (!o.as_json) return out.write_text(piece);
        text.append(piece);
        return true;
    };
    // The echo waits until the prompt was read: before, notices and the bar would be drawn over it.
    bool       echoes = o.echo;
    const auto echo   = [&] { return !std::exchange(echoes, false) || put(utf8::replace_invalid(prompt)); };
    const auto done   = generate(s, prompt, options, [&](std::string_view piece) { return echo() && put(piece); });
    bar.done();
    if (done) echo();  // where no piece came
    if (!done) {
        out.newline_on_terminal();
        return out.alive() ? fail(done.error(), stop) : out.exit_code();
    }
    if (o.as_json)
        out.write(to_line(report(*done, text, load_seconds)));
    else
        out.newline_on_terminal();
    if (!o.quiet && !o.as_json && out.alive())
        say("prompt " + rate(done->prompt_tokens, done->prefill_seconds) + ", answer " + rate(done->generated_tokens, done->decode_seconds) + ", " +
            std::string(why(done->reason)) + ", seed " + std::to_string(done->seed));
    return out.exit_code(stop.asked() ? exit_interrupted : exit_ok);
}

}  // namespace

int run(const invocation& call) {
    run_options o;
    arguments   a("run", "Continues a text with what the model says. The text alone goes to standard output.");
    o.add(a);
    if (auto code = a.parse(call.argc, call.argv, call.stop)) return *code;
    for (const auto& text : o.stops)
        if (text.empty()) return usage("plume run", "--stop needs a text that is not empty");
    auto sampling = o.sampling.read();
    if (!sampling) return fail(sampling.error(), call.stop);
    std::string prompt;
    if (auto code = read_prompt(o, call.stop, prompt)) return *code;

    const auto begun = std::chrono::steady_clock::now();
    progress   bar("loading", o.quiet);
    auto       load_options  = o.compute.load(call.stop);
    load_options.on_progress = bar.callback();
    const auto model         = load(o.model, std::move(load_options));
    bar.done();
    if (!model) return fail(model.error(), call.stop);
    auto session = model->new_session(o.compute.session());
    if (!session) return fail(session.error(), call.stop);

    generate_options options;
    options.max_tokens                               = o.max_tokens;
    options.sampling                                 = std::move(*sampling);
    options.seed                                     = o.sampling.seed();
    options.stop_strings                             = o.stops;
    options.parse_special                            = o.parse_special;
    options.stop                                     = call.stop.token();
    options.on_notice                                = tell_notices(o.file.value_or(""));
    const std::chrono::duration<double> load_seconds = std::chrono::steady_clock::now() - begun;
    return answer(*session, prompt, std::move(options), o, load_seconds.count(), call.stop);
}

}  // namespace plume::tool
