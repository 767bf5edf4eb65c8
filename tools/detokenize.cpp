// plume detokenize: the text of token ids. Needs the vocabulary alone.
#include <string>

#include <unistd.h>

#include <plume/models/folder.hpp>
#include <plume/text/tokenizer.hpp>

#include "commands.hpp"
#include "support/input.hpp"
#include "support/output.hpp"

namespace plume::tool {

int detokenize(const invocation& call) {
    std::string model;
    arguments   a("detokenize", "Prints the text of the token ids on standard input, exactly: no newline is added.");
    a.positional("MODEL", model, "a GGUF file; one without tensors is enough");
    if (auto code = a.parse(call.argc, call.argv, call.stop)) return *code;

    const auto file = open_model_file(model);
    if (!file) return fail(file.error(), call.stop);
    const auto tokens = tokenizer::from_gguf(*file);
    if (!tokens) return fail(tokens.error(), call.stop);
    const auto words = read_stdin(call.stop);
    if (!words) return fail(words.error(), call.stop);
    const auto ids = parse_ids(*words);
    if (!ids) {  // not wrong usage: the ids came by standard input
        say(ids.error().message());
        return exit_failure;
    }
    const auto text = tokens->decode(*ids);
    if (!text) return fail(text.error(), call.stop);

    writer out(STDOUT_FILENO, "standard output", call.stop);
    out.write_text(*text);
    out.newline_on_terminal();
    return out.exit_code();
}

}  // namespace plume::tool
