#include "src/numerics.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace plume::numerics {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan      = std::numeric_limits<double>::quiet_NaN();

constexpr double log2_e = 0x1.71547652b82fep+0;
constexpr double ln2_hi = 0x1.62e42fef00000p-1;  // 33 bits: k · ln2_hi is exact for every exponent k
constexpr double ln2_lo = 0x1.473de6af278edp-34;

bool is_finite(double x) { return (std::bit_cast<std::uint64_t>(x) >> 52 & 0x7ff) != 0x7ff; }

/// 2^k for -1022 <= k <= 1023.
double power_of_two(int k) { return std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52); }

/// An unevaluated sum: about 106 bits. "A floating-point technique for extending the available precision", Dekker 1971.
struct pair {
    double hi, lo;
};

pair fast_two_sum(double a, double b) {  // |a| >= |b|, or a is 0
    const double s = a + b;
    return {s, b - (s - a)};
}

pair two_sum(double a, double b) {
    const double s = a + b, t = s - a;
    return {s, (a - (s - t)) + (b - t)};
}

pair two_product(double a, double b) {        // exact without fma: halves of 26 bits
    constexpr double splitter = 134217729.0;  // 2^27 + 1
    const double     ta = splitter * a, ah = ta - (ta - a), al = a - ah;
    const double     tb = splitter * b, bh = tb - (tb - b), bl = b - bh;
    const double     p = a * b;
    return {p, ((ah * bh - p) + ah * bl + al * bh) + al * bl};
}

pair multiply(pair a, pair b) {
    const pair p = two_product(a.hi, b.hi);
    return fast_two_sum(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

pair add(pair a, pair b) {
    const pair s = two_sum(a.hi, b.hi);
    return fast_two_sum(s.hi, s.lo + (a.lo + b.lo));
}

/// c[0] + c[1]·x + c[2]·x² + ..., from the highest power down.
template <std::size_t N>
double horner(const double (&c)[N], double x) {
    double y = c[N - 1];
    for (std::size_t i = N - 1; i-- > 0;) y = c[i] + x * y;
    return y;
}

constexpr double exp_terms[] = {0.5,
                                1.0 / 6.0,
                                1.0 / 24.0,
                                1.0 / 120.0,
                                1.0 / 720.0,
                                1.0 / 5040.0,
                                1.0 / 40320.0,
                                1.0 / 362880.0,
                                1.0 / 3628800.0,
                                1.0 / 39916800.0,
                                1.0 / 479001600.0,
                                1.0 / 6227020800.0,
                                1.0 / 87178291200.0};

/// exp(x + x_lo), x finite or infinite, by x = k·ln 2 + r, |r| <= 0.35, and the Taylor polynomial of degree 14 (remainder below 2^-63 of the value).
double exp_of_sum(double x, double x_lo) {
    if (x > 709.8) return infinity;
    if (x < -745.2) return 0.0;
    const int    k    = static_cast<int>(x * log2_e + (x < 0 ? -0.5 : 0.5));
    const double head = x - k * ln2_hi;  // exact
    const double tail = k * ln2_lo - x_lo;
    const double r = head - tail, rest = (head - r) - tail;
    const double p = horner(exp_terms, r);
    const double y = 1.0 + (r + (r * r * p + rest));
    // Two factors, so that the last multiplication alone rounds where the result overflows or is denormal.
    if (k > 1000) return y * power_of_two(1000) * power_of_two(k - 1000);
    if (k < -1000) return y * power_of_two(k + 100) * power_of_two(-100);
    return y * power_of_two(k);
}

/// log(x) to about 66 bits, 0 < x < infinity: x = 2^k · m, s = (m - 1)/(m + 1), log m = 2(s + s³/3 + s⁵/5 + ...), |s| <= 0.172.
pair log_as_pair(double x) {
    int k = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        k = -54;
    }
    auto bits = std::bit_cast<std::uint64_t>(x);
    k += static_cast<int>(bits >> 52) - 1023;
    bits     = (bits & 0x000fffffffffffffu) | 0x3ff0000000000000u;
    double m = std::bit_cast<double>(bits);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        ++k;
    }
    const double f    = m - 1.0;  // exact
    const pair   d    = fast_two_sum(2.0, f);
    const double s_hi = f / d.hi;
    const pair   back = two_product(s_hi, d.hi);
    const pair   s    = fast_two_sum(s_hi, ((f - back.hi) - back.lo - s_hi * d.lo) / d.hi);
    const pair   s2   = multiply(s, s);
    const double z    = s2.hi;
    double       q    = 2.0 / 27.0;
    for (int n = 25; n >= 5; n -= 2) q = 2.0 / n + z * q;
    const double tail  = s.hi * z * z * q;  // s⁵·(2/5 + ...): below 2^-12 of the whole, so double is enough
    const pair   cubic = multiply(multiply(s, s2), {0x1.5555555555555p-1, 0x1.5555555555555p-55});  // 2/3
    const pair   log_m = add({2.0 * s.hi, 2.0 * s.lo}, add(cubic, {tail, 0.0}));
    return add(two_sum(k * ln2_hi, k * ln2_lo), log_m);
}

