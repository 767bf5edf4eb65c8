#include "weights.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include <plume/core/half.hpp>

namespace plume::tool::synthetic {
namespace {

constexpr float       deviation    = 0.02f;
constexpr std::size_t pool_weights = std::size_t{1} << 20;

/// Number `index` of stream `stream`, from a counter (splitmix64's mix).
std::uint64_t random_bits(std::uint64_t stream, std::uint64_t index) {
    auto x = stream + (index + 1) * 0x9e3779b97f4a7c15u;
    x      = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x      = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

std::uint64_t stream_of(std::uint64_t seed, std::string_view name) {
    auto hash = random_bits(seed, 0);
    for (const char c : name) hash = random_bits(hash, static_cast<unsigned char>(c));
    return hash;
}

/// About normal, mean 0, deviation 1: the sum of twelve numbers of 16 bits. No libm, so it is the same everywhere.
float bell(std::uint64_t stream, std::uint64_t index) {
    std::int64_t sum = -6 * 65535;
    for (std::uint64_t i = 0; i < 3; ++i)
        for (auto bits = random_bits(stream, 3 * index + i), k = std::uint64_t{0}; k < 4; ++k, bits >>= 16) sum += static_cast<std::int64_t>(bits & 0xffff);
    return static_cast<float>(sum) / 65536;
}

// Formats that take long to encode get random codes, and scales of which these functions know the places. d = 1 at first.

template <class Format>
constexpr bool is_slow = requires {
    Format::needs_importance;
}
|| std::is_same_v<Format, quant::iq3_s>;

/// Minimums like the sub-scales, so that the middle code is about zero when dmin is `middle` of d; and a positive d. Does nothing where there is none.
template <class Block>
void set_scales(Block& b, float d, [[maybe_unused]] float middle) {
    if constexpr (requires { b.d; }) b.d = to_half(d);
    if constexpr (requires { b.dmin; }) b.dmin = to_half(d * middle);
    if constexpr (std::is_same_v<Block, quant::q2_k::block>)
        for (auto& byte : b.subs_and_mins) byte = static_cast<std::uint8_t>((byte & 15) * 17);
    if constexpr (std::is_same_v<Block, quant::q5_k::block>) {  // the layout stands in src/quant/six_bits.hpp
        for (std::size_t i = 0; i < 4; ++i) {
            b.subs_and_mins[i + 4] = b.subs_and_mins[i];
            b.subs_and_mins[i + 8] = static_cast<std::uint8_t>((b.subs_and_mins[i + 8] & 15) * 17);
        }
    }
    if constexpr (std::is_same_v<Block, quant::iq1_m::block>)  // d in four nibbles
        for (std::size_t i = 0; i < 4; ++i) b.subs[i] = static_cast<std::uint16_t>((b.subs[i] & 0xfff) | (to_half(d).bits >> (4 * i) & 15) << 12);
    if constexpr (std::is_same_v<Block, quant::iq4_nl::block>) b.d = to_half(b.q[0] % 2 == 0 ? d : -d);  // its table is not symmetric
    if constexpr (std::is_same_v<Block, quant::tq2_0::block>)                                            // of a code's four values three are weights
        for (auto& byte : b.q) byte = static_cast<std::uint8_t>(byte ^ (byte & byte >> 1 & 0x55) * 2);
    if constexpr (std::is_same_v<Block, quant::mxfp4::block>) b.exponent = static_cast<std::uint8_t>(127 + std::lround(std::log2(d)));
}

template <class Format>
double mean_square(const std::vector<typename Format::block>& blocks) {
    double sum = 0;
    for (const auto& b : blocks) {
        float w[Format::weights];
        Format::decode(b, w);
        for (const float x : w) sum += static_cast<double>(x) * static_cast<double>(x);
    }
    return sum / static_cast<double>(blocks.size() * Format::weights);
}

template <class Format>
std::vector<std::byte> random_blocks(std::uint64_t stream) {
    using block = typename Format::block;
    std::vector<std::byte> bytes(pool_weights / Format::weights * sizeof(block));
    std::uint64_t          at = 0;
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
        const auto word = random_bits(stream, at++);
        std::memcpy(bytes.data() + i, &word, std::min<std::size_t>(8, bytes.size() - i));
    }
    std::vector<block> blocks(bytes.size() / sizeof(block));
    std::memcpy(blocks.data(), bytes.data(), bytes.size());
    const float middle = Format::weights == 1 ? 0 : static_cast<float>((1 << Format::codes.bits) - 1) / 2;
    for (auto& b : blocks) set_scales(b, 1, middle);
    const auto d = static_cast<float>(deviation / std::sqrt(mean_square<Format>(blocks)));
    for (auto& b : blocks) set_scales(b, d, middle);
    std::memcpy(bytes.data(), blocks.data(), bytes.size());
    return bytes;
}

template <class Format>
std::vector<std::byte> make_pool(std::uint64_t stream) {
    if constexpr (!is_slow<Format>) {
        std::vector<std::byte> bytes(pool_weights / Format::weights * sizeof(typename Format::block));
        for (std::size_t i = 0; i < pool_weights / Format::weights; ++i) {
            float w[Format::weights];
            for (std::size_t j = 0; j < Format::weights; ++j) w[j] = deviation * bell(stream, i * Format::weights + j);
            typename Format::block b{};
            Format::encode(std::span<const float, Format::weights>(w), b);
            std::memcpy(bytes.data() + i * sizeof b, &b, sizeof b);
        }
        return bytes;
    } else {
        return random_blocks<Format>(stream);
    }
}

}  // namespace

weight_pool::weight_pool(const quant::format_info& format, std::uint64_t seed) : unit_(format.weights == 1 ? 32 : 1), seed_(seed) {
    quant::all_formats::for_each([&]<class Format>(std::type_identity<Format>) {
        if (Format::gguf_type == format.gguf_type) bytes_ = make_pool<Format>(stream_of(seed, Format::name));
    });
    unit_bytes_ = unit_ * format.block_bytes;
    units_      = bytes_.size() / unit_bytes_;
}

void weight_pool::draw(std::string_view tensor, std::uint64_t first, std::uint64_t n, std::byte* out) const {
    const auto stream = stream_of(seed_, tensor);
    for (std::uint64_t i = first / unit_; i < (first + n) / unit_; ++i, out += unit_bytes_)
        std::memcpy(out, bytes_.data() + (random_bits(stream, i) & (units_ - 1)) * unit_bytes_, unit_bytes_);
}

void draw_norm(std::uint64_t seed, std::string_view tensor, std::size_t n, float* out) {
    const auto stream = stream_of(seed, tensor);
    for (std::size_t i = 0; i < n; ++i) out[i] = 1 + 0.1f * bell(stream, i);
}

}  // namespace plume::tool::synthetic
