#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <plume/core/error.hpp>
#include <plume/text/chat_template.hpp>

#include "objects.hpp"
#include "value.hpp"

namespace plume::jinja {

/// What all parts of one rendering share: the values, the limits, the place in the template, and the first error. After an error every operation goes on with
/// undefined values and changes nothing, so that only loops need to look.
class runtime {
public:
    runtime(std::string_view source, const template_limits& limits, const chat_template::time& now) noexcept
        : heap_(limits.memory_bytes), source_(source), limits_(limits), now_(now) {}

    [[nodiscard]] bool ok() const noexcept { return !error_; }
    /// Keeps the first error, which is at the current place, and gives an undefined value.
    value               fail(std::string_view what, code c = code::format_invalid);
    value               fail(std::string_view what, std::string_view expected, std::string_view found);
    [[nodiscard]] error take_error() noexcept { return std::move(*error_); }

    /// Counts work, and looks at the limits. False after an error, and when this is the first one.
    bool spend(std::size_t steps = 1);
    bool spend_bytes(std::size_t bytes) { return spend(1 + bytes / 64); }      // that are moved or compared
    bool spend_characters(std::size_t bytes) { return spend(1 + bytes / 8); }  // that are read one character at a time

    [[nodiscard]] value string(marked text, bool markup = false);
    [[nodiscard]] value string(std::string_view text) { return string(marked(std::string(text), true)); }  // the template's own
    [[nodiscard]] value sequence(flavour f, std::vector<value> items, bool data = false);
    [[nodiscard]] value mapping(std::vector<mapping_object::entry> entries, bool data = false);
    template <class Object, class... Arguments>
    [[nodiscard]] value make(type t, Arguments&&... arguments) {
        return heap_.make<Object>(t, 0, std::forward<Arguments>(arguments)...);
    }

    [[nodiscard]] heap&                      memory() noexcept { return heap_; }
    [[nodiscard]] const template_limits&     limits() const noexcept { return limits_; }
    [[nodiscard]] const chat_template::time& now() const noexcept { return now_; }

    static constexpr std::uint32_t nowhere = static_cast<std::uint32_t>(-1);
    std::uint32_t                  at      = nowhere;  // the place of what runs now; nowhere while the inputs are read

    /// One level of depth, of the template or of a value, while it lives. Not entered at the limit, which is an error then.
    class level {
    public:
        explicit level(runtime& r) : runtime_(r), entered_(r.deeper()) {}
        level(const level&)            = delete;
        level& operator=(const level&) = delete;
        ~level() { runtime_.depth_ -= entered_; }
        [[nodiscard]] bool entered() const noexcept { return entered_; }

    private:
        runtime& runtime_;
        bool     entered_;
    };

private:
    bool                deeper();
    [[nodiscard]] error failure(std::string_view what, code c) const;

    heap                       heap_;  // first, so that it goes last
    std::string_view           source_;
    const template_limits&     limits_;
    const chat_template::time& now_;
    std::size_t                steps_ = 0, depth_ = 0;
    std::optional<error>       error_;
};

/// A text that grows, up to the memory that is left. Its bytes count as memory while it lives, and as steps when they are added.
class text_builder {
public:
    explicit text_builder(runtime& r) noexcept : runtime_(r) {}
    text_builder(const text_builder&)            = delete;
    text_builder& operator=(const text_builder&) = delete;
    ~text_builder() { runtime_.memory().let_go(held_); }

    void add(std::string_view bytes, bool from_template = true) {
        if (!fits(bytes.size())) return;
        text_.append(bytes, from_template);
        count(bytes.size());
    }
    void add(const marked& other, std::size_t begin, std::size_t end) {
        if (begin >= end || !fits(end - begin)) return;
        text_.append(other, begin, end);
        count(end - begin);
    }
    void add(const marked& other) { add(other, 0, other.size()); }
    void add_point(char32_t point, bool from_template);

    [[nodiscard]] std::size_t size() const noexcept { return text_.size(); }
    [[nodiscard]] marked      take() noexcept;
    [[nodiscard]] value       finish(bool markup = false) { return runtime_.string(take(), markup); }

private:
    bool fits(std::size_t bytes);
    void count(std::size_t bytes);

    runtime&    runtime_;
    marked      text_;
    std::size_t held_      = 0;  // bytes that the heap counts
    std::size_t uncounted_ = 0;  // added, but fewer than make a step
};

/// "a string", "a list", ...: what a value is, for messages.
[[nodiscard]] std::string_view kind_of(const value& v) noexcept;

}  // namespace plume::jinja
