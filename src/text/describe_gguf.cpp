#include <algorithm>
#include <cmath>
#include <deque>

#include "src/system.hpp"
#include "src/text/describe.hpp"
#include "src/text/sentencepiece_rules.hpp"
#include "src/text/space_mark.hpp"
#include "src/text/tables.hpp"

// What the keys `tokenizer.ggml.*` of a GGUF file say.

namespace plume::text {
namespace {

constexpr std::string_view tokens_key = "tokenizer.ggml.tokens", types_key = "tokenizer.ggml.token_type", scores_key = "tokenizer.ggml.scores",
                           merges_key = "tokenizer.ggml.merges", pre_key = "tokenizer.ggml.pre", charsmap_key = "tokenizer.ggml.precompiled_charsmap";

struct model_name {
    std::string_view name;  // the value of `tokenizer.ggml.model`
    model_kind       kind;
    std::string_view pre = {};  // the value of `tokenizer.ggml.pre`, where it decides; of several rows the first that fits counts
};
constexpr model_name models[] = {{"llama", model_kind::sentencepiece},
                                 {"gpt2", model_kind::character_bpe, "gemma4"},
                                 {"gpt2", model_kind::character_bpe, "granite-embed-multi-311m"},
                                 {"gpt2", model_kind::character_bpe, "sarvam-moe"},
                                 {"gpt2", model_kind::byte_level},
                                 {"gemma4", model_kind::character_bpe},
                                 {"t5", model_kind::unigram},
                                 {"bert", model_kind::wordpiece}};

class gguf_reader {
public:
    gguf_reader(const io::gguf& file, const loading& with, description& out) : file_(file), with_(with), out_(out) {}
    result<void> read();

private:
    result<void>                    read_kind();
    result<void>                    read_tokens();
    result<std::vector<token_type>> read_types(std::size_t n_tokens) const;
    result<void>                    read_special();
    result<void>                    read_scores();
    result<void>                    read_rules();
    result<void>                    read_sentencepiece();
    result<void>                    read_unigram();
    result<void>                    read_wordpiece();
    result<void>                    read_ends();
    result<void>                    read_byte_level();
    result<void>                    read_character_bpe();
    result<void>                    read_merges();
    void                            read_token_rules();
    result<void>                    read_pretokenizer();
    result<token_id>                token_key(std::string_view key) const;
    result<token_id>                separator() const;

