#include <algorithm>
#include <string>

#include <plume/core/checked.hpp>
#include <plume/kv/layout.hpp>

#include "model_parts.hpp"
#include "system.hpp"

namespace plume {
namespace {

constexpr std::size_t default_context = 4'096, most_context = std::size_t{1} << 26, most_chunk = 4'096, least_context_step = 16;

}  // namespace

std::string readable_bytes(std::uint64_t bytes) {
    constexpr const char* units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    if (bytes < 1024) return std::to_string(bytes) + " bytes";
    std::size_t   unit   = 1;
    std::uint64_t tenths = bytes / 1024 * 10 + bytes % 1024 * 10 / 1024;  // of a KiB; integers: the same text in every locale
    for (; tenths >= 10'240 && unit + 1 < std::size(units); ++unit) tenths /= 1024;
    return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + ' ' + units[unit];
}

result<session_options> settle(const model_config& c, session_options options) {
    const auto bad = [](std::string_view name, std::size_t most, std::size_t found) {
        return error{code::invalid_argument, "is out of range"}.about("option", name).expected_found("1 to " + std::to_string(most), std::to_string(found));
    };
    if (options.prefill_chunk < 1 || options.prefill_chunk > most_chunk) return bad("prefill_chunk", most_chunk, options.prefill_chunk);
    if (options.context_tokens > most_context) return bad("context_tokens", most_context, options.context_tokens);
    if (options.context_tokens == 0) options.context_tokens = std::min(c.context_tokens, default_context);
    if (options.context_tokens > c.context_tokens && c.recipe->learned)
        return bad("context_tokens", c.context_tokens, options.context_tokens).hint("this model has learned its positions: there are no more");
    if (options.context_tokens > c.context_tokens && options.on_notice)
        options.on_notice(notice::context_above_models, "the context of " + std::to_string(options.context_tokens) + " tokens is larger than the " +
                                                            std::to_string(c.context_tokens) + " the model was trained with: answers may lose quality");
    options.prefill_chunk = std::min(options.prefill_chunk, options.context_tokens);
    return options;
}

std::uint64_t kv_bytes(const model_config& c, const session_options& settled) noexcept {
    return kv::layout::make(c.L, c.K, c.E, settled.context_tokens, settled.kv_type).bytes();
}

std::uint64_t scratch_bytes(const model_config& c, const session_options& settled, std::size_t room_bytes) noexcept {
    return scratch::bytes(c, settled.prefill_chunk, settled.context_tokens, room_bytes) + settled.context_tokens * sizeof(token_id);
}

std::size_t largest_context(const model_config& c, session_options settled, std::size_t room_bytes, std::uint64_t bytes) noexcept {
    const auto fits = [&](std::size_t context) {
        session_options o = settled;
        o.context_tokens  = context;
        o.prefill_chunk   = std::min(settled.prefill_chunk, context);
        return kv_bytes(c, o) + scratch_bytes(c, o, room_bytes) <= bytes;
    };
    const std::size_t most = std::max(settled.context_tokens, c.context_tokens);
    if (fits(most)) return most;
    std::size_t low = 0, high = most / least_context_step;  // in steps of 16; `low` fits
    while (low < high) {
        const std::size_t middle = low + (high - low + 1) / 2;
        if (fits(middle * least_context_step))
            low = middle;
        else
            high = middle - 1;
    }
    return low * least_context_step;
}

}  // namespace plume
