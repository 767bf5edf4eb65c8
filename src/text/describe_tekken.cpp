#include <algorithm>

#include "src/text/base64.hpp"
#include "src/text/byte_names.hpp"
#include "src/text/describe.hpp"
#include "src/text/json_fields.hpp"

// A tekken.json of Mistral AI: byte-level BPE whose tokens are given as bytes, in the order in which they merge; special tokens come first.
// Source: the package mistral-common.

namespace plume::text {
namespace {

// The special tokens of versions up to v7, whose files do not list them.
constexpr std::string_view first_special[] = {"<unk>",
                                              "<s>",
                                              "</s>",
                                              "[INST]",
                                              "[/INST]",
                                              "[AVAILABLE_TOOLS]",
                                              "[/AVAILABLE_TOOLS]",
                                              "[TOOL_RESULTS]",
                                              "[/TOOL_RESULTS]",
                                              "[TOOL_CALLS]",
                                              "[IMG]",
                                              "<pad>",
                                              "[IMG_BREAK]",
                                              "[IMG_END]",
                                              "[PREFIX]",
                                              "[MIDDLE]",
                                              "[SUFFIX]",
                                              "[SYSTEM_PROMPT]",
                                              "[/SYSTEM_PROMPT]",
                                              "[TOOL_CONTENT]"};
constexpr std::string_view old_versions[]  = {"v1", "v2", "v3", "v7"};

class tekken_reader {
public:
    tekken_reader(const json_fields& root, description& out, const loading& with) : root_(root), out_(out), with_(with) {}
    result<void> read();

private:
    result<std::size_t> count(const json_fields& at, std::string_view key) const;
    result<void>        read_special(const json_fields& config);
    result<void>        name_special(const json_fields& at, std::string_view name, std::size_t rank);
    result<void>        read_tokens();
    result<void>        read_pretokenizer(const json_fields& config);