/// 2/pi after the binary point, 64 bits a word; the word of zeros before it stands for the bits left of the point.
constexpr std::uint64_t two_over_pi[] = {
    0,
    0xa2f9836e4e441529,
    0xfc2757d1f534ddc0,
    0xdb6295993c439041,
    0xfe5163abdebbc561,
    0xb7246e3a424dd2e0,
    0x06492eea09d1921c,
    0xfe1deb1cb129a73e,
    0xe88235f52ebb4484,
    0xe99c7026b45f7e41,
    0x3991d639835339f4,
    0x9c845f8bbdf9283b,
    0x1ff897ffde05980f,
    0xef2f118b5a0a6d1f,
    0x6d367ecf27cb09b7,
    0x4f463f669e5fea2d,
    0x7527bac7ebe5f17b,
    0x3d0739f78a5292ea,
    0x6bfb5fb11f8d5d08,
    0x56033046fc7b6bab,
    0xf0cfbc209af4361d,
    0xa9e391615ee61b08,
};

/// x = quadrant · pi/2 + r modulo 2 pi, |r| <= pi/4.
struct reduced {
    int  quadrant;
    pair r;
};

__extension__ using u128 = unsigned __int128;

/// Exact reduction in integers: x·2/pi modulo 4 from the 192 bits of 2/pi that matter for x's exponent.
/// "Radian reduction for trigonometric functions", Payne and Hanek 1983. No double is nearer than 2^-62 to a multiple of pi/2, so 76 good bits stay.
reduced reduce(double x) {
    const auto          bits     = std::bit_cast<std::uint64_t>(x);
    const int           exponent = static_cast<int>(bits >> 52 & 0x7ff) - 1075;
    const std::uint64_t mantissa = (bits & 0x000fffffffffffffu) | 0x0010000000000000u;
    if ((bits & 0x7fffffffffffffffu) < 0x3fe921fb54442d18u) return {0, {x, 0.0}};  // below pi/4

    // Bits of 2/pi of weight 2^-i with i < exponent - 1 give multiples of 4: the window begins at i = exponent - 1, table bit i + 63.
    const auto    first = static_cast<std::size_t>(exponent - 1 + 63);
    std::uint64_t w[3];
    for (std::size_t j = 0; j < 3; ++j) {
        const std::size_t word = first / 64 + j, shift = first % 64;
        w[j] = shift == 0 ? two_over_pi[word] : two_over_pi[word] << shift | two_over_pi[word + 1] >> (64 - shift);
    }
    // mantissa · window modulo 2^192: two bits of quadrant, 190 of fraction.
    const u128    low    = u128{mantissa} * w[2];
    const u128    middle = u128{mantissa} * w[1] + static_cast<std::uint64_t>(low >> 64);
    std::uint64_t top = mantissa * w[0] + static_cast<std::uint64_t>(middle >> 64), mid = static_cast<std::uint64_t>(middle),
                  bottom  = static_cast<std::uint64_t>(low);
    int quadrant          = static_cast<int>(top >> 62);
    top                   = top << 2 | mid >> 62;
    mid                   = mid << 2 | bottom >> 62;
    const bool above_half = top >> 63 != 0;  // to the nearest quadrant: the fraction becomes negative
    if (above_half) {
        ++quadrant;
        mid = ~mid;
        top = ~top;  // one's complement: 2^-128 off
    }
    // The fraction's first 106 bits as two doubles.
    int scale = 0;
    if (top == 0) {  // cannot happen for a double (see above), but a shift by 64 must not either
        top   = mid;
        mid   = 0;
        scale = -64;
    }
    const int zeros = std::countl_zero(top | 1);
    if (zeros != 0) {
        top = top << zeros | mid >> (64 - zeros);
        mid <<= zeros;
    }
    scale -= zeros;
    const double hi   = static_cast<double>(top >> 11) * power_of_two(scale - 53);
    const double lo   = static_cast<double>((top & 0x7ff) << 42 | mid >> 22) * power_of_two(scale - 106);
    pair         r    = multiply({hi, lo}, {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54});  // pi/2
    const bool   flip = above_half != (bits >> 63 != 0);
    if (flip) r = {-r.hi, -r.lo};
    if (bits >> 63 != 0) quadrant = -quadrant;
    return {quadrant & 3, r};
}

