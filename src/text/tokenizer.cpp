#include <plume/text/tokenizer.hpp>

#include <algorithm>

#include <plume/core/utf8.hpp>

#include "src/guard.hpp"
#include "src/text/space_mark.hpp"
#include "src/text/tables.hpp"

namespace plume {
namespace {

constexpr std::string_view replacement    = "\xef\xbf\xbd";
constexpr std::size_t      max_text_bytes = std::size_t{1} << 30;  // places in a text are 32-bit, and a space may become three bytes

/// The rules of decode_options::clean_spaces, in the order in which published programs apply them: what is behind the space stays.
void clean_spaces(std::string& text) {
    constexpr std::string_view from[] = {" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're"};
    for (const auto spaced : from) {
        const auto  to  = spaced == " ' " ? std::string_view("'") : spaced.substr(1);
        std::size_t put = 0, at = 0;
        for (auto found = text.find(spaced); found != std::string::npos; found = text.find(spaced, at)) {
            put = static_cast<std::size_t>(std::copy(text.begin() + at, text.begin() + found, text.begin() + put) - text.begin());
            put = static_cast<std::size_t>(std::copy(to.begin(), to.end(), text.begin() + put) - text.begin());
            at  = found + spaced.size();
        }
        text.erase(put, at - put);
    }
}

using matches = std::vector<text::matcher::match>;

/// For a matcher: bytes of the text that a token stands for.
auto size_in(const text::added_set& added, const tokenizer::tables& t) {
    return [&](token_id id) { return added.size_of(id, t.words()); };
}

/// One text on its way into tokens: added tokens are cut out, what lies between is normalised, normalised added tokens are cut out, and the rest is the
/// algorithm's, which makes no control token of any text.
struct encoding {
    const tokenizer::tables& t;
    const text::matcher&     normal;  // of t.added_normal, what may be cut out
    std::vector<token_id>&   ids;
    text::workspace          work{};
    text::normaliser::room   room{};

