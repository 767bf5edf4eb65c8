#include "runtime.hpp"

#include <plume/core/utf8.hpp>

#include <algorithm>

#include "place.hpp"

namespace plume::jinja {

error runtime::failure(std::string_view what, code c) const { return at == nowhere ? error{c, what} : error_at(c, source_, at, what); }

value runtime::fail(std::string_view what, code c) {
    if (!error_) error_ = failure(what, c);
    return {};
}

value runtime::fail(std::string_view what, std::string_view expected, std::string_view found) {
    if (!error_) error_ = failure(what, code::format_invalid).expected_found(expected, found);
    return {};
}

bool runtime::spend(std::size_t steps) {
    if (error_) return false;
    steps_ += steps;
    if (steps_ > limits_.steps) fail("the template runs for more than " + std::to_string(limits_.steps) + " steps", code::format_limit);
    if (heap_.exceeded()) fail("the template holds more than " + std::to_string(heap_.limit()) + " bytes of values", code::format_limit);
    return !error_;
}

bool runtime::deeper() {
    if (error_) return false;
    if (depth_ == limits_.depth) {
        fail("macros, expressions or values inside each other go deeper than " + std::to_string(limits_.depth), code::format_limit);
        return false;
    }
    ++depth_;
    return true;
}

value runtime::string(marked text, bool markup) {
    const auto bytes = text.heap_bytes();
    return heap_.make<string_object>(type::string, bytes, std::move(text), markup);
}

value runtime::sequence(flavour f, std::vector<value> items, bool data) {
    const auto bytes = items.capacity() * sizeof(value);
    return heap_.make<sequence_object>(type::sequence, bytes, f, data, std::move(items));
}

value runtime::mapping(std::vector<mapping_object::entry> entries, bool data) {
    constexpr std::size_t indexed = 64;  // bytes of a node of the index
    const auto            bytes   = entries.capacity() * sizeof(mapping_object::entry) + entries.size() * indexed;
    return heap_.make<mapping_object>(type::mapping, bytes, data, std::move(entries));
}

bool text_builder::fits(std::size_t bytes) {
    if (!runtime_.ok()) return false;
    if (bytes <= runtime_.memory().room()) return true;
    runtime_.fail("the template makes a text larger than the memory that it may use, " + std::to_string(runtime_.memory().limit()) + " bytes",
                  code::format_limit);
    return false;
}

void text_builder::count(std::size_t bytes) {
    const auto now = text_.heap_bytes();
    if (now > held_) runtime_.memory().hold(now - held_);
    held_ = std::max(held_, now);
    uncounted_ += bytes;
    if (uncounted_ < 64) return;
    runtime_.spend(uncounted_ / 64);
    uncounted_ %= 64;
}

marked text_builder::take() noexcept {
    runtime_.memory().let_go(std::exchange(held_, 0));
    return std::move(text_);
}

void text_builder::add_point(char32_t point, bool from_template) {
    std::string bytes;
    utf8::append(bytes, point);
    add(bytes, from_template);
}

std::string_view kind_of(const value& v) noexcept { return v.is(type::sequence) ? name(v.as<sequence_object>().flavour) : name(v.type()); }

}  // namespace plume::jinja
