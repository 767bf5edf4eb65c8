#include <algorithm>
#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include "kernels/support.hpp"
#include "reference/matmul.hpp"

namespace plume::test {
namespace {

struct sizes {
    std::size_t T, N, D;
};

auto entry(const kernels::target_table& target, const quant::format_info& f, bool two_planes) {
    const auto& e = target.matmul[static_cast<std::size_t>(&f - quant::formats().data())];
    return two_planes ? e.a16 : e.a8;
}

std::vector<float> multiply(const kernels::target_table& target, const packed& w, const activations& x, const quant::format_info& f) {
    std::vector<float> y(x.T * w.w.N, std::nanf("1"));
    entry(target, f, x.two_planes)(w.w, 0, (w.w.N + 15) / 16, x.in_order_of(target).view(), x.T, y.data(), w.w.N);
    return y;
}

template <class Function>
void for_each_code_format(Function&& f) {
    for (const auto& format : quant::formats())
        if (!format.is_float)
            for (const bool two_planes : {false, true}) {
                const std::string name(format.name);
                CAPTURE(name);
                CAPTURE(two_planes);
                f(format, two_planes);
            }
}

/// In double, with the rounding bound: at most three roundings before a term's fma (d·sub, ·s, the integer's conversion), two fmas a block with minimums.
reference::bounded in_double(const code_matrix& w, const activations& x) {
    reference::matrix xd(x.T, x.D), wd(w.N, w.D), sizes = reference::matrix::Zero(static_cast<Eigen::Index>(x.T), static_cast<Eigen::Index>(w.N));
    double            absolute = 0;
    for (std::size_t t = 0; t < x.T; ++t)
        for (std::size_t k = 0; k < x.D; ++k) xd(t, k) = static_cast<double>(x.s[t * (x.D / 32) + k / 32]) * x.q(t, k);
    for (std::size_t r = 0; r < w.N; ++r)
        for (std::size_t k = 0; k < w.D; ++k) {
            const auto& c = w.at(r, k / 32);
            wd(r, k)      = static_cast<double>(c.d) * c.sub[k % 32 / 16] * w.value(r, k) - static_cast<double>(c.dmin) * c.min[k % 32 / 16];
        }
    for (std::size_t t = 0; t < x.T; ++t)
        for (std::size_t r = 0; r < w.N; ++r)
            for (std::size_t b = 0; b < w.n_blocks(); ++b) {
                const auto& c    = w.at(r, b);
                double      isum = 0, msum = 0;
                for (std::size_t k = 32 * b; k < 32 * b + 32; ++k) {
                    isum += static_cast<double>(c.sub[k % 32 / 16]) * w.value(r, k) * x.q(t, k);
                    msum += static_cast<double>(c.min[k % 32 / 16]) * x.q(t, k);
                }
                const double s = x.s[t * x.D / 32 + b];
                sizes(t, r) += std::abs(c.d * s * isum) + std::abs(c.dmin * s * msum);
                absolute = std::max(absolute, static_cast<double>(w.n_blocks()) * 0x1p-149 * (std::abs(isum) + std::abs(msum)));
            }
    const bool has_min = w.format->codes.min != quant::min_layout::none;
    return reference::matmul(xd, wd, sizes, w.n_blocks() * (has_min ? 2 : 1), 3, absolute);
}

/// The contract, step by step, with std::fma: what the bits must be.
std::vector<float> by_the_contract(const code_matrix& w, const activations& x, bool fused = true) {
    const auto fma = [fused](float a, float b, float c) {
        volatile float product = a * b;  // rounded, if it is to be
        return fused ? std::fma(a, b, c) : product + c;
    };
    const auto         layout = w.format->codes;
    std::vector<float> y;
    for (std::size_t t = 0; t < x.T; ++t)
        for (std::size_t r = 0; r < w.N; ++r) {
            float acc = 0;
            for (std::size_t b = 0; b < w.n_blocks(); ++b) {
                const auto&  c       = w.at(r, b);
                std::int64_t part[2] = {}, sum[2] = {};
                for (std::size_t k = 32 * b; k < 32 * b + 32; ++k) part[k % 32 / 16] += w.value(r, k) * x.q(t, k), sum[k % 32 / 16] += x.q(t, k);
                const float s = x.s[t * w.n_blocks() + b], S = s * static_cast<float>(sum[0] + sum[1]);
                if (w.sub_16())
                    acc = fma(c.d * s, static_cast<float>(c.sub[0] * part[0] + c.sub[1] * part[1]), acc);
                else if (w.supers())
                    acc = fma((c.d * static_cast<float>(c.sub[0])) * s, static_cast<float>(part[0] + part[1]), acc);
                else
                    acc = fma(c.d * s, static_cast<float>(part[0] + part[1]), acc);
                if (layout.min == quant::min_layout::per_32_f16) acc = fma(-c.dmin, S, acc);
                if (layout.min == quant::min_layout::per_256_sub_32) acc = fma(-(c.dmin * static_cast<float>(c.min[0])), S, acc);
                if (layout.min == quant::min_layout::per_256_sub_16) acc = fma(-(c.dmin * s), static_cast<float>(c.min[0] * sum[0] + c.min[1] * sum[1]), acc);
            }
            y.push_back(acc);
        }
    return y;
}

bool within(const std::vector<float>& y, const reference::bounded& want) {
    std::size_t i = 0;
    for (Eigen::Index t = 0; t < want.value.rows(); ++t)
        for (Eigen::Index r = 0; r < want.value.cols(); ++r, ++i)
            if (!(std::abs(static_cast<double>(y[i]) - want.value(t, r)) <= want.bound(t, r))) return false;
    return true;
}

TEST_CASE("every target that this CPU has is tested, scalar first") {
    const auto list = targets();
    REQUIRE(!list.empty());
    CHECK(std::string(list[0]->name) == "scalar");
    std::string names;
    for (const auto* t : list) names += std::string(t->name) + " ";
    MESSAGE("targets: " << names);
}

TEST_CASE("matmul of codes equals the double-precision reference within its rounding bound, and the contract's chain to the bit, on every target") {
    const sizes shapes[] = {{1, 1, 32}, {1, 17, 96}, {3, 16, 256}, {5, 33, 576}, {8, 64, 256}, {20, 48, 96}, {130, 19, 64}, {2, 20, 4096}, {40, 33, 1056}};
    for_each_code_format([&](const quant::format_info& f, bool two_planes) {
        for (const auto& shape : shapes) {
            const std::size_t T = shape.T, N = shape.N, D = shape.D;
            const auto        w    = random_codes(f, N, D, static_cast<unsigned>(N + D));
            const auto        p    = pack(w);
            auto              x    = random_activations(T, D, two_planes, static_cast<unsigned>(T + 7));
            const auto        want = in_double(w, x);
            const auto        bits = by_the_contract(w, x);
            for (const auto* target : targets()) {
                CAPTURE(T);
                CAPTURE(N);
                CAPTURE(D);
                CAPTURE(target->name);
                const auto y = multiply(*target, p, x, f);
                CHECK(within(y, want));
                CHECK(same_bits(y, bits));
            }
        }
    });
}

TEST_CASE("amx multiplies 16 tokens and more by tiles: it keeps them in an order that only tiles read") {
    for (const auto* target : targets()) {
        if (std::string(target->name) != "amx") continue;
        for (const bool two_planes : {false, true})
            for (std::size_t t = 0; t < 40; ++t)
                for (std::size_t k = 0; k < 96; k += 4) {
                    const auto at = target->place(40, 96, two_planes, t, k);
                    if (t < 32) CHECK(at.four == t / 16 * 16 * 96 + k / 32 * 512 + t % 16 * 32 + k % 32);
                    if (t >= 32) CHECK(at.four >= 32 * 96);
                }
    }
}

TEST_CASE("one flipped bit of a weight's code leaves the rounding bound") {
    for_each_code_format([&](const quant::format_info& f, bool two_planes) {
        auto w = random_codes(f, 20, 576, 3);
        auto x = random_activations(3, 576, two_planes, 4);
        for (int t = 0; t < 3; ++t) x.set(static_cast<std::size_t>(t), 300, two_planes ? 16000 : 120);
        x.sum_up();
        auto& c = w.at(17, 9);
        c.d = 0.01f, c.sub[0] = static_cast<std::int8_t>(largest_sub(f) / 2 + 1), c.sub[1] = c.sub[0];
        if (!w.supers())
            c.sub = {1, 1}, c.d = to_float(to_half(c.d));
        else
            for (std::size_t b = 8; b < 16; ++b) w.at(17, b).d = c.d;
        c.code[12]      = 0;
        const auto want = in_double(w, x);
        c.code[12]      = 1;  // the lowest bit; 300 is weight 12 of block 9
        const auto p    = pack(w);
        for (const auto* target : targets()) CHECK_FALSE(within(multiply(*target, p, x, f), want));
    });
}

TEST_CASE("the number of tokens, the range of panels and the token's place change no bit, and nothing else is written") {
    for_each_code_format([&](const quant::format_info& f, bool two_planes) {
        // 47 tokens and 18 blocks: full tiles and every rest, weights unpacked piece by piece and not.
        constexpr std::size_t T = 47, N = 91, D = 576, stride = 100, n_panels = 6;
        const auto            w = pack(random_codes(f, N, D, 11));
        const auto            x = random_activations(T, D, two_planes, 12);
        for (const auto* target : targets()) {
            CAPTURE(target->name);
            const auto         run       = entry(*target, f, two_planes);
            const float        untouched = -12345;
            std::vector<float> one_by_one(T * stride, untouched);
            for (std::size_t t = 0; t < T; ++t)
                for (std::size_t p = 0; p < n_panels; ++p)
                    run(w.w, p, p + 1, x.part(t, 1).in_order_of(*target).view(), 1, one_by_one.data() + t * stride, stride);
            for (std::size_t t = 0; t < T; ++t)
                for (std::size_t r = N; r < stride; ++r) REQUIRE(one_by_one[t * stride + r] == untouched);
            for (std::size_t M = 1; M <= T; M += M < 20 ? 1 : 9) {
                auto first = x.part(0, M).in_order_of(*target);
                for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, M % (n_panels + 1)}) {
                    std::vector<float> y(T * stride, untouched);
                    run(w.w, 0, cut, first.view(), M, y.data(), stride);
                    run(w.w, cut, n_panels, first.view(), M, y.data(), stride);
                    CHECK(same_bits(std::span(y).first(M * stride), std::span(one_by_one).first(M * stride)));
                    CHECK(std::all_of(y.begin() + static_cast<std::ptrdiff_t>(M * stride), y.end(), [&](float v) { return v == untouched; }));
                }
            }
        }
    });
}

