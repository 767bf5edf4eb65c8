#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <Eigen/Core>
#include <plume/core/dtype.hpp>
#include <plume/core/half.hpp>
#include <plume/core/result.hpp>
#include <plume/io/gguf.hpp>
#include <plume/quant/formats.hpp>

/// The llama architecture once more, in double precision and straight from a GGUF file: what the library's logits are measured against.
/// It shares the reader and the scalar decoders with the library and nothing else; it is simple first and fast only in Eigen's matrix products.
/// Shapes: T tokens, L layers, D model, H heads, K kv heads, E head dim, F ffn, V vocabulary. Rows are tokens everywhere.
namespace plume::reference {

using matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using row    = Eigen::RowVectorXd;

/// What of the library's rounding to imitate; by default nothing, which is the exact result for the file's decoded weights.
struct rounding {
    std::optional<plume::activations> activations;           // quantised activations in front of quantised weights
    kv_type                           cache = kv_type::f32;  // keys and values go through it; f32 costs nothing here

    std::map<std::string, row, std::less<>>* squares = nullptr;  // where there is one: the sums of squares of what each tensor is multiplied with, by name
};

/// Where a matrix stands: it decides how its input is rounded.
enum class role { qkv, o, gate_up, down, head };

/// The largest code of an activation in front of a matrix of this role: 127 in one int8 plane, 128 · 127 + 63 in two.
inline double largest_code(plume::activations a, role r) {
    const bool one_plane = a == plume::activations::a8 || (a == plume::activations::mixed && (r == role::gate_up || r == role::down));
    return one_plane ? 127.0 : 16'319.0;
}

/// Each 32 elements of a row become q · s with s = amax/qmax and q an integer, half to even: the quantiser's definition without its f32.
inline matrix quantised(const matrix& x, double qmax) {
    matrix y = x;
    for (Eigen::Index t = 0; t < x.rows(); ++t) {
        for (Eigen::Index b = 0; b + 32 <= x.cols(); b += 32) {
            auto         block = y.row(t).segment(b, 32);
            const double amax  = block.cwiseAbs().maxCoeff();
            for (double& v : block) v = amax == 0 ? 0 : std::clamp(std::nearbyint(v * (qmax / amax)), -qmax, qmax) * (amax / qmax);
        }
    }
    return y;
}

/// One tensor w[N,D] of the file, decoded a few rows at a time: a model never stands in memory as doubles.
class weights {
public:
    weights() = default;
    weights(io::gguf file, const io::tensor_info& info) : file_(std::move(file)), info_(&info), format_(quant::find_format(info.type)) {}

    [[nodiscard]] bool         present() const { return info_ != nullptr; }
    [[nodiscard]] Eigen::Index n_rows() const { return static_cast<Eigen::Index>(info_->n_elems / info_->dims[0]); }
    [[nodiscard]] Eigen::Index n_cols() const { return static_cast<Eigen::Index>(info_->dims[0]); }

    /// Rows [begin, begin + n) as [n, D]. NaN throughout if the file cannot be read: nothing compares equal to that.
    [[nodiscard]] matrix rows(Eigen::Index begin, Eigen::Index n) const {
        const std::size_t      per_row   = static_cast<std::size_t>(n_cols()) / format_->weights;  // blocks
        const std::size_t      row_bytes = per_row * format_->block_bytes;
        std::vector<std::byte> scratch;
        const auto             bytes = file_->read(*info_, static_cast<std::size_t>(begin) * row_bytes, static_cast<std::size_t>(n) * row_bytes, scratch);
        if (!bytes) return matrix::Constant(n, n_cols(), std::nan(""));
        Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> w(n, n_cols());
        format_->decode(bytes->data(), static_cast<std::size_t>(n) * per_row, w.data());
        return w.cast<double>();
    }

    /// y[T,N] = x[T,D] · w[N,D]^T, with x rounded first if the weights are quantised and the caller wants that.
    [[nodiscard]] matrix times(const matrix& x, role r, const rounding& how) const {
        if (how.squares != nullptr) (*how.squares)[info_->name] = x.colwise().squaredNorm();
        if (how.activations && !format_->is_float) return product(quantised(x, largest_code(*how.activations, r)));
        return product(x);
    }

private:
    static constexpr Eigen::Index at_once = 256;  // rows decoded at a time

