#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include <plume/io/gguf.hpp>

#include "src/io/reader.hpp"

namespace plume::io {

inline constexpr std::uint64_t default_alignment = 32;  // of the tensors' data, where general.alignment is not there

/// A metadata value as it was found: where its bytes begin in the header, and for strings where each text begins, counted from there.
struct raw_value {
    value_type                 type{}, element_type{};
    std::uint64_t              size  = 1;
    std::uint64_t              begin = 0;
    std::vector<std::uint64_t> offsets;  // as gguf_value has them
};

struct raw_entry {
    std::string key;
    raw_value   value;
};

/// One file, parsed and checked, with no pointer into the header yet.
struct parsed_file {
    std::uint32_t              version = 0;
    growing_bytes              header;
    std::vector<raw_entry>     entries;
    std::vector<std::uint32_t> entry_order;  // by key
    std::vector<tensor_info>   tensors;

    [[nodiscard]] const raw_entry* find(std::string_view key) const noexcept;
};

/// `n` indices in the order of `name_of(i)`.
template <class NameOf>
std::vector<std::uint32_t> order_by(std::size_t n, NameOf name_of) {
    std::vector<std::uint32_t> order(n);
    std::iota(order.begin(), order.end(), std::uint32_t{0});
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return name_of(a) < name_of(b); });
    return order;
}

/// Everything but what needs more than one file: the split, and tensor names that occur in two parts.
[[nodiscard]] result<parsed_file> parse_gguf(const source& file, const gguf_limits& limits, memory_budget& budget);

/// Checks one tensor's dimensions and type and fills in n_elems and bytes. `at`: where it stands in the header.
[[nodiscard]] result<void> measure(tensor_info& t, std::uint64_t at);

/// Makes offsets absolute; refuses tensors that are misaligned, overlap or end beyond the file. `header_end`: where the header ends.
[[nodiscard]] result<void> place(std::vector<tensor_info>& tensors, std::uint64_t header_end, std::uint64_t alignment, std::uint64_t file_bytes);

/// What a person can do about a fault of that kind where its place knows nothing better; empty where that depends.
[[nodiscard]] std::string_view usual_next_step(code c) noexcept;

/// The error for a file whose first bytes are not GGUF's: says what it looks like instead. `head`: its first bytes, up to 512.
[[nodiscard]] error diagnose(std::string_view head, std::uint64_t file_bytes);

/// The error for the 4 bytes after the magic when they are neither version 2 nor 3.
[[nodiscard]] error wrong_version(std::uint32_t version);

}  // namespace plume::io
