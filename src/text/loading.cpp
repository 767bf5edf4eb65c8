#include <algorithm>
#include <deque>

#include "src/guard.hpp"
#include "src/text/sentencepiece_rules.hpp"
#include "src/text/space_mark.hpp"
#include "src/text/tables.hpp"

namespace plume {
namespace {

using text::token_type;

// Tokens that end a turn or a text in published models, where the file does not say so itself.
constexpr std::string_view end_names[] = {
    "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<|endoftext|>", "<|end_of_text|>", "<|end_of_turn|>", "<end_of_turn>", "<|END_OF_TURN_TOKEN|>",
    "<EOT>"};

/// A token that the file names as special although its type says text: text could then become it. Those that look the part are made control tokens.
void make_control(text::vocabulary& words, token_id id, const text::loading& with) {
    if (id < 0 || !words.mergeable(id)) return;
    const auto name  = words.name(id);
    const bool looks = name.size() > 2 && ((name.front() == '<' && name.back() == '>') || (name.front() == '[' && name.back() == ']'));
    if (!looks) return;
    words.set_type(id, token_type::control);
    if (words.types_given()) with.note("token " + std::to_string(id) + " is special but typed as text: taken as a control token");
}

void add_end(tokenizer::tables& out, token_id id) {
    if (id >= 0 && std::find(out.end_tokens.begin(), out.end_tokens.end(), id) == out.end_tokens.end()) out.end_tokens.push_back(id);
}

void find_special(text::description& d, tokenizer::tables& out, const text::loading& with) {
    auto& words = d.words;
    out.bos = d.bos, out.eos = d.eos;
    make_control(words, d.bos, with);
    if (!words.types_given() && d.unknown >= 0 && words.mergeable(d.unknown)) words.set_type(d.unknown, token_type::unknown);
    d.ends.insert(d.ends.begin(), d.eos);
    for (const auto id : d.ends) {
        make_control(words, id, with);
        add_end(out, id);
    }
    for (token_id id = 0; words.has(id); ++id) {
        if (!words.name(id).starts_with('<') || std::find(std::begin(end_names), std::end(end_names), words.name(id)) == std::end(end_names)) continue;
        make_control(words, id, with);
        if (words.type(id) == token_type::control) add_end(out, id);
    }
    if (out.end_tokens.empty() && with.on_notice)
        with.on_notice(notice::no_end_token, "the vocabulary names no end of sequence: generation stops only at its limit");
    d.unknown = find_unknown(d);
}

/// Added tokens on their way into matchers.
struct added_lists {
    std::vector<text::matcher::pattern> user_defined, special;