    [[nodiscard]] matrix product(const matrix& x) const {
        matrix                    y(x.rows(), n_rows());
        const auto                n_threads = static_cast<Eigen::Index>(std::clamp(std::thread::hardware_concurrency(), 1U, 8U));
        std::vector<std::jthread> workers;
        for (Eigen::Index i = 0; i < n_threads; ++i) {
            workers.emplace_back([this, &x, &y, i, n_threads] {
                for (Eigen::Index begin = i * at_once; begin < n_rows(); begin += n_threads * at_once) {
                    const Eigen::Index n             = std::min(at_once, n_rows() - begin);
                    y.middleCols(begin, n).noalias() = x * rows(begin, n).transpose();
                }
            });
        }
        workers.clear();  // joins
        return y;
    }

    std::optional<io::gguf>   file_;
    const io::tensor_info*    info_   = nullptr;
    const quant::format_info* format_ = nullptr;
};

/// A matrix with an optional bias: y = x · w^T + b.
struct linear {
    weights w;
    row     bias;  // empty: none

    [[nodiscard]] matrix operator()(const matrix& x, role r, const rounding& how) const {
        matrix y = w.times(x, r, how);
        if (bias.size() != 0) y.rowwise() += bias;
        return y;
    }
};

struct llama_layer {
    row    attn_norm, ffn_norm;  // [D]
    linear q, k, v;              // [H·E, D] [K·E, D] [K·E, D]
    linear o;                    // [D, H·E]
    linear gate, up, down;       // [F, D] [F, D] [D, F]
};

class llama {
public:
    /// Errors: what the reader says, format_unsupported for another architecture, another scaling of RoPE than a linear one, or a weight type that has no
    /// decoder.
    static result<llama> load(const io::gguf& file);

    [[nodiscard]] Eigen::Index vocabulary_size() const { return embedding_.n_rows(); }

    /// Logits [T - first, V] of positions first to T - 1 after `tokens`, which are within the vocabulary.
    [[nodiscard]] matrix logits(std::span<const token_id> tokens, const rounding& how = {}, std::size_t first = 0) const;

private:
    [[nodiscard]] matrix attention(const llama_layer& l, const matrix& x, const rounding& how) const;
    void                 rotate(matrix& x) const;

