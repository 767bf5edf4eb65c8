// plume template: the prompt that messages become, as the model's template (or another one) renders it. No weights are read.
#include <optional>
#include <string>

#include <unistd.h>

#include <plume/io/gguf.hpp>
#include <plume/text/chat_template.hpp>
#include <plume/text/tokenizer.hpp>

#include "commands.hpp"
#include "support/output.hpp"
#include "support/template_flags.hpp"

namespace plume::tool {
namespace {

struct template_options {
    std::string                        model;
    std::optional<std::string>         messages, bos, eos;
    std::optional<chat_template::time> now;
    template_flags                     flags;
    bool                               no_answer = false, ids = false;

    void add(arguments& a) {
        a.positional("MODEL", model, "a GGUF file whose template and special tokens are taken", false);
        a.text("--messages", "FILE", messages, "JSON: an array of messages with role and content");
        flags.add(a);
        a.text("--bos", "TEXT", bos, "the text of the token that begins a prompt [the model's]");
        a.text("--eos", "TEXT", eos, "the text of the token that ends one [the model's]");
        a.custom(
            "--now", "TIME",
            [this](std::string_view word) -> std::optional<std::string> {
                now = to_time(word);
                return now ? std::nullopt : std::optional<std::string>("a time such as 2026-03-07 or '2026-03-07 14:05:09'");
            },
            "what the template takes for today [now, in UTC]");
        a.flag("--no-answer", no_answer, "without the beginning of the model's answer");
        a.flag("--ids", ids, "print token ids of MODEL's vocabulary instead, as a talk reads them");
    }
};

/// The file's own template, by name where it has one for tools.
result<chat_template> own_template(const io::gguf& file, bool with_tools) {
    constexpr std::string_view usual = "tokenizer.chat_template", for_tools = "tokenizer.chat_template.tool_use";
    const auto                 key = with_tools && file.find(for_tools) != nullptr ? for_tools : usual;
    if (file.find(key) == nullptr) return file.fault(code::wrong_state, "has no chat template").hint("give one with --jinja FILE");
    const auto text = file.text(key);
    if (!text) return error(text.error());
    auto parsed = chat_template::parse(*text);
    if (!parsed) return std::move(parsed).error().in(file.path());
    return parsed;
}

std::string line_of(const std::vector<token_id>& ids) {
    std::string line;
    for (const auto id : ids) line += (line.empty() ? "" : " ") + std::to_string(id);
    return line + "\n";
}

}  // namespace

int template_(const invocation& call) {
    template_options o;
    arguments        a("template", "Prints the prompt that messages become, and nothing else: by MODEL's template, or a file's.");
    o.add(a);
    if (auto code = a.parse(call.argc, call.argv, call.stop)) return *code;
    if (o.model.empty() && !o.flags.jinja) return usage(a.command(), "which template? Give a MODEL, or --jinja FILE");
    if (o.model.empty() && o.ids) return usage(a.command(), "--ids needs a MODEL");
    if (!o.messages) return usage(a.command(), "--messages is required");

    auto options = o.flags.read(call.stop);
    if (!options) return fail(options.error(), call.stop);
    const auto messages = read_json(*o.messages, call.stop);
    if (!messages) return fail(messages.error(), call.stop);
    std::optional<tokenizer> words;
    if (!o.model.empty()) {
        const auto file = io::gguf::open(o.model);
        if (!file) return fail(file.error(), call.stop);
        if (!options->chat_template) {
            auto own = own_template(*file, options->tools.has_value());
            if (!own) return fail(own.error(), call.stop);
            options->chat_template = *std::move(own);
        }
        auto loaded = tokenizer::from_gguf(*file);
        if (!loaded) return fail(loaded.error(), call.stop);
        words = *std::move(loaded);
    }

    chat_template::inputs in{.messages_json = messages->root(), .add_generation_prompt = !o.no_answer, .now = o.now};
    if (options->tools) in.tools = options->tools->root();
    if (options->variables) in.variables = options->variables->root();
    if (words && words->bos() >= 0) in.bos = words->token_name(words->bos());
    if (words && words->eos() >= 0) in.eos = words->token_name(words->eos());
    if (o.bos) in.bos = *o.bos;
    if (o.eos) in.eos = *o.eos;
    const auto text = options->chat_template->render(in);
    if (!text) {  // not wrong usage: the messages came from a file
        say(text.error().message());
        return exit_failure;
    }
    if (o.ids) {
        const auto ids = words->encode(*text, true, tell_notices());
        return ids ? print(line_of(*ids), call.stop) : fail(ids.error(), call.stop);
    }
    writer out(STDOUT_FILENO, "standard output", call.stop);
    out.write_text(text->text);
    out.newline_on_terminal();
    return out.exit_code();
}

}  // namespace plume::tool
