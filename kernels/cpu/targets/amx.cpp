#include <kernels/cpu/matmul_tiles.hpp>
#include <plume/quant/formats.hpp>

namespace plume::kernels {

namespace avx512vnni {
extern const target_table table;
}

namespace amx {
namespace {

/// The matmul of codes for many tokens is made of tiles. All else is what avx512vnni has, called through its table and so compiled once.
template <auto Member, class R, class... P>
consteval auto forward(R (*target_table::*)(P...) noexcept) {
    return +[](P... p) noexcept -> R { return (avx512vnni::table.*Member)(p...); };
}
template <auto Member>
inline constexpr auto vnni = forward<Member>(Member);

template <std::size_t Function>
void activate(const float* gate, const float* up, float* y, std::size_t n) noexcept {
    avx512vnni::table.activate[Function](gate, up, y, n);
}

template <std::size_t Type>
consteval target_table::cache_entry cache_of() {
    return {.append    = [](const float* k, const float* v, std::size_t position, std::size_t E, void* k_cache,
                         void* v_cache) noexcept { avx512vnni::table.cache[Type].append(k, v, position, E, k_cache, v_cache); },
            .attention = [](const attention_task& task) noexcept { avx512vnni::table.cache[Type].attention(task); }};
}

template <class F, int Planes>
void matmul(const panels& w, std::size_t panel_begin, std::size_t panel_end, const quantised& x, std::size_t T, float* y, std::size_t y_stride) noexcept {
    const std::size_t tiled = cpu::tiled_tokens(T);
    if (tiled > 0) cpu::matmul_by_tiles<lanes_avx512vnni, F::codes, Planes>(w, panel_begin, panel_end, x, tiled, y, y_stride);
    const auto& few = avx512vnni::table.matmul[quant::format_index<F>];
    if (tiled < T) (Planes == 2 ? few.a16 : few.a8)(w, panel_begin, panel_end, cpu::tokens_from(x, tiled), T - tiled, y + tiled * y_stride, y_stride);
}

template <class F>
void matmul_floats(const panels& w, std::size_t panel_begin, std::size_t panel_end, const float* x, std::size_t T, float* y, std::size_t y_stride) noexcept {
    avx512vnni::table.matmul[quant::format_index<F>].f32(w, panel_begin, panel_end, x, T, y, y_stride);
}

template <class F>
consteval target_table::matmul_entry matmul_of() {
    if constexpr (quant::float_format<F>) {
        return {.f32 = matmul_floats<F>};
    } else {
        static_assert(F::codes.bits < 8 || F::offset == 128, "a weight is an int8 as it stands");
        return {.a8 = matmul<F, 1>, .a16 = matmul<F, 2>};
    }
}
template <class List = quant::all_formats>
struct entries;
template <class... Fs>
struct entries<type_list<Fs...>> {
    static constexpr target_table::matmul_entry list[] = {matmul_of<Fs>()...};
};

}  // namespace

extern const target_table    table;
constinit const target_table table = {.name             = "amx",
                                      .matmul           = entries<>::list,
                                      .quantise         = cpu::quantise_for_tiles<lanes_avx512vnni>,
                                      .words            = false,
                                      .place            = cpu::place_for_tiles<lanes_avx512vnni>,
                                      .token_step       = cpu::tile_tokens,
                                      .mults_per_ms     = 2 * lanes_avx512vnni::mults_per_ms,
                                      .rms_norm         = vnni<&target_table::rms_norm>,
                                      .layer_norm       = vnni<&target_table::layer_norm>,
                                      .rope_interleaved = vnni<&target_table::rope_interleaved>,
                                      .rope_half_split  = vnni<&target_table::rope_half_split>,
                                      .activate         = {activate<0>, activate<1>, activate<2>, activate<3>},
                                      .add              = vnni<&target_table::add>,
                                      .add_scaled       = vnni<&target_table::add_scaled>,
                                      .scale            = vnni<&target_table::scale>,
                                      .soft_cap         = vnni<&target_table::soft_cap>,
                                      .cache            = {cache_of<0>(), cache_of<1>(), cache_of<2>()},
                                      .merge_attention  = vnni<&target_table::merge_attention>,
                                      .all_finite       = vnni<&target_table::all_finite>,
                                      .exp_and_sum      = vnni<&target_table::exp_and_sum>};
static_assert(n_kv_types == 3 && n_nonlinearities == 4);

}  // namespace amx
}  // namespace plume::kernels
