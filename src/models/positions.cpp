#include <algorithm>
#include <cmath>

#include "src/models/config_parts.hpp"
#include "src/numerics.hpp"

// What a file says about positions: windows, RoPE and its scalings.

namespace plume {
namespace {

constexpr std::uint64_t max_positions = 1u << 26;

/// Element `layer` of attention.sliding_window_pattern: true where that layer has a window. A single number n is a rule: every n-th layer has none.
bool has_window(key_reader& in, std::size_t layer, std::size_t L, std::size_t global_every) {
    const std::string key   = in.full("attention.sliding_window_pattern");
    const auto*       value = in.file().find(key);
    if (value != nullptr && value->type() == io::value_type::array) {
        const auto flag = value->flag(layer);
        const auto n    = value->count(layer);
        if (value->size() != L || (!flag && !n))
            in.fail(in.file()
                        .fault(code::format_invalid, "must say of each layer whether it has a window")
                        .about("key", key)
                        .expected_found(std::to_string(L) + " booleans", std::to_string(value->size()) + " of " + std::string(name(value->element_type()))));
        return flag ? *flag : n && *n != 0;
    }
    if (value != nullptr) global_every = in.count("attention.sliding_window_pattern", 1, 512);
    return global_every == 0 || (layer + 1) % global_every != 0;
}

/// "YaRN: Efficient Context Window Extension of Large Language Models", Peng et al. 2023, section 3.2: pairs that turn more than beta_fast times over the
/// original context are kept, those that turn less than beta_slow times are scaled. The pair that turns n times is rotated/2 · log(context / 2πn) / log(base).
void read_yarn(key_reader& in, const model_config& c, rope_config& rope, double factor) {
    constexpr double two_pi = 6.283185307179586;
    const auto read = [&](std::string_view old, std::string_view key, double otherwise) { return in.positive(in.has(key) ? key : old, 1e-6, 1e6, otherwise); };
    const double fast  = read("rope.scaling.beta_fast", "rope.scaling.yarn_beta_fast", 32),
                 slow  = read("rope.scaling.beta_slow", "rope.scaling.yarn_beta_slow", 1);
    const auto pair_of = [&](double turns) {
        return static_cast<double>(c.rotated) * numerics::log(static_cast<double>(c.original_context) / (turns * two_pi)) / (2 * numerics::log(rope.base));
    };
    double low = pair_of(fast), high = pair_of(slow);
    if (c.recipe->yarn_truncates) low = std::floor(low), high = std::ceil(high);
    rope.kept   = std::max(low, 0.0);
    rope.scaled = std::min(high, static_cast<double>(c.rotated) - 1);
    if (!(rope.kept < rope.scaled)) rope.scaled = rope.kept + 0.001;
    // Section 3.4: attention is sharpened by (0.1·log(factor) + 1)², here half of it in queries and half in keys; some models take it back.
    const double growth = factor > 1 ? 0.1 * numerics::log(factor) : 0, back = in.factor("rope.scaling.yarn_log_multiplier", 1e-6, 1e6, 0);
    rope.magnitude *= (1 + growth) / (1 + back * growth);
}

}  // namespace

void read_layers(key_reader& in, model_config& c) {
    const models::recipe& r = *c.recipe;
    c.layers.resize(c.L);
    if (!r.window) {
        in.refuse_unless_zero("attention.sliding_window", "a sliding attention window");
    } else {
        const std::size_t window = in.count("attention.sliding_window", 0, max_positions, r.default_window);
        for (std::size_t i = 0; i < c.L && window != 0 && in.ok(); ++i)
            if (has_window(in, i, c.L, r.global_every)) c.layers[i].window = window;
    }
    const bool none    = r.learned || (r.rope_by_key && !in.flag("rope.scaling.finetuned", true));
    const bool windows = std::any_of(c.layers.begin(), c.layers.end(), [](const layer_config& l) { return l.window != 0; });
    for (std::size_t i = 0; i < c.L; ++i) {
        const bool global    = windows && c.layers[i].window == 0 && r.no_rope == models::without_rope::global_layers;
        const bool fourth    = (i + 1) % 4 == 0 && r.no_rope == models::without_rope::every_fourth;
        c.layers[i].rotates  = !none && !global && !fourth;
        const bool own_angle = r.window_base != 0 || r.window_unscaled || in.has("rope.freq_base_swa");
        if (c.layers[i].window != 0 && own_angle) c.layers[i].rope = 1;
    }
}

void read_rope(key_reader& in, model_config& c) {
    const models::recipe& r = *c.recipe;
    rope_config           rope;
    c.rotated = in.count("rope.dimension_count", 2, max_head_width, c.E);
    rope.base = in.positive("rope.freq_base", 1, 1e12, 10'000.0);
    if (in.ok() && (c.rotated % 2 != 0 || c.rotated > c.E))
        in.fail(in.file()
                    .fault(code::format_invalid, "must be even and no more than a head's width")
                    .about("key", in.full("rope.dimension_count"))
                    .expected_found("an even number up to " + std::to_string(c.E), std::to_string(c.rotated)));
    rope_config in_window = rope;
    // Files from before the type was written have the factor alone, first under another name; they mean linear scaling.
    const std::string_view key     = !in.has("rope.scaling.factor") && in.has("rope.scale_linear") ? "rope.scale_linear" : "rope.scaling.factor";
    const auto             scaling = in.file().text_or(in.full("rope.scaling.type"), in.has(key) ? "linear" : "none");
    if (!scaling) return in.fail(error(scaling.error()));
    const bool longrope = *scaling == "longrope" || in.file().find_tensor("rope_factors_long.weight") != nullptr, yarn = *scaling == "yarn" && !longrope;
    c.original_context = in.count("rope.scaling.original_context_length", 1, max_positions, c.context_tokens);
    rope.magnitude     = in.factor("rope.scaling.attn_factor", 1e-3, 1e3, 1);
    if (longrope || *scaling == "none") {
        // LongRoPE's factors are tensors.
    } else if (*scaling == "linear" || yarn) {
        const double factor = in.positive(key, 1e-3, 1e6);
        rope.scale          = 1 / factor;
        if (yarn && in.ok()) read_yarn(in, c, rope, factor);
    } else {
        in.fail(in.file()
                    .fault(code::format_unsupported, "names a scaling of positions that does not run yet")
                    .about("key", in.full("rope.scaling.type"))
                    .expected_found("none, linear, yarn or longrope", *scaling));
    }
    c.ropes = {rope};
    if (std::any_of(c.layers.begin(), c.layers.end(), [](const layer_config& l) { return l.rope == 1; })) {
        if (!r.window_unscaled) in_window = rope;
        in_window.base = in.positive("rope.freq_base_swa", 1, 1e12, r.window_base != 0 ? r.window_base : rope.base);
        c.ropes.push_back(in_window);
    }
    if (r.temperature) c.temperature_scale = in.factor("attention.temperature_scale", 1e-6, 1e3, 0);
}

}  // namespace plume
