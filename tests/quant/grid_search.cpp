#include "src/quant/grid_search.hpp"

#include <vector>

#include "blocks.hpp"
#include "src/quant/iq1_grid.hpp"
#include "src/quant/iq2_grids.hpp"
#include "src/quant/iq3_grids.hpp"

using namespace plume;
using namespace plume::quant;
using namespace plume::quant::tests;

namespace {

struct four_own : grid_of_four {
    static constexpr auto& words        = iq3_s_grid;
    static constexpr auto  signs        = grid_signs::own;
    static constexpr float values[1][8] = {{1, 3, 5, 7, 9, 11, 13, 15}}, largest = 15;
};
struct four_even : grid_of_four {
    static constexpr auto& words        = iq3_xxs_grid;
    static constexpr auto  signs        = grid_signs::even;
    static constexpr float values[1][8] = {{4, 12, 20, 28, 36, 44, 52, 62}}, largest = 62;
};
struct eight_own : grid_of_eight {
    static constexpr auto& words = iq2_s_grid;
    static constexpr auto  signs = grid_signs::own;
};
struct eight_even : grid_of_eight {
    static constexpr auto& words = iq2_xxs_grid;
    static constexpr auto  signs = grid_signs::even;
};
struct eight_shifted : grid_of_signs {
    static constexpr auto& words          = iq1_grid;
    static constexpr bool  shift_of_eight = true;
};

/// The least error of eight weights over all entries and all signs that the grid allows, one by one.
template <class Grid>
double least_error(const float* x, const float* v, double scale) {
    double least = std::numeric_limits<double>::max();
    for (std::size_t shift = 0; shift < std::size(Grid::values); ++shift) {
        // Of each chunk the least cost with an even and with an odd number of minus signs.
        double total[2] = {0, std::numeric_limits<double>::max()};
        for (std::size_t at = 0; at < 8; at += Grid::chunk) {
            double chunk[2] = {std::numeric_limits<double>::max(), std::numeric_limits<double>::max()};
            for (const auto word : Grid::words)
                for (unsigned signs = 0; signs < (Grid::signs == grid_signs::shift ? 1u : 1u << Grid::chunk); ++signs) {
                    double cost = 0;
                    for (std::size_t i = 0; i < Grid::chunk; ++i) {
                        const double value = double{Grid::values[shift][word >> Grid::bits * i & ((1u << Grid::bits) - 1)]} * (signs >> i & 1 ? -1 : 1);
                        cost += double{v[at + i]} * std::pow(x[at + i] - scale * value, 2);
                    }
                    auto& best = chunk[Grid::signs == grid_signs::even ? std::popcount(signs) % 2 : 0];
                    best       = std::min(best, cost);
                }
            const double even = std::min(total[0] + chunk[0], total[1] + chunk[1]), odd = std::min(total[0] + chunk[1], total[1] + chunk[0]);
            total[0] = even, total[1] = odd;
        }
        least = std::min(least, total[0]);
    }
    return least;
}

}  // namespace

// Tolerance: costs are f32 sums of eight squares, each off by a few 2^-24; two entries closer than that may be taken for each other.
TEST_CASE_TEMPLATE("the entries that are found for a scale are the best ones", Grid, four_own, four_even, eight_own, eight_even, eight_shifted) {
    const auto         w = bell(8 * 200, 21, 1.0f);
    std::vector<float> v(w.size());
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = std::exp(2 * bell(1, i + 1, 1.0f)[0]);  // far apart, as importances are
    std::size_t odd = 0;
    for (std::size_t at = 0; at < w.size(); at += 8)
        for (const float top : {1.2f, 2.5f}) {
            const float     scale = top / Grid::largest;
            const costed<8> c(&w[at], &v[at]);
            const auto      fit  = fit_grid<Grid>(c, scale);
            const double    want = least_error<Grid>(&w[at], &v[at], double{scale});
            REQUIRE(fit.error == doctest::Approx(want).epsilon(1e-5));
            unsigned minus = 0;
            for (std::size_t i = 0; i < 8; ++i) minus += w[at + i] < 0;
            odd += minus % 2;
        }
    CHECK(odd > 100);  // with even signs these had to give one up
}