TEST_CASE("the largest codes, sub-scales and activations of either sign stay exact") {
    for_each_code_format([&](const quant::format_info& f, bool two_planes) {
        auto      w    = random_codes(f, 48, 64, 5);
        const int qmax = two_planes ? 16319 : 127, sub = largest_sub(f);
        for (std::size_t r = 0; r < w.N; ++r)
            for (std::size_t b = 0; b < 2; ++b) {
                auto& c = w.at(r, b);
                for (std::size_t i = 0; i < 32; ++i) c.code[i] = static_cast<std::uint8_t>(r % 3 == 0 || (r % 3 == 1 && i % 2) ? 0 : w.max_code());
                if (w.supers()) c.sub[0] = c.sub[1] = static_cast<std::int8_t>(r % 2 ? sub : sub == 127 && f.codes.bits > 5 ? -128 : -sub);
                if (f.codes.min == quant::min_layout::per_256_sub_16 || f.codes.min == quant::min_layout::per_256_sub_32) c.min = {63, 63};
            }
        activations x(28, 64, two_planes);
        for (std::size_t t = 0; t < x.T; t += 4)
            for (std::size_t k = 0; k < 64; ++k)
                x.set(t, k, qmax), x.set(t + 1, k, -qmax), x.set(t + 2, k, k % 2 ? qmax : -qmax), x.set(t + 3, k, k % 3 ? 0 : qmax);
        for (float& s : x.s) s = 0.25f;
        x.sum_up();
        const auto p    = pack(w);
        const auto want = in_double(w, x);
        const auto bits = by_the_contract(w, x);
        for (const auto* target : targets()) {
            CAPTURE(target->name);
            const auto y = multiply(*target, p, x, f);
            CHECK(within(y, want));
            CHECK(same_bits(y, bits));
        }
    });
}

