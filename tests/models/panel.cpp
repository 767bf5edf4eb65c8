#include "src/panel.hpp"

#include <cstring>
#include <vector>

#include <doctest/doctest.h>

using namespace plume;

namespace {

/// Rows of a format from random bytes whose scales are finite and of ordinary size.
std::vector<std::byte> random_rows(const quant::format_info& f, std::size_t n_rows, std::size_t D, std::uint64_t seed) {
    std::vector<std::byte> bytes(n_rows * D / f.weights * f.block_bytes);
    std::vector<float>     w(f.weights);
    for (std::size_t block = 0; block < bytes.size(); block += f.block_bytes) {
        bool finite = false;
        while (!finite) {
            for (std::size_t i = 0; i < f.block_bytes; ++i) {
                seed             = seed * 6364136223846793005u + 1442695040888963407u;
                bytes[block + i] = static_cast<std::byte>(seed >> 56);
            }
            f.decode(bytes.data() + block, 1, w.data());
            finite = true;
            for (const float x : w) finite = finite && x - x == 0;
        }
    }
    return bytes;
}

}  // namespace

TEST_CASE("a row taken out of its panel is bit for bit the decoded row, for every format") {
    for (const auto& f : quant::formats()) {
        const std::size_t D = f.weights == 256 ? 512 : 96, N = 21;  // two panels, the second one not full
        CAPTURE(f.name);
        const auto             rows      = random_rows(f, N, D, 5);
        const std::size_t      row_bytes = D / f.weights * f.block_bytes, one = panel_bytes(f, D);
        std::vector<std::byte> memory(2 * one);
        pack_panel(f, rows.data(), 16, D, memory.data());
        pack_panel(f, rows.data() + 16 * row_bytes, N - 16, D, memory.data() + one);
        const auto         w = panels_of(f, N, D, memory.data());
        std::vector<float> want(D), got(D);
        for (std::size_t r = 0; r < N; ++r) {
            f.decode(rows.data() + r * row_bytes, D / f.weights, want.data());
            unpack_row(w, r, got.data());
            for (std::size_t k = 0; k < D; ++k) {
                CAPTURE(r);
                CAPTURE(k);
                if (want[k] == 0 && got[k] == 0) continue;  // a zero's sign may differ
                REQUIRE(std::memcmp(&want[k], &got[k], sizeof(float)) == 0);
            }
        }
        memory[0] ^= std::byte{1};  // the lowest code bit of row 0: the test sees it
        unpack_row(w, 0, got.data());
        f.decode(rows.data(), D / f.weights, want.data());
        CHECK(std::memcmp(want.data(), got.data(), D * sizeof(float)) != 0);
    }
}
