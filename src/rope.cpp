#include "rope.hpp"

#include <algorithm>
#include <span>
#include <string_view>

#include <plume/core/printable.hpp>

#include "numerics.hpp"
#include "system.hpp"

namespace plume {
namespace {

/// How much of its scaling pair i gets.
double share_of_scaling(const rope_config& rope, std::size_t i) {
    if (!rope.is_yarn()) return 1;
    return std::clamp((static_cast<double>(i) - rope.kept) / (rope.scaled - rope.kept), 0.0, 1.0);
}

result<void> check_factors(const io::gguf& file, std::string_view tensor, std::span<const float> factors) {
    for (const float f : factors) {
        const auto factor = static_cast<double>(f);
        if (!(factor > 1e-6 && factor < 1e9))
            return file.fault(code::format_invalid, "holds a factor that is not a positive number")
                .about("tensor", tensor)
                .expected_found("1e-6 to 1e9", to_text(factor));
    }
    return {};
}

/// "RoFormer", Su et al. 2021, section 3.2.2; factors as in "The Llama 3 Herd of Models", section 3.4.1, and "LongRoPE", Ding et al. 2024, eq. 3.
std::vector<rope_table> tables_with(const model_config& c, const float* factors) {
    std::vector<rope_table> tables;
    for (std::size_t kind = 0; kind < c.ropes.size(); ++kind) {
        const rope_config& rope  = c.ropes[kind];
        const bool         plain = factors == nullptr || (kind == 1 && c.recipe->window_unscaled);
        rope_table         table{std::vector<double>(c.rotated / 2), rope.magnitude};
        for (std::size_t i = 0; i < table.frequencies.size(); ++i) {
            const double factor = plain ? 1.0 : static_cast<double>(factors[i]), share = share_of_scaling(rope, i);
            const double scale   = share == 1 ? rope.scale : 1 - share + share * rope.scale;
            table.frequencies[i] = numerics::pow(rope.base, -2.0 * static_cast<double>(i) / static_cast<double>(c.rotated)) * scale / factor;
        }
        tables.push_back(std::move(table));
    }
    return tables;
}

}  // namespace

result<rope_tables> make_rope_tables(const io::gguf& file, const model_config& c, const rope_factors& factors) {
    const fp_control contract;
    const auto       given = [&](const float* f) { return f == nullptr ? std::span<const float>() : std::span(f, c.rotated / 2); };
    for (const auto& [name, f] : {std::pair{"rope_freqs.weight", factors.freqs}, std::pair{"rope_factors_short.weight", factors.short_factor},
                                  std::pair{"rope_factors_long.weight", factors.long_factor}})
        if (auto good = check_factors(file, name, given(f)); !good) return std::move(good).error();
    if ((factors.short_factor == nullptr) != (factors.long_factor == nullptr))
        return file.fault(code::format_invalid, "is missing, though its counterpart is there")
            .about("tensor", factors.long_factor == nullptr ? "rope_factors_long.weight" : "rope_factors_short.weight");
    if (factors.freqs != nullptr || factors.short_factor == nullptr) return rope_tables{tables_with(c, factors.freqs), {}};
    return rope_tables{tables_with(c, factors.short_factor), tables_with(c, factors.long_factor)};
}

}  // namespace plume
