#pragma once

#include <optional>

#include <plume/core/type_list.hpp>
#include <plume/quant/bf16.hpp>
#include <plume/quant/f16.hpp>
#include <plume/quant/f32.hpp>
#include <plume/quant/iq1_m.hpp>
#include <plume/quant/iq1_s.hpp>
#include <plume/quant/iq2_s.hpp>
#include <plume/quant/iq2_xs.hpp>
#include <plume/quant/iq2_xxs.hpp>
#include <plume/quant/iq3_s.hpp>
#include <plume/quant/iq3_xxs.hpp>
#include <plume/quant/iq4_nl.hpp>
#include <plume/quant/iq4_xs.hpp>
#include <plume/quant/mxfp4.hpp>
#include <plume/quant/q2_k.hpp>
#include <plume/quant/q3_k.hpp>
#include <plume/quant/q4_0.hpp>
#include <plume/quant/q4_1.hpp>
#include <plume/quant/q4_k.hpp>
#include <plume/quant/q5_0.hpp>
#include <plume/quant/q5_1.hpp>
#include <plume/quant/q5_k.hpp>
#include <plume/quant/q6_k.hpp>
#include <plume/quant/q8_0.hpp>
#include <plume/quant/tq1_0.hpp>
#include <plume/quant/tq2_0.hpp>

namespace plume::quant {

/// THE LIST of weight formats that run. A new format is its own file and a name here; loader, kernels, tests and tools follow.
using all_formats = type_list<f32, f16, bf16,                                                        //
                              q4_0, q4_1, q5_0, q5_1, q8_0,                                          //
                              q2_k, q3_k, q4_k, q5_k, q6_k,                                          //
                              iq4_nl, iq4_xs, iq3_s, iq3_xxs, iq2_s, iq2_xs, iq2_xxs, iq1_s, iq1_m,  //
                              mxfp4, tq1_0, tq2_0>;

/// A format's position in THE LIST.
template <format F>
inline constexpr std::size_t format_index = [] {
    static_assert(all_formats::index_of<F> < all_formats::size, "this format is not in the list");
    return all_formats::index_of<F>;
}();

/// What is known of a format at run time. Blocks may lie at any address.
struct format_info {
    int              gguf_type;
    std::string_view name;
    std::size_t      weights;  // in a block; 1 for float formats
    std::size_t      block_bytes;
    void (*decode)(const std::byte* blocks, std::size_t n_blocks, float* out) noexcept;  // out[n_blocks · weights]
    void (*encode)(const float* w, std::size_t n_blocks, std::byte* blocks) noexcept;    // w[n_blocks · weights]; null if none
    /// The same with what an error of each weight costs, squared: importance[n_blocks · weights]; null if the format makes no use of it.
    void (*encode_weighted)(const float* w, const float* importance, std::size_t n_blocks, std::byte* blocks) noexcept;
    void (*unpack)(const std::byte* block, std::size_t group, codes_32& out) noexcept;      // null for float formats
    void (*unpack_groups)(const std::byte* blocks, std::size_t n, codes_32* out) noexcept;  // the first n groups; null for float formats
    code_layout                 codes;                                                      // this and the next two: of code formats
    int                         offset;
    std::array<std::int8_t, 16> table;
    bool                        is_float;
    bool                        needs_importance;  // so few bits that what is encoded without one is of little use
};

/// THE LIST at run time, in its order.
[[nodiscard]] std::span<const format_info> formats() noexcept;

/// The format of a GGUF type number, or of a name as GGUF writes it ("Q4_K", in any case); null if it does not run.
[[nodiscard]] const format_info* find_format(int gguf_type) noexcept;
[[nodiscard]] const format_info* find_format(std::string_view name) noexcept;

/// A tensor type as GGUF numbers it, whether it runs or not.
struct type_info {
    int              gguf_type;
    std::string_view name;
    std::size_t      weights;  // in a block
    std::size_t      block_bytes;
    bool             runs;  // has a format in THE LIST
};

/// Types that GGUF knows and that hold no weights for us: integers, doubles, intermediate and withdrawn formats.
inline constexpr type_info other_types[] = {
    type_info{9, "Q8_1", 32, 36, false},     // activations, never in files
    type_info{15, "Q8_K", 256, 292, false},  // activations, never in files
    type_info{24, "I8", 1, 1, false},           type_info{25, "I16", 1, 2, false},
    type_info{26, "I32", 1, 4, false},          type_info{27, "I64", 1, 8, false},
    type_info{28, "F64", 1, 8, false},          type_info{31, "Q4_0_4_4", 32, 18, false},  // withdrawn: Q4_0 with rows interleaved
    type_info{32, "Q4_0_4_8", 32, 18, false},   type_info{33, "Q4_0_8_8", 32, 18, false},
    type_info{36, "IQ4_NL_4_4", 32, 18, false},  // withdrawn: IQ4_NL with rows interleaved
    type_info{37, "IQ4_NL_4_8", 32, 18, false}, type_info{38, "IQ4_NL_8_8", 32, 18, false},
    type_info{40, "NVFP4", 64, 36, false},      type_info{41, "Q1_0", 128, 18, false},
};

/// Every type known by number; nothing for a number that GGUF does not define.
[[nodiscard]] std::optional<type_info> find_type(int gguf_type) noexcept;

}  // namespace plume::quant