    Eigen::Index             D_ = 0, H_ = 0, K_ = 0, E_ = 0;
    Eigen::Index             rotated_ = 0;  // elements of a head that RoPE turns
    double                   eps_ = 0, base_ = 0;
    double                   scaling_ = 1;   // linear scaling: all frequencies are divided by it
    row                      rope_factors_;  // [rotated/2], the frequencies' divisors; empty: all 1
    weights                  embedding_;     // [V, D]
    row                      output_norm_;   // [D]
    linear                   head_;          // [V, D]: output.weight, or the embedding where there is none
    std::vector<llama_layer> layers_;
};

/// y = x / sqrt(mean(x²) + eps) · w for each row. "Root Mean Square Layer Normalization", Zhang and Sennrich 2019, eq. 4.
inline matrix rms_norm(const matrix& x, const row& w, double eps) {
    const Eigen::VectorXd scale = (x.rowwise().squaredNorm().array() / static_cast<double>(x.cols()) + eps).rsqrt();
    return (x.array().colwise() * scale.array()).rowwise() * w.array();
}

/// Keys or values as a cache of halves gives them back.
inline void through_half(matrix& x) {
    x = x.unaryExpr([](double v) { return static_cast<double>(to_float(to_half(static_cast<float>(v)))); });
}

/// Keys or values as a cache of q8_0 gives them back: every 32 elements of a head, the last ones fewer, become q · d with d = amax/127 as a half.
inline void through_q8_0(matrix& x, Eigen::Index E) {
    for (Eigen::Index t = 0; t < x.rows(); ++t)
        for (Eigen::Index head = 0; head < x.cols(); head += E)
            for (Eigen::Index b = 0; b < E; b += 32) {
                auto         block = x.row(t).segment(head + b, std::min<Eigen::Index>(32, E - b));
                const double d     = to_float(to_half(static_cast<float>(block.cwiseAbs().maxCoeff() / 127)));
                for (double& v : block) v = d == 0 ? 0 : std::clamp(std::nearbyint(v / d), -127.0, 127.0) * d;
            }
}

/// Turns elements (2i, 2i + 1) of every head by position · base^(-2i/rotated) / (factor[i] · scaling).
/// "RoFormer", Su et al. 2021, eq. 15 and 34, in the interleaved order that GGUF keeps for this architecture.
inline void llama::rotate(matrix& x) const {
    for (Eigen::Index i = 0; i < rotated_ / 2; ++i) {
        const double factor    = rope_factors_.size() == 0 ? 1.0 : rope_factors_[i];
        const double frequency = std::pow(base_, -2.0 * static_cast<double>(i) / static_cast<double>(rotated_)) / (factor * scaling_);
        for (Eigen::Index t = 0; t < x.rows(); ++t) {
            const double c = std::cos(static_cast<double>(t) * frequency), s = std::sin(static_cast<double>(t) * frequency);
            for (Eigen::Index at = 2 * i; at < x.cols(); at += E_) {
                const double a = x(t, at), b = x(t, at + 1);
                x(t, at)     = a * c - b * s;
                x(t, at + 1) = a * s + b * c;
            }
        }
    }
}

/// softmax(q · k^T / sqrt(E)) · v for every head, masked so that no token sees a later one; then the output projection. x[T,D] -> [T,D]
inline matrix llama::attention(const llama_layer& l, const matrix& x, const rounding& how) const {
    matrix q = l.q(x, role::qkv, how), k = l.k(x, role::qkv, how), v = l.v(x, role::qkv, how);  // [T,H·E] [T,K·E] [T,K·E]
    rotate(q), rotate(k);
    if (how.cache == kv_type::f16) through_half(k), through_half(v);
    if (how.cache == kv_type::q8_0) through_q8_0(k, E_), through_q8_0(v, E_);
    matrix heads(x.rows(), H_ * E_);
    for (Eigen::Index h = 0; h < H_; ++h) {
        const Eigen::Index kv     = h / (H_ / K_) * E_;  // its group's first column
        matrix             scores = q.middleCols(h * E_, E_) * k.middleCols(kv, E_).transpose() / std::sqrt(static_cast<double>(E_));  // [T,T]
        for (Eigen::Index t = 0; t < x.rows(); ++t) {
            auto seen = scores.row(t).head(t + 1);
            seen      = (seen.array() - seen.maxCoeff()).exp().matrix().eval();
            seen /= seen.sum();
            scores.row(t).tail(x.rows() - t - 1).setZero();
        }
        heads.middleCols(h * E_, E_) = scores * v.middleCols(kv, E_);
    }
    return l.o(heads, role::o, how);
}

inline matrix llama::logits(std::span<const token_id> tokens, const rounding& how, std::size_t first) const {
    matrix x(static_cast<Eigen::Index>(tokens.size()), D_);  // the residual stream
    for (std::size_t t = 0; t < tokens.size(); ++t) x.row(static_cast<Eigen::Index>(t)) = embedding_.rows(tokens[t], 1);
    for (const llama_layer& l : layers_) {
        x += attention(l, rms_norm(x, l.attn_norm, eps_), how);
        const matrix h    = rms_norm(x, l.ffn_norm, eps_);
        const matrix gate = l.gate(h, role::gate_up, how), up = l.up(h, role::gate_up, how);    // [T,F]
        const matrix y = (gate.array() / (1.0 + (-gate.array()).exp()) * up.array()).matrix();  // "GLU Variants Improve Transformer", eq. 6
        x += l.down(y, role::down, how);
    }
    const matrix last = x.bottomRows(x.rows() - static_cast<Eigen::Index>(first));
    return head_(rms_norm(last, output_norm_, eps_), role::head, how);
}

namespace detail {

/// Takes a file's tensors by name and remembers the first that is not there.
struct tensor_taker {
    const io::gguf&      file;
    std::optional<error> missing;

