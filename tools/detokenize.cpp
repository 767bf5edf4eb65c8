// plume detokenize: the text of token ids. Needs the vocabulary alone.
#include <string>
#include <string_view>

#include <unistd.h>

#include <plume/models/folder.hpp>
#include <plume/text/tokenizer.hpp>

#include "commands.hpp"
#include "support/input.hpp"
#include "support/output.hpp"

namespace plume::tool {

int detokenize(const invocation& call) {
    std::string    model, between;
    decode_options options;
    arguments      a("detokenize", "Prints the text of the token ids on standard input, exactly: no newline is added.");
    a.positional("MODEL", model, "a GGUF file (one without tensors is enough), tokenizer.json or tekken.json");
    a.text("--between", "TEXT", between, "each line of ids is a text of its own: prints TEXT between them");
    a.flag("--clean-spaces", options.clean_spaces, "takes off the space before . ? ! , n't 's and such, as models of some families want it");
    if (auto code = a.parse(call.argc, call.argv, call.stop)) return *code;

    const auto tokens = is_folder(model) ? tokenizer::from_folder(model) : tokenizer::from_file(model);
    if (!tokens) return fail(tokens.error(), call.stop);
    const auto words = read_stdin(call.stop);
    if (!words) return fail(words.error(), call.stop);
    std::string all;
    for (std::string_view rest = *words;;) {
        const auto end = between.empty() ? std::string_view::npos : rest.find('\n');
        const auto ids = parse_ids(rest.substr(0, end));
        if (!ids) {  // not wrong usage: the ids came by standard input
            say(ids.error().message());
            return exit_failure;
        }
        const auto text = tokens->decode(*ids, options);
        if (!text) return fail(text.error(), call.stop);
        all += *text;
        if (end == std::string_view::npos || end + 1 == rest.size()) break;  // a newline ends the last line
        all += between;
        rest.remove_prefix(end + 1);
    }

    writer out(STDOUT_FILENO, "standard output", call.stop);
    out.write_text(all);
    out.newline_on_terminal();
    return out.exit_code();
}

}  // namespace plume::tool