TEST_CASE("Q6_K's largest joined sum, 2 138 963 968, is exact with two planes") {
    const auto* f = quant::find_format("Q6_K");
    REQUIRE(f);
    auto  w = random_codes(*f, 1, 32, 1);
    auto& c = w.at(0, 0);
    c.code.fill(0), c.sub = {-128, -128}, c.d = 1;  // 32 weights of -32 · -128
    activations x(1, 32, true);
    for (std::size_t k = 0; k < 32; ++k) x.set(0, k, 16319);
    x.s[0] = 1;
    x.sum_up();
    const auto p = pack(w);
    for (const auto* target : targets()) CHECK(multiply(*target, p, x, *f)[0] == 2138963968.0f);
}

TEST_CASE("zero blocks, subnormal scales and large scales agree on every target") {
    for_each_code_format([&](const quant::format_info& f, bool two_planes) {
        const float scales[] = {0, 0x1p-24f, 0x1p-14f, 1, 60000};
        auto        w        = random_codes(f, 30, 512, 21);
        for (std::size_t r = 0; r < w.N; ++r)
            for (std::size_t b = 0; b < 16; ++b) {
                auto& c = w.at(r, b);
                c.d     = scales[(r + (w.supers() ? b / 8 : b)) % 5];
                if (c.dmin != 0) c.dmin = scales[(r + (w.supers() ? b / 8 : b) + 2) % 5];
            }
        auto        x         = random_activations(3, 512, two_planes, 22);
        const float factors[] = {0, 0x1p-149f, 0x1p-130f, 0x1p-126f, 1, 0x1p60f};
        for (std::size_t i = 0; i < x.s.size(); ++i) x.s[i] = factors[i % 6];
        x.sum_up();
        const auto p    = pack(w);
        const auto want = in_double(w, x);
        const auto bits = by_the_contract(w, x);
        for (const auto* target : targets()) {
            CAPTURE(target->name);
            const auto y = multiply(*target, p, x, f);
            CHECK(within(y, want));
            CHECK(same_bits(y, bits));
        }
    });
}

TEST_CASE("the chain is fused: a multiply and an add would give other bits") {
    const auto* f = quant::find_format("Q8_0");
    const auto  w = random_codes(*f, 16, 256, 31);
    auto        x = random_activations(2, 256, true, 32);
    const auto  p = pack(w);
    REQUIRE_FALSE(same_bits(by_the_contract(w, x), by_the_contract(w, x, false)));
    for (const auto* target : targets()) CHECK_FALSE(same_bits(multiply(*target, p, x, *f), by_the_contract(w, x, false)));
}

}  // namespace
}  // namespace plume::test
