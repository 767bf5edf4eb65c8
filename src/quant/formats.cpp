#include <plume/quant/formats.hpp>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "floats.hpp"

namespace plume::quant {

template <code_format F>
void unpack_groups(const std::byte* blocks, std::size_t n, codes_32* c) noexcept;  // in each format's own file

namespace {

// Blocks in a file lie at any address: they are copied to one that suits their type before they are read.

template <format F>
void decode_blocks(const std::byte* blocks, std::size_t n_blocks, float* out) noexcept {
    static_assert(std::is_trivially_copyable_v<typename F::block>);
    for (std::size_t i = 0; i < n_blocks; ++i) {
        typename F::block b;
        std::memcpy(&b, blocks + i * sizeof b, sizeof b);
        F::decode(b, std::span<float, F::weights>(out + i * F::weights, F::weights));
    }
}

template <encodable F>
void encode_blocks(const float* w, std::size_t n_blocks, std::byte* blocks) noexcept {
    for (std::size_t i = 0; i < n_blocks; ++i) {
        typename F::block b;
        F::encode(std::span<const float, F::weights>(w + i * F::weights, F::weights), b);
        std::memcpy(blocks + i * sizeof b, &b, sizeof b);
    }
}

template <weighted_encodable F>
void encode_blocks_weighted(const float* w, const float* importance, std::size_t n_blocks, std::byte* blocks) noexcept {
    using weights = std::span<const float, F::weights>;
    for (std::size_t i = 0; i < n_blocks; ++i) {
        typename F::block b;
        F::encode(weights(w + i * F::weights, F::weights), weights(importance + i * F::weights, F::weights), b);
        std::memcpy(blocks + i * sizeof b, &b, sizeof b);
    }
}

template <code_format F>
void unpack_group(const std::byte* block, std::size_t group, codes_32& out) noexcept {
    typename F::block b;
    std::memcpy(&b, block, sizeof b);
    F::unpack(b, group, out);
}

template <format F>
constexpr format_info info_of() noexcept {
    static_assert(float_format<F> || code_format<F>);
    format_info f{};
    f.gguf_type   = F::gguf_type;
    f.name        = F::name;
    f.weights     = F::weights;
    f.block_bytes = sizeof(typename F::block);
    if constexpr (float_format<F>)
        f.decode = decode_floats<F>;
    else
        f.decode = decode_blocks<F>;
    f.is_float = float_format<F>;
    if constexpr (requires { F::needs_importance; }) f.needs_importance = F::needs_importance;
    if constexpr (float_format<F>)
        f.encode = encode_floats<F>;
    else if constexpr (encodable<F>)
        f.encode = encode_blocks<F>;
    if constexpr (weighted_encodable<F>) f.encode_weighted = encode_blocks_weighted<F>;
    if constexpr (code_format<F>) {
        static_assert(!F::codes.has_table() || F::codes.bits <= 4);
        static_assert(std::ranges::all_of(F::table, [](int value) { return -F::codes.table_reach <= value && value <= F::codes.table_reach; }));
        f.unpack        = unpack_group<F>;
        f.unpack_groups = unpack_groups<F>;
        f.codes         = F::codes;
        f.offset        = F::offset;
        f.table         = F::table;
    }
    return f;
}

constexpr auto table = [] {
    std::array<format_info, all_formats::size> t{};
    all_formats::for_each([&]<class F>(std::type_identity<F>) { t[format_index<F>] = info_of<F>(); });
    return t;
}();

constexpr char upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

std::span<const format_info> formats() noexcept { return table; }

const format_info* find_format(int gguf_type) noexcept {
    for (const format_info& f : table)
        if (f.gguf_type == gguf_type) return &f;
    return nullptr;
}

const format_info* find_format(std::string_view name) noexcept {
    for (const format_info& f : table) {
        bool same = f.name.size() == name.size();
        for (std::size_t i = 0; same && i < name.size(); ++i) same = f.name[i] == upper(name[i]);
        if (same) return &f;
    }
    return nullptr;
}

std::optional<type_info> find_type(int gguf_type) noexcept {
    if (const format_info* f = find_format(gguf_type)) return type_info{f->gguf_type, f->name, f->weights, f->block_bytes, true};
    for (const type_info& t : other_types)
        if (t.gguf_type == gguf_type) return t;
    return std::nullopt;
}

}  // namespace plume::quant
