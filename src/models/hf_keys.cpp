#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <string>

#include <plume/core/printable.hpp>

#include "hf_config.hpp"
#include "src/numerics.hpp"
#include "src/system.hpp"

// config.json to the keys of a GGUF file.

namespace plume::models {
namespace {

constexpr std::uint64_t most_u32    = 0xffffffff;
constexpr std::uint64_t most_layers = 512, most_heads = 4096, most_head_width = 1024;  // as read_config has them

double number(std::string_view text) {
    double x = 0;
    std::from_chars(text.data(), text.data() + text.size(), x);
    return x;
}

class key_writer {
public:
    key_writer(const hf_config& config, const recipe& recipe, io::gguf_header& header)
        : config_(config), header_(header), prefix_(std::string(recipe.gguf_name) + '.') {}

    result<void> write(const hf_key& k, std::size_t head_width) {
        switch (k.kind) {
            case key_kind::count:
                return write_count(k);
            case key_kind::real:
                return write_real(k);
            case key_kind::flag: {
                const auto v = config_.flag(k.hf);
                if (!v) return error(v.error());
                if (*v || !k.otherwise.empty()) header_.set_flag(full(k), v->value_or(k.otherwise == "true"));
                return {};
            }
            case key_kind::text: {
                const auto v = config_.text(k.hf);
                if (!v) return error(v.error());
                if (*v || !k.otherwise.empty()) header_.set_text(full(k), v->value_or(std::string(k.otherwise)));
                return {};
            }
            case key_kind::is_text: {
                const auto v = config_.text(k.hf);
                if (!v) return error(v.error());
                header_.set_flag(full(k), *v && **v == k.otherwise);
                return {};
            }
            case key_kind::width:
                header_.set_u32(full(k), static_cast<std::uint32_t>(head_width));
                return {};
            case key_kind::portion:
                return write_portion(k, head_width);
            case key_kind::root: {
                const auto v = config_.real(k.hf);
                if (!v) return error(v.error());
                const double x = v->value_or(number(k.otherwise));
                if (!(x > 0)) return config_.fault(code::format_invalid, k.hf, "is not a positive number", "more than 0", to_text(x));
                header_.set_f32(full(k), static_cast<float>(1 / std::sqrt(x)));
                return {};
            }
            case key_kind::windows:
                return write_windows(k);
            case key_kind::four_widths: {
                const auto v = config_.count(k.hf), width = config_.count("hidden_size|n_embd");
                if (!v) return error(v.error());
                if (!width) return error(width.error());
                header_.set_u32(full(k), static_cast<std::uint32_t>(std::min(v->value_or(4 * width->value_or(0)), most_u32)));
                return {};
            }
        }
        return {};
    }

private:
    [[nodiscard]] std::string full(const hf_key& k) const { return prefix_ + std::string(k.gguf); }
    [[nodiscard]] error       missing(const hf_key& k) const { return config_.fault(code::format_invalid, k.hf, "is missing", "a number", "none"); }

    result<void> write_count(const hf_key& k) {
        const auto v = config_.count(k.hf);
        if (!v) return error(v.error());
        if (*v) {
            header_.set_u32(full(k), static_cast<std::uint32_t>(**v));
            return {};
        }
        if (k.otherwise == "required") return missing(k);
        if (!k.otherwise.empty()) header_.set_u32(full(k), static_cast<std::uint32_t>(number(k.otherwise)));
        return {};
    }

    result<void> write_portion(const hf_key& k, std::size_t head_width) {
        const auto v = config_.real(k.hf);
        if (!v) return error(v.error());
        const double share = v->value_or(number(k.otherwise));
        if (!(share >= 0 && share <= 1)) return config_.fault(code::format_invalid, k.hf, "is not a share", "0 to 1", to_text(share));
        header_.set_u32(full(k), static_cast<std::uint32_t>(static_cast<double>(head_width) * share));
        return {};
    }

