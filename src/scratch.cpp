#include <algorithm>

#include <plume/core/checked.hpp>

#include "forward.hpp"

namespace plume {
namespace {

/// Hands out aligned pieces of a block; with no block it only counts.
class carver {
public:
    explicit carver(std::byte* base) : base_(base) {}

    template <class T>
    T* take(std::size_t n) {
        T* piece = base_ == nullptr ? nullptr : reinterpret_cast<T*>(base_ + used_);
        used_ += round_up(n * sizeof(T), 64);
        return piece;
    }
    [[nodiscard]] std::size_t used() const { return used_; }

private:
    std::byte*  base_;
    std::size_t used_ = 0;
};

std::size_t carve(const model_config& c, std::size_t T, std::size_t context_tokens, std::size_t room_bytes, std::byte* base, scratch& s) {
    const std::size_t F = std::max(c.has_dense_layers ? c.F : 0, c.experts.F_shared);
    carver            from(base);
    s.T               = T;
    s.splits          = div_up(context_tokens, kernels::attention_split);
    s.x               = from.take<float>(T * c.D);
    s.h               = from.take<float>(T * c.D);
    s.q               = from.take<float>(T * c.H * c.E);
    s.k               = from.take<float>(T * c.K * c.E);
    s.v               = from.take<float>(T * c.K * c.E);
    s.gate            = from.take<float>(T * apart_rows(F));
    s.up              = from.take<float>(T * std::max(apart_rows(F), apart_rows(c.D)));
    s.cosine          = from.take<float>(c.ropes.size() * T * c.rotated / 2);
    s.sine            = from.take<float>(c.ropes.size() * T * c.rotated / 2);
    s.partials        = from.take<float>(T * c.H * s.splits * kernels::partial_floats(c.E));
    s.attended        = from.take<std::uint32_t>(T * c.K);
    s.logits          = from.take<float>(scratch::logit_rows * c.V);
    const auto planes = [&](std::size_t rows, std::size_t width) {
        const std::size_t blocks = rows * div_up(width, kernels::block_elems);
        return kernels::quantised{.hi   = from.take<std::int8_t>(blocks * 32),
                                  .lo   = from.take<std::int8_t>(blocks * 32),
                                  .s    = from.take<float>(blocks),
                                  .sums = from.take<std::int32_t>(blocks * 2),
                                  .S    = from.take<float>(blocks),
                                  .D    = width};
    };
    s.planes     = planes(T, std::max(c.D, c.H * c.E));
    s.ffn_planes = planes(T, F);
    if (const auto& x = c.experts; x.n != 0) {
        expert_scratch&   e    = s.experts;
        const std::size_t rows = T * x.used;
        e.logits               = from.take<float>(T * x.n);
        e.weights              = from.take<float>(rows);
        e.chosen               = from.take<std::uint32_t>(rows);
        e.rows                 = from.take<std::uint32_t>(rows);
        e.tokens               = from.take<std::uint32_t>(rows);
        e.begin                = from.take<std::uint32_t>(x.n + 1);
        e.active               = from.take<std::uint32_t>(x.n);
        e.x                    = from.take<float>(rows * c.D);
        e.gate                 = from.take<float>(rows * apart_rows(x.F));
        e.up                   = from.take<float>(rows * apart_rows(x.F));
        e.out                  = from.take<float>(rows * apart_rows(c.D));
        e.shared               = from.take<float>(T);
        e.planes               = planes(rows, c.D);
        e.ffn_planes           = planes(rows, x.F);
    }
    s.rooms = {from.take<std::byte>(room_bytes), base == nullptr ? 0 : room_bytes};
    return from.used();
}

}  // namespace

std::size_t scratch::bytes(const model_config& c, std::size_t T, std::size_t context_tokens, std::size_t room_bytes) noexcept {
    scratch s;
    return carve(c, T, context_tokens, room_bytes, nullptr, s);
}

result<scratch> scratch::make(const model_config& c, std::size_t T, std::size_t context_tokens, std::size_t room_bytes) {
    auto memory = buffer::allocate(bytes(c, T, context_tokens, room_bytes));
    if (!memory) return std::move(memory).error();
    scratch s;
    carve(c, T, context_tokens, room_bytes, memory->data(), s);
    s.memory = std::move(*memory);
    return s;
}

}  // namespace plume
