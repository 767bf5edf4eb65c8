#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime.hpp"

/// What Python does with values of any kind: truth, equality, order, membership, iteration.
namespace plume::jinja {

[[nodiscard]] bool is_true(const value& v) noexcept;
[[nodiscard]] bool equal(runtime& r, const value& a, const value& b);

/// Below, at or above 0; an error for kinds that have no order.
[[nodiscard]] int order(runtime& r, const value& a, const value& b);

/// item in container.
[[nodiscard]] bool contains(runtime& r, const value& container, const value& item);

/// Whether Python lets it be a key.
[[nodiscard]] bool is_hashable(runtime& r, const value& v);

/// The value of a key, or null; an error for a key that Python cannot hash.
[[nodiscard]] const value* find_key(runtime& r, const mapping_object& m, const value& key);

/// Adds an entry, or changes the value of a key that is there, as dict(...) and literals do.
void put(runtime& r, std::vector<mapping_object::entry>& entries, value key, value content);

/// All items of what can be iterated, a generator's once. An error, and no items, for the rest.
[[nodiscard]] std::vector<value> items_of(runtime& r, const value& v);

/// len(); nothing for what has none.
[[nodiscard]] std::optional<std::size_t> length_of(const value& v) noexcept;

/// Where `needle` is in `text` from `from` on, or npos; linear.
[[nodiscard]] std::size_t find_text(std::string_view text, std::string_view needle, std::size_t from = 0) noexcept;

}  // namespace plume::jinja
