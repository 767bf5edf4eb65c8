#include "src/text/normaliser.hpp"

#include <algorithm>

#include <plume/core/utf8.hpp>

#include "src/text/graphemes.hpp"
#include "src/text/normaliser_sets.hpp"
#include "src/text/unicode_class.hpp"

namespace plume::text {
namespace {

constexpr std::string_view space_mark = "\xe2\x96\x81";  // U+2581, SentencePiece's space

/// Where a step writes: at most max_normalised_bytes.
struct output {
    std::string& text;
    bool         full = false;

    void put(std::string_view part) {
        if (part.size() > max_normalised_bytes - text.size()) full = true;
        if (!full) text += part;
    }
    void put(char32_t point) {
        if (text.size() + 4 > max_normalised_bytes) full = true;
        if (!full) utf8::append(text, point);
    }
};

/// Each character through `f(point, part)`.
template <class F>
void each_character(std::string_view text, const output& out, F f) {
    for (std::size_t i = 0; i < text.size() && !out.full;) {
        const auto c = utf8::decode_one(text.substr(i));
        f(c.code_point, text.substr(i, c.size));
        i += c.size;
    }
}

void put_lower(char32_t point, output& out) {
    out.put(lower_of(point));
    if (point == 0x130) out.put(char32_t{0x307});
}

// Each step: false where it leaves the text as it is, then nothing was written.

bool run(const steps::form& s, const unicode_forms* forms, std::string_view text, output& out) {
    if (forms->first_abnormal(text, s.form) == std::string_view::npos) return false;
    forms->append(text, s.form, out.text, max_normalised_bytes);
    out.full = out.text.size() > max_normalised_bytes;
    return true;
}

bool run(const steps::lowercase&, const unicode_forms*, std::string_view text, output& out) {
    each_character(text, out, [&](char32_t point, std::string_view) { put_lower(point, out); });
    return true;
}

bool run(const steps::strip_accents&, const unicode_forms*, std::string_view text, output& out) {
    each_character(text, out, [&](char32_t point, std::string_view part) {
        if (!is_mark(point)) out.put(part);
    });
    return true;
}

bool run(const steps::strip& s, const unicode_forms*, std::string_view text, output& out) {
    const auto  is_space = [](char32_t point) { return class_of(point) == unicode_class::space; };
    std::size_t begin    = 0;
    while (s.left && begin < text.size()) {
        const auto c = utf8::decode_one(text.substr(begin));
        if (!is_space(c.code_point)) break;
        begin += c.size;
    }
    text.remove_prefix(begin);
    while (s.right && !text.empty()) {
        std::size_t last = text.size() - 1;
        while (last > 0 && (static_cast<unsigned char>(text[last]) & 0xc0) == 0x80) --last;
        if (!is_space(utf8::decode_one(text.substr(last)).code_point)) break;
        text = text.substr(0, last);
    }
    out.put(text);
    return true;
}

bool run(const steps::bert& s, const unicode_forms* forms, std::string_view text, output& out) {
    std::string cleaned, decomposed;
    output      first{cleaned};
    if (s.clean_text || s.space_cjk) {
        each_character(text, first, [&](char32_t point, std::string_view part) {
            const bool kept = point == '\t' || point == '\n' || point == '\r';
            if (s.clean_text && !kept && is_bert_removed(point)) return;
            const bool apart = s.space_cjk && is_bert_cjk(point);
            if (apart) first.put(" ");
            first.put(s.clean_text && class_of(point) == unicode_class::space ? " " : part);
            if (apart) first.put(" ");
        });
        text = cleaned;
    }
    if (s.strip_accents && forms->first_abnormal(text, unicode_form::nfd) != std::string_view::npos) {
        forms->append(text, unicode_form::nfd, decomposed, max_normalised_bytes);
        text = decomposed;
    }
    each_character(text, out, [&](char32_t point, std::string_view part) {
        if (s.strip_accents && is_bert_mark(point)) return;
        if (s.lowercase)
            put_lower(point, out);
        else
            out.put(part);
    });
    out.full = out.full || first.full || decomposed.size() > max_normalised_bytes;
    return true;
}

bool run(const steps::prepend& s, const unicode_forms*, std::string_view text, output& out) {
    if (text.empty()) return false;
    out.put(s.text);
    out.put(text);
    return true;
}

bool run(const steps::replace& s, const unicode_forms*, std::string_view text, output& out) {
    auto found = text.find(s.pattern);
    if (found == std::string_view::npos) return false;
    for (; found != std::string_view::npos && !out.full; found = text.find(s.pattern)) {
        out.put(text.substr(0, found));
        out.put(s.content);
        text.remove_prefix(found + s.pattern.size());
    }
    out.put(text);
    return true;
}

bool run(const steps::replace_run& s, const unicode_forms*, std::string_view text, output& out) {
    for (std::size_t i = 0; i < text.size() && !out.full;) {
        std::size_t end = i, n = 0;
        while (end < text.size() && n < s.most) {
            const auto c = utf8::decode_one(text.substr(end));
            if (!s.set.has(c.code_point)) break;
            end += c.size, ++n;
        }
        if (n >= s.least) {
            out.put(s.content);
        } else {  // a run that is too short stays, with the character that ends it
            if (end < text.size() && n < s.most) end += utf8::decode_one(text.substr(end)).size;
            out.put(text.substr(i, end - i));
        }
        i = end;
    }
    return true;
}

bool run(const steps::nmt&, const unicode_forms*, std::string_view text, output& out) {
    each_character(text, out, [&](char32_t p, std::string_view part) {
        if ((p >= 1 && p <= 8) || p == 0xb || (p >= 0xe && p <= 0x1f) || p == 0x7f || p == 0x8f || p == 0x9f) return;
        const bool space = p == '\t' || p == '\n' || p == '\f' || p == '\r' || p == 0x1680 || (p >= 0x200b && p <= 0x200f) || p == 0x2028 || p == 0x2029 ||
                           p == 0x2581 || p == 0xfeff || p == 0xfffd;
        out.put(space ? " " : part);
    });
    return true;
}

/// A rule found for the beginning of a cluster or a character replaces the whole of it: what `tokenizers` does, and so what its models were trained with.
bool run(const steps::precompiled& s, const unicode_forms*, std::string_view text, output& out) {
    constexpr std::size_t shortest_left = 6;  // bytes; clusters this long are taken apart
    for (std::size_t i = 0; i < text.size() && !out.full;) {
        const auto end     = grapheme_end(text, i);
        const auto cluster = text.substr(i, end - i);
        i                  = end;
        if (cluster.size() < shortest_left)
            if (const auto rule = s.map->shortest(cluster)) {
                out.put(rule->replacement);
                continue;
            }
        each_character(cluster, out, [&](char32_t, std::string_view part) {
            const auto rule = s.map->shortest(part);
            out.put(rule ? rule->replacement : part);
        });
    }
    return true;
}

/// What SentencePiece makes of the beginning of a text, and how many bytes of it that is.
std::pair<std::string_view, std::size_t> next_part(const steps::sentencepiece& s, std::string_view text) {
    if (s.untouched)
        if (const auto symbol = s.untouched->longest(text); symbol.id >= 0) return {text.substr(0, symbol.size), symbol.size};
    if (s.map && s.map->begins(text[0]))
        if (const auto rule = s.map->longest(text)) return {rule->replacement, rule->size};
    const auto size = utf8::decode_one(text).size;
    return {text.substr(0, size), size};
}

bool run(const steps::sentencepiece& s, const unicode_forms*, std::string_view text, output& out) {
    const auto space = s.escape_whitespaces ? space_mark : std::string_view(" ");
    while (s.remove_extra_whitespaces && !text.empty()) {
        const auto [part, size] = next_part(s, text);
        if (part != " ") break;
        text.remove_prefix(size);
    }
    if (text.empty()) return true;
    if (s.add_dummy_prefix && !s.space_behind) out.put(space);
    bool after_space = s.remove_extra_whitespaces;
    while (!text.empty() && !out.full) {
        auto [part, size] = next_part(s, text);
        text.remove_prefix(size);
        while (after_space && part.starts_with(' ')) part.remove_prefix(1);
        if (!part.empty()) after_space = s.remove_extra_whitespaces && part.ends_with(' ');
        for (std::size_t at = 0; at < part.size();) {
            const auto end = std::min(part.find(' ', at), part.size());
            out.put(part.substr(at, end - at));
            if (end < part.size()) out.put(space);
            at = end + 1;
        }
    }
    while (s.remove_extra_whitespaces && out.text.ends_with(space)) out.text.resize(out.text.size() - space.size());
    if (s.add_dummy_prefix && s.space_behind) out.put(space);
    return true;
}

}  // namespace

bool char_class::has(char32_t point) const noexcept {
    bool in = space && class_of(point) == unicode_class::space;
    for (const auto& [first, last] : ranges) in = in || (point >= first && point <= last);
    return in != inverted;
}

result<void> normaliser::add(normaliser_step step) {
    const auto too_long = [](std::string_view text, std::size_t most) {
        return error{code::format_limit, "has a text beyond the limit"}.about("normaliser", text.substr(0, 40)).expected_found(most, text.size());
    };
    if (const auto* s = std::get_if<steps::replace>(&step)) {
        if (s->pattern.empty()) return error{code::format_unsupported, "replaces the empty text"}.about("normaliser", "Replace");
        if (s->pattern.size() > max_pattern_bytes) return too_long(s->pattern, max_pattern_bytes);
        if (s->content.size() > max_content_bytes) return too_long(s->content, max_content_bytes);
    }
    if (const auto* s = std::get_if<steps::replace_run>(&step))
        if (s->content.size() > max_content_bytes) return too_long(s->content, max_content_bytes);
    if (const auto* s = std::get_if<steps::prepend>(&step))
        if (s->text.size() > max_content_bytes) return too_long(s->text, max_content_bytes);
    const auto* bert = std::get_if<steps::bert>(&step);
    if (!forms_ && (std::holds_alternative<steps::form>(step) || (bert && bert->strip_accents))) forms_ = std::make_shared<const unicode_forms>();
    steps_.push_back(std::move(step));
    return {};
}

std::size_t normaliser::allocated_bytes() const noexcept {
    std::size_t bytes = steps_.capacity() * sizeof(steps_[0]) + (forms_ ? forms_->allocated_bytes() : 0);
    for (const auto& step : steps_) {
        if (const auto* s = std::get_if<steps::precompiled>(&step)) bytes += s->map->allocated_bytes();
        if (const auto* s = std::get_if<steps::sentencepiece>(&step))
            bytes += (s->map ? s->map->allocated_bytes() : 0) + (s->untouched ? s->untouched->allocated_bytes() : 0);
    }
    return bytes;
}

std::pair<std::string_view, bool> normaliser::apply(std::string_view text, room& r) const {
    for (const auto& step : steps_) {
        auto& free = text.data() == r.a.data() ? r.b : r.a;
        free.clear();
        output     out{free};
        const bool changed = std::visit([&](const auto& s) { return run(s, forms_.get(), text, out); }, step);
        if (changed) text = free;
        if (out.full) return {text, false};
    }
    return {text, true};
}

}  // namespace plume::text
