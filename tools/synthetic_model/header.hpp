#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include <plume/io/gguf.hpp>

namespace plume::tool::synthetic {

// The bytes of a GGUF header. Source: the GGUF specification, v3. x86-64 is little-endian, as the format is.

template <class T>
requires std::is_arithmetic_v<T>
void put(std::string& out, T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out.append(bytes, sizeof value);
}

inline void put_text(std::string& out, std::string_view text) {
    put(out, std::uint64_t{text.size()});
    out.append(text);
}

/// Metadata entries, one after another, and how many there are.
class metadata {
public:
    void set(std::string_view key, std::string_view value) {
        begin(key, io::value_type::string);
        put_text(bytes_, value);
    }
    void set(std::string_view key, std::uint32_t value) {
        begin(key, io::value_type::u32);
        put(bytes_, value);
    }
    void set(std::string_view key, float value) {
        begin(key, io::value_type::f32);
        put(bytes_, value);
    }
    void set(std::string_view key, bool value) {
        begin(key, io::value_type::boolean);
        put(bytes_, static_cast<std::uint8_t>(value));
    }
    void set(std::string_view key, const char*) = delete;  // would become a bool

    /// Begins an array; its elements follow by add().
    void array(std::string_view key, io::value_type elements, std::uint64_t count) {
        begin(key, io::value_type::array);
        put(bytes_, static_cast<std::uint32_t>(elements));
        put(bytes_, count);
    }
    void add(std::string_view element) { put_text(bytes_, element); }
    void add(std::int32_t element) { put(bytes_, element); }
    void add(float element) { put(bytes_, element); }

    /// An entry of another file, as it is.
    void copy(const io::gguf_entry& entry);

    [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::uint64_t      count() const noexcept { return count_; }

private:
    void begin(std::string_view key, io::value_type type) {
        put_text(bytes_, key);
        put(bytes_, static_cast<std::uint32_t>(type));
        ++count_;
    }
    std::string   bytes_;
    std::uint64_t count_ = 0;
};

}  // namespace plume::tool::synthetic