    const io::gguf& file_;
    const loading&  with_;
    description&    out_;
};

result<void> gguf_reader::read_kind() {
    auto model = file_.text("tokenizer.ggml.model");
    if (!model) return std::move(model).error();
    const auto pre = file_.text_or(pre_key, "");
    if (!pre) return pre.error();
    std::string known;
    for (const auto& entry : models) {
        if (entry.name == *model && (entry.pre.empty() || entry.pre == *pre)) {
            out_.kind = entry.kind;
            return {};
        }
        if (entry.pre.empty()) known += (known.empty() ? "" : ", ") + std::string(entry.name);
    }
    return file_.fault(code::format_unsupported, "does not run yet").about("tokenizer model", *model).hint("these run: " + known);
}

/// Types by id. Files from before the types were written get what the names show.
result<std::vector<token_type>> gguf_reader::read_types(std::size_t n_tokens) const {
    std::vector<token_type> types(n_tokens, token_type::normal);
    if (!file_.find(types_key)) return types;
    auto given = file_.array(types_key, io::value_type::i64);
    if (!given) return std::move(given).error();
    if ((*given)->size() != n_tokens)
        return file_.fault(code::format_invalid, "has another length than the list of tokens")
            .about("key", types_key)
            .expected_found(n_tokens, (*given)->size());
    for (std::size_t i = 0; i < n_tokens; ++i) {
        const auto value = (*given)->integer(i).value_or(-1);
        if (value < 0 || value > 6)
            return file_.fault(code::format_invalid, "is not a token type")
                .about("key", element_of(types_key, i))
                .expected_found("0 to 6", std::to_string(value));
        if (value != 0) types[i] = static_cast<token_type>(value);  // 0 is "undefined": plain text
    }
    return types;
}

result<void> gguf_reader::read_tokens() {
    auto tokens = file_.array(tokens_key, io::value_type::string);
    if (!tokens) return std::move(tokens).error();
    std::vector<std::string_view> names((*tokens)->size());
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = (*tokens)->text(i).value_or(std::string_view{});
    auto words = vocabulary::copy(names, out_.from);
    if (!words) return std::move(words).error();
    auto types = read_types(names.size());
    if (!types) return std::move(types).error();
    // Converters write runs of spaces among SentencePiece's user-defined tokens as spaces. They are found in a text whose spaces are marks.
    std::deque<std::string> marked;
    const bool              marks = out_.kind == model_kind::sentencepiece || out_.kind == model_kind::unigram;
    for (std::size_t i = 0; marks && i < names.size(); ++i)
        if ((*types)[i] == token_type::user_defined && names[i].find(' ') != std::string_view::npos)
            names[i] = marked.emplace_back(text::marked(names[i], {.marks = true}, false));
    if (!marked.empty()) words = vocabulary::copy(names, out_.from);
    if (!words) return std::move(words).error();
    words->set_types(*std::move(types), file_.find(types_key) != nullptr);
    if (!words->types_given()) with_.note("the file gives no token types: only the tokens that its keys name are taken as control tokens");
    out_.words = *std::move(words);
    return {};
}

/// A token id stored under `key`: -1 where the key is missing, an error where the vocabulary has no such token.
result<token_id> gguf_reader::token_key(std::string_view key) const {
    if (!file_.find(key)) return token_id{-1};
    auto id = file_.count(key);
    if (!id) return std::move(id).error();
    if (*id >= out_.words.size())
        return file_.fault(code::format_invalid, "names a token outside the vocabulary")
            .about("key", key)
            .expected_found("below " + std::to_string(out_.words.size()), std::to_string(*id));
    return static_cast<token_id>(*id);
}

/// The token between texts, or -1. Published files write -1 themselves where they have none.
result<token_id> gguf_reader::separator() const {
    constexpr std::string_view key  = "tokenizer.ggml.seperator_token_id";  // the format spells it so
    constexpr std::uint32_t    none = 0xffffffff;
    if (const auto id = file_.find(key) != nullptr ? file_.count(key) : result<std::uint64_t>(none); id && *id == none) return token_id{-1};
    return token_key(key);
}

result<void> gguf_reader::read_special() {
    token_id eot = -1, eom = -1;
    struct place {
        std::string_view key;
        token_id&        id;
    };
    const place places[] = {{"tokenizer.ggml.bos_token_id", out_.bos},
                            {"tokenizer.ggml.unknown_token_id", out_.unknown},
                            {"tokenizer.ggml.eos_token_id", out_.eos},
                            {"tokenizer.ggml.eot_token_id", eot},
                            {"tokenizer.ggml.eom_token_id", eom}};
    for (const auto& p : places) {
        auto id = token_key(p.key);
        if (!id) return std::move(id).error();
        p.id = *id;
    }
    for (const auto id : {eot, eom})
        if (id >= 0) out_.ends.push_back(id);
    return {};
}

result<void> gguf_reader::read_scores() {
    auto scores = file_.array(scores_key, io::value_type::f32);
    if (!scores) return std::move(scores).error();
    const std::size_t n = out_.words.size();
    if ((*scores)->size() != n)
        return file_.fault(code::format_invalid, "has another length than the list of tokens").about("key", scores_key).expected_found(n, (*scores)->size());
    const fp_control contract;  // a host may flush denormal scores to zero
    out_.scores.resize(n);
    for (std::size_t i = 0; i < n; ++i) out_.scores[i] = static_cast<float>((*scores)->real(i).value_or(std::nan("")));
    return {};
}

/// SentencePiece's normaliser, where the keys ask for one. Byte-pair vocabularies in this format have none, as a rule: then only spaces are marked.
result<void> gguf_reader::read_rules() {
    const bool  unigram = out_.kind == model_kind::unigram;
    std::string map;
    if (file_.find(charsmap_key)) {
        auto bytes = file_.array(charsmap_key, io::value_type::u8);
        if (!bytes && file_.find(charsmap_key)->element_type() == io::value_type::i8) bytes = file_.array(charsmap_key, io::value_type::i8);
        if (!bytes) return std::move(bytes).error();
        map.reserve((*bytes)->size());
        for (std::size_t i = 0; i < (*bytes)->size(); ++i) map += static_cast<char>((*bytes)->integer(i).value_or(0));
    }
    sentencepiece_rules rules{.charsmap = map, .remove_extra_whitespaces = false};
    struct place {
        std::string_view key;
        bool&            flag;
    };
    const place flags[] = {{"tokenizer.ggml.add_space_prefix", rules.add_dummy_prefix},
                           {"tokenizer.ggml.remove_extra_whitespaces", rules.remove_extra_whitespaces},
                           {"tokenizer.ggml.escape_whitespaces", rules.escape_whitespaces}};
    for (const auto& f : flags) {
        auto flag = file_.flag_or(f.key, f.flag);
        if (!flag) return std::move(flag).error();
        f.flag = *flag;
    }
    out_.inner_symbols = true;
    out_.adds_space    = rules.add_dummy_prefix;
    const bool none    = !unigram && map.empty() && !rules.remove_extra_whitespaces && rules.escape_whitespaces;
    if (none) return find_symbols(out_);
    return use_rules(rules, charsmap_key, out_);
}

result<void> gguf_reader::read_sentencepiece() {
    out_.add_bos       = true;
    out_.byte_fallback = true;
    if (auto ok = read_rules(); !ok) return ok;
    return read_scores();
}

result<void> gguf_reader::read_unigram() {
    out_.byte_fallback = true;  // where the vocabulary has all bytes
    if (out_.eos >= 0) out_.suffix.push_back(out_.eos);
    if (auto ok = read_rules(); !ok) return ok;
    return read_scores();
}

/// BERT's tokenizer as the library `tokenizers` has it: the format says nothing of the normaliser but, in newer files, whether it makes letters small.
result<void> gguf_reader::read_wordpiece() {
    auto lower = file_.flag_or("tokenizer.ggml.normalizer.lowercase", true);
    if (!lower) return std::move(lower).error();
    auto accents = file_.flag_or("tokenizer.ggml.normalizer.strip_accents", *lower);
    if (!accents) return std::move(accents).error();
    auto normal = std::make_shared<normaliser>();
    if (auto ok = normal->add(steps::bert{.clean_text = true, .space_cjk = true, .strip_accents = *accents, .lowercase = *lower}); !ok) return ok;
    out_.normal     = std::move(normal);
    out_.adds_space = true;
    out_.add_bos    = true;
    // Files type the unknown token as a control token, and some do not name it: words without pieces need it.
    for (token_id id = 0; out_.unknown < 0 && out_.words.has(id); ++id)
        if (out_.words.name(id) == "[UNK]") out_.unknown = id;
    if (out_.unknown >= 0) out_.words.set_type(out_.unknown, token_type::unknown);
    auto cls = token_key("tokenizer.ggml.cls_token_id");
    if (!cls) return std::move(cls).error();
    if (*cls >= 0) out_.bos = *cls;
    auto sep = separator();
    if (!sep) return std::move(sep).error();
    if (*sep >= 0) out_.suffix.push_back(*sep);
    return {};
}

result<void> gguf_reader::read_pretokenizer() {
    std::string_view name;
    if (file_.find(pre_key)) {
        auto given = file_.text(pre_key);
        if (!given) return std::move(given).error();
        name     = *given;
        out_.pre = find_pretokenizer(name);
    }
    if (!out_.pre) {
        auto why =
            file_.find(pre_key)
                ? file_.fault(code::format_unsupported, "does not run yet")
                      .about("pre-tokenizer", name)
                      .hint("name another in tokenizer_options::fallback_pretokenizer if you know that it cuts alike; these run: " + known_pretokenizers())
                : file_.fault(code::format_unsupported, "is missing: without it nobody can say how this vocabulary cuts text")
                      .about("key", pre_key)
                      .hint("convert the model again with a current converter, or name one in tokenizer_options::fallback_pretokenizer: " +
                            known_pretokenizers());
        if (auto ok = use_fallback(std::move(why), out_, with_); !ok) return ok;
    }
    if (out_.pre->normal == normal_form::nfc) {
        auto normal = std::make_shared<normaliser>();
        if (auto ok = normal->add(steps::form{unicode_form::nfc}); !ok) return ok;
        out_.normal = std::move(normal);
    }
    out_.ignore_merges = out_.pre->ignore_merges;
    out_.add_bos       = out_.pre->adds_bos;
    return {};
}

result<void> gguf_reader::read_byte_level() {
    if (auto ok = read_pretokenizer(); !ok) return ok;
    auto adds_space = file_.flag_or("tokenizer.ggml.add_space_prefix", false);
    if (!adds_space) return std::move(adds_space).error();
    if (*adds_space) with_.note("tokenizer.ggml.add_space_prefix is not used for byte-level BPE");
    return read_merges();
}

/// What Gemma 4's tokenizer.json says, which the keys do not: spaces are marked everywhere, bytes stand for unknown characters.
result<void> gguf_reader::read_character_bpe() {
    out_.byte_fallback = true;
    out_.fuse_unknown  = true;
    out_.spaces        = {.marks = true, .normalises = true};
    out_.add_bos       = true;
    return read_merges();
}

result<void> gguf_reader::read_merges() {
    auto merges = file_.array(merges_key, io::value_type::string);
    if (!merges) return std::move(merges).error();
    const std::size_t n = (*merges)->size();
    if (n >= max_merges)
        return file_.fault(code::format_limit, "has more merges than the limit max_merges").about("key", merges_key).expected_found(max_merges, n);
    out_.merges.reserve(n);
    for (std::size_t i = 0; i < n; ++i) out_.merges.push_back({.left = (*merges)->text(i).value_or(std::string_view{}), .right = {}, .joined = true});
    return {};
}

/// The tokens behind a text: the kind's own, or what the keys ask for.
result<void> gguf_reader::read_ends() {
    struct place {
        std::string_view key;
        token_id         id;
    };
    auto sep = separator();
    if (!sep) return std::move(sep).error();
    const place places[] = {{"tokenizer.ggml.add_eos_token", out_.eos}, {"tokenizer.ggml.add_sep_token", *sep}};
    for (const auto& p : places) {
        const auto there = std::find(out_.suffix.begin(), out_.suffix.end(), p.id);
        auto       wants = file_.flag_or(p.key, there != out_.suffix.end());
        if (!wants) return std::move(wants).error();
        if (!*wants && there != out_.suffix.end()) out_.suffix.erase(there);
        if (*wants && there == out_.suffix.end() && p.id >= 0) out_.suffix.push_back(p.id);
    }
    return {};
}

/// What the format has no key for. Phi-3's marks take the white space behind them: the template's newlines are none to the model. Source: tokenizer.json of
/// Phi-3-mini-4k-instruct and Phi-3.5-mini-instruct as published.
void gguf_reader::read_token_rules() {
    const auto architecture = file_.find("general.architecture");
    if (out_.kind != model_kind::sentencepiece || !architecture || architecture->text().value_or(std::string_view{}) != "phi3") return;
    constexpr std::string_view without[] = {"<unk>", "<s>", "<|endoftext|>"};
    constexpr std::size_t      most      = 64;  // they have 14
    for (token_id id = 0; out_.words.has(id) && out_.added.size() < most; ++id) {
        const auto name  = out_.words.name(id);
        const auto type  = out_.words.type(id);
        const bool added = type == token_type::control || type == token_type::user_defined;
        if (added && is_marker(name) && std::find(std::begin(without), std::end(without), name) == std::end(without))
            out_.added.push_back({.id = id, .rstrip = true});
    }
}

result<void> gguf_reader::read() {
    out_.from = {.path = file_.path(), .tokens = tokens_key, .types = types_key, .scores = scores_key, .merges = merges_key};
    if (auto ok = read_kind(); !ok) return ok;
    if (auto ok = read_tokens(); !ok) return ok;
    if (with_.stop.stop_requested()) return out_.from.cancelled();
    if (auto ok = read_special(); !ok) return ok;
    auto read_rest = [&] {
        switch (out_.kind) {
            case model_kind::byte_level:
                return read_byte_level();
            case model_kind::character_bpe:
                return read_character_bpe();
            case model_kind::unigram:
                return read_unigram();
            case model_kind::wordpiece:
                return read_wordpiece();
            default:
                return read_sentencepiece();
        }
    };
    if (auto ok = read_rest(); !ok) return ok;
    auto add_bos = file_.flag_or("tokenizer.ggml.add_bos_token", out_.add_bos);
    if (!add_bos) return std::move(add_bos).error();
    out_.add_bos = *add_bos;
    read_token_rules();
    if (const auto* source = file_.find("tokenizer.chat_template")) out_.chat_template = source->text().value_or(std::string_view{});
    return read_ends();
}

}  // namespace

result<description> describe_gguf(const io::gguf& file, const loading& with) {
    description out;
    if (auto ok = gguf_reader(file, with, out).read(); !ok) return std::move(ok).error();
    return out;
}

}  // namespace plume::text