    result<void> write_windows(const hf_key& k) {
        const auto list = config_.find(k.hf);
        if (!list) return {};
        if (!list->is(json::kind::array) || list->size() > most_layers)
            return config_.fault(code::format_invalid, k.hf, "is not a list of layers", "a list of strings", hf_config::shown(*list));
        const auto  period = static_cast<std::size_t>(number(k.otherwise));
        bool        usual = period > 0, any = false;
        std::size_t layer = 0;
        const auto  flags = std::make_unique<bool[]>(list->size());  // as a span of bool, which a vector of them is not
        for (const auto one : list->elements()) {
            const auto text = one.string();
            if (!text || (*text != "sliding_attention" && *text != "full_attention"))
                return config_.fault(code::format_unsupported, k.hf, "names a kind of layer that is not read yet", "sliding_attention or full_attention",
                                     hf_config::shown(one));
            flags[layer] = *text == "sliding_attention";
            any          = any || flags[layer];
            usual        = usual && flags[layer] == ((layer + 1) % period != 0);
            ++layer;
        }
        if (usual) return {};
        if (any)
            header_.set_flags(full(k), {flags.get(), layer});
        else
            header_.set_u32(prefix_ + "attention.sliding_window", 0);
        return {};
    }

    result<void> write_real(const hf_key& k) {
        const auto v = config_.real(k.hf);
        if (!v) return error(v.error());
        if (!*v && k.otherwise == "required") return missing(k);
        if (*v || !k.otherwise.empty()) header_.set_f32(full(k), static_cast<float>(*v ? **v : number(k.otherwise)));
        return {};
    }

