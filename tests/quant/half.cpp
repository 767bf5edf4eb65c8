#include <plume/core/half.hpp>

#include <plume/quant/formats.hpp>

#include "blocks.hpp"
#include "src/quant/unpack.hpp"

using namespace plume;

namespace {

/// A half's value from the definition of IEEE 754 binary16.
double value_of(std::uint16_t bits) {
    const int    exponent = bits >> 10 & 31, fraction = bits & 1023;
    const double magnitude = exponent == 31 ? (fraction ? NAN : INFINITY) : exponent ? std::ldexp(1024 + fraction, exponent - 25) : std::ldexp(fraction, -24);
    return bits >> 15 ? -magnitude : magnitude;
}

/// The nearest half by search over all positive finite ones, ties to the even code.
std::uint16_t nearest_half(float f) {
    const double  x   = std::fabs(double{f});
    std::uint16_t low = 0, high = 0x7c00;  // value_of(low) <= x; infinity stands for 65536 here
    while (high - low > 1) {
        const auto middle                    = static_cast<std::uint16_t>((low + high) / 2);
        (value_of(middle) <= x ? low : high) = middle;
    }
    const double below = x - value_of(low), above = (high == 0x7c00 ? 65536 : value_of(high)) - x;
    const auto   best = below < above || (below == above && low % 2 == 0) ? low : high;
    return static_cast<std::uint16_t>(best | (std::signbit(f) ? 0x8000 : 0));
}

}  // namespace

TEST_CASE("the inlined conversion of scales has the bits of to_float for every half") {
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        const half h{static_cast<std::uint16_t>(bits)};
        REQUIRE(std::bit_cast<std::uint32_t>(quant::widened(h)) == std::bit_cast<std::uint32_t>(to_float(h)));
    }
}

TEST_CASE("every half becomes its exact float and comes back") {
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        const half   h{static_cast<std::uint16_t>(bits)};
        const double want = value_of(h.bits);
        if (std::isnan(want)) {
            REQUIRE(std::isnan(to_float(h)));
            REQUIRE(std::isnan(to_float(to_half(to_float(h)))));
            continue;
        }
        REQUIRE(double{to_float(h)} == want);
        REQUIRE(std::signbit(to_float(h)) == (bits >> 15 != 0));
        REQUIRE(to_half(to_float(h)).bits == bits);
    }
}

TEST_CASE("to_half rounds to nearest, ties to even, at every midpoint and on both sides of it") {
    for (std::uint32_t bits = 0; bits < 0x7c00; ++bits) {
        const double next   = bits == 0x7bff ? 65536 : value_of(static_cast<std::uint16_t>(bits + 1));
        const auto   middle = static_cast<float>((value_of(static_cast<std::uint16_t>(bits)) + next) / 2);  // exact in f32
        for (const float f : {middle, std::nextafter(middle, 0.0f), std::nextafter(middle, 1e30f)}) {
            REQUIRE(to_half(f).bits == nearest_half(f));
            REQUIRE(to_half(-f).bits == nearest_half(-f));
        }
        REQUIRE(to_half(middle).bits == bits + bits % 2);
    }
    for (std::uint64_t i = 0; i < 200'000; ++i) {
        const auto f = std::bit_cast<float>(static_cast<std::uint32_t>(quant::tests::splitmix64(i)));
        if (std::isnan(f))
            REQUIRE(std::isnan(to_float(to_half(f))));
        else if (std::fabs(f) < 65536)
            REQUIRE(to_half(f).bits == nearest_half(f));
        else
            REQUIRE(to_half(f).bits == (std::signbit(f) ? 0xfc00 : 0x7c00));
    }
}

TEST_CASE("bfloat16 is the upper half of a float, rounded to nearest even") {
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        const bfloat16 b{static_cast<std::uint16_t>(bits)};
        const float    f = to_float(b);
        REQUIRE(std::bit_cast<std::uint32_t>(f) == bits << 16);
        if (std::isnan(f)) {
            REQUIRE(std::isnan(to_float(to_bfloat16(f))));
            continue;
        }
        REQUIRE(to_bfloat16(f) == b);
        if (std::isinf(f)) continue;
        REQUIRE(to_bfloat16(std::bit_cast<float>(bits << 16 | 0x7fff)) == b);
        REQUIRE(to_bfloat16(std::bit_cast<float>(bits << 16 | 0x8000)).bits == bits + bits % 2);
        REQUIRE(to_bfloat16(std::bit_cast<float>(bits << 16 | 0x8001)).bits == bits + 1);
    }
    CHECK(std::isnan(to_float(to_bfloat16(std::bit_cast<float>(0x7f800001u)))));  // a NaN whose upper half is infinity
}

TEST_CASE("many floats at a time, at any address, have the bits of one after the other") {
    std::vector<float> w;
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits)  // every half, and the upper half of every float with lower ones about the middles of both formats
        for (const std::uint32_t low : {0u, 1u, 0x1000u, 0x1001u, 0x7fffu, 0x8000u, 0x8001u, 0xefffu, 0xf000u})
            w.push_back(std::bit_cast<float>(bits << 16 | low));
    for (std::uint64_t i = 0; i < 200'003; ++i) w.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(quant::tests::splitmix64(i))));
    const auto same = [&]<class F>(std::type_identity<F>) {
        const auto*            f = quant::find_format(F::name);
        std::vector<std::byte> bytes(1 + w.size() * f->block_bytes);
        std::vector<float>     back(w.size());
        f->encode(w.data(), w.size(), &bytes[1]);
        f->decode(&bytes[1], w.size(), back.data());
        for (std::size_t i = 0; i < w.size(); ++i) {
            typename F::block one, many;
            float             decoded;
            F::encode(std::span<const float, 1>(&w[i], 1), one);
            F::decode(one, std::span<float, 1>(&decoded, 1));
            std::memcpy(&many, &bytes[1 + i * sizeof many], sizeof many);
            REQUIRE(std::memcmp(&one, &many, sizeof one) == 0);
            REQUIRE(std::memcmp(&decoded, &back[i], sizeof decoded) == 0);
        }
    };
    same(std::type_identity<quant::f32>{});
    same(std::type_identity<quant::f16>{});
    same(std::type_identity<quant::bf16>{});
}
