#include <plume/core/json.hpp>
#include <plume/core/utf8.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>
#include <string>
#include <vector>

#include "src/guard.hpp"

namespace plume::json {
namespace {

using index = std::uint32_t;

constexpr index       no_table     = std::numeric_limits<index>::max();
constexpr index       few_members  = 16;  // up to so many are searched one by one
constexpr std::size_t most_bytes   = std::numeric_limits<index>::max() - 1;
constexpr std::size_t longest_name = 40;  // bytes of a name in a message

struct node {
    json::kind    kind;
    index         offset = 0;  // in the text
    index         size   = 0;  // elements, members, or bytes of the characters
    index         link   = 0;  // array, object: the node after the last inside; string, number: where its characters begin
    std::uint64_t bits   = 0;  // boolean, integer, number: the value; object: where its sorted names begin, or no_table
};
static_assert(sizeof(node) == 24);

}  // namespace

/// The values in the order of the text, an object's as name, value, name, value.
struct storage {
    std::vector<node>  nodes;
    std::vector<index> sorted;  // of each object with many members: the nodes of its names, in order
    std::string        characters;

    [[nodiscard]] std::string_view text(const node& n) const noexcept { return std::string_view(characters).substr(n.link, n.size); }
    [[nodiscard]] std::size_t      past(std::size_t i) const noexcept {
             return nodes[i].kind == kind::array || nodes[i].kind == kind::object ? nodes[i].link : i + 1;
    }
};

namespace {

/// Whether a number, which is not zero, is between -1 and 1.
bool is_below_one(std::string_view written) noexcept {
    const auto   exponent  = std::min(written.find_first_of("eE"), written.size());
    const auto   mantissa  = written.substr(0, exponent);
    const auto   point     = std::min(mantissa.find('.'), mantissa.size());
    const auto   digit     = mantissa.find_first_of("123456789");
    const auto   magnitude = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(digit) + (digit > point ? 1 : 0);  // of 1: 1, of 0.1: 0
    auto         power     = written.substr(std::min(exponent + 1, written.size()));
    std::int64_t n         = 0;
    if (power.starts_with('+')) power.remove_prefix(1);
    if (std::from_chars(power.data(), power.data() + power.size(), n).ec == std::errc::result_out_of_range) return power.starts_with('-');
    return n <= -magnitude;
}

class reader {
public:
    reader(std::string_view text, const limits& l, storage& out) noexcept : text_(text), limits_(l), out_(out) {}

    result<void> read() {
        if (text_.size() > std::min(limits_.bytes, most_bytes))
            return error{code::format_limit, "is a JSON text that is too long"}.expected_found(std::min(limits_.bytes, most_bytes), text_.size());
        if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
        if (const auto bad = utf8::first_invalid(text_); bad != std::string_view::npos) return wrong(bad, "invalid UTF-8");
        if (!values()) return std::move(*error_);
        skip_space();
        if (at_ < text_.size()) return wrong(at_, "text after the end of the value");
        return {};
    }

private:
    error wrong(std::size_t at, std::string_view reason) const {
        return error{code::format_invalid, "is not valid JSON at " + utf8::place_of(text_, at) + ": " + std::string(reason)};
    }
    bool fail(std::size_t at, std::string_view reason) {
        error_ = wrong(at, reason);
        return false;
    }

