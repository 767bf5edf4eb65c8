#include "bf16_pairs.hpp"

namespace plume::kernels::bf16_avx512 {

extern const fast_table    table;
constinit const fast_table table = {"bf16_avx512", matmul_bf16_pairs};

}  // namespace plume::kernels::bf16_avx512
