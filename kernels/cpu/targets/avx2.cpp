#include <kernels/cpu/lanes_avx2.hpp>
#include <kernels/cpu/make_table.hpp>

namespace plume::kernels::avx2 {

extern const target_table    table;
constinit const target_table table = cpu::make_table<lanes_avx2, lanes_avx2_words>("avx2");

}  // namespace plume::kernels::avx2
