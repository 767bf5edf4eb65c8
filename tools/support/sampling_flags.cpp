#include "sampling_flags.hpp"

#include <chrono>
#include <cmath>
#include <limits>
#include <random>

#include <plume/sampling/samplers.hpp>

namespace plume::tool {

sampling_flags::sampling_flags() {
    options.temperature = 0.8f;
    options.min_p       = 0.05f;
}

void sampling_flags::add(arguments& a) {
    for (const auto& option : all_samplers::options) {
        const auto take = [this, option](std::string_view word) -> std::optional<std::string> {
            const auto whole = to_integer(word);
            const auto value = option.whole == nullptr ? to_real(word) : whole ? std::optional(static_cast<double>(*whole)) : std::nullopt;
            if (!value || !in_range(option, *value)) return (option.whole == nullptr ? "a number, " : "a whole number, ") + range_text(option);
            if (option.whole == nullptr)
                options.*option.real = static_cast<float>(*value);
            else
                options.*option.whole = static_cast<std::int32_t>(*value);
            return std::nullopt;
        };
        a.custom(std::string(option.flag), option.whole == nullptr ? "X" : "N", take,
                 std::string(option.help) + " [" + short_real(value_of(option, options)) + "]");
    }
    a.texts("--logit-bias", "ID=X", biases, "adds X to a token's logit; -inf forbids it; repeatable");
    a.number("--seed", given_seed, "of the random draws [a new one each time]");
}

std::uint64_t sampling_flags::seed() const {
    if (given_seed) return *given_seed;
    try {
        return std::random_device{}();
    } catch (const std::exception&) {  // no source of entropy
        return static_cast<std::uint32_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    }
}

result<sampling_options> sampling_flags::read() const {
    auto             all     = options;
    constexpr double largest = std::numeric_limits<float>::max(), not_a_number = std::numeric_limits<double>::quiet_NaN();
    for (const std::string_view text : biases) {
        const auto equals = text.find('=');
        const auto id     = to_number(text.substr(0, equals));
        const auto value  = equals == std::string_view::npos ? not_a_number : to_real(text.substr(equals + 1)).value_or(not_a_number);
        const bool usable = std::isfinite(value) ? std::abs(value) <= largest : value < 0;  // -inf is; NaN is not
        if (!id || *id > std::numeric_limits<std::int32_t>::max() || !usable)
            return error{code::invalid_argument, "must be a token id and a number"}
                .about("option", "--logit-bias")
                .expected_found("for example 42=-1.5", text)
                .hint("plume tokenize shows ids");
        all.logit_bias.emplace_back(static_cast<token_id>(*id), static_cast<float>(value));
    }
    return all;
}

}  // namespace plume::tool
