#pragma once

#include <span>
#include <string>
#include <string_view>

#include "arguments.hpp"
#include "runtime.hpp"

namespace plume::jinja {

/// v.name: a method or attribute, or else the item of that name, or else undefined under the name `kept` (which outlives the value; may be null).
/// What would change its object (list.append, ...) is undefined, as in jinja2's immutable sandbox.
[[nodiscard]] value get_attribute(runtime& r, const value& v, std::string_view name, const std::string* kept);

/// v[key]: an item, or else the attribute of that name, or else undefined.
[[nodiscard]] value get_item(runtime& r, const value& v, const value& key);

/// v["a"]["b"][0] for "a.b.0", as filters with an attribute look it up. `path` is a string or an integer. What is undefined on the way is `otherwise`, where
/// that is given.
[[nodiscard]] value get_path(runtime& r, const value& v, const value& path, const value& otherwise = value::missing());

/// A method or attribute alone, or missing.
[[nodiscard]] value own_attribute(runtime& r, const value& v, std::string_view name);

/// The (key, value) tuples of a mapping.
[[nodiscard]] value entries_of(runtime& r, const value& mapping, flavour f);

[[nodiscard]] std::span<const builtin> string_methods() noexcept;
[[nodiscard]] std::span<const builtin> mapping_methods() noexcept;
[[nodiscard]] std::span<const builtin> sequence_methods() noexcept;
[[nodiscard]] std::span<const builtin> loop_methods() noexcept;

}  // namespace plume::jinja
