#include <plume/text/pretokenizers.hpp>

#include <algorithm>

#include <plume/core/utf8.hpp>

#include "src/text/unicode_class.hpp"

namespace plume::text {
namespace {

/// A place in a text, and the character there.
struct cursor {
    std::string_view text;
    std::size_t      at;
    char32_t         point = 0;
    std::size_t      size  = 0;  // 0 at the end
    unicode_class    kind  = unicode_class::other;

    cursor(std::string_view t, std::size_t begin) noexcept : text(t), at(begin) { look(); }

    void look() noexcept {
        size = 0;
        if (at == text.size()) return;
        const auto c = utf8::decode_one(text.substr(at));
        point = c.code_point, size = c.size, kind = class_of(point);
    }
    void               step() noexcept { at += size, look(); }
    [[nodiscard]] bool done() const noexcept { return size == 0; }
    [[nodiscard]] bool is(unicode_class k) const noexcept { return !done() && kind == k; }
    [[nodiscard]] bool is_newline() const noexcept { return !done() && (point == '\n' || point == '\r'); }
    void               skip(unicode_class k) noexcept {
                      while (is(k)) step();
    }
};

/// The length of 's 't 're 've 'm 'll 'd at the start of `rest`, else 0. Any case: as (?i:...) has it, where U+017F (long s) is an s too.
std::size_t contraction(std::string_view rest, bool any_case) noexcept {
    if (rest.size() < 2 || rest[0] != '\'') return 0;
    const auto letter = [&](std::size_t i) {
        const char c = i < rest.size() ? rest[i] : '\0';
        return any_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    };
    const char first = letter(1), second = letter(2);
    if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
    if ((first == 'r' || first == 'v') && second == 'e') return 3;
    if (first == 'l' && second == 'l') return 3;
    return any_case && rest.substr(1).starts_with("\xc5\xbf") ? 3 : 0;
}

/// The end of a run of white space that begins at `begin`, by \s+(?!\S)|\s+ : its last character is left for the piece behind it, if there is one.
/// `from` stands behind the run.
std::size_t space_end(std::size_t begin, std::size_t last, const cursor& from, bool text_goes_on) noexcept {
    return text_goes_on && last > begin ? last : from.at;
}

/// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
/// With digits_apart every number is cut out first, alone, and the stretches between them are texts of their own.
template <bool digits_apart>
std::size_t gpt2_piece(std::string_view text, std::size_t begin) noexcept {
    if (const auto n = contraction(text.substr(begin), false)) return begin + n;
    cursor c(text, begin);
    if (digits_apart && c.is(unicode_class::number)) return begin + c.size;
    if (c.point == ' ') {
        cursor behind = c;
        behind.step();
        const bool joins = !behind.done() && behind.kind != unicode_class::space && !(digits_apart && behind.kind == unicode_class::number);
        if (joins) c = behind;
    }
    if (c.kind != unicode_class::space) {
        c.skip(c.kind);
        return c.at;
    }
    std::size_t last = begin;
    for (; c.is(unicode_class::space); c.step()) last = c.at;
    return space_end(begin, last, c, !c.done() && !(digits_apart && c.kind == unicode_class::number));
}

/// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
std::size_t llama3_piece(std::string_view text, std::size_t begin) noexcept {
    if (const auto n = contraction(text.substr(begin), true)) return begin + n;
    cursor c(text, begin);
    cursor behind = c;
    behind.step();
    if (c.is(unicode_class::letter) || (behind.is(unicode_class::letter) && c.kind != unicode_class::number && !c.is_newline())) {
        behind.skip(unicode_class::letter);
        return behind.at;
    }
    if (c.is(unicode_class::number)) {
        for (int i = 0; i < 3 && c.is(unicode_class::number); ++i) c.step();
        return c.at;
    }
    if (c.point == ' ' && behind.is(unicode_class::other)) c = behind;
    if (c.is(unicode_class::other)) {
        c.skip(unicode_class::other);
        while (c.is_newline()) c.step();
        return c.at;
    }
    std::size_t last = begin, after_newline = begin;
    for (; c.is(unicode_class::space); c.step()) {
        last = c.at;
        if (c.is_newline()) after_newline = c.at + c.size;
    }
    return after_newline > begin ? after_newline : space_end(begin, last, c, !c.done());
}

// Names that share a pattern and have no normaliser of their own.
constexpr std::string_view gpt2_names[]   = {"gpt-2", "phi-2"};
constexpr std::string_view llama3_names[] = {"llama-bpe", "llama3", "llama-v3"};
constexpr std::string_view smollm_names[] = {"smollm", "starcoder", "refact"};

constexpr pretokenizer list[] = {
    {gpt2_names, gpt2_piece<false>, false, false},
    {llama3_names, llama3_piece, true, true},
    {smollm_names, gpt2_piece<true>, false, false},
};

}  // namespace

std::span<const pretokenizer> pretokenizers() noexcept { return list; }

const pretokenizer* find_pretokenizer(std::string_view name) noexcept {
    for (const auto& entry : list)
        if (std::find(entry.names.begin(), entry.names.end(), name) != entry.names.end()) return &entry;
    return nullptr;
}

}  // namespace plume::text
