#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <plume/core/json.hpp>
#include <plume/core/result.hpp>

#include "src/text/origin.hpp"

namespace plume::text {

/// An object of a JSON file and its place there, e.g. "model": reads members of known kinds. What is null counts as missing, as in the original library.
class json_fields {
public:
    json_fields(const origin& from, json::value object, std::string place) : from_(from), object_(object), place_(std::move(place)) {}

    /// Nothing where the member is missing. Errors: format_invalid, of another kind.
    result<std::optional<json::value>> find(std::string_view key, json::kind kind) const;
    /// Errors: format_invalid, missing or of another kind.
    result<json::value>      need(std::string_view key, json::kind kind) const;
    result<bool>             flag_or(std::string_view key, bool otherwise) const;
    result<std::string_view> text(std::string_view key) const;
    result<std::string_view> text_or(std::string_view key, std::string_view otherwise) const;
    /// A member that is an object, or nothing.
    result<std::optional<json_fields>> inside(std::string_view key) const;

    [[nodiscard]] const json::value& object() const noexcept { return object_; }
    [[nodiscard]] const std::string& place() const noexcept { return place_; }
    [[nodiscard]] std::string        place_of(std::string_view key) const { return place_.empty() ? std::string(key) : place_ + '.' + std::string(key); }
    [[nodiscard]] const origin&      from() const noexcept { return from_; }
    /// An error about a member; with an empty key about the object itself.
    [[nodiscard]] error fault(code c, std::string_view key, std::string_view what) const;

private:
    const origin& from_;
    json::value   object_;
    std::string   place_;
};

/// A value that must be of a kind. Errors: format_invalid with both kinds.
result<json::value> of_kind(const origin& from, const std::string& place, json::value v, json::kind kind);

}  // namespace plume::text