constexpr double sine_terms[]   = {-1.0 / 6.0,
                                   1.0 / 120.0,
                                   -1.0 / 5040.0,
                                   1.0 / 362880.0,
                                   -1.0 / 39916800.0,
                                   1.0 / 6227020800.0,
                                   -1.0 / 1307674368000.0,
                                   1.0 / 355687428096000.0,
                                   -1.0 / 121645100408832000.0};
constexpr double cosine_terms[] = {1.0 / 24.0,        -1.0 / 720.0,         1.0 / 40320.0,          -1.0 / 3628800.0,
                                   1.0 / 479001600.0, -1.0 / 87178291200.0, 1.0 / 20922789888000.0, -1.0 / 6402373705728000.0};

/// Taylor polynomials on |r| <= pi/4: the remainders r²¹/21! and r²⁰/20! are below 2^-68.
double sine_of(pair r) {
    const double x = r.hi, z = x * x;
    if (z == 0.0) return x;  // keeps the sign of zero
    return x + (x * z * horner(sine_terms, z) + r.lo * (1.0 - 0.5 * z));
}

double cosine_of(pair r) {
    const double x = r.hi, z = x * x, half = 0.5 * z, w = 1.0 - half;
    return w + (((1.0 - w) - half) + (z * z * horner(cosine_terms, z) - x * r.lo));
}

/// sin(x + turns · pi/2).
double sine_shifted(double x, int turns) {
    if (!is_finite(x)) return nan;
    const auto [quadrant, r] = reduce(x);
    const int    q           = (quadrant + turns) & 3;
    const double y           = (q & 1) != 0 ? cosine_of(r) : sine_of(r);
    return (q & 2) != 0 ? -y : y;
}

}  // namespace

double exp(double x) noexcept {
    if (x != x) return nan;
    return exp_of_sum(x, 0.0);
}

double log(double x) noexcept {
    if (!(x >= 0.0)) return nan;
    if (x == 0.0) return -infinity;
    if (x == infinity) return infinity;
    return log_as_pair(x).hi;
}

double sin(double x) noexcept { return sine_shifted(x, 0); }
double cos(double x) noexcept { return sine_shifted(x, 1); }

double pow(double a, double b) noexcept {
    if (!(a > 0.0) || !is_finite(a) || !is_finite(b)) return nan;
    const pair   l = log_as_pair(a);
    const double p = b * l.hi;
    if (p > 800.0) return infinity;
    if (p < -800.0) return 0.0;
    if (p == 0.0) return 1.0;
    const pair whole = two_product(b, l.hi);  // log a is above 2^-54 in magnitude, so b is below 2^64: the halves do not overflow
    const pair sum   = fast_two_sum(whole.hi, whole.lo + b * l.lo);
    return exp_of_sum(sum.hi, sum.lo);
}

}  // namespace plume::numerics
