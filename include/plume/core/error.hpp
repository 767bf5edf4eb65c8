#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace plume {

/// What went wrong, as a fixed number. The hundreds are the group: a program can act on `group()` and never meet a number it does not know.
enum class code : std::int32_t {
    // 1xx input: what the caller passed (text, tokens, a logit) cannot be used
    invalid_argument   = 100,
    token_out_of_range = 101,
    context_full       = 102,
    not_finite         = 103,
    // 2xx format: the file is not what it should be
    format_unknown     = 200,  // not a model file at all; the message says what it looks like
    format_truncated   = 201,  // ends before its own header says
    format_invalid     = 202,  // a value contradicts another or the specification
    format_limit       = 203,  // beyond a limit that the caller may raise
    format_unsupported = 204,  // well formed, but this version of plume does not run it
    // 3xx resource
    file_not_found = 300,
    file_io        = 301,
    out_of_memory  = 302,
    cancelled      = 303,  // a stop token or a callback said stop
    // 4xx device
    cpu_unsupported = 400,
    // 5xx usage: a call that the state of the object does not allow
    wrong_state = 500,
    // 9xx internal: a bug of ours
    internal = 900,
};

enum class code_group : std::int32_t { input = 1, format = 2, resource = 3, device = 4, usage = 5, internal = 9 };

[[nodiscard]] constexpr code_group group(code c) noexcept { return static_cast<code_group>(static_cast<std::int32_t>(c) / 100); }
[[nodiscard]] std::string_view     name(code c) noexcept;

/// An error: a code, and the facts a person needs: which file, where, what was expected and found, what to do next.
/// Built only on failure. Names that come from a file are made printable (see printable.hpp) on the way in.
///
///     return error{code::format_truncated, "is cut short"}.in(path).about("tensor", name).at(offset).expected_found(need, left).hint("...");
class error {
public:
    /// `what` is the sentence's predicate without the subject: "is not a GGUF file", "needs more memory than is available".
    explicit error(plume::code c, std::string_view what);

    error&& in(std::string_view path) &&;                            // the file; printed first
    error&& about(std::string_view kind, std::string_view name) &&;  // `tensor`, `key`, `option` and its name
    error&& at(std::uint64_t byte_offset) &&;
    error&& expected_found(std::string_view expected, std::string_view found) &&;
    template <class E, class F>
    requires std::is_integral_v<E> && std::is_integral_v<F> error && expected_found(E expected, F found) && {
        return std::move(*this).expected_found(std::to_string(expected), std::to_string(found));
    }
    error&& hint(std::string_view next_step) &&;  // what the person can do now

    [[nodiscard]] plume::code        code() const noexcept { return code_; }
    [[nodiscard]] code_group         group() const noexcept { return plume::group(code_); }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] const std::string& subject() const noexcept { return subject_; }
    [[nodiscard]] std::int64_t       offset() const noexcept { return offset_; }  // -1: no place in a file
    [[nodiscard]] const std::string& expected() const noexcept { return expected_; }
    [[nodiscard]] const std::string& found() const noexcept { return found_; }
    [[nodiscard]] const std::string& hint() const noexcept { return hint_; }

    /// One line for a person: `model.gguf: tensor 'blk.3.ffn_up.weight' at byte 81920 is cut short: expected 9437184, found 4096 (compare its size with the
    /// publisher's)`.
    [[nodiscard]] std::string message() const;

private:
    plume::code  code_;
    std::int64_t offset_ = -1;
    std::string  what_, path_, subject_, expected_, found_, hint_;
};

}  // namespace plume
