#include "src/text/json_fields.hpp"

namespace plume::text {

error json_fields::fault(code c, std::string_view key, std::string_view what) const {
    return from_.fault(c, what).about("key", key.empty() ? place_ : place_of(key));
}

result<json::value> of_kind(const origin& from, const std::string& place, json::value v, json::kind kind) {
    const bool fits = v.is(kind) || (kind == json::kind::number && v.is(json::kind::integer));
    if (!fits) return from.fault(code::format_invalid, "has the wrong type of value").about("key", place).expected_found(name(kind), name(v.kind()));
    return v;
}

result<std::optional<json::value>> json_fields::find(std::string_view key, json::kind kind) const {
    const auto found = object_.find(key);
    if (!found || found->is(json::kind::null)) return std::optional<json::value>{};
    auto fits = of_kind(from_, place_of(key), *found, kind);
    if (!fits) return std::move(fits).error();
    return std::optional<json::value>(*fits);
}

result<json::value> json_fields::need(std::string_view key, json::kind kind) const {
    auto found = find(key, kind);
    if (!found) return std::move(found).error();
    if (!*found) return fault(code::format_invalid, key, "is missing");
    return **found;
}

result<bool> json_fields::flag_or(std::string_view key, bool otherwise) const {
    auto found = find(key, json::kind::boolean);
    if (!found) return std::move(found).error();
    return *found ? *(*found)->boolean() : otherwise;
}

result<std::string_view> json_fields::text(std::string_view key) const {
    auto found = need(key, json::kind::string);
    if (!found) return std::move(found).error();
    return *found->string();
}

result<std::string_view> json_fields::text_or(std::string_view key, std::string_view otherwise) const {
    auto found = find(key, json::kind::string);
    if (!found) return std::move(found).error();
    return *found ? *(*found)->string() : otherwise;
}

result<std::optional<json_fields>> json_fields::inside(std::string_view key) const {
    auto found = find(key, json::kind::object);
    if (!found) return std::move(found).error();
    if (!*found) return std::optional<json_fields>{};
    return std::optional<json_fields>(json_fields(from_, **found, place_of(key)));
}

}  // namespace plume::text
