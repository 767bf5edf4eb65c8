// plume tokenize: the ids of a text, as the model's own tokenizer makes them. Needs the vocabulary alone.
#include <string>

#include <plume/models/folder.hpp>
#include <plume/text/tokenizer.hpp>

#include "commands.hpp"
#include "support/input.hpp"
#include "support/output.hpp"

namespace plume::tool {

int tokenize(const invocation& call) {
    std::string    model;
    bool           no_bos = false;
    encode_options options;
    arguments      a("tokenize", "Prints the token ids of the text on standard input, on one line.");
    a.positional("MODEL", model, "a GGUF file; one without tensors is enough");
    a.flag("--no-bos", no_bos, "without the token that begins a text");
    a.flag("--parse-special", options.parse_special, "control tokens written in the text count as such");
    if (auto code = a.parse(call.argc, call.argv, call.stop)) return *code;
    options.add_bos = !no_bos;

    const auto file = open_model_file(model);
    if (!file) return fail(file.error(), call.stop);
    const auto tokens = tokenizer::from_gguf(*file);
    if (!tokens) return fail(tokens.error(), call.stop);
    const auto text = read_stdin(call.stop);
    if (!text) return fail(text.error(), call.stop);
    const auto ids = tokens->encode(*text, options, tell_notices());
    if (!ids) return fail(ids.error(), call.stop);

    std::string line;
    for (const auto id : *ids) {
        if (!line.empty()) line += ' ';
        line += std::to_string(id);
    }
    return print(line += '\n', call.stop);
}

}  // namespace plume::tool
