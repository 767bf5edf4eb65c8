// plume run: one message or text in, the model's answer or continuation out, piece by piece.
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
#include "support/talk.hpp"
#include "support/template_flags.hpp"

namespace plume::tool {
namespace {

struct run_options {
    std::string                model;
    std::optional<std::string> prompt, file;
    std::size_t                max_tokens = 256;
    sampling_flags             sampling;
    std::vector<std::string>   stops;
    compute_options            compute;
    template_flags             flags;
    std::optional<std::string> system;
    bool                       parse_special = false, raw = false, echo = false, as_json = false, quiet = false;

    void add(arguments& a) {
        a.positional("MODEL", model, "a GGUF file or a Hugging Face folder");
        a.text("-p,--prompt", "TEXT", prompt, "the message (or -f, or standard input); without any, a talk");
        a.text("-f,--file", "FILE", file, "a file with it");
        a.text("--system", "TEXT", system, "a system prompt before the message");
        a.flag("--raw", raw, "no chat template: continue the text as it is");
        a.number("-n,--max-tokens", max_tokens, 0, any_size, "tokens to generate at most");
        sampling.add(a);
        a.texts("--stop", "TEXT", stops, "end before this text; repeatable");
        compute.add_threads(a);
        compute.add_ctx(a);
        compute.add_cpu_target(a);
        compute.add_kv_type(a);
        compute.add_activations(a);
        compute.add_no_mmap(a);
        flags.add(a);
        a.flag("--parse-special", parse_special, "with --raw: control tokens written in the text count as such");
        a.flag("--echo", echo, "print the prompt before the answer");
        a.flag("--json", as_json, "print one JSON object at the end");
        a.flag("-q,--quiet", quiet, "no progress bar, no timing line");
        for (const auto* name : {"--top-k", "--frequency-penalty", "--presence-penalty", "--penalty-window", "--logit-bias", "--cpu-target", "--kv-type",
                                 "--activations", "--fast", "--no-mmap", "--jinja", "--tools", "--set", "--parse-special", "--echo", "--stop"})
            a.rare(name);
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

/// Whether the command was given nothing to answer and a person sits there.
bool wants_talk(const run_options& o) { return !o.prompt && !o.file && ::isatty(STDIN_FILENO) == 1; }

/// The prompt from wherever it comes; an exit code where there is none.
std::optional<int> read_prompt(const run_options& o, const interrupt& stop, std::string& prompt) {
    if (o.prompt) {
        prompt = *o.prompt;
        return std::nullopt;
    }
    auto text = o.file ? read_file(*o.file, stop) : read_stdin(stop);
    if (!text) return fail(text.error(), stop);
    prompt = std::move(*text);
    return std::nullopt;
}

/// What the model is given: a message in its chat format, or a text.
struct task {
    std::optional<plume::chat>    chat;
    std::optional<plume::session> session;  // of a text
    std::string                   prompt;

    /// The prompt as the model reads it, for --echo.
    [[nodiscard]] std::string shown() const {
        if (!chat) return utf8::replace_invalid(prompt);
        const auto text = chat->prompt();
        return text ? text->text : std::string();
    }
    result<finish> run(const generate_options& options, const piece_fn& on_piece) {
        return chat ? chat->answer(options, on_piece) : generate(*session, prompt, options, on_piece);
    }
};

/// Whether the model is to see messages.
bool is_chat(const model& m, const run_options& o) { return !o.raw && (m.has_chat_template() || o.flags.jinja); }

/// The options that only one of the two ways has.
std::optional<int> check_way(const model& m, const run_options& o) {
    const bool chats = is_chat(m, o);
    if (chats && o.parse_special) return usage("plume run", "--parse-special goes with --raw: what a message says is never a control token");
    if (!chats && (o.system || o.flags.tools || !o.flags.sets.empty()))
        return usage("plume run",
                     o.raw ? "--system, --tools and --set do not go with --raw" : "this model has no chat template for --system, --tools or --set");
    if (!chats && wants_talk(o))
        return usage("plume run", std::string(o.raw ? "" : "this model has no chat template to talk by: ") +
                                      "give a text to continue with -p \"...\", a file with -f, or pipe one in");
    return std::nullopt;
}

/// A line end behind the last word of a file or of standard input is not meant.
std::string as_message(std::string text) {
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return text;
}

/// Generates, and prints as asked. `load_seconds` is for the report.
int answer(task& t, generate_options options, const run_options& o, double load_seconds, const interrupt& stop) {
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
    bool              echoes = o.echo;
    const std::string prompt = echoes ? t.shown() : std::string();
    const auto        echo   = [&] { return !std::exchange(echoes, false) || put(prompt); };
    const auto        done   = t.run(options, [&](std::string_view piece) { return echo() && put(piece); });
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
    arguments   a("run", "Answers a message; a model without a chat template continues the text. Only that goes to standard output.");
    o.add(a);
    if (auto code = a.parse(call.argc, call.argv, call.stop)) return *code;
    for (const auto& text : o.stops)
        if (text.empty()) return usage("plume run", "--stop needs a text that is not empty");
    if (o.prompt && o.file) return usage("plume run", "either -p or -f, not both");
    auto sampling = o.sampling.read();
    if (!sampling) return fail(sampling.error(), call.stop);
    auto how = o.flags.read(call.stop);
    if (!how) return fail(how.error(), call.stop);
    const bool talks = wants_talk(o);
    task       t;
    if (!talks)
        if (auto code = read_prompt(o, call.stop, t.prompt)) return *code;

    const auto begun = std::chrono::steady_clock::now();
    progress   bar("loading", o.quiet);
    auto       load_options  = o.compute.load(call.stop);
    load_options.on_progress = bar.callback();
    const auto model         = load(o.model, std::move(load_options));
    bar.done();
    if (!model) return fail(model.error(), call.stop);
    if (auto code = check_way(*model, o)) return *code;
    auto session = model->new_session(o.compute.session());
    if (!session) return fail(session.error(), call.stop);
    const std::chrono::duration<double> load_seconds = std::chrono::steady_clock::now() - begun;

    generate_options options;
    options.max_tokens    = o.max_tokens;
    options.sampling      = std::move(*sampling);
    options.seed          = o.sampling.seed();
    options.stop_strings  = o.stops;
    options.parse_special = o.parse_special;
    options.stop          = call.stop.token();
    options.on_notice     = tell_notices(o.file.value_or(""));
    if (!is_chat(*model, o)) {
        t.session = *std::move(session);
        return answer(t, std::move(options), o, load_seconds.count(), call.stop);
    }
    auto made = plume::chat::make(*std::move(session), *std::move(how));
    if (!made) {
        say(made.error().message() + " (--raw does without the chat template)");
        return exit_failure;
    }
    if (talks) return talk(*std::move(made), {.system = o.system.value_or(""), .generate = std::move(options), .quiet = o.quiet}, call.stop);
    t.chat = *std::move(made);
    if (o.system) t.chat->add({.role = "system", .content = *o.system});
    t.chat->add({.role = "user", .content = o.prompt ? t.prompt : as_message(t.prompt)});
    return answer(t, std::move(options), o, load_seconds.count(), call.stop);
}

}  // namespace plume::tool