    void add(std::string_view name, token_id id, token_type type) {
        special.push_back({name, id});
        if (type == token_type::user_defined) user_defined.push_back({name, id});
    }
    void put_into(text::added_set& out, const text::vocabulary& words) {
        out.special      = text::matcher(special);
        out.user_defined = text::matcher(user_defined);
        std::erase_if(user_defined, [&](const auto& p) { return text::is_marker(words.name(p.id)); });
        out.in_data = text::matcher(user_defined);
    }
};

/// The tokens to look for in a text: those that the file lists, or all whose type says so.
std::vector<text::added_token> added_of(const text::description& d) {
    if (d.lists_added) return d.added;
    std::vector<text::added_token> all;
    for (token_id id = 0; d.words.has(id); ++id) {
        const auto type = d.words.type(id);
        if (text::is_inner(d, id)) continue;
        if (type != token_type::control && type != token_type::unknown && type != token_type::user_defined) continue;
        const auto ruled = std::find_if(d.added.begin(), d.added.end(), [id](const auto& a) { return a.id == id; });
        all.push_back(ruled != d.added.end() ? *ruled : text::added_token{.id = id});
    }
    return all;
}

result<void> find_added(const text::origin& from, std::vector<text::added_token> added, tokenizer::tables& out) {
    const auto&             words = out.words();
    added_lists             plain, normal, all;
    std::deque<std::string> normal_names;
    std::size_t             bytes = 0;
    std::sort(added.begin(), added.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    for (const auto& token : added) {
        const auto name = words.name(token.id);
        if (name.empty()) continue;
        bytes += name.size();
        if (bytes > text::max_special_bytes)
            return from.fault(code::format_limit, "has more text in special tokens than the limit max_special_bytes").about("key", from.types);
        out.rules.add(token);
        all.add(name, token.id, words.type(token.id));
        const bool marks = out.spaces.normalises && !out.spaces.nothing();
        if (token.normalized && (marks || out.normal)) {
            text::normaliser::room room;
            const auto             changed = out.normal ? out.normal->apply(name, room).first : name;
            if (changed.empty()) continue;
            normal.add(normal_names.emplace_back(marks ? text::marked(changed, out.spaces, true) : std::string(changed)), token.id, words.type(token.id));
            out.added_normal.sizes.push_back({token.id, static_cast<std::uint32_t>(normal_names.back().size())});
        } else {
            plain.add(name, token.id, words.type(token.id));
        }
    }
    plain.put_into(out.added, words);
    normal.put_into(out.added_normal, words);
    if (!normal.special.empty()) out.in_template = text::matcher(all.special);
    return {};
}

result<std::unique_ptr<text::algorithm>> make_algorithm(text::description d, const text::loading& with) {
    for (const auto& entry : text::algorithms)
        if (entry.kind == d.kind) return entry.make(std::move(d), with);
    return error{code::internal, "a kind of tokenizer is in no list"};
}

}  // namespace

result<tokenizer> make_tokenizer(text::description d, const text::loading& with) {
    auto out = std::make_shared<tokenizer::tables>();
    find_special(d, *out, with);
    out->normal        = d.normal && !d.normal->empty() ? d.normal : nullptr;
    out->spaces        = d.spaces;
    out->inner_symbols = d.inner_symbols;
    out->prefix        = d.prefix;
    out->suffix        = d.suffix;
    out->chat_template = d.chat_template;
    if (d.add_bos && d.bos >= 0) out->prefix.insert(out->prefix.begin(), d.bos);
    if (d.add_bos && d.bos < 0) with.note("the vocabulary wants a token at the beginning but names none");
    out->wants_bos   = d.bos >= 0 && !out->prefix.empty() && out->prefix.front() == d.bos;
    const auto from  = d.from;
    auto       added = added_of(d);
    auto       made  = make_algorithm(std::move(d), with);
    if (!made) return std::move(made).error();
    out->algorithm = *std::move(made);
    if (auto ok = find_added(from, std::move(added), *out); !ok) return std::move(ok).error();
    return tokenizer(std::shared_ptr<const tokenizer::tables>(std::move(out)));
}

token_id text::find_unknown(const description& d) noexcept {
    if (d.unknown >= 0) return d.words.type(d.unknown) == token_type::unknown ? d.unknown : token_id{-1};
    for (token_id id = 0; d.words.has(id); ++id)
        if (d.words.type(id) == token_type::unknown) return id;
    return -1;
}

result<tokenizer> tokenizer::from_gguf(const io::gguf& file, const notice_fn& on_notice, std::stop_token stop, const tokenizer_options& options) {
    return load_tokenizer(file, {.on_notice = on_notice, .stop = stop, .workers = nullptr, .fallback_pretokenizer = options.fallback_pretokenizer});
}

result<tokenizer> load_tokenizer(const io::gguf& file, const text::loading& with) {
    return guarded([&]() -> result<tokenizer> {
        if (const auto model = file.text_or("tokenizer.ggml.model", ""); model && (*model == "none" || *model == "no_vocab")) return load_without_text(file);
        auto described = text::describe_gguf(file, with);
        if (!described) return std::move(described).error();
        return make_tokenizer(*std::move(described), with);
    });
}

}  // namespace plume
