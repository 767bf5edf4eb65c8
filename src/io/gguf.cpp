#include <plume/io/gguf.hpp>

#include <array>
#include <cstring>
#include <limits>

#include <plume/core/printable.hpp>

#include "src/io/gguf_parts.hpp"

namespace plume::io {
namespace {

constexpr std::array<std::string_view, 13> type_names = {"u8", "i8", "u16", "i16", "u32", "i32", "f32", "boolean", "string", "array", "u64", "i64", "f64"};

template <class T>
T at(const std::byte* bytes, std::size_t i) noexcept {
    T value;
    std::memcpy(&value, bytes + i * sizeof value, sizeof value);
    return value;
}

constexpr bool is_integer(value_type t) noexcept { return t <= value_type::i32 || t == value_type::u64 || t == value_type::i64; }

std::string type_text(const gguf_value& v) {
    return v.type() == value_type::array ? "an array of " + std::string(name(v.element_type())) : std::string(name(v.type()));
}

}  // namespace

std::string_view name(value_type t) noexcept {
    const auto i = static_cast<std::size_t>(t);
    return i < type_names.size() ? type_names[i] : "unknown";
}

std::optional<std::int64_t> gguf_value::integer(std::size_t i) const noexcept {
    if (i >= size_) return std::nullopt;
    switch (element_type_) {
        case value_type::u8:
            return at<std::uint8_t>(bytes_, i);
        case value_type::i8:
            return at<std::int8_t>(bytes_, i);
        case value_type::u16:
            return at<std::uint16_t>(bytes_, i);
        case value_type::i16:
            return at<std::int16_t>(bytes_, i);
        case value_type::u32:
            return at<std::uint32_t>(bytes_, i);
        case value_type::i32:
            return at<std::int32_t>(bytes_, i);
        case value_type::i64:
            return at<std::int64_t>(bytes_, i);
        case value_type::u64: {
            const auto n = at<std::uint64_t>(bytes_, i);
            if (n > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
            return static_cast<std::int64_t>(n);
        }
        default:
            return std::nullopt;
    }
}

std::optional<std::uint64_t> gguf_value::count(std::size_t i) const noexcept {
    if (element_type_ == value_type::u64 && i < size_) return at<std::uint64_t>(bytes_, i);
    const auto n = integer(i);
    if (!n || *n < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*n);
}

std::optional<double> gguf_value::real(std::size_t i) const noexcept {
    if (i >= size_) return std::nullopt;
    if (element_type_ == value_type::f32) return at<float>(bytes_, i);
    if (element_type_ == value_type::f64) return at<double>(bytes_, i);
    return std::nullopt;
}

std::optional<bool> gguf_value::flag(std::size_t i) const noexcept {
    if (i >= size_ || element_type_ != value_type::boolean) return std::nullopt;
    return at<std::uint8_t>(bytes_, i) != 0;
}

std::optional<std::string_view> gguf_value::text(std::size_t i) const noexcept {
    if (i >= size_ || element_type_ != value_type::string) return std::nullopt;
    // Each text is followed by the 8 bytes of the next one's length.
    const auto begin = offsets_[i], next = offsets_[i + 1];
    return std::string_view(reinterpret_cast<const char*>(bytes_) + begin, static_cast<std::size_t>(next - begin - sizeof(std::uint64_t)));
}

const std::string&           gguf::path() const noexcept { return parts_->path; }
std::uint32_t                gguf::version() const noexcept { return parts_->version; }
std::uint64_t                gguf::file_bytes() const noexcept { return parts_->file_bytes; }
std::uint64_t                gguf::tensor_bytes() const noexcept { return parts_->tensor_bytes; }
std::span<const gguf_entry>  gguf::metadata() const noexcept { return parts_->entries; }
std::span<const tensor_info> gguf::tensors() const noexcept { return parts_->tensors; }

const gguf_value* gguf::find(std::string_view key) const noexcept {
    const auto& p = *parts_;
    const auto  it =
        std::lower_bound(p.entry_order.begin(), p.entry_order.end(), key, [&](std::uint32_t i, std::string_view k) { return p.entries[i].key < k; });
    return it != p.entry_order.end() && p.entries[*it].key == key ? &p.entries[*it].value : nullptr;
}

const tensor_info* gguf::find_tensor(std::string_view tensor) const noexcept {
    const auto& p = *parts_;
    const auto  it =
        std::lower_bound(p.tensor_order.begin(), p.tensor_order.end(), tensor, [&](std::uint32_t i, std::string_view n) { return p.tensors[i].name < n; });
    return it != p.tensor_order.end() && p.tensors[*it].name == tensor ? &p.tensors[*it] : nullptr;
}

error gguf::fault(code c, std::string_view what) const { return error{c, what}.in(parts_->path).hint(usual_next_step(c)); }

namespace {

error missing(const gguf& file, std::string_view key) {
    return file.fault(code::format_invalid, "is missing").about("key", key).hint("the file is incomplete, or not of the kind that was asked for");
}

error wrong_type(const gguf& file, std::string_view key, const gguf_value& v, std::string_view expected) {
    auto found = type_text(v);
    if (v.type() != value_type::array)
        if (const auto n = v.integer()) found += ' ' + std::to_string(*n);
    return file.fault(code::format_invalid, "has the wrong type of value").about("key", key).expected_found(expected, found);
}

/// The one value of `key` by `get`, which is empty where the type does not fit.
template <class Get>
auto scalar(const gguf& file, std::string_view key, std::string_view expected, Get get)
    -> result<typename decltype(get(std::declval<gguf_value>()))::value_type> {
    const auto* v = file.find(key);
    if (v == nullptr) return missing(file, key);
    if (v->type() != value_type::array)
        if (const auto value = get(*v)) return *value;
    return wrong_type(file, key, *v, expected);
}

}  // namespace

result<std::uint64_t> gguf::count(std::string_view key) const {
    return scalar(*this, key, "an integer of 0 or more", [](const gguf_value& v) { return v.count(); });
}
result<std::uint64_t> gguf::count_or(std::string_view key, std::uint64_t otherwise) const {
    if (find(key) == nullptr) return otherwise;
    return count(key);
}
result<double> gguf::real(std::string_view key) const {
    return scalar(*this, key, "f32 or f64", [](const gguf_value& v) { return v.real(); });
}
result<double> gguf::real_or(std::string_view key, double otherwise) const {
    if (find(key) == nullptr) return otherwise;
    return real(key);
}
result<bool> gguf::flag_or(std::string_view key, bool otherwise) const {
    if (find(key) == nullptr) return otherwise;
    return scalar(*this, key, "boolean", [](const gguf_value& v) { return v.flag(); });
}
result<std::string_view> gguf::text(std::string_view key) const {
    return scalar(*this, key, "string", [](const gguf_value& v) { return v.text(); });
}
result<std::string_view> gguf::text_or(std::string_view key, std::string_view otherwise) const {
    if (find(key) == nullptr) return otherwise;
    return text(key);
}

result<const gguf_value*> gguf::array(std::string_view key, value_type elements) const {
    const auto* v = find(key);
    if (v == nullptr) return missing(*this, key);
    const bool any_integer = elements == value_type::u64 || elements == value_type::i64;
    if (v->type() == value_type::array && (v->element_type() == elements || (any_integer && is_integer(v->element_type())))) return v;
    return wrong_type(*this, key, *v, "an array of " + (any_integer ? std::string("integers") : std::string(name(elements))));
}

std::shared_ptr<const source> gguf::source_of(const tensor_info& t) const noexcept {
    return t.file < parts_->files.size() ? parts_->files[t.file] : nullptr;
}

result<std::span<const std::byte>> gguf::read(const tensor_info& t, std::uint64_t begin, std::size_t n, std::vector<std::byte>& scratch) const {
    if (t.file >= parts_->files.size() || begin > t.bytes || n > t.bytes - begin)
        return fault(code::invalid_argument, "has no such bytes")
            .about("tensor", t.name)
            .expected_found("bytes within " + std::to_string(t.bytes), std::to_string(n) + " from " + std::to_string(begin) + " on");
    const auto from = checked_add(t.offset, begin);
    if (!from) return fault(code::invalid_argument, "has no such bytes").about("tensor", t.name);
    auto bytes = parts_->files[t.file]->view(*from, n, scratch);
    if (!bytes) return std::move(bytes).error().about("tensor", t.name);
    return bytes;
}

}  // namespace plume::io
