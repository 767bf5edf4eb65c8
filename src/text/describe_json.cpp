#include "src/text/describe_json.hpp"

// A tokenizer.json: what Hugging Face's library "tokenizers" writes. Its format is described by that library's documentation and by what it reads.

namespace plume::text {
namespace {

constexpr std::size_t max_steps = 64, max_steps_deep = 8;

result<void> flatten(const json_fields& step, std::string_view list, std::size_t depth, std::vector<json_fields>& out) {
    auto type = step.text("type");
    if (!type) return std::move(type).error();
    if (*type != "Sequence") {
        if (out.size() == max_steps) return step.fault(code::format_limit, {}, "is one step too many").expected_found(max_steps, max_steps + 1);
        out.push_back(step);
        return {};
    }
    if (depth == max_steps_deep) return step.fault(code::format_limit, {}, "is a Sequence too deep inside others");
    auto steps = step.need(list, json::kind::array);
    if (!steps) return std::move(steps).error();
    std::size_t i = 0;
    for (const auto& v : steps->elements()) {
        const auto place = element_of(step.place_of(list), i++);
        auto       each  = of_kind(step.from(), place, v, json::kind::object);
        if (!each) return std::move(each).error();
        if (auto ok = flatten(json_fields(step.from(), *each, place), list, depth + 1, out); !ok) return ok;
    }
    return {};
}

/// A model's own unknown token is no text, and nor is a token that only encode itself puts around a text.
void settle_unknown(description& out) {
    if (out.unknown < 0) return;
    auto& words = out.words;
    if (words.type(out.unknown) == token_type::control && out.kind == model_kind::byte_level)
        out.unknown = -1;  // GPT-2 names <|endoftext|>, which no text can need: every byte has a token
    else
        words.set_type(out.unknown, token_type::unknown);
}

}  // namespace

result<std::vector<json_fields>> flat_steps(const json_fields& root, std::string_view key, std::string_view list) {
    std::vector<json_fields> out;
    auto                     step = root.inside(key);
    if (!step) return std::move(step).error();
    if (*step)
        if (auto ok = flatten(**step, list, 0, out); !ok) return std::move(ok).error();
    return out;
}

result<void> json_tokens::add(const json_fields& at, std::string_view key, std::string_view name, std::int64_t id, token_type type) {
    if (id < 0) return at.fault(code::format_invalid, key, "is no token id").expected_found("0 or more", std::to_string(id));
    if (id >= static_cast<std::int64_t>(max_tokens))
        return at.fault(code::format_limit, key, "is a token id beyond the limit max_tokens")
            .expected_found("below " + std::to_string(max_tokens), std::to_string(id));
    const auto i = static_cast<std::size_t>(id);
    if (i >= names.size()) {
        names.resize(i + 1);
        types.resize(i + 1, token_type::unused);
    }
    if (!names[i].empty() && names[i] != name)
        return at.fault(code::format_invalid, key, "has the id " + std::to_string(id) + " of another token").expected_found(names[i], name);
    names[i] = name;
    types[i] = type;
    return {};
}

result<description> describe_json(const json::value& root, const std::string& path, const loading& with) {
    description out;
    out.from = {.path = path, .tokens = "model.vocab", .types = "added_tokens", .scores = "model.vocab", .merges = "model.merges"};
    if (!root.is(json::kind::object)) return out.from.fault(code::format_unknown, "is JSON, but no tokenizer.json").expected_found("object", name(root.kind()));
    const json_fields top(out.from, root, {});
    json_tokens       tokens;
    if (auto ok = read_json_model(top, out, tokens); !ok) return std::move(ok).error();
    if (with.stop.stop_requested()) return out.from.cancelled();
    if (auto ok = read_json_added(top, out, tokens); !ok) return std::move(ok).error();
    auto words = vocabulary::copy(tokens.names, out.from);
    if (!words) return std::move(words).error();
    words->set_types(std::move(tokens.types), true);
    out.words = *std::move(words);
    settle_unknown(out);
    if (auto ok = read_json_steps(top, out, with); !ok) return std::move(ok).error();
    if (auto ok = read_json_template(top, out); !ok) return std::move(ok).error();
    return out;
}

}  // namespace plume::text
