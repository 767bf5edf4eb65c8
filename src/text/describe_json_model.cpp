#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iterator>
#include <limits>

#include "src/text/describe_json.hpp"

// "model" and "added_tokens" of a tokenizer.json.

namespace plume::text {
namespace {

/// "vocab": an object of names with their ids.
result<void> read_vocabulary(const json_fields& model, json_tokens& tokens) {
    auto vocab = model.need("vocab", json::kind::object);
    if (!vocab) return std::move(vocab).error();
    if (vocab->size() > max_tokens)
        return model.fault(code::format_limit, "vocab", "has more tokens than the limit max_tokens").expected_found(max_tokens, vocab->size());
    tokens.names.reserve(vocab->size());
    tokens.types.reserve(vocab->size());
    for (const auto& entry : vocab->members()) {
        const auto id = entry.value.integer();
        if (!id)
            return model.fault(code::format_invalid, "vocab", "has a token whose id is no integer")
                .expected_found("an integer", std::string(entry.key) + ": " + std::string(name(entry.value.kind())));
        if (auto ok = tokens.add(model, "vocab", entry.key, *id, token_type::normal); !ok) return ok;
    }
    return {};
}

/// "merges": a list of "LEFT RIGHT", or of ["LEFT", "RIGHT"].
result<void> read_merges(const json_fields& model, description& out) {
    auto merges = model.need("merges", json::kind::array);
    if (!merges) return std::move(merges).error();
    if (merges->size() >= max_merges)
        return model.fault(code::format_limit, "merges", "has more merges than the limit max_merges").expected_found(max_merges, merges->size());
    out.merges.reserve(merges->size());
    for (const auto& v : merges->elements()) {
        if (const auto text = v.string()) {
            if (out.merges.empty() && text->starts_with("#version")) continue;
            out.merges.push_back({.left = *text, .right = {}, .joined = true});
            continue;
        }
        std::string_view halves[2];
        std::size_t      n = 0;
        for (const auto& half : v.elements())
            if (const auto text = half.string(); text && n < 2) halves[n++] = *text;
        if (n != 2 || v.size() != 2)
            return model.from()
                .fault(code::format_invalid, "is no merge")
                .about("key", element_of(out.from.merges, out.merges.size()))
                .expected_found("\"LEFT RIGHT\" or [\"LEFT\", \"RIGHT\"]", name(v.kind()));
        out.merges.push_back({.left = halves[0], .right = halves[1]});
    }
    return {};
}

/// A step that makes byte-level BPE of a BPE.
bool is_byte_level(const std::vector<json_fields>& steps) {
    for (const auto& step : steps)
        if (const auto type = step.object().find("type"); type && type->string() == "ByteLevel") return true;
    return false;
}

result<void> refuse_parts(const json_fields& model) {
    for (const auto* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
        auto text = model.text_or(key, {});
        if (!text) return std::move(text).error();
        if (!text->empty()) return model.fault(code::format_unsupported, key, "does not run yet").expected_found("no text", *text);
    }
    auto dropout = model.find("dropout", json::kind::number);
    if (!dropout) return std::move(dropout).error();
    if (*dropout && *(*dropout)->number() != 0)
        return model.fault(code::format_unsupported, "dropout", "makes tokens at random, which is for training only").hint("set it to null in the file");
    return {};
}

result<void> read_bpe(const json_fields& root, const json_fields& model, description& out, json_tokens& tokens) {
    auto steps = flat_steps(root, "pre_tokenizer", "pretokenizers");
    if (!steps) return std::move(steps).error();
    out.kind = is_byte_level(*steps) ? model_kind::byte_level : model_kind::character_bpe;
    if (auto ok = refuse_parts(model); !ok) return ok;
    if (auto ok = read_vocabulary(model, tokens); !ok) return ok;
    if (auto ok = read_merges(model, out); !ok) return ok;
    struct place {
        std::string_view key;
        bool&            flag;
    };
    const place flags[] = {{"byte_fallback", out.byte_fallback}, {"fuse_unk", out.fuse_unknown}, {"ignore_merges", out.ignore_merges}};
    for (const auto& f : flags) {
        auto flag = model.flag_or(f.key, false);
        if (!flag) return std::move(flag).error();
        f.flag = *flag;
    }
    auto unknown = model.text_or("unk_token", {});
    if (!unknown) return std::move(unknown).error();
    if (unknown->empty()) return {};
    const auto id = model.object().find("vocab")->find(*unknown);
    if (!id) return model.fault(code::format_invalid, "unk_token", "names no token of the vocabulary").expected_found("a token", *unknown);
    out.unknown = static_cast<token_id>(*id->integer());
    return {};
}

/// A score as `tokenizers` has it: its JSON reader takes the digits as one whole number and divides by a power of ten, which rounds twice, so that the last bit
/// is another now and then. It decides between ways of equal score.
double as_tokenizers_reads(std::string_view number) {
    std::uint64_t digits   = 0;
    int           exponent = 0;
    bool          point = false, full = false;
    std::size_t   i = number.starts_with('-') ? 1 : 0;
    for (; i < number.size() && number[i] != 'e' && number[i] != 'E'; ++i) {
        if (number[i] == '.') {
            point = true;
            continue;
        }
        const auto digit = static_cast<std::uint64_t>(number[i] - '0');
        full             = full || digits > (std::numeric_limits<std::uint64_t>::max() - digit) / 10;
        if (!full) digits = 10 * digits + digit;
        exponent += (full ? 1 : 0) - (point ? 1 : 0);
    }
    int written = 0;
    if (i < number.size()) {
        const auto text = number.substr(number[i + 1] == '+' ? i + 2 : i + 1);
        std::from_chars(text.data(), text.data() + text.size(), written);
    }
    exponent += std::clamp(written, -10'000, 10'000);
    auto value = static_cast<double>(digits);
    for (; exponent < -308 && value != 0; exponent += 308) value /= 1e308;
    char       power[8]  = "1e";
    double     scale     = 1;
    const auto magnitude = std::min(std::abs(exponent), 308);
    std::from_chars(power, std::to_chars(power + 2, std::end(power), magnitude).ptr, scale);
    value = exponent < 0 ? value / scale : value * scale;
    return number.starts_with('-') ? -value : value;
}

/// "vocab" of Unigram: a list of [text, score].
result<void> read_unigram(const json_fields& model, description& out, json_tokens& tokens) {
    out.kind   = model_kind::unigram;
    auto vocab = model.need("vocab", json::kind::array);
    if (!vocab) return std::move(vocab).error();
    if (vocab->size() > max_tokens)
        return model.fault(code::format_limit, "vocab", "has more tokens than the limit max_tokens").expected_found(max_tokens, vocab->size());
    for (const auto& entry : vocab->elements()) {
        std::optional<std::string_view> text;
        std::optional<double>           score;
        std::size_t                     i = 0;
        for (const auto& half : entry.elements()) {
            if (i == 0) text = half.string();
            if (i == 1 && half.number()) score = as_tokenizers_reads(half.number_text());
            ++i;
        }
        if (i != 2 || !text || !score)
            return model.from()
                .fault(code::format_invalid, "is no token with its score")
                .about("key", element_of(out.from.tokens, tokens.names.size()))
                .expected_found("[\"TEXT\", SCORE]", name(entry.kind()));
        tokens.names.push_back(*text);
        tokens.types.push_back(token_type::normal);
        out.precise_scores.push_back(*score);
    }
    auto fallback = model.flag_or("byte_fallback", false);
    if (!fallback) return std::move(fallback).error();
    out.byte_fallback = *fallback;
    auto unknown      = model.find("unk_id", json::kind::integer);
    if (!unknown) return std::move(unknown).error();
    if (!*unknown) return {};
    const auto id = *(*unknown)->integer();
    if (id < 0 || static_cast<std::uint64_t>(id) >= tokens.names.size())
        return model.fault(code::format_invalid, "unk_id", "names a token outside the vocabulary")
            .expected_found("below " + std::to_string(tokens.names.size()), std::to_string(id));
    out.unknown = static_cast<token_id>(id);
    return {};
}

result<void> read_wordpiece(const json_fields& model, description& out, json_tokens& tokens) {
    out.kind = model_kind::wordpiece;
    if (auto ok = read_vocabulary(model, tokens); !ok) return ok;
    auto prefix  = model.text_or("continuing_subword_prefix", "##");
    auto unknown = model.text_or("unk_token", "[UNK]");
    auto most    = model.find("max_input_chars_per_word", json::kind::integer);
    if (!prefix) return std::move(prefix).error();
    if (!unknown) return std::move(unknown).error();
    if (!most) return std::move(most).error();
    if (prefix->empty()) return model.fault(code::format_unsupported, "continuing_subword_prefix", "is empty, which does not run");
    out.continuing_prefix = *prefix;
    if (*most) {
        const auto n = *(*most)->integer();
        if (n < 0) return model.fault(code::format_invalid, "max_input_chars_per_word", "is negative");
        out.max_word_characters = static_cast<std::size_t>(n);
    }
    const auto id = model.object().find("vocab")->find(*unknown);
    if (!id) return model.fault(code::format_invalid, "unk_token", "names no token of the vocabulary").expected_found("a token", *unknown);
    out.unknown = static_cast<token_id>(*id->integer());
    return {};
}

}  // namespace

result<void> read_json_model(const json_fields& root, description& out, json_tokens& tokens) {
    auto found = root.inside("model");
    if (!found) return std::move(found).error();
    if (!*found)
        return out.from.fault(code::format_unknown, "has no \"model\": it is no tokenizer.json").hint("name the file tokenizer.json of the model's folder");
    const auto& model = **found;
    auto        type  = model.text_or("type", model.object().find("merges") ? "BPE" : "");
    if (!type) return std::move(type).error();
    if (*type == "BPE") return read_bpe(root, model, out, tokens);
    if (*type == "Unigram") return read_unigram(model, out, tokens);
    if (*type == "WordPiece") return read_wordpiece(model, out, tokens);
    return model.fault(code::format_unsupported, "type", "does not run yet").expected_found("BPE, Unigram or WordPiece", *type);
}

result<void> read_json_added(const json_fields& root, description& out, json_tokens& tokens) {
    out.lists_added = true;
    auto list       = root.find("added_tokens", json::kind::array);
    if (!list) return std::move(list).error();
    if (!*list) return {};
    const auto  vocab = root.object().find("model")->find("vocab");
    std::size_t i     = 0;
    for (const auto& v : (*list)->elements()) {
        const auto place = element_of("added_tokens", i++);
        auto       each  = of_kind(root.from(), place, v, json::kind::object);
        if (!each) return std::move(each).error();
        const json_fields at(root.from(), *each, place);
        auto              content = at.text("content");
        auto              id      = at.need("id", json::kind::integer);
        auto              special = at.flag_or("special", false);
        if (!content) return std::move(content).error();
        if (!id) return std::move(id).error();
        if (!special) return std::move(special).error();
        if (content->empty()) continue;
        if (vocab && vocab->is(json::kind::object))
            if (const auto known = vocab->find(*content); known && known->integer() != id->integer())
                return at.fault(code::format_invalid, "id", "is another than the vocabulary gives this token")
                    .expected_found(std::to_string(known->integer().value_or(-1)), std::to_string(*id->integer()));
        if (auto ok = tokens.add(at, "id", *content, *id->integer(), *special ? token_type::control : token_type::user_defined); !ok) return ok;
        added_token token{.id = static_cast<token_id>(*id->integer())};
        struct flag_place {
            std::string_view key;
            bool&            flag;
            bool             otherwise;
        };
        const flag_place flags[] = {{"lstrip", token.lstrip, false},
                                    {"rstrip", token.rstrip, false},
                                    {"single_word", token.single_word, false},
                                    {"normalized", token.normalized, !*special}};
        for (const auto& f : flags) {
            auto flag = at.flag_or(f.key, f.otherwise);
            if (!flag) return std::move(flag).error();
            f.flag = *flag;
        }
        out.added.push_back(token);
    }
    return {};
}

}  // namespace plume::text