    const hf_config& config_;
    io::gguf_header& header_;
    std::string      prefix_;
};

result<void> check_demands(const hf_config& config, const hf_family& family) {
    for (const auto& d : family.demands) {
        const auto v = config.find(d.hf);
        if (!v || is_one_of(*v, d.allowed)) continue;
        return config.fault(code::format_unsupported, d.hf, "asks for what " + std::string(family.hf_class) + " does not do yet in plume", d.allowed,
                            hf_config::shown(*v));
    }
    return {};
}

result<std::uint64_t> within(const hf_config& config, std::string_view names, std::uint64_t most, std::optional<std::uint64_t> otherwise) {
    const auto v = config.count(names);
    if (!v) return error(v.error());
    const auto n = *v ? *v : otherwise;
    if (!n) return config.fault(code::format_invalid, names, "is missing", "a number", "none");
    if (*n < 1 || *n > most) return config.fault(code::format_invalid, names, "is out of range", "1 to " + std::to_string(most), std::to_string(*n));
    return *n;
}

result<hf_sizes> read_sizes(const hf_config& config, const hf_family& family) {
    const auto layers = within(config, "num_hidden_layers|n_layer", most_layers, {});
    if (!layers) return error(layers.error());
    const auto heads = within(config, "num_attention_heads|n_head", most_heads, {});
    if (!heads) return error(heads.error());
    std::string_view             kv_names = {};
    std::optional<std::uint64_t> usual_kv = *heads;
    for (const auto keys : {family.keys, family.own_keys})
        for (const auto& k : keys)
            if (k.gguf == "attention.head_count_kv") {
                kv_names = k.hf;
                if (!k.otherwise.empty()) usual_kv = static_cast<std::uint64_t>(number(k.otherwise));
            }
    const auto kv_heads = within(config, kv_names, most_heads, usual_kv);
    if (!kv_heads) return error(kv_heads.error());
    const auto width = config.count("hidden_size|n_embd");
    if (!width) return error(width.error());
    const auto head_width = within(config, "head_dim", most_head_width, width->value_or(0) / *heads);
    if (!head_width) return error(head_width.error());
    const auto tied = config.flag(".tie_word_embeddings|tie_word_embeddings");
    if (!tied) return error(tied.error());
    return hf_sizes{static_cast<std::size_t>(*layers), static_cast<std::size_t>(*heads), static_cast<std::size_t>(*kv_heads),
                    static_cast<std::size_t>(*head_width), tied->value_or(family.tied_by_default)};
}

/// The place of RoPE's scaling: a member of its own, or since 2025 beside the base, or there once for each kind of layer.
std::string scaling_place(const hf_config& config) {
    if (config.find("rope_scaling")) return "rope_scaling";
    return config.find("rope_parameters.full_attention") ? "rope_parameters.full_attention" : "rope_parameters";
}

/// Llama 3's factors: long waves are slowed down by `factor`, short ones not, those between by a share of both.
/// Source: "The Llama 3 Herd of Models", section 3.4.1; the constants come with the configuration.
result<std::vector<float>> llama3_factors(const hf_config& config, const std::string& place, std::size_t head_width, double base) {
    const fp_control   contract;
    double             values[4] = {};
    const char* const  names[]   = {"factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"};
    std::vector<float> factors(head_width / 2);
    for (std::size_t i = 0; i < 4; ++i) {
        const auto name = place + '.' + names[i];
        const auto v    = config.real(name);
        if (!v) return error(v.error());
        if (!*v || !(**v > 0)) return config.fault(code::format_invalid, name, "is not a positive number", "more than 0", *v ? to_text(**v) : "none");
        values[i] = **v;
    }
    const auto [factor, low, high, context] = values;
    if (!(high > low))
        return config.fault(code::format_invalid, place + ".high_freq_factor", "must be more than low_freq_factor", "more than " + to_text(low), to_text(high));
    constexpr double turn = 6.283185307179586;
    for (std::size_t i = 0; i < factors.size(); ++i) {
        const double wave  = turn * numerics::pow(base, 2.0 * static_cast<double>(i) / static_cast<double>(head_width));
        const double share = (context / wave - low) / (high - low);  // of the unscaled frequency
        factors[i]         = static_cast<float>(wave < context / high ? 1.0 : wave > context / low ? factor : 1 / ((1 - share) / factor + share));
    }
    return factors;
}

/// What YaRN has beside the factor. The angles' cosines and sines are multiplied by attention_factor, or by (0.1·mscale·log(factor) + 1) over the same of
/// mscale_all_dim, or by 0.1·log(factor) + 1, which is what a GGUF file means by itself. Source: transformers, modeling_rope_utils.
result<void> write_yarn(const hf_config& config, const known_folder& folder, const std::string& place, double factor, io::gguf_header& header) {
    const std::string prefix  = std::string(folder.recipe->gguf_name) + ".rope.scaling.";
    const auto        context = config.count(place + ".original_max_position_embeddings|max_position_embeddings");
    if (!context) return error(context.error());
    if (*context) header.set_u32(prefix + "original_context_length", static_cast<std::uint32_t>(**context));
    const char* const     names[] = {"beta_fast", "beta_slow", "attention_factor", "mscale", "mscale_all_dim"};
    std::optional<double> values[5];
    for (std::size_t i = 0; i < 5; ++i) {
        const auto v = config.real(place + '.' + names[i]);
        if (!v) return error(v.error());
        values[i] = *v;
    }
    const auto [fast, slow, whole, scale, back] = values;
    if (fast) header.set_f32(prefix + "yarn_beta_fast", static_cast<float>(*fast));
    if (slow) header.set_f32(prefix + "yarn_beta_slow", static_cast<float>(*slow));
    const double growth = factor > 1 ? 0.1 * numerics::log(factor) : 0;
    if (whole)
        header.set_f32(prefix + "attn_factor", static_cast<float>(*whole / (1 + growth)));
    else if (scale.value_or(0) != 0 && back.value_or(0) != 0) {
        header.set_f32(prefix + "yarn_log_multiplier", static_cast<float>(*back));
        if (*scale != 1) header.set_f32(prefix + "attn_factor", static_cast<float>((1 + *scale * growth) / (1 + growth)));
    }
    const auto truncates = config.flag(place + ".truncate");
    if (!truncates) return error(truncates.error());
    const bool expected = folder.recipe->yarn_truncates, found = truncates->value_or(true);
    if (found != expected)
        return config.fault(code::format_unsupported, place + ".truncate", "is not what " + std::string(folder.family->hf_class) + " has as plume knows it",
                            expected ? "true" : "false", found ? "true" : "false");
    return {};
}

/// LongRoPE's factors for contexts up to the original one and for longer ones, and what the angles' cosines and sines are multiplied by in both:
/// attention_factor, or sqrt(1 + log(growth)/log(original context)). Source: transformers, modeling_rope_utils and Phi3Config.
result<void> write_longrope(const hf_config& config, const known_folder& folder, const std::string& place, const hf_sizes& sizes, std::optional<double> growth,
                            io::gguf_header& header, std::vector<rope_factors_tensor>& factors) {
    const std::string prefix   = std::string(folder.recipe->gguf_name) + ".rope.scaling.";
    const auto        names    = "original_max_position_embeddings|" + place + ".original_max_position_embeddings";
    const auto        original = config.count(names), longest = config.count("max_position_embeddings");
    if (!original) return error(original.error());
    if (!longest) return error(longest.error());
    if (original->value_or(0) < 2)
        return config.fault(code::format_invalid, names, "is not a number of tokens", "2 or more", *original ? std::to_string(**original) : "none");
    header.set_u32(prefix + "original_context_length", static_cast<std::uint32_t>(**original));
    const auto whole = config.real(place + ".attention_factor");
    if (!whole) return error(whole.error());
    const double context = static_cast<double>(**original), times = growth.value_or(static_cast<double>(longest->value_or(0)) / context);
    const double usual = times > 1 ? std::sqrt(1 + numerics::log(times) / numerics::log(context)) : 1;
    header.set_f32(prefix + "attn_factor", static_cast<float>(whole->value_or(usual)));
    for (const auto& [hf, gguf] : {std::pair{".short_factor", "rope_factors_short.weight"}, {".long_factor", "rope_factors_long.weight"}}) {
        const auto name = place + hf;
        const auto list = config.find(name);
        if (!list || !list->is(json::kind::array) || list->size() == 0 || list->size() > sizes.head_width / 2)
            return config.fault(code::format_invalid, name, "is not a list of factors", "a number for each pair that is rotated",
                                list ? hf_config::shown(*list) + " of " + std::to_string(list->size()) : "none");
        std::vector<float> values;
        for (const auto one : list->elements()) {
            const auto x = one.number();
            if (!x || !(*x > 0 && *x <= 1e9))
                return config.fault(code::format_invalid, name, "has what is no factor", "numbers above 0", hf_config::shown(one));
            values.push_back(static_cast<float>(*x));
        }
        factors.push_back({gguf, std::move(values)});
    }
    return {};
}

result<void> write_scaling(const hf_config& config, const known_folder& folder, const hf_sizes& sizes, io::gguf_header& header,
                           std::vector<rope_factors_tensor>& factors) {
    const auto place = scaling_place(config);
    const auto kind  = config.text(place + ".rope_type|" + place + ".type");
    if (!kind) return error(kind.error());
    const std::string prefix = std::string(folder.recipe->gguf_name) + ".rope.scaling.";
    if (!*kind || **kind == "default") return {};
    const auto factor = config.real(place + ".factor");
    if (!factor) return error(factor.error());
    if (config.find(place + ".long_factor")) return write_longrope(config, folder, place, sizes, *factor, header, factors);  // "longrope", once "su" or "yarn"
    if (**kind == "linear" || **kind == "yarn") {
        if (!*factor || !(**factor > 0))
            return config.fault(code::format_invalid, place + ".factor", "is not a positive number", "more than 0", *factor ? to_text(**factor) : "none");
        header.set_text(prefix + "type", **kind);
        header.set_f32(prefix + "factor", static_cast<float>(**factor));
        return **kind == "linear" ? result<void>() : write_yarn(config, folder, place, **factor, header);
    }
    if (**kind != "llama3")
        return config.fault(code::format_unsupported, place + ".rope_type", "names a scaling of positions that is not read yet",
                            "default, linear, llama3, yarn or longrope with its factors", **kind);
    const auto base = config.real("rope_theta|rope_parameters.rope_theta|rope_parameters.full_attention.rope_theta");
    if (!base) return error(base.error());
    auto made = llama3_factors(config, place, sizes.head_width, base->value_or(10'000.0));
    if (!made) return std::move(made).error();
    factors.push_back({"rope_freqs.weight", *std::move(made)});
    return {};
}

}  // namespace

result<hf_sizes> write_keys(const hf_config& config, const known_folder& folder, io::gguf_header& header, std::vector<rope_factors_tensor>& factors) {
    const fp_control contract;  // these numbers go into results: a host's rounding must not
    if (auto good = check_demands(config, *folder.family); !good) return std::move(good).error();
    auto sizes = read_sizes(config, *folder.family);
    if (!sizes) return sizes;
    key_writer out(config, *folder.recipe, header);
    for (const auto keys : {folder.family->keys, folder.family->own_keys})
        for (const auto& k : keys)
            if (auto written = out.write(k, sizes->head_width); !written) return std::move(written).error();
    if (auto written = write_scaling(config, folder, *sizes, header, factors); !written) return std::move(written).error();
    return sizes;
}

}  // namespace plume::models
