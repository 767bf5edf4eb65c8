#include <kernels/cpu/lanes_avx512.hpp>
#include <kernels/cpu/make_table.hpp>

namespace plume::kernels::avx512 {

extern const target_table    table;
constinit const target_table table = cpu::make_table<lanes_avx512>("avx512");

}  // namespace plume::kernels::avx512
