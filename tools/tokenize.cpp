// plume tokenize: the ids of a text, as the model's own tokenizer makes them. Needs the vocabulary alone.
#include <string>
#include <string_view>
#include <vector>

#include <plume/models/folder.hpp>
#include <plume/text/tokenizer.hpp>

#include "commands.hpp"
#include "support/input.hpp"
#include "support/output.hpp"

namespace plume::tool {
namespace {

void append_line(std::string& lines, const std::vector<token_id>& ids) {
    const std::size_t begin = lines.size();
    for (const auto id : ids) {
        if (lines.size() > begin) lines += ' ';
        lines += std::to_string(id);
    }
    lines += '\n';
}

}  // namespace

int tokenize(const invocation& call) {
    std::string    model, between;
    bool           no_bos = false;
    encode_options options;
    arguments      a("tokenize", "Prints the token ids of the text on standard input, on one line.");
    a.positional("MODEL", model, "a GGUF file (one without tensors is enough), tokenizer.json or tekken.json");
    a.flag("--no-bos", no_bos, "without the token that begins a text");
    a.flag("--parse-special", options.parse_special, "control tokens written in the text count as such");
    a.text("--between", "TEXT", between, "several texts, with TEXT between them: a line of ids for each");
    if (auto code = a.parse(call.argc, call.argv, call.stop)) return *code;
    options.add_bos = !no_bos;

    const auto tokens = is_folder(model) ? tokenizer::from_folder(model) : tokenizer::from_file(model);
    if (!tokens) return fail(tokens.error(), call.stop);
    const auto text = read_stdin(call.stop);
    if (!text) return fail(text.error(), call.stop);

    std::string lines;
    for (std::string_view rest = *text;;) {
        const auto end = between.empty() ? std::string_view::npos : rest.find(between);
        const auto ids = tokens->encode(rest.substr(0, end), options, tell_notices());
        if (!ids) return fail(ids.error(), call.stop);
        append_line(lines, *ids);
        if (end == std::string_view::npos) return print(lines, call.stop);
        rest.remove_prefix(end + between.size());
    }
}

}  // namespace plume::tool
