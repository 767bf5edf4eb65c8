#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <plume/core/result.hpp>

/// Reads JSON (RFC 8259), strictly: what it takes, every other reader takes too.
namespace plume::json {

enum class kind : std::uint8_t { null, boolean, integer, number, string, array, object };
[[nodiscard]] std::string_view name(kind k) noexcept;

struct limits {
    std::size_t bytes = std::size_t{1} << 28;  // of the text; 4 GiB at most
    std::size_t depth = 200;                   // arrays and objects inside each other
};

struct storage;  // of a document; see src/core/json.cpp
struct member;
class elements;
class members;

/// One value of a document: a handle of two words, which is valid as long as the document is.
class value {
public:
    [[nodiscard]] json::kind kind() const noexcept;
    [[nodiscard]] bool       is(json::kind k) const noexcept { return kind() == k; }

    // The content, or nothing where the value is of another kind.
    [[nodiscard]] std::optional<bool>             boolean() const noexcept;
    [[nodiscard]] std::optional<std::int64_t>     integer() const noexcept;  // numbers written without fraction and exponent that fit
    [[nodiscard]] std::optional<double>           number() const noexcept;   // integers too, rounded where they have more than 53 bits
    [[nodiscard]] std::optional<std::string_view> string() const noexcept;   // valid UTF-8, escapes undone; may hold zero bytes

    /// A number as it is written in the text; empty for other kinds. An integer of more than 64 bits is a `number` whose text has only digits.
    [[nodiscard]] std::string_view number_text() const noexcept;

    [[nodiscard]] std::size_t          size() const noexcept;                      // elements or members; 0 for other kinds
    [[nodiscard]] json::elements       elements() const noexcept;                  // of an array; none for other kinds
    [[nodiscard]] json::members        members() const noexcept;                   // of an object, in the order of the text; none for other kinds
    [[nodiscard]] std::optional<value> find(std::string_view key) const noexcept;  // the member of that name; a search in log n steps where there are many

    [[nodiscard]] std::size_t offset() const noexcept;  // of its first byte in the text that was read

private:
    friend class document;
    friend class elements;
    friend class members;
    value(const storage* s, std::size_t index) noexcept : storage_(s), index_(index) {}
    [[nodiscard]] std::size_t past() const noexcept;  // the index of the next value that is not inside this one

    const storage* storage_;
    std::size_t    index_;
};

struct member {
    std::string_view key;
    json::value      value;
};

/// For range-based for: the values of an array.
class elements {
public:
    class iterator {
    public:
        using value_type      = value;
        using difference_type = std::ptrdiff_t;
        iterator(value at, std::size_t left) noexcept : at_(at), left_(left) {}
        [[nodiscard]] value operator*() const noexcept { return at_; }
        iterator&           operator++() noexcept {
                      at_.index_ = at_.past();
                      --left_;
                      return *this;
        }
        [[nodiscard]] bool operator==(std::default_sentinel_t) const noexcept { return left_ == 0; }

    private:
        value       at_;
        std::size_t left_;
    };
    [[nodiscard]] iterator                       begin() const noexcept { return {first_, size_}; }
    [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

private:
    friend class value;
    elements(value first, std::size_t size) noexcept : first_(first), size_(size) {}
    value       first_;
    std::size_t size_;
};

/// For range-based for: the members of an object.
class members {
public:
    class iterator {
    public:
        using value_type      = member;
        using difference_type = std::ptrdiff_t;
        iterator(value key, std::size_t left) noexcept : key_(key), left_(left) {}
        [[nodiscard]] member operator*() const noexcept { return {*key_.string(), value(key_.storage_, key_.index_ + 1)}; }
        iterator&            operator++() noexcept {
                       key_.index_ = value(key_.storage_, key_.index_ + 1).past();
                       --left_;
                       return *this;
        }
        [[nodiscard]] bool operator==(std::default_sentinel_t) const noexcept { return left_ == 0; }

    private:
        value       key_;
        std::size_t left_;
    };
    [[nodiscard]] iterator                       begin() const noexcept { return {first_, size_}; }
    [[nodiscard]] static std::default_sentinel_t end() noexcept { return {}; }

private:
    friend class value;
    members(value first, std::size_t size) noexcept : first_(first), size_(size) {}
    value       first_;
    std::size_t size_;
};

/// A JSON text that was read. Immutable and shared between threads; a copy shares the values, which live as long as one copy does.
class document {
public:
    /// Time and memory are linear in the text (n log n for objects of many members); nothing recurses. A byte order mark at the start is skipped.
    /// Errors: format_invalid with line, column and reason (bad syntax or UTF-8, half a surrogate pair, a name twice in one object, a number beyond double),
    /// format_limit, out_of_memory.
    static result<document> parse(std::string_view text, const limits& l = {});

    [[nodiscard]] value root() const noexcept { return {storage_.get(), 0}; }

private:
    explicit document(std::shared_ptr<const storage> s) noexcept : storage_(std::move(s)) {}
    std::shared_ptr<const storage> storage_;
};

}  // namespace plume::json
