#include <cstring>
#include <string>

#include <doctest/doctest.h>
#include <src/panel.hpp>

#include "kernels/support.hpp"

namespace plume::test {
namespace {

TEST_CASE("the library packs panels as panel.hpp's words say, read a second time") {
    for (const auto& f : quant::formats()) {
        if (f.is_float) continue;
        const std::string name(f.name);
        CAPTURE(name);
        constexpr std::size_t  N = 19, D = 512;
        const std::size_t      row_bytes = D / f.weights * f.block_bytes, panel = panel_bytes(f, D);
        std::vector<std::byte> rows(N * row_bytes);
        generator              g(static_cast<unsigned>(f.gguf_type));
        for (auto& b : rows) b = static_cast<std::byte>(g() & 0xffu);

        code_matrix m{&f, N, D, std::vector<quant::codes_32>(N * (D / 32))};
        for (std::size_t r = 0; r < N; ++r)
            for (std::size_t b = 0; b < D / 32; ++b)
                f.unpack(rows.data() + r * row_bytes + 32 * b / f.weights * f.block_bytes, b % (f.weights / 32), m.at(r, b));
        const packed want = pack(m);

        auto got = aligned(2 * panel);
        pack_panel(f, rows.data(), 16, D, got.get());
        pack_panel(f, rows.data() + 16 * row_bytes, N - 16, D, got.get() + panel);
        REQUIRE(want.w.panel_bytes == panel);
        CHECK(std::memcmp(got.get(), want.bytes.get(), 2 * panel) == 0);

        const auto p = panels_of(f, N, D, got.get());
        CHECK(p.offset == want.w.offset);
        CHECK(p.format == want.w.format);
        CHECK(std::memcmp(p.table, want.w.table, 16) == 0);
        rows[row_bytes / 2] ^= std::byte{0x80};  // it can fail
        pack_panel(f, rows.data(), 16, D, got.get());
        CHECK(std::memcmp(got.get(), want.bytes.get(), panel) != 0);
    }
}

}  // namespace
}  // namespace plume::test