    void skip_space() noexcept {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) ++at_;
    }
    /// The next character that is not a space, or 0 at the end.
    char peek() noexcept {
        skip_space();
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    bool take(char c) noexcept {
        if (peek() != c) return false;
        ++at_;
        return true;
    }

    node& add(kind k, std::size_t at) {
        out_.nodes.push_back({.kind = k, .offset = static_cast<index>(at)});
        return out_.nodes.back();
    }

    /// The whole value: containers that are open stand in open_, so that nothing recurses.
    bool values() {
        for (;;) {
            bool opened = false;
            if (!one(opened)) return false;
            while (!opened) {  // a value has ended
                if (open_.empty()) return true;
                auto& container = out_.nodes[open_.back()];
                ++container.size;
                const bool in_object = container.kind == kind::object;
                if (take(',')) {
                    if (in_object && !name_and_colon()) return false;
                    break;
                }
                if (!take(in_object ? '}' : ']')) return fail(at_, in_object ? "expected ',' or '}'" : "expected ',' or ']'");
                if (!close()) return false;
            }
        }
    }

    /// One scalar, an empty container, or the opening of one with content, of which the first name is read.
    bool one(bool& opened) {
        const char c     = peek();
        const auto begin = at_;
        if (c == '{' || c == '[') {
            if (open_.size() == limits_.depth) {
                error_ = error{code::format_limit, "is JSON with arrays and objects inside each other that go too deep"}
                             .expected_found("at most " + std::to_string(limits_.depth), "more")
                             .at(at_);
                return false;
            }
            ++at_;
            open_.push_back(static_cast<index>(out_.nodes.size()));
            add(c == '{' ? kind::object : kind::array, begin).bits = no_table;
            if (take(c == '{' ? '}' : ']')) return close();
            opened = true;
            return c == '[' || name_and_colon();
        }
        if (c == '"') return string();
        if (c == '-' || (c >= '0' && c <= '9')) return number();
        const auto literal = [&](std::string_view word, kind k, bool bit) {
            if (!text_.substr(at_).starts_with(word)) return false;
            at_ += word.size();
            add(k, begin).bits = bit;
            return true;
        };
        if (literal("true", kind::boolean, true) || literal("false", kind::boolean, false) || literal("null", kind::null, false)) return true;
        return fail(at_, at_ < text_.size() ? "expected a value" : "the text ends where a value was expected");
    }

    bool name_and_colon() {
        if (peek() != '"') return fail(at_, "expected a name in double quotes");
        return string() && (take(':') || fail(at_, "expected ':'"));
    }

    /// Ends the innermost container, and looks for names that are there twice.
    bool close() {
        const auto opened = open_.back();
        open_.pop_back();
        out_.nodes[opened].link = static_cast<index>(out_.nodes.size());
        const auto size         = out_.nodes[opened].size;
        if (out_.nodes[opened].kind != kind::object || size < 2) return true;
        names_.clear();
        for (std::size_t i = opened + 1; i < out_.nodes.size(); i = out_.past(i + 1)) names_.push_back(static_cast<index>(i));
        const auto text = [&](index i) { return out_.text(out_.nodes[i]); };
        std::sort(names_.begin(), names_.end(), [&](index a, index b) {
            const auto order = text(a).compare(text(b));
            return order != 0 ? order < 0 : a < b;
        });
        const auto twice = std::adjacent_find(names_.begin(), names_.end(), [&](index a, index b) { return text(a) == text(b); });
        if (twice != names_.end())
            return fail(out_.nodes[*(twice + 1)].offset, "the name \"" + std::string(text(*twice).substr(0, longest_name)) + "\" is there twice in one object");
        if (size > few_members) {
            out_.nodes[opened].bits = out_.sorted.size();
            out_.sorted.insert(out_.sorted.end(), names_.begin(), names_.end());
        }
        return true;
    }

    bool string() {
        const auto begin      = at_++;
        const auto characters = out_.characters.size();
        for (;;) {
            const auto plain = at_;
            while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' && static_cast<unsigned char>(text_[at_]) >= 0x20) ++at_;
            out_.characters.append(text_.substr(plain, at_ - plain));
            if (at_ == text_.size()) return fail(begin, "a string that does not end");
            if (text_[at_] == '"') break;
            if (text_[at_] != '\\') return fail(at_, "a control character in a string; write it as an escape");
            if (!escape()) return false;
        }
        ++at_;
        auto& n = add(kind::string, begin);
        n.link  = static_cast<index>(characters);
        n.size  = static_cast<index>(out_.characters.size() - characters);
        return true;
    }

    bool escape() {
        constexpr std::string_view letters = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
        const auto                 begin = at_++;
        const char                 c     = at_ < text_.size() ? text_[at_] : '\0';
        if (const auto known = letters.find(c); c != '\0' && known != std::string_view::npos) {
            out_.characters += meant[known];
            ++at_;
            return true;
        }
        std::uint32_t unit = 0, low = 0;
        if (!code_unit(unit)) return fail(begin, "an unknown escape");
        if (unit >= 0xd800 && unit < 0xe000) {
            if (unit >= 0xdc00 || at_ >= text_.size() || text_[at_++] != '\\' || !code_unit(low) || low < 0xdc00 || low >= 0xe000)
                return fail(begin, "half of a surrogate pair");
            unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        }
        utf8::append(out_.characters, unit);
        return true;
    }

    /// `uXXXX`, at_ being at the u.
    bool code_unit(std::uint32_t& unit) noexcept {
        if (text_.size() - at_ < 5 || text_[at_] != 'u') return false;
        const char* const digits = text_.data() + at_ + 1;
        const auto        read   = std::from_chars(digits, digits + 4, unit, 16);
        if (read.ptr != digits + 4 || read.ec != std::errc{}) return false;
        at_ += 5;
        return true;
    }

    bool number() {
        const auto begin  = at_;
        const auto digits = [&] {
            const auto first = at_;
            while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
            return at_ - first;
        };
        if (text_[at_] == '-') ++at_;
        const bool zero = at_ < text_.size() && text_[at_] == '0';
        const auto n    = digits();
        if (n == 0) return fail(begin, "a number without digits");
        if (zero && n > 1) return fail(begin, "a number that begins with 0");
        bool whole = true;
        if (at_ < text_.size() && text_[at_] == '.') {
            whole = false;
            ++at_;
            if (digits() == 0) return fail(begin, "a number without digits after its point");
        }
        if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
            whole = false;
            ++at_;
            if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
            if (digits() == 0) return fail(begin, "a number without digits in its exponent");
        }
        const auto        written = text_.substr(begin, at_ - begin);
        const char* const first   = written.data();
        std::int64_t      i       = 0;
        double            d       = 0;
        const bool        fits    = whole && std::from_chars(first, first + written.size(), i).ec == std::errc{};
        if (!fits && std::from_chars(first, first + written.size(), d).ec != std::errc{}) {
            // Too small is not an error, but the nearest double, as everywhere; from_chars gives one answer for both.
            if (!is_below_one(written)) return fail(begin, "a number beyond the range of double");
            d = written[0] == '-' ? -0.0 : 0.0;
        }
        auto& added = add(fits ? kind::integer : kind::number, begin);
        added.bits  = fits ? static_cast<std::uint64_t>(i) : std::bit_cast<std::uint64_t>(d);
        added.link  = static_cast<index>(out_.characters.size());
        added.size  = static_cast<index>(written.size());
        out_.characters.append(written);
        return true;
    }

