#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <plume/core/dtype.hpp>
#include <plume/core/result.hpp>

#include "src/text/origin.hpp"
#include "src/text/text_index.hpp"

namespace plume::text {

/// What a token is for; the numbers are those of `tokenizer.ggml.token_type`.
enum class token_type : std::uint8_t { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

/// Limits of a vocabulary. The largest known has 0.9 million tokens and 0.5 million merges.
inline constexpr std::size_t max_tokens        = std::size_t{1} << 20;
inline constexpr std::size_t max_merges        = std::size_t{1} << 21;
inline constexpr std::size_t max_token_bytes   = 4096;                  // one token's text
inline constexpr std::size_t max_special_bytes = std::size_t{1} << 20;  // the texts of all control and user-defined tokens together

/// The tokens of a file: name and type by id, and id by name. The names are copied: the file may go.
class vocabulary {
public:
    /// The tokens of these names, all of type normal. The index by name comes later, with build_index(), when the types are settled.
    static result<vocabulary> copy(std::span<const std::string_view> names, const origin& from);

    [[nodiscard]] std::size_t      size() const noexcept { return types_.size(); }
    [[nodiscard]] bool             has(token_id id) const noexcept { return id >= 0 && static_cast<std::size_t>(id) < size(); }
    [[nodiscard]] std::string_view name(token_id id) const noexcept {  // id in range
        const auto i = static_cast<std::size_t>(id);
        return std::string_view(names_).substr(starts_[i], starts_[i + 1] - starts_[i]);
    }
    [[nodiscard]] token_type type(token_id id) const noexcept { return types_[static_cast<std::size_t>(id)]; }
    [[nodiscard]] bool       types_given() const noexcept { return types_given_; }
    void                     set_type(token_id id, token_type t) noexcept { types_[static_cast<std::size_t>(id)] = t; }
    /// All types; `given`: the file says them, and does not leave them to be guessed by the names.
    void                      set_types(std::vector<token_type> types, bool given) noexcept { types_ = std::move(types), types_given_ = given; }
    [[nodiscard]] std::size_t longest_name() const noexcept { return longest_; }  // bytes

    [[nodiscard]] std::size_t allocated_bytes() const noexcept {
        return names_.capacity() + starts_.capacity() * sizeof(starts_[0]) + types_.capacity() * sizeof(types_[0]) + index_.allocated_bytes();
    }

    /// Whether ordinary text may become this token by merging.
    [[nodiscard]] bool mergeable(token_id id) const noexcept {
        const auto t = type(id);
        return t == token_type::normal || t == token_type::user_defined || t == token_type::unused;
    }

    /// Of tokens with the same name the index keeps a mergeable one before others, then the lowest id.
    result<void> build_index(const origin& from);
    /// The token of that name, or -1.
    [[nodiscard]] token_id find(std::string_view name) const noexcept {
        return index_.find(name, [this](token_id id) { return this->name(id); });
    }
    /// The mergeable token of that name, or -1.
    [[nodiscard]] token_id find_mergeable(std::string_view name) const noexcept {
        if (name.size() > longest_) return -1;
        const auto id = find(name);
        return id >= 0 && mergeable(id) ? id : -1;
    }

private:
    std::string                names_;   // all, one behind the other
    std::vector<std::uint32_t> starts_;  // V + 1
    std::vector<token_type>    types_;   // V
    std::size_t                longest_     = 0;
    bool                       types_given_ = false;
    text_index                 index_;
};

}  // namespace plume::text
