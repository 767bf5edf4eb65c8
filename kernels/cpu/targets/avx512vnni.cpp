#include <kernels/cpu/lanes_avx512vnni.hpp>
#include <kernels/cpu/make_table.hpp>

namespace plume::kernels::avx512vnni {

extern const target_table    table;
constinit const target_table table = cpu::make_table<lanes_avx512vnni>("avx512vnni");

}  // namespace plume::kernels::avx512vnni
