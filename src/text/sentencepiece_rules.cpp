#include "src/text/sentencepiece_rules.hpp"

#include "src/io/gguf_parse.hpp"
#include "src/text/tables.hpp"

namespace plume::text {

bool is_inner(const description& d, token_id id) noexcept {
    return d.inner_symbols && d.words.type(id) == token_type::user_defined && !is_marker(d.words.name(id));
}

result<void> find_symbols(description& out) {
    std::vector<piece_trie::piece> symbols;
    for (token_id id = 0; out.words.has(id); ++id)
        if (is_inner(out, id)) symbols.push_back({out.words.name(id), id});
    if (symbols.empty()) return {};
    piece_trie trie;
    if (trie.build(symbols) != piece_trie::fault::none)
        return out.from.fault(code::format_limit, "has more text in user-defined tokens than fits").about("key", out.from.tokens);
    out.symbols = std::make_shared<const piece_trie>(std::move(trie));
    return {};
}

result<void> use_rules(const sentencepiece_rules& rules, std::string_view key, description& out) {
    steps::sentencepiece step{nullptr, nullptr, rules.add_dummy_prefix, rules.remove_extra_whitespaces, rules.escape_whitespaces, rules.space_behind};
    if (!rules.charsmap.empty()) {
        auto map = charsmap::read(rules.charsmap);
        if (!map) {
            const auto c = map.error().code();
            return std::move(map).error().in(out.from.path).about("key", key).hint(io::usual_next_step(c));
        }
        step.map = std::make_shared<const charsmap>(*std::move(map));
    }
    if (auto ok = find_symbols(out); !ok) return ok;
    step.untouched = out.symbols;
    auto normal    = std::make_shared<normaliser>();
    if (auto ok = normal->add(std::move(step)); !ok) return ok;
    out.normal       = std::move(normal);
    out.normal_marks = true;
    out.adds_space   = rules.add_dummy_prefix && !rules.space_behind;
    return {};
}

}  // namespace plume::text
