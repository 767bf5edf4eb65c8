#pragma once

#include <optional>
#include <utility>
#include <variant>

#include <plume/core/error.hpp>

#if defined(__cpp_exceptions)
#include <stdexcept>
#endif

namespace plume {

#if defined(__cpp_exceptions)
/// What result<T>::or_throw() throws: the error, whole.
class exception : public std::runtime_error {
public:
    explicit exception(error e) : std::runtime_error(e.message()), error_(std::move(e)) {}
    [[nodiscard]] const error& why() const noexcept { return error_; }

private:
    error error_;
};
#endif

/// A value or an error, with the names and meanings of C++23's std::expected<T, error>.
/// One-at-a-time. Reading the side that is not there is undefined, as it is for std::expected's operator*.
template <class T>
class [[nodiscard]] result {
public:
    using value_type = T;
    using error_type = plume::error;

    result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    result(plume::error e) : state_(std::in_place_index<1>, std::move(e)) {}

    [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
    explicit           operator bool() const noexcept { return has_value(); }

    [[nodiscard]] T&       operator*() & noexcept { return *std::get_if<0>(&state_); }
    [[nodiscard]] const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
    [[nodiscard]] T&&      operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
    [[nodiscard]] T*       operator->() noexcept { return std::get_if<0>(&state_); }
    [[nodiscard]] const T* operator->() const noexcept { return std::get_if<0>(&state_); }

    [[nodiscard]] plume::error&       error() & noexcept { return *std::get_if<1>(&state_); }
    [[nodiscard]] const plume::error& error() const& noexcept { return *std::get_if<1>(&state_); }
    [[nodiscard]] plume::error&&      error() && noexcept { return std::move(*std::get_if<1>(&state_)); }

    [[nodiscard]] T value_or(T other) const& { return has_value() ? **this : std::move(other); }
    [[nodiscard]] T value_or(T other) && { return has_value() ? std::move(**this) : std::move(other); }

#if defined(__cpp_exceptions)
    /// The value, or a plume::exception that carries the error.
    T or_throw() && {
        if (!has_value()) throw exception(std::move(*this).error());
        return std::move(**this);
    }
#endif

private:
    std::variant<T, plume::error> state_;
};

/// Success without a value, or an error: `return {};` is success.
template <>
class [[nodiscard]] result<void> {
public:
    using value_type = void;
    using error_type = plume::error;

    result() noexcept = default;
    result(plume::error e) : error_(std::move(e)) {}

    [[nodiscard]] bool has_value() const noexcept { return !error_.has_value(); }
    explicit           operator bool() const noexcept { return has_value(); }

    [[nodiscard]] plume::error&       error() & noexcept { return *error_; }
    [[nodiscard]] const plume::error& error() const& noexcept { return *error_; }
    [[nodiscard]] plume::error&&      error() && noexcept { return std::move(*error_); }

#if defined(__cpp_exceptions)
    void or_throw() && {
        if (!has_value()) throw exception(std::move(*this).error());
    }
#endif

private:
    std::optional<plume::error> error_;
};

}  // namespace plume
