#include <plume/io/gguf_header.hpp>

#include <algorithm>
#include <cstring>

#include <plume/core/checked.hpp>
#include <plume/quant/formats.hpp>

#include "src/io/gguf_parse.hpp"

namespace plume::io {
namespace {

using byte_vector = std::vector<std::byte>;

void append(byte_vector& out, const void* from, std::size_t n) {
    const std::size_t at = out.size();
    out.resize(at + n);  // not insert(): g++ 12 warns of an overflow that cannot be
    if (n > 0) std::memcpy(out.data() + at, from, n);
}
template <class T>
requires std::is_arithmetic_v<T>
void append(byte_vector& out, T value) { append(out, &value, sizeof value); }

void append(byte_vector& out, std::string_view text) {
    append(out, std::uint64_t{text.size()});
    append(out, text.data(), text.size());
}

constexpr std::uint32_t number(value_type t) noexcept { return static_cast<std::uint32_t>(t); }

byte_vector array_of(value_type elements, std::uint64_t n) {
    byte_vector out;
    append(out, number(elements));
    append(out, n);
    return out;
}

template <class T>
byte_vector one(T value) {
    byte_vector out;
    append(out, value);
    return out;
}

template <class T>
byte_vector array_of(value_type elements, std::span<const T> values) {
    auto out = array_of(elements, values.size());
    append(out, values.data(), values.size_bytes());
    return out;
}

/// One element as a file holds it.
void append_element(byte_vector& out, const gguf_value& v, std::size_t i) {
    if (const auto text = v.text(i)) return append(out, *text);
    if (const auto flag = v.flag(i)) return append(out, static_cast<std::uint8_t>(*flag ? 1 : 0));
    if (const auto real = v.real(i)) return v.element_type() == value_type::f32 ? append(out, static_cast<float>(*real)) : append(out, *real);
    constexpr std::size_t sizes[] = {1, 1, 2, 2, 4, 4, 0, 0, 0, 0, 8, 8, 0};  // of integers, by value_type; little-endian
    const std::uint64_t   n       = v.count(i) ? *v.count(i) : static_cast<std::uint64_t>(v.integer(i).value_or(0));
    append(out, &n, sizes[number(v.element_type())]);
}

}  // namespace

void gguf_header::set(std::string_view key, std::uint32_t type, std::vector<std::byte> value) {
    const auto same = std::find_if(entries_.begin(), entries_.end(), [&](const entry& e) { return e.key == key; });
    if (same != entries_.end())
        same->type = type, same->value = std::move(value);
    else
        entries_.push_back({std::string(key), type, std::move(value)});
}

void gguf_header::set_u32(std::string_view key, std::uint32_t value) { set(key, number(value_type::u32), one(value)); }
void gguf_header::set_u64(std::string_view key, std::uint64_t value) { set(key, number(value_type::u64), one(value)); }
void gguf_header::set_f32(std::string_view key, float value) { set(key, number(value_type::f32), one(value)); }
void gguf_header::set_flag(std::string_view key, bool value) { set(key, number(value_type::boolean), one(static_cast<std::uint8_t>(value ? 1 : 0))); }
void gguf_header::set_text(std::string_view key, std::string_view value) {
    byte_vector out;
    append(out, value);
    set(key, number(value_type::string), std::move(out));
}
void gguf_header::set_u32s(std::string_view key, std::span<const std::uint32_t> v) { set(key, number(value_type::array), array_of(value_type::u32, v)); }
void gguf_header::set_i32s(std::string_view key, std::span<const std::int32_t> v) { set(key, number(value_type::array), array_of(value_type::i32, v)); }
void gguf_header::set_f32s(std::string_view key, std::span<const float> v) { set(key, number(value_type::array), array_of(value_type::f32, v)); }
void gguf_header::set_texts(std::string_view key, std::span<const std::string> values) {
    auto out = array_of(value_type::string, values.size());
    for (const auto& text : values) append(out, std::string_view(text));
    set(key, number(value_type::array), std::move(out));
}
void gguf_header::set_flags(std::string_view key, std::span<const bool> values) {
    auto out = array_of(value_type::boolean, values.size());
    for (const bool flag : values) append(out, static_cast<std::uint8_t>(flag ? 1 : 0));
    set(key, number(value_type::array), std::move(out));
}

void gguf_header::copy(std::string_view key, const gguf_value& value) {
    const bool  is_array = value.type() == value_type::array;
    byte_vector out      = is_array ? array_of(value.element_type(), value.size()) : byte_vector{};
    for (std::size_t i = 0; i < value.size(); ++i) append_element(out, value, i);
    set(key, number(value.type()), std::move(out));
}

void gguf_header::erase(std::string_view key) {
    std::erase_if(entries_, [&](const entry& e) { return e.key == key; });
}

bool gguf_header::has(std::string_view key) const noexcept {
    return std::any_of(entries_.begin(), entries_.end(), [&](const entry& e) { return e.key == key; });
}

void gguf_header::add_tensor(std::string_view name, std::span<const std::uint64_t> dims, int type) {
    const auto    facts   = quant::find_type(type);
    std::uint64_t n_elems = 1;
    for (const auto d : dims) n_elems *= d;
    tensors_.push_back({std::string(name), {dims.begin(), dims.end()}, type, facts ? n_elems / facts->weights * facts->block_bytes : 0});
}

gguf_header::built gguf_header::build() const {
    built out{};
    append(out.bytes, "GGUF", 4);
    append(out.bytes, std::uint32_t{3});
    append(out.bytes, std::uint64_t{tensors_.size()});
    append(out.bytes, std::uint64_t{entries_.size()});
    for (const auto& e : entries_) {
        append(out.bytes, std::string_view(e.key));
        append(out.bytes, e.type);
        append(out.bytes, e.value.data(), e.value.size());
    }
    std::uint64_t place = 0;
    for (const auto& t : tensors_) {
        append(out.bytes, std::string_view(t.name));
        append(out.bytes, static_cast<std::uint32_t>(t.dims.size()));
        for (const auto d : t.dims) append(out.bytes, d);
        append(out.bytes, static_cast<std::uint32_t>(t.type));
        append(out.bytes, place);
        out.offsets.push_back(place);
        place = round_up(place + t.bytes, default_alignment);
    }
    out.bytes.resize(round_up(out.bytes.size(), default_alignment));
    for (auto& offset : out.offsets) offset += out.bytes.size();
    out.size = out.bytes.size() + place;
    return out;
}

}  // namespace plume::io
