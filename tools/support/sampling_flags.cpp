#include "sampling_flags.hpp"

#include <array>
#include <chrono>
#include <limits>
#include <random>

namespace plume::tool {
namespace {

constexpr double largest = std::numeric_limits<float>::max();

struct real_flag {
    const char* name;
    float sampling_options::*field;
    double      least, most;
    const char* help;
};

constexpr std::array real_flags{
    real_flag{"--temp", &sampling_options::temperature, 0, largest, "temperature: 0 always takes the likeliest token"},
    real_flag{"--top-p", &sampling_options::top_p, 1e-6, 1, "only the likeliest that reach this probability together"},
    real_flag{"--min-p", &sampling_options::min_p, 0, 1, "only those this likely, relative to the likeliest"},
    real_flag{"--repeat-penalty", &sampling_options::repeat_penalty, 1e-6, largest, "makes tokens seen lately less likely"},
    real_flag{"--frequency-penalty", &sampling_options::frequency_penalty, -largest, largest, "the same, for every time they were seen"},
    real_flag{"--presence-penalty", &sampling_options::presence_penalty, -largest, largest, "the same, once for each"},
};

}  // namespace

sampling_flags::sampling_flags() {
    options.temperature = 0.8f;
    options.min_p       = 0.05f;
}

void sampling_flags::add(arguments& a) {
    for (const auto& f : real_flags) a.real(f.name, options.*f.field, f.least, f.most, f.help);
    a.integer("--top-k", options.top_k, 0, std::numeric_limits<std::int32_t>::max(), "only the k likeliest; 0: all");
    a.texts("--logit-bias", "ID=X", biases, "adds X to a token's logit; -inf forbids it; repeatable");
    a.number("--seed", given_seed, "of the random draws [a new one each time]");
}

std::uint64_t sampling_flags::seed() const {
    if (given_seed) return *given_seed;
    try {
        return std::random_device{}();
    } catch (const std::exception&) {   // no source of entropy
        return static_cast<std::uint32_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    }
}

result<sampling_options> sampling_flags::read() const {
    auto all = options;
    for (const std::string_view text : biases) {
        const auto equals = text.find('=');
        const auto id     = to_number(text.substr(0, equals));
        const auto value  = equals == std::string_view::npos ? std::nullopt : to_real(text.substr(equals + 1));
        if (!id || *id > std::numeric_limits<std::int32_t>::max() || !value || *value > largest || (*value < -largest && *value >= -std::numeric_limits<double>::max()))
            return error{code::invalid_argument, "must be a token id and a number"}
                .about("option", "--logit-bias")
                .expected_found("for example 42=-1.5", text)
                .hint("plume tokenize shows ids");
        all.logit_bias.emplace_back(static_cast<token_id>(*id), static_cast<float>(*value));
    }
    return all;
}

}  // namespace plume::tool
