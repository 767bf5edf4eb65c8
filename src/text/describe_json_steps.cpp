#include <algorithm>
#include <span>

#include "src/text/describe_json.hpp"
#include "src/text/pretokenizers/pattern.hpp"
#include "src/text/space_mark.hpp"

// "normalizer", "pre_tokenizer" and "decoder" of a tokenizer.json.

namespace plume::text {
namespace {

error unsupported(const json_fields& step, std::string_view key, std::string_view found) {
    return step.fault(code::format_unsupported, key, "asks for a step that does not run yet").about("step", found);
}

/// The mark must be U+2581: decoding turns that one back.
result<void> need_mark(const json_fields& step, std::string_view key) {
    auto mark = step.text_or(key, space_mark);
    if (!mark) return std::move(mark).error();
    if (*mark != space_mark) return step.fault(code::format_unsupported, key, "is another mark for spaces than runs").expected_found(space_mark, *mark);
    return {};
}

/// A step that makes marks of spaces, as the published SentencePiece vocabularies have it: Prepend U+2581, Replace " " by U+2581.
bool marks_spaces(const json_fields& step) {
    const auto type = step.text_or("type", {}).value_or(std::string_view{});
    if (type == "Prepend") return step.text_or("prepend", {}).value_or(std::string_view{}) == space_mark;
    const auto pattern = type == "Replace" ? step.inside("pattern").value_or(std::optional<json_fields>{}) : std::optional<json_fields>{};
    return pattern && pattern->text_or("String", {}).value_or(std::string_view{}) == " ";
}

/// [Steps of a normaliser], [Prepend U+2581], Replace " " by U+2581.
result<void> read_character_normalizer(const std::vector<json_fields>& all, description& out) {
    const auto first = std::find_if(all.begin(), all.end(), marks_spaces);
    if (auto ok = read_json_normalizer({all.begin(), first}, out); !ok) return ok;
    for (const auto& step : std::span<const json_fields>(first, all.end())) {
        auto type = step.text("type");
        if (!type) return std::move(type).error();
        if (*type == "Prepend" && !out.spaces.marks && out.spaces.nothing()) {
            if (auto ok = need_mark(step, "prepend"); !ok) return ok;
            out.spaces.prefix = prefix_rule::always;
        } else if (*type == "Replace" && !out.spaces.marks) {
            auto pattern = step.inside("pattern");
            if (!pattern) return std::move(pattern).error();
            if (!*pattern) return step.fault(code::format_invalid, "pattern", "is missing");
            auto text = (*pattern)->text("String");
            if (!text) return std::move(text).error();
            if (*text != " ") return unsupported(step, "pattern", "Replace of another text than a space");
            if (auto ok = need_mark(step, "content"); !ok) return ok;
            out.spaces.marks = true;
        } else {
            return unsupported(step, "type", *type);
        }
        out.spaces.normalises = true;
    }
    return {};
}

result<void> read_metaspace(const json_fields& step, description& out) {
    if (auto ok = need_mark(step, "replacement"); !ok) return ok;
    auto adds   = step.flag_or("add_prefix_space", true);
    auto scheme = step.text_or("prepend_scheme", adds && !*adds ? "never" : "always");
    auto split  = step.flag_or("split", true);
    if (!adds) return std::move(adds).error();
    if (!scheme) return std::move(scheme).error();
    if (!split) return std::move(split).error();
    const bool never = *scheme == "never", first = *scheme == "first";
    if (!never && !first && *scheme != "always")
        return step.fault(code::format_unsupported, "prepend_scheme", "is not known").expected_found("always, first or never", *scheme);
    if (!out.spaces.nothing()) return unsupported(step, "type", "Metaspace behind a normaliser of spaces");
    out.spaces       = {.prefix = never ? prefix_rule::never : prefix_rule::unless_there, .first_only = first, .marks = true, .normalises = false};
    out.splits_marks = *split;
    return {};
}

result<void> read_character_pretokenizer(const std::vector<json_fields>& steps, description& out) {
    for (const auto& step : steps) {
        auto type = step.text("type");
        if (!type) return std::move(type).error();
        // WhitespaceSplit drops white space before Metaspace marks the words: what T5's and XLM-R's files have.
        if (*type == "WhitespaceSplit" && steps.size() == 2 && &step == &steps[0] && out.kind == model_kind::unigram) {
            out.splits_spaces = true;
            continue;
        }
        if (*type != "Metaspace" || &step != &steps.back()) return unsupported(step, "type", *type);
        if (auto ok = read_metaspace(step, out); !ok) return ok;
        if (out.splits_spaces && (out.spaces.prefix == prefix_rule::never || out.spaces.first_only))
            return unsupported(step, "prepend_scheme", "words without marks");
        if (out.splits_spaces && !out.splits_marks) return unsupported(step, "split", "Metaspace that does not split");
        if (out.splits_spaces) out.spaces = {};
    }
    return {};
}

/// A text as a regular expression that matches only it.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view("\\^$.|?*+()[]{}/-").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

/// A published expression as the list of pre-tokenizers has it: in some files control characters stand as they are.
std::string spelt(std::string_view regex) {
    std::string out;
    for (const char c : regex) {
        if (c == '\r')
            out += "\\r";
        else if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else
            out += c;
    }
    return out;
}

/// A Punctuation step: Unicode's, and what is neither letter, digit nor space in ASCII.
result<std::string> punctuation_pattern(const json_fields& step) {
    auto how = step.text_or("behavior", "Isolated");
    if (!how) return std::move(how).error();
    constexpr std::string_view marks = R"([!-/:-@\[-`{-~\p{P}])";
    if (*how == "Isolated") return std::string(marks);
    if (*how == "Contiguous") return std::string(marks) + '+';
    return unsupported(step, "behavior", "Punctuation with the behaviour " + std::string(*how));
}

/// A Split step, as the pattern that cuts a text in the same places.
result<std::string> split_pattern(const json_fields& step, std::size_t n_steps) {
    auto pattern = step.inside("pattern");
    if (!pattern) return std::move(pattern).error();
    if (!*pattern) return step.fault(code::format_invalid, "pattern", "is missing");
    auto regex  = (*pattern)->text_or("Regex", {});
    auto string = (*pattern)->text_or("String", {});
    auto how    = step.text("behavior");
    auto invert = step.flag_or("invert", false);
    if (!regex) return std::move(regex).error();
    if (!string) return std::move(string).error();
    if (!how) return std::move(how).error();
    if (!invert) return std::move(invert).error();
    if (regex->empty() && string->empty()) return step.fault(code::format_invalid, "pattern", "has no text");
    // "Removed" of what does not match: as published for patterns that match everything, where nothing is removed.
    const bool isolates = *how == "Isolated" || (*how == "Removed" && *invert && n_steps <= 2);
    if (!isolates) return unsupported(step, "behavior", "Split with the behaviour " + std::string(*how));
    return regex->empty() ? escaped(*string) : spelt(*regex);
}

/// The patterns that do what the steps do, in order.
result<std::vector<std::string>> read_patterns(const std::vector<json_fields>& steps, description& out) {
    std::vector<std::string> patterns;
    bool                     of_bytes = false;  // behind ByteLevel steps see a character for each byte
    for (const auto& step : steps) {
        auto type = step.text("type");
        if (!type) return std::move(type).error();
        if (*type == "Split") {
            auto pattern = split_pattern(step, steps.size());
            if (!pattern) return std::move(pattern).error();
            patterns.push_back(*std::move(pattern));
        } else if (*type == "Digits") {
            auto each = step.flag_or("individual_digits", false);
            if (!each) return std::move(each).error();
            patterns.push_back(std::string(of_bytes ? "bytes:" : "") + (*each ? R"(\p{N})" : R"(\p{N}+)"));
        } else if (*type == "Punctuation") {
            auto pattern = punctuation_pattern(step);
            if (!pattern) return std::move(pattern).error();
            patterns.push_back(*std::move(pattern));
        } else if (*type == "ByteLevel") {
            auto cuts = step.flag_or("use_regex", true);
            auto adds = step.flag_or("add_prefix_space", true);
            if (!cuts) return std::move(cuts).error();
            if (!adds) return std::move(adds).error();
            if (*adds && steps.size() > 1) return unsupported(step, "add_prefix_space", "a space before each piece that other steps cut");
            if (*adds) {
                out.spaces     = {.prefix = prefix_rule::unless_there};
                out.adds_space = true;
            }
            if (*cuts) patterns.emplace_back(gpt2_pattern);
            of_bytes = true;
        } else {
            return unsupported(step, "type", *type);
        }
    }
    return patterns;
}

const pretokenizer* find_by_patterns(const std::vector<std::string>& patterns) {
    const std::vector<std::string_view> views(patterns.begin(), patterns.end());
    return find_pretokenizer_by_patterns(views);
}

result<void> read_byte_level_pretokenizer(const json_fields& root, const std::vector<json_fields>& steps, description& out, const loading& with) {
    auto patterns = read_patterns(steps, out);
    if (patterns) {
        out.pre = find_by_patterns(*patterns);
        if (out.pre) return {};
    } else if (patterns.error().code() != code::format_unsupported) {
        return std::move(patterns).error();
    }
    if (!patterns) return use_fallback(std::move(patterns).error(), out, with);
    std::string all;
    for (const auto& p : *patterns) all += (all.empty() ? "" : " , ") + p;
    return use_fallback(root.fault(code::format_unsupported, "pre_tokenizer", "does not run yet")
                            .expected_found("patterns of a known pre-tokenizer", all)
                            .hint("name one in tokenizer_options::fallback_pretokenizer if you know that it cuts alike"),
                        out, with);
}

result<void> read_decoder(const json_fields& root) {
    auto steps = flat_steps(root, "decoder", "decoders");
    if (!steps) return std::move(steps).error();
    for (const auto& step : *steps) {
        auto type = step.text("type");
        if (!type) return std::move(type).error();
        constexpr std::string_view known[] = {"ByteLevel", "Replace", "ByteFallback", "Fuse", "Strip", "Metaspace", "WordPiece"};
        if (std::find(std::begin(known), std::end(known), *type) == std::end(known)) return unsupported(step, "type", *type);
    }
    return {};
}

}  // namespace

result<void> read_json_steps(const json_fields& root, description& out, const loading& with) {
    auto normal = flat_steps(root, "normalizer", "normalizers");
    auto pre    = flat_steps(root, "pre_tokenizer", "pretokenizers");
    if (!normal) return std::move(normal).error();
    if (!pre) return std::move(pre).error();
    if (out.kind == model_kind::byte_level) {
        if (auto ok = read_json_normalizer(*normal, out); !ok) return ok;
        if (auto ok = read_byte_level_pretokenizer(root, *pre, out, with); !ok) return ok;
    } else if (out.kind == model_kind::wordpiece) {
        if (auto ok = read_json_normalizer(*normal, out); !ok) return ok;
        for (const auto& step : *pre)
            if (const auto type = step.text_or("type", {}).value_or(std::string_view{}); type != "BertPreTokenizer") return unsupported(step, "type", type);
        if (pre->empty()) return root.fault(code::format_unsupported, "pre_tokenizer", "is missing: WordPiece runs with BertPreTokenizer");
        out.adds_space = true;
    } else {
        if (auto ok = read_character_normalizer(*normal, out); !ok) return ok;
        if (auto ok = read_character_pretokenizer(*pre, out); !ok) return ok;
        out.adds_space = out.splits_spaces || out.spaces.prefix != prefix_rule::never;
    }
    return read_decoder(root);
}

}  // namespace plume::text
