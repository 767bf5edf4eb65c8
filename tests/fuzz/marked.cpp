#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <plume/core/utf8.hpp>
#include <plume/text/tokenizer.hpp>

#include "support/gguf_writer.hpp"
#include "support/tiny_vocabulary.hpp"

// Marked text: the first byte chooses a vocabulary, byte 1 where runs change sides, the rest is the text. No byte of a message may become a control token, and
// the ids must decode as a stream does, from any place on. Then the same bytes as token ids.

namespace {

using namespace plume;

[[noreturn]] void wrong() { std::abort(); }

tokenizer vocabulary(bool spm) {
    test::gguf_writer w;
    add_tiny_vocabulary(w, spm ? test::tiny_vocabulary::sentencepiece : test::tiny_vocabulary::byte_level, 400, "llama-bpe");
    const auto file = w.build();
    auto       gguf = io::gguf::from_memory(file.data);
    if (!gguf) wrong();
    auto t = tokenizer::from_gguf(*gguf);
    if (!t) wrong();
    return *std::move(t);
}

std::size_t controls(const tokenizer& t, const std::vector<token_id>& ids) {
    return static_cast<std::size_t>(std::count_if(ids.begin(), ids.end(), [&](token_id id) { return t.is_control(id); }));
}

/// A run ends at each byte that equals `border`, which stands in the text.
marked_text cut(std::string_view text, char border) {
    marked_text m{std::string(text), {}};
    bool        from_template = true;
    for (std::size_t begin = 0; begin < text.size(); from_template = !from_template) {
        const auto end = std::min(text.find(border, begin), text.size() - 1) + 1;
        m.runs.push_back({begin, end, from_template});
        begin = end;
    }
    return m;
}

void use(const tokenizer& t, const marked_text& m) {
    const auto ids = t.encode(m, false);
    if (!ids) wrong();
    std::size_t meant = 0;
    for (const auto& run : m.runs) {
        const auto part =
            t.encode(utf8::replace_invalid(std::string_view(m.text).substr(run.begin, run.end - run.begin)), {.add_bos = false, .parse_special = true});
        if (run.from_template) meant += controls(t, *part);
    }
    if (controls(t, *ids) > meant) wrong();
    for (const auto at : {std::size_t{0}, ids->size() / 2, ids->size()}) {
        const auto  before = std::span(*ids).first(at), after = std::span(*ids).subspan(at);
        text_stream stream(t, before, true);
        std::string pieces;
        for (const auto id : after) pieces += stream.push(id);
        pieces += stream.finish();
        if (utf8::first_invalid(pieces) != std::string_view::npos) wrong();
        const auto all = t.decode(*ids, {.show_special = true}), begin = t.decode(before, {.show_special = true});
        // A character that the cut halves is U+FFFD on both sides.
        if (utf8::replace_invalid(m.text) == *all && begin->find("\xef\xbf\xbd") == std::string::npos && *begin + pieces != *all) wrong();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const tokenizer spm = vocabulary(true), bytes = vocabulary(false);
    if (size < 2) return 0;
    const auto&            t = data[0] % 2 == 0 ? spm : bytes;
    const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
    use(t, cut(text, static_cast<char>(data[1])));
    std::vector<token_id> ids;
    for (const auto c : text) ids.push_back(static_cast<unsigned char>(c) * (1 + data[0] % 3) - data[0] % 5);
    const auto decoded = t.decode(ids, {.show_special = data[1] % 2 == 0, .clean_spaces = data[1] % 3 == 0});
    if (decoded && utf8::first_invalid(*decoded) != std::string_view::npos) wrong();
    return 0;
}