    weights matrix_of(const std::string& name) {
        const io::tensor_info* info = file.find_tensor(name);
        if (info != nullptr && quant::find_format(info->type) != nullptr) return {file, *info};
        if (!missing) missing = file.fault(info == nullptr ? code::format_invalid : code::format_unsupported, "lacks a decodable tensor").about("tensor", name);
        return {};
    }
    row vector_of(const std::string& name) {
        const weights w = matrix_of(name);
        return w.present() ? row(w.rows(0, w.n_rows()).reshaped<Eigen::RowMajor>().transpose()) : row();
    }
    row    optional_vector(const std::string& name) { return file.find_tensor(name) != nullptr ? vector_of(name) : row(); }
    linear linear_of(const std::string& name) { return {matrix_of(name + ".weight"), optional_vector(name + ".bias")}; }
};

}  // namespace detail

inline result<llama> llama::load(const io::gguf& file) {
    const auto architecture = file.text("general.architecture");
    if (!architecture) return architecture.error();
    const auto scaling = file.text_or("llama.rope.scaling.type", "none");
    if (!scaling) return scaling.error();
    const bool linear_scaling = *scaling == "linear";
    if (*architecture != "llama" || (*scaling != "none" && !linear_scaling)) return file.fault(code::format_unsupported, "is not a llama with plain RoPE");

    std::optional<error> bad;
    const auto           take = [&]<class T>(result<T> found) {
        if (!found && !bad) bad = found.error();
        return found ? *found : T{};
    };
    const auto index = [&](auto found) { return static_cast<Eigen::Index>(take(std::move(found))); };
    llama      m;
    m.D_ = index(file.count("llama.embedding_length"));
    m.H_ = index(file.count("llama.attention.head_count"));
    if (bad || m.H_ == 0) return bad ? *bad : file.fault(code::format_invalid, "has no heads");
    m.K_       = index(file.count_or("llama.attention.head_count_kv", static_cast<std::uint64_t>(m.H_)));
    m.E_       = index(file.count_or("llama.attention.key_length", static_cast<std::uint64_t>(m.D_ / m.H_)));
    m.rotated_ = index(file.count_or("llama.rope.dimension_count", static_cast<std::uint64_t>(m.E_)));
    m.eps_     = take(file.real("llama.attention.layer_norm_rms_epsilon"));
    m.base_    = take(file.real_or("llama.rope.freq_base", 10'000.0));
    if (linear_scaling) m.scaling_ = take(file.real("llama.rope.scaling.factor"));
    const auto n_layers = take(file.count("llama.block_count"));
    if (bad) return *bad;

    detail::tensor_taker tensors{file, {}};
    m.embedding_    = tensors.matrix_of("token_embd.weight");
    m.output_norm_  = tensors.vector_of("output_norm.weight");
    m.rope_factors_ = tensors.optional_vector("rope_freqs.weight");
    m.head_         = file.find_tensor("output.weight") != nullptr ? tensors.linear_of("output") : linear{m.embedding_, {}};
    for (std::uint64_t i = 0; i < n_layers; ++i) {
        const std::string at = "blk." + std::to_string(i) + ".";
        m.layers_.push_back({.attn_norm = tensors.vector_of(at + "attn_norm.weight"),
                             .ffn_norm  = tensors.vector_of(at + "ffn_norm.weight"),
                             .q         = tensors.linear_of(at + "attn_q"),
                             .k         = tensors.linear_of(at + "attn_k"),
                             .v         = tensors.linear_of(at + "attn_v"),
                             .o         = tensors.linear_of(at + "attn_output"),
                             .gate      = tensors.linear_of(at + "ffn_gate"),
                             .up        = tensors.linear_of(at + "ffn_up"),
                             .down      = tensors.linear_of(at + "ffn_down")});
    }
    if (tensors.missing) return *tensors.missing;
    return m;
}

}  // namespace plume::reference