    /// Calls stretch(begin, end) for what lies between the tokens; no stretch is empty.
    template <class Stretch>
    void cut(std::string_view text, const matches& found, const text::added_set& added, Stretch&& stretch) {
        text::token_rules::progress at;
        for (const auto& m : found) {
            const auto before = at.done;
            const auto place  = t.rules.widened(text, m.begin, added.size_of(m.id, t.words()), m.id, at);
            if (!place.counts) continue;
            if (place.begin > before) stretch(before, place.begin);
            ids.push_back(m.id);
        }
        if (at.done < text.size()) stretch(at.done, text.size());
    }
    void run(std::string_view text, const matches& found) {
        cut(text, found, t.added, [&](std::size_t begin, std::size_t end) { normalise(text.substr(begin, end - begin), begin == 0); });
    }
    void normalise(std::string_view text, bool first) {
        if (t.normal) {
            const auto [changed, whole] = t.normal->apply(text, room);
            work.too_long               = work.too_long || !whole;
            text                        = changed;
            if (text.empty() || work.too_long) return;
        }
        const bool  marks = t.spaces.normalises && !t.spaces.nothing();
        std::string marked;
        if (marks) text = marked = text::marked(text, t.spaces, first);
        const auto found = normal.empty() ? matches{} : normal.find(text, size_in(t.added_normal, t));
        cut(text, found, t.added_normal, [&](std::size_t begin, std::size_t end) {
            const auto part = text.substr(begin, end - begin);
            if (marks)
                t.algorithm->encode(part, work, ids);
            else
                encode(part, first && begin == 0);
        });
    }
    void encode(std::string_view text, bool first) {
        if (t.spaces.nothing())
            t.algorithm->encode(text, work, ids);
        else
            t.algorithm->encode(text::marked(text, t.spaces, first), work, ids);
    }
    [[nodiscard]] result<void> check() const {
        if (!work.too_long) return {};
        return error{code::invalid_argument, "the text grows beyond the limit when it is normalised"}
            .about("limit", "max_normalised_bytes")
            .hint("tokenize it in parts");
    }
    void tell(const notice_fn& on_notice) const {
        if (work.n_left_out > 0 && on_notice)
            on_notice(notice::text_replaced, std::to_string(work.n_left_out) + " bytes of the text have no token in this vocabulary: they are left out");
    }
};

result<void> check_size(std::string_view text) {
    if (text.size() <= max_text_bytes) return {};
    return error{code::invalid_argument, "the text is too long to be tokenized at once"}
        .expected_found("at most " + std::to_string(max_text_bytes) + " bytes", std::to_string(text.size()))
        .hint("tokenize it in parts");
}

void tell_replaced(const notice_fn& on_notice, std::size_t first_bad) {
    if (on_notice) on_notice(notice::text_replaced, "the text is not valid UTF-8, first at byte " + std::to_string(first_bad) + ": such bytes became U+FFFD");
}

result<std::vector<token_id>> encode_text(const tokenizer::tables& t, std::string_view text, const encode_options& options, const notice_fn& on_notice) {
    if (auto good = check_size(text); !good) return std::move(good).error();
    std::vector<token_id> ids;
    if (options.add_bos) ids = t.prefix;
    std::string repaired;
    if (const auto bad = utf8::first_invalid(text); bad != std::string_view::npos) {
        repaired = utf8::replace_invalid(text);
        tell_replaced(on_notice, bad);
        text = repaired;
    }
    const auto& matcher = options.parse_special ? t.added.special : t.added.user_defined;
    encoding    run{t, options.parse_special ? t.added_normal.special : t.added_normal.user_defined, ids};
    run.run(text, matcher.empty() ? matches{} : matcher.find(text, size_in(t.added, t)));
    if (auto good = run.check(); !good) return std::move(good).error();
    run.tell(on_notice);
    if (options.add_end) ids.insert(ids.end(), t.suffix.begin(), t.suffix.end());
    return ids;
}

/// Whether the runs cover the text without gaps.
bool is_covered(const marked_text& m) noexcept {
    std::size_t at = 0;
    for (const auto& run : m.runs) {
        if (run.begin != at || run.end <= run.begin || run.end > m.text.size()) return false;
        at = run.end;
    }
    return at == m.text.size();
}

/// The same with U+FFFD for invalid bytes. A character that two authors share is none.
marked_text repaired(const marked_text& m) {
    marked_text out;
    for (const auto& run : m.runs) {
        const auto begin = out.text.size();
        out.text += utf8::replace_invalid(std::string_view(m.text).substr(run.begin, run.end - run.begin));
        out.runs.push_back({begin, out.text.size(), run.from_template});
    }
    return out;
}

/// Tokens that are cut out of the text before the rest is encoded: of the template's text any that is special, of the whole text those that a message may
/// hold, wherever they begin and end. Linear in the text.
matches find_marked(const tokenizer::tables& t, const marked_text& m) {
    matches    in_template, anywhere, all;  // from right to left
    const auto size_of = size_in(t.added, t);
    for (auto run = m.runs.rbegin(); run != m.runs.rend(); ++run)
        if (run->from_template) t.of_templates().add_longest(std::string_view(m.text).substr(run->begin, run->end - run->begin), run->begin, in_template);
    t.added.in_data.add_longest(m.text, 0, anywhere);
    if (anywhere.empty()) return text::matcher::leftmost(std::move(in_template), size_of);
    auto a = in_template.begin(), b = anywhere.begin();
    while (a != in_template.end() || b != anywhere.end()) {
        if (b == anywhere.end() || (a != in_template.end() && a->begin > b->begin)) {
            all.push_back(*a++);
        } else if (a == in_template.end() || b->begin > a->begin) {
            all.push_back(*b++);
        } else {
            all.push_back(size_of(b->id) > size_of(a->id) ? *b : *a);
            ++a, ++b;
        }
    }
    return text::matcher::leftmost(std::move(all), size_of);
}

result<std::vector<token_id>> encode_marked(const tokenizer::tables& t, const marked_text& m, bool add_bos, const notice_fn& on_notice) {
    if (auto good = check_size(m.text); !good) return std::move(good).error();
    if (!is_covered(m))
        return error{code::invalid_argument, "the runs of a marked text must cover it, in order and without gaps"}.hint(
            "take it as chat_template::render gives it");
    if (const auto bad = utf8::first_invalid(m.text); bad != std::string_view::npos) {
        tell_replaced(on_notice, bad);
        return encode_marked(t, repaired(m), add_bos, on_notice);
    }
    std::vector<token_id> ids;
    if (add_bos) ids = t.prefix;
    const std::size_t n_before = ids.size();
    encoding          run{t, t.added_normal.in_data, ids};
    run.run(m.text, find_marked(t, m));
    if (auto good = run.check(); !good) return std::move(good).error();
    run.tell(on_notice);
    if (n_before > 0 && ids.size() > n_before && ids[n_before] == ids[0])
        ids.erase(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(n_before));  // the template has printed it
    return ids;
}

}  // namespace

bool text::is_marker(std::string_view name) noexcept {
    const auto framed = [&](std::string_view open, std::string_view close) {
        return name.size() > open.size() + close.size() && name.starts_with(open) && name.ends_with(close);
    };
    if (framed("<|", "|>") || framed("<\xef\xbd\x9c", "\xef\xbd\x9c>")) return true;
    constexpr std::string_view capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/";
    if (framed("[", "]")) return name.substr(1, name.size() - 2).find_first_not_of(capitals) == std::string_view::npos;
    constexpr std::string_view known[] = {"<s>", "</s>", "<unk>", "<pad>", "<mask>", "<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"};
    return std::find(std::begin(known), std::end(known), name) != std::end(known);
}

void tokenizer::tables::append_bytes(token_id id, bool show_special, std::string& out) const {
    const auto type = words().type(id);
    if (type == text::token_type::control) {
        if (show_special) out += words().name(id);
    } else if (type == text::token_type::unknown) {
        out += show_special ? words().name(id) : replacement;
    } else {
        algorithm->append_bytes(id, out);
    }
}

bool tokenizer::tables::begins_stretch(token_id id) const noexcept {
    const auto type = words().type(id);
    const bool cut  = type == text::token_type::control || (type == text::token_type::user_defined && !(inner_symbols && !text::is_marker(words().name(id))));
    return algorithm->adds_space() && !spaces.first_only && cut;
}

result<std::vector<token_id>> tokenizer::encode(std::string_view text, const encode_options& options, const notice_fn& on_notice) const {
    if (tables_->without_text) return without_text_error();
    return guarded([&] { return encode_text(*tables_, text, options, on_notice); });
}

result<std::vector<token_id>> tokenizer::encode(const marked_text& text, bool add_bos, const notice_fn& on_notice) const {
    if (tables_->without_text) return without_text_error();
    return guarded([&] { return encode_marked(*tables_, text, add_bos, on_notice); });
}

result<std::string> tokenizer::decode(std::span<const token_id> ids, const decode_options& options) const {
    if (tables_->without_text) return without_text_error();
    return guarded([&]() -> result<std::string> {
        for (std::size_t i = 0; i < ids.size(); ++i)
            if (!tables_->words().has(ids[i]))
                return error{code::token_out_of_range, "is not in the vocabulary"}
                    .about("token", std::to_string(ids[i]))
                    .expected_found("0 to " + std::to_string(vocabulary_size() - 1), std::to_string(ids[i]));
        std::string bytes;
        bool        at_start = tables_->algorithm->adds_space();
        for (const auto id : ids) {
            const std::size_t before = bytes.size();
            tables_->append_bytes(id, options.show_special, bytes);
            if (tables_->begins_stretch(id)) {
                at_start = true;
            } else if (at_start && bytes.size() > before) {
                if (bytes[before] == ' ') bytes.erase(before, 1);
                at_start = false;
            }
        }
        if (options.clean_spaces) clean_spaces(bytes);
        return utf8::first_invalid(bytes) == std::string_view::npos ? bytes : utf8::replace_invalid(bytes);
    });
}

std::string tokenizer::token_bytes(token_id id, bool show_special) const {
    std::string bytes;
    if (tables_->words().has(id)) tables_->append_bytes(id, show_special, bytes);
    return bytes;
}

std::string_view tokenizer::token_name(token_id id) const noexcept { return tables_->words().has(id) ? tables_->words().name(id) : std::string_view{}; }

std::string_view tokenizer::template_source() const noexcept { return tables_->chat_template; }

std::size_t tokenizer::vocabulary_size() const noexcept { return tables_->words().size(); }
token_id    tokenizer::bos() const noexcept { return tables_->bos; }
token_id    tokenizer::eos() const noexcept { return tables_->eos; }
bool        tokenizer::wants_bos() const noexcept { return tables_->wants_bos; }
bool        tokenizer::is_control(token_id id) const noexcept { return tables_->words().has(id) && tables_->words().type(id) == text::token_type::control; }
std::span<const token_id> tokenizer::end_tokens() const noexcept { return tables_->end_tokens; }
std::size_t               tokenizer::allocated_bytes() const noexcept {
                  return sizeof(tables) + tables_->algorithm->allocated_bytes() + tables_->added.allocated_bytes() + tables_->added_normal.allocated_bytes() +
                         (tables_->normal ? tables_->normal->allocated_bytes() : 0) + tables_->chat_template.capacity() + tables_->in_template.allocated_bytes() +
                         tables_->rules.allocated_bytes() + tables_->end_tokens.capacity() * sizeof(token_id);
}
std::string_view tokenizer::kind() const noexcept { return tables_->algorithm->kind(); }
std::string_view tokenizer::pretokenizer() const noexcept { return tables_->algorithm->pretokenizer(); }

}  // namespace plume
