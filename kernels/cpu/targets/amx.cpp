#include <kernels/cpu/make_table.hpp>
#include <kernels/cpu/matmul_tiles.hpp>

namespace plume::kernels::amx {
namespace {

/// The matmul of codes for many tokens by tiles; all else as avx512vnni has it.
template <class A, class List = quant::all_formats>
struct entries;
template <class A, class... Fs>
struct entries<A, type_list<Fs...>> {
    template <class F>
    static consteval target_table::matmul_entry of() {
        if constexpr (quant::float_format<F>) {
            return cpu::matmul_of<A, F>();
        } else {
            static_assert(F::codes.bits < 8 || F::offset == 128, "a weight is an int8 as it stands");
            return {.a8 = cpu::matmul_tiles<A, F::codes, 1>, .a16 = cpu::matmul_tiles<A, F::codes, 2>};
        }
    }
    static constexpr target_table::matmul_entry list[] = {of<Fs>()...};
};

template <class A>
consteval target_table make_table() {
    target_table t = cpu::make_table<A>("amx");
    t.matmul       = entries<A>::list;
    t.quantise     = cpu::quantise_for_tiles<A>;
    t.place        = cpu::place_for_tiles<A>;
    t.token_step   = cpu::tile_tokens;
    t.mults_per_ms = 2 * A::mults_per_ms;
    return t;
}

}  // namespace

extern const target_table    table;
constinit const target_table table = make_table<lanes_avx512vnni>();

}  // namespace plume::kernels::amx
