#pragma once

#include <cstddef>
#include <type_traits>

namespace plume {

/// A list of types, for tables that are made at compile time.
template <class... Ts>
struct type_list {
    static constexpr std::size_t size = sizeof...(Ts);

    /// T's position; `size` if it is not in the list.
    template <class T>
    static constexpr std::size_t index_of = [] {
        std::size_t i = 0;
        static_cast<void>(((std::is_same_v<T, Ts> || (++i, false)) || ...));
        return i;
    }();

    /// Calls f(std::type_identity<T>{}) for every T, in order.
    template <class Function>
    static constexpr void for_each(Function&& f) {
        (f(std::type_identity<Ts>{}), ...);
    }
};

}  // namespace plume
