#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// A writer of GGUF files for tests: it writes what it is told, right or wrong. Source: the GGUF specification, v3.

namespace plume::test {

using byte_string = std::vector<std::byte>;

inline void append(byte_string& out, const void* from, std::size_t n) {
    const auto* first = static_cast<const std::byte*>(from);
    out.insert(out.end(), first, first + n);
}

/// A number as it stands in a file (x86-64 is little-endian, as GGUF is).
template <class T>
requires std::is_arithmetic_v<T>
void append(byte_string& out, T value) { append(out, &value, sizeof value); }

/// A GGUF string: its length in 8 bytes, then its bytes. `length` lies about it.
inline void append_text(byte_string& out, std::string_view text, std::optional<std::uint64_t> length = {}) {
    append(out, length.value_or(text.size()));
    append(out, text.data(), text.size());
}

/// GGUF's number for a C++ type: what it writes as metadata.
template <class T>
constexpr std::uint32_t gguf_type_of() {
    if constexpr (std::is_same_v<T, std::uint8_t>) return 0;
    if constexpr (std::is_same_v<T, std::int8_t>) return 1;
    if constexpr (std::is_same_v<T, std::uint16_t>) return 2;
    if constexpr (std::is_same_v<T, std::int16_t>) return 3;
    if constexpr (std::is_same_v<T, std::uint32_t>) return 4;
    if constexpr (std::is_same_v<T, std::int32_t>) return 5;
    if constexpr (std::is_same_v<T, float>) return 6;
    if constexpr (std::is_same_v<T, bool>) return 7;
    if constexpr (std::is_same_v<T, std::uint64_t>) return 10;
    if constexpr (std::is_same_v<T, std::int64_t>) return 11;
    if constexpr (std::is_same_v<T, double>) return 12;
}

inline constexpr std::uint32_t gguf_string = 8, gguf_array = 9;

/// What build() gives: the file, where its header ends, and where each tensor begins and ends.
struct gguf_bytes {
    byte_string              data;
    std::size_t              header = 0;  // bytes of the header, without the padding after it
    std::vector<std::size_t> edges;       // sorted
};

/// Fill it, change whatever should be wrong, build().
///
///     gguf_writer w;
///     w.set("general.architecture", "llama").set("llama.block_count", std::uint32_t{2});
///     w.tensor("token_embd.weight", {64, 300}, /*F32*/ 0, data).offset = 7;   // misplaced on purpose
///     auto file = w.build();
struct gguf_writer {
    struct entry {
        std::string                  key;
        std::uint32_t                type = 0;
        byte_string                  value;
        std::optional<std::uint64_t> key_length;  // instead of the true one
    };
    struct tensor_entry {
        std::string                  name;
        std::vector<std::uint64_t>   dims;  // the fastest first
        std::uint32_t                type = 0;
        byte_string                  data;
        std::optional<std::uint64_t> offset;       // instead of the next free place; from the start of the data section
        std::optional<std::uint32_t> n_dims;       // instead of dims.size()
        std::optional<std::uint64_t> name_length;  // instead of the true one
    };

    std::string                  magic   = "GGUF";
    std::uint32_t                version = 3;
    std::optional<std::uint64_t> n_entries, n_tensors;  // instead of the true ones
    std::size_t                  alignment = 32;        // by which tensors are placed; writes no key
    bool                         pad_last  = true;      // padding after the last tensor
    std::vector<entry>           entries;
    std::vector<tensor_entry>    tensors;

    /// One more entry, also when the key is there already.
    entry& add_raw(std::string_view key, std::uint32_t type, byte_string value) {
        entries.push_back({std::string(key), type, std::move(value), {}});
        return entries.back();
    }
    /// In the place of the entry of that key, or at the end.
    gguf_writer& set_raw(std::string_view key, std::uint32_t type, byte_string value) {
        if (auto* e = find(key)) {
            e->type  = type;
            e->value = std::move(value);
        } else {
            add_raw(key, type, std::move(value));
        }
        return *this;
    }
    template <class T>
    requires std::is_arithmetic_v<T> gguf_writer& set(std::string_view key, T value) {
        byte_string b;
        append(b, value);
        return set_raw(key, gguf_type_of<T>(), std::move(b));
    }
    gguf_writer& set(std::string_view key, std::string_view text) {
        byte_string b;
        append_text(b, text);
        return set_raw(key, gguf_string, std::move(b));
    }
    gguf_writer& set(std::string_view key, const char* text) { return set(key, std::string_view(text)); }
    template <class T>
    requires std::is_arithmetic_v<T> gguf_writer& set(std::string_view key, const std::vector<T>& values) {
        byte_string b;
        for (const T v : values) append(b, v);
        return set_array_raw(key, gguf_type_of<T>(), values.size(), b);
    }
    gguf_writer& set(std::string_view key, const std::vector<std::string>& texts) {
        byte_string b;
        for (const auto& t : texts) append_text(b, t);
        return set_array_raw(key, gguf_string, texts.size(), b);
    }
    /// An array of any element type that says it has `count` elements.
    gguf_writer& set_array_raw(std::string_view key, std::uint32_t element_type, std::uint64_t count, const byte_string& elements) {
        byte_string b;
        append(b, element_type);
        append(b, count);
        append(b, elements.data(), elements.size());
        return set_raw(key, gguf_array, std::move(b));
    }
    gguf_writer& erase(std::string_view key) {
        std::erase_if(entries, [&](const entry& e) { return e.key == key; });
        return *this;
    }
    [[nodiscard]] entry* find(std::string_view key) {
        for (auto& e : entries)
            if (e.key == key) return &e;
        return nullptr;
    }

    tensor_entry& tensor(std::string_view name, std::vector<std::uint64_t> dims, std::uint32_t type, byte_string data) {
        tensors.push_back({std::string(name), std::move(dims), type, std::move(data), {}, {}, {}});
        return tensors.back();
    }
    gguf_writer& erase_tensor(std::string_view name) {
        std::erase_if(tensors, [&](const tensor_entry& t) { return t.name == name; });
        return *this;
    }
    [[nodiscard]] tensor_entry* find_tensor(std::string_view name) {
        for (auto& t : tensors)
            if (t.name == name) return &t;
        return nullptr;
    }

    [[nodiscard]] gguf_bytes build() const {
        gguf_bytes file;
        auto&      out = file.data;
        append(out, magic.data(), magic.size());
        append(out, version);
        append(out, n_tensors.value_or(tensors.size()));
        append(out, n_entries.value_or(entries.size()));
        for (const auto& e : entries) {
            append_text(out, e.key, e.key_length);
            append(out, e.type);
            append(out, e.value.data(), e.value.size());
        }
        std::uint64_t place = 0;
        for (const auto& t : tensors) {
            append_text(out, t.name, t.name_length);
            append(out, t.n_dims.value_or(static_cast<std::uint32_t>(t.dims.size())));
            for (const auto d : t.dims) append(out, d);
            append(out, t.type);
            append(out, t.offset.value_or(place));
            place = rounded(place + t.data.size());
        }
        file.header = out.size();
        if (tensors.empty()) return file;
        out.resize(rounded(out.size()));
        for (const auto& t : tensors) {
            file.edges.push_back(out.size());
            append(out, t.data.data(), t.data.size());
            file.edges.push_back(out.size());
            if (pad_last || &t != &tensors.back()) out.resize(file.edges.front() + rounded(out.size() - file.edges.front()));
        }
        return file;
    }

private:
    [[nodiscard]] std::size_t rounded(std::size_t n) const { return (n + alignment - 1) / alignment * alignment; }
};

}  // namespace plume::test
