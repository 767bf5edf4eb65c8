#include <kernels/cpu/lanes_scalar.hpp>
#include <kernels/cpu/make_table.hpp>

namespace plume::kernels::scalar {

extern const target_table    table;
constinit const target_table table = cpu::make_table<lanes_scalar>("scalar");

}  // namespace plume::kernels::scalar