    const json_fields&       root_;
    description&             out_;
    const loading&           with_;
    std::size_t              n_special_ = 0, n_words_ = 0;
    std::vector<std::string> names_;
};

result<std::size_t> tekken_reader::count(const json_fields& at, std::string_view key) const {
    auto found = at.need(key, json::kind::integer);
    if (!found) return std::move(found).error();
    const auto n = *found->integer();
    if (n < 0 || n > static_cast<std::int64_t>(max_tokens))
        return at.fault(code::format_limit, key, "is no number of tokens, or beyond the limit max_tokens")
            .expected_found("0 to " + std::to_string(max_tokens), std::to_string(n));
    return static_cast<std::size_t>(n);
}

result<void> tekken_reader::name_special(const json_fields& at, std::string_view name, std::size_t rank) {
    if (rank >= n_special_)
        return at.fault(code::format_invalid, "rank", "is beyond the special tokens")
            .expected_found("below " + std::to_string(n_special_), std::to_string(rank));
    if (!names_[rank].empty()) return at.fault(code::format_invalid, "rank", "is that of another special token, too").expected_found(names_[rank], name);
    names_[rank] = name;
    return {};
}

result<void> tekken_reader::read_special(const json_fields& config) {
    auto version = config.text("version");
    if (!version) return std::move(version).error();
    auto list = root_.find("special_tokens", json::kind::array);
    if (!list) return std::move(list).error();
    if (*list) {
        std::size_t i = 0;
        for (const auto& v : (*list)->elements()) {
            const auto place = element_of("special_tokens", i++);
            auto       each  = of_kind(root_.from(), place, v, json::kind::object);
            if (!each) return std::move(each).error();
            const json_fields at(root_.from(), *each, place);
            auto              name = at.text("token_str");
            auto              rank = count(at, "rank");
            if (!name) return std::move(name).error();
            if (!rank) return std::move(rank).error();
            if (auto ok = name_special(at, *name, *rank); !ok) return ok;
        }
    } else {
        bool old = false;
        for (const auto v : old_versions) old = old || v == *version;
        if (!old)
            return root_.fault(code::format_invalid, "special_tokens", "is missing, which only files of versions up to v7 may")
                .expected_found("v1, v2, v3 or v7", *version);
        for (std::size_t i = 0; i < std::min(std::size(first_special), n_special_); ++i) names_[i] = first_special[i];
    }
    for (std::size_t i = 0; i < n_special_; ++i)
        if (names_[i].empty()) names_[i] = "<SPECIAL_" + std::to_string(i) + '>';
    return {};
}

/// "vocab": [{"rank": 0, "token_bytes": "AA==", ...}, ...], of which the first ones count.
result<void> tekken_reader::read_tokens() {
    auto vocab = root_.need("vocab", json::kind::array);
    if (!vocab) return std::move(vocab).error();
    if (vocab->size() < n_words_)
        return root_.fault(code::format_invalid, "vocab", "has fewer tokens than the configuration says").expected_found(n_words_, vocab->size());
    std::size_t rank = 0;
    std::string bytes;
    for (const auto& v : vocab->elements()) {
        if (rank == n_words_) break;
        const auto place = [&] { return element_of("vocab", rank); };
        if (!v.is(json::kind::object)) return root_.from().fault(code::format_invalid, "is no token").about("key", place());
        const auto given = v.find("rank"), text = v.find("token_bytes");
        if (!given || given->integer() != static_cast<std::int64_t>(rank))
            return root_.from().fault(code::format_invalid, "does not stand in the order of its rank").about("key", place());
        if (!text || !text->string()) return root_.from().fault(code::format_invalid, "lacks its token_bytes").about("key", place());
        bytes.clear();
        if (!append_base64(*text->string(), bytes) || bytes.empty())
            return root_.from().fault(code::format_invalid, "is not the base64 of a token").about("key", place()).expected_found("base64", *text->string());
        auto& name = names_[n_special_ + rank];
        for (const char c : bytes) append_name(name, static_cast<unsigned char>(c));
        ++rank;
    }
    return {};
}

result<void> tekken_reader::read_pretokenizer(const json_fields& config) {
    auto pattern = config.text("pattern");
    if (!pattern) return std::move(pattern).error();
    const std::string_view patterns[] = {*pattern};
    out_.pre                          = find_pretokenizer_by_patterns(patterns);
    if (out_.pre) return {};
    return use_fallback(config.fault(code::format_unsupported, "pattern", "is that of no known pre-tokenizer")
                            .expected_found("a published pattern", *pattern)
                            .hint("name one in tokenizer_options::fallback_pretokenizer if you know that it cuts alike"),
                        out_, with_);
}

result<void> tekken_reader::read() {
    auto config = root_.inside("config");
    if (!config) return std::move(config).error();
    if (!*config) return root_.fault(code::format_invalid, "config", "is missing");
    auto n_special = count(**config, "default_num_special_tokens");
    auto n_all     = count(**config, "default_vocab_size");
    if (!n_special) return std::move(n_special).error();
    if (!n_all) return std::move(n_all).error();
    if (*n_all <= *n_special)
        return (*config)
            ->fault(code::format_invalid, "default_vocab_size", "leaves no room for tokens")
            .expected_found("more than " + std::to_string(*n_special), std::to_string(*n_all));
    n_special_ = *n_special, n_words_ = *n_all - *n_special;
    names_.resize(*n_all);
    if (auto ok = read_special(**config); !ok) return ok;
    if (auto ok = read_tokens(); !ok) return ok;
    std::vector<std::string_view> views(names_.begin(), names_.end());
    auto                          words = vocabulary::copy(views, out_.from);
    if (!words) return std::move(words).error();
    std::vector<token_type> types(*n_all, token_type::normal);
    std::fill_n(types.begin(), n_special_, token_type::control);
    words->set_types(std::move(types), true);
    out_.words          = *std::move(words);
    out_.kind           = model_kind::byte_level;
    out_.merges_by_rank = true;
    out_.ignore_merges  = true;
    for (token_id id = 0; static_cast<std::size_t>(id) < n_special_; ++id) {
        if (out_.words.name(id) == "<s>") out_.bos = id;
        if (out_.words.name(id) == "</s>") out_.eos = id;
    }
    out_.add_bos = out_.bos >= 0;
    return read_pretokenizer(**config);
}

}  // namespace

result<description> describe_tekken(const json::value& root, const std::string& path, const loading& with) {
    description out;
    out.from = {.path = path, .tokens = "vocab", .types = "special_tokens", .scores = "vocab", .merges = "vocab"};
    const json_fields top(out.from, root, {});
    if (auto ok = tekken_reader(top, out, with).read(); !ok) return std::move(ok).error();
    return out;
}

}  // namespace plume::text
