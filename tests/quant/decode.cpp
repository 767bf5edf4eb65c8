#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "blocks.hpp"

using namespace plume;
using namespace plume::quant;
using namespace plume::quant::tests;

namespace {

const nlohmann::json& golden() {
    static const auto json = [] {
        std::ifstream file(PLUME_GOLDEN "/quant.json");
        return nlohmann::json::parse(file);
    }();
    return json;
}

std::uint64_t fingerprint(const std::vector<float>& w) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < w.size(); ++i) sum += splitmix64(bits_of(w[i]) | std::uint64_t{i} << 32);
    return sum;
}

/// w = d·sub·value - dmin·min in double, where every product is exact.
double in_double(const format_info& f, const codes_32& c, std::size_t i) {
    const int    value   = f.codes.has_table() ? f.table[c.code[i]] : c.code[i] - f.offset;
    const double product = double{c.d} * c.sub[i / 16] * value;
    return f.codes.min == min_layout::none ? product : product - double{c.dmin} * c.min[i / 16];
}

}  // namespace

TEST_CASE_TEMPLATE("decode gives the bits of the reference for sane and for wild scales", Format, PLUME_ALL_FORMATS) {
    CAPTURE(Format::name);
    const auto& want = golden()["formats"][std::string(Format::name)];
    CHECK(want["type"] == Format::gguf_type);
    CHECK(want["weights"] == Format::weights);
    CHECK(want["block_bytes"] == sizeof(typename Format::block));
    for (const scales kind : {scales::sane, scales::wild}) {
        auto        blocks = random_blocks<Format>(kind, golden()["blocks"]);
        auto        w      = decode_all<Format>(blocks);
        const auto& part   = want[kind == scales::sane ? "sane" : "wild"];
        const auto  first  = part["first"].template get<std::string>();
        for (std::size_t i = 0; i < first.size() / 8; ++i) CHECK(bits_of(w[i]) == std::stoul(first.substr(8 * i, 8), nullptr, 16));
        const std::uint64_t sum = std::stoull(part["fingerprint"].template get<std::string>(), nullptr, 16);
        CHECK(fingerprint(w) == sum);

        std::size_t finite = 0, zeros = 0;
        for (const float x : w) finite += std::isfinite(x), zeros += x == 0;
        if (kind == scales::sane) CHECK(finite == w.size());
        CHECK(zeros < w.size() / 2);

        w[w.size() / 2] = std::nextafter(std::isfinite(w[w.size() / 2]) ? w[w.size() / 2] : 0.0f, 1e30f);  // the fingerprint sees one bit
        CHECK(fingerprint(w) != sum);
    }
}

TEST_CASE_TEMPLATE("unpacked codes make the decoded weights, to the one rounding of the minimum", Format, PLUME_CODE_FORMATS) {
    CAPTURE(Format::name);
    const format_info&    f = formats()[format_index<Format>];
    std::array<bool, 256> seen{};
    for (const scales kind : {scales::sane, scales::wild}) {
        const auto blocks = random_blocks<Format>(kind, 300);
        const auto w      = decode_all<Format>(blocks);
        for (std::size_t i = 0; i < w.size(); i += 32) {
            codes_32 c;
            Format::unpack(blocks[i / Format::weights], i % Format::weights / 32, c);
            for (std::size_t k = 0; k < 32; ++k) {
                seen[c.code[k]]   = true;
                const double want = in_double(f, c, k);
                if (std::isnan(want))
                    REQUIRE(std::isnan(w[i + k]));
                else
                    REQUIRE(bits_of(w[i + k]) == bits_of(static_cast<float>(want)));  // exact products: rounding once is rounding as f32 does
            }
            if (f.codes.scale != scale_layout::per_256_sub_16) REQUIRE(c.sub[0] == c.sub[1]);
            if (f.codes.scale == scale_layout::per_32_f16 || f.codes.scale == scale_layout::per_32_f32) REQUIRE(c.sub[0] == 1);
            if (f.codes.min != min_layout::per_256_sub_16) REQUIRE(c.min[0] == c.min[1]);
            if (f.codes.min == min_layout::per_32_f16) REQUIRE(c.min[0] == 1);
            if (f.codes.min == min_layout::none) REQUIRE((c.dmin == 0 && c.min[0] == 0 && c.min[1] == 0));
        }
    }
    std::size_t codes = 0;
    for (std::size_t c = 0; c < 256; ++c) {
        codes += seen[c];
        if (c >= std::size_t{1} << f.codes.bits) CHECK_FALSE(seen[c]);
    }
    const bool sixths = f.codes.has_table() && f.codes.bits == 3;  // three magnitudes with a sign
    CHECK(codes == (sixths ? 6 : Format::gguf_type == tq1_0::gguf_type ? 3 : std::size_t{1} << f.codes.bits));
}

TEST_CASE_TEMPLATE("a block's d is the same for all its groups where the layout shares it", Format, PLUME_CODE_FORMATS) {
    for (const auto& b : random_blocks<Format>(scales::sane, 20)) {
        codes_32 first;
        Format::unpack(b, 0, first);
        for (std::size_t group = 1; group < Format::weights / 32; ++group) {
            codes_32 c;
            Format::unpack(b, group, c);
            CHECK((c.d == first.d && c.dmin == first.dmin));
        }
    }
}

TEST_CASE_TEMPLATE("the runtime table decodes blocks at any address as the format does", Format, PLUME_ALL_FORMATS) {
    const auto             blocks = random_blocks<Format>(scales::sane, 5);
    const auto             want   = decode_all<Format>(blocks);
    std::vector<std::byte> shifted(sizeof(blocks[0]) * blocks.size() + 1);
    std::memcpy(shifted.data() + 1, blocks.data(), shifted.size() - 1);
    std::vector<float> got(want.size());
    formats()[format_index<Format>].decode(shifted.data() + 1, blocks.size(), got.data());
    CHECK(std::memcmp(got.data(), want.data(), want.size() * sizeof(float)) == 0);
}