    std::string_view     text_;
    const limits&        limits_;
    storage&             out_;
    std::size_t          at_ = 0;
    std::vector<index>   open_, names_;
    std::optional<error> error_;
};

}  // namespace

std::string_view name(kind k) noexcept {
    constexpr std::string_view names[] = {"null", "a boolean", "an integer", "a number", "a string", "an array", "an object"};
    return names[static_cast<std::size_t>(k)];
}

result<document> document::parse(std::string_view text, const limits& l) {
    return guarded([&]() -> result<document> {
        auto s    = std::make_shared<storage>();
        auto read = reader(text, l, *s).read();
        if (!read) return std::move(read).error();
        return document(std::move(s));
    });
}

kind        value::kind() const noexcept { return storage_->nodes[index_].kind; }
std::size_t value::past() const noexcept { return storage_->past(index_); }
std::size_t value::offset() const noexcept { return storage_->nodes[index_].offset; }

std::optional<bool> value::boolean() const noexcept {
    if (!is(kind::boolean)) return {};
    return storage_->nodes[index_].bits != 0;
}

std::optional<std::int64_t> value::integer() const noexcept {
    if (!is(kind::integer)) return {};
    return static_cast<std::int64_t>(storage_->nodes[index_].bits);
}

std::optional<double> value::number() const noexcept {
    if (const auto i = integer()) return static_cast<double>(*i);
    if (!is(kind::number)) return {};
    return std::bit_cast<double>(storage_->nodes[index_].bits);
}

std::optional<std::string_view> value::string() const noexcept {
    if (!is(kind::string)) return {};
    return storage_->text(storage_->nodes[index_]);
}

std::string_view value::number_text() const noexcept {
    return is(kind::integer) || is(kind::number) ? storage_->text(storage_->nodes[index_]) : std::string_view{};
}

std::size_t value::size() const noexcept { return is(kind::array) || is(kind::object) ? storage_->nodes[index_].size : 0; }

elements value::elements() const noexcept { return {{storage_, index_ + 1}, is(kind::array) ? size() : 0}; }
members  value::members() const noexcept { return {{storage_, index_ + 1}, is(kind::object) ? size() : 0}; }

std::optional<value> value::find(std::string_view key) const noexcept {
    if (!is(kind::object)) return {};
    const auto& object = storage_->nodes[index_];
    if (object.bits == no_table) {
        for (const auto& m : members())
            if (m.key == key) return m.value;
        return {};
    }
    const auto begin = storage_->sorted.begin() + static_cast<std::ptrdiff_t>(object.bits), end = begin + object.size;
    const auto text  = [&](index i) { return storage_->text(storage_->nodes[i]); };
    const auto found = std::lower_bound(begin, end, key, [&](index i, std::string_view k) { return text(i) < k; });
    if (found == end || text(*found) != key) return {};
    return value(storage_, *found + std::size_t{1});
}

}  // namespace plume::json
