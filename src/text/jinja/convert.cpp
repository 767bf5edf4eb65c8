#include "convert.hpp"

#include <plume/core/utf8.hpp>

#include <algorithm>

namespace plume::jinja {
namespace {

using entries = std::vector<mapping_object::entry>;

/// Templates make special tokens of them ('<|' + role + '|>'), and none of them says more than the caller means by it.
bool is_common_role(std::string_view role) noexcept {
    constexpr std::string_view roles[] = {"system", "developer", "user", "assistant", "tool", "function", "ipython"};
    return std::find(std::begin(roles), std::end(roles), role) != std::end(roles);
}

value data_string(runtime& r, std::string_view text) {
    if (!r.spend_bytes(text.size())) return {};
    return r.string(marked(utf8::first_invalid(text) == std::string_view::npos ? std::string(text) : utf8::replace_invalid(text), false));
}
value role_string(runtime& r, std::string_view text) { return is_common_role(text) ? r.string(text) : data_string(r, text); }

void add(runtime& r, entries& to, std::string_view key, value content) { to.emplace_back(data_string(r, key), std::move(content)); }
void add_text(runtime& r, entries& to, std::string_view key, std::string_view text) {
    if (!text.empty()) add(r, to, key, data_string(r, text));
}

value array_from(runtime& r, const json::value& v) {
    std::vector<value> items;
    items.reserve(v.size());
    for (const auto& item : v.elements()) items.push_back(from_json(r, item));
    return r.sequence(flavour::list, std::move(items), true);
}

value object_from(runtime& r, const json::value& v, bool is_message) {
    entries all;
    all.reserve(v.size());
    for (const auto& m : v.members()) {
        const auto role = is_message && m.key == "role" ? m.value.string() : std::nullopt;
        add(r, all, m.key, role ? role_string(r, *role) : from_json(r, m.value));
    }
    return r.mapping(std::move(all), true);
}

/// Arguments that are a JSON object become a mapping, which most templates want; any other text stays as it is.
value arguments_of(runtime& r, std::string_view text) {
    if (const auto parsed = json::document::parse(text, {.depth = 100}); parsed && parsed->root().is(json::kind::object)) return from_json(r, parsed->root());
    return data_string(r, text);
}

value calls_of(runtime& r, std::span<const tool_call> calls) {
    std::vector<value> all;
    for (const auto& c : calls) {
        entries one, function;
        add_text(r, one, "id", c.id);
        add(r, one, "type", data_string(r, "function"));
        add(r, function, "name", data_string(r, c.name));
        add(r, function, "arguments", arguments_of(r, c.arguments));
        add(r, one, "function", r.mapping(std::move(function), true));
        all.push_back(r.mapping(std::move(one), true));
    }
    return r.sequence(flavour::list, std::move(all), true);
}

}  // namespace

value from_json(runtime& r, const json::value& v) {
    const runtime::level l(r);
    if (!l.entered() || !r.spend()) return {};
    switch (v.kind()) {
        case json::kind::null:
            return value::none(true);
        case json::kind::boolean:
            return value::of(*v.boolean(), true);
        case json::kind::integer:
            return value::of(*v.integer(), true);
        case json::kind::number:
            if (v.number_text().find_first_of(".eE") == std::string_view::npos)
                return r.fail("the inputs hold an integer of more than 64 bits, " + std::string(v.number_text().substr(0, 40)), code::invalid_argument);
            return value::of(*v.number(), true);
        case json::kind::string:
            return data_string(r, *v.string());
        case json::kind::array:
            return array_from(r, v);
        default:
            return object_from(r, v, false);
    }
}

value messages_from_json(runtime& r, const json::value& v) {
    std::vector<value> all;
    for (const auto& m : v.elements()) all.push_back(m.is(json::kind::object) ? object_from(r, m, true) : from_json(r, m));
    return r.sequence(flavour::list, std::move(all), true);
}

value messages_from(runtime& r, std::span<const message> messages) {
    std::vector<value> all;
    for (const auto& m : messages) {
        if (!r.spend()) break;
        entries one;
        add(r, one, "role", role_string(r, m.role));
        add(r, one, "content", data_string(r, m.content));
        add_text(r, one, "name", m.name);
        add_text(r, one, "reasoning_content", m.reasoning_content);
        add_text(r, one, "thinking", m.reasoning_content);
        add_text(r, one, "tool_call_id", m.tool_call_id);
        if (!m.tool_calls.empty()) add(r, one, "tool_calls", calls_of(r, m.tool_calls));
        all.push_back(r.mapping(std::move(one), true));
    }
    return r.sequence(flavour::list, std::move(all), true);
}

}  // namespace plume::jinja
