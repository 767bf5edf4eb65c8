#include <plume/core/error.hpp>
#include <plume/core/printable.hpp>

#include <utility>

namespace plume {
namespace {

struct code_name {
    code             value;
    std::string_view name;
};

constexpr code_name code_names[] = {
    code_name{code::invalid_argument, "invalid_argument"},
    code_name{code::token_out_of_range, "token_out_of_range"},
    code_name{code::context_full, "context_full"},
    code_name{code::not_finite, "not_finite"},
    code_name{code::format_unknown, "format_unknown"},
    code_name{code::format_truncated, "format_truncated"},
    code_name{code::format_invalid, "format_invalid"},
    code_name{code::format_limit, "format_limit"},
    code_name{code::format_unsupported, "format_unsupported"},
    code_name{code::file_not_found, "file_not_found"},
    code_name{code::file_io, "file_io"},
    code_name{code::out_of_memory, "out_of_memory"},
    code_name{code::cancelled, "cancelled"},
    code_name{code::cpu_unsupported, "cpu_unsupported"},
    code_name{code::wrong_state, "wrong_state"},
    code_name{code::internal, "internal"},
};

constexpr std::size_t longest_shown = 160;  // bytes of a path or a value in a message

}  // namespace

std::string_view name(code c) noexcept {
    for (const auto& entry : code_names)
        if (entry.value == c) return entry.name;
    return "unknown";
}

error::error(plume::code c, std::string_view what) : code_(c), what_(what) {}

error&& error::in(std::string_view path) && {
    path_ = path;
    return std::move(*this);
}

error&& error::about(std::string_view kind, std::string_view name) && {
    subject_ = std::string(kind) + " '" + printable(name) + '\'';
    return std::move(*this);
}

error&& error::at(std::uint64_t byte_offset) && {
    offset_ = static_cast<std::int64_t>(byte_offset);
    return std::move(*this);
}

error&& error::expected_found(std::string_view expected, std::string_view found) && {
    expected_ = printable(expected, longest_shown);
    found_    = printable(found, longest_shown);
    return std::move(*this);
}

error&& error::hint(std::string_view next_step) && {
    hint_ = next_step;
    return std::move(*this);
}

std::string error::message() const {
    std::string text;
    if (!path_.empty()) text += printable(path_, longest_shown) + ": ";
    if (!subject_.empty()) text += subject_ + ' ';
    if (offset_ >= 0) text += "at byte " + std::to_string(offset_) + ' ';
    text += what_;
    if (!expected_.empty() || !found_.empty()) text += ": expected " + expected_ + ", found " + found_;
    if (!hint_.empty()) text += " (" + hint_ + ')';
    return text;
}

}  // namespace plume
