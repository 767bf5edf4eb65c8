#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "marked.hpp"
#include "value.hpp"

/// What values refer to.
namespace plume::jinja {

struct node;
struct builtin;

class string_object final : public object {
public:
    string_object(marked t, bool is_markup) noexcept : text(std::move(t)), markup(is_markup) {}

    const marked text;
    const bool   markup;  // made by |safe: + with another string escapes the other for HTML, as markupsafe does

    [[nodiscard]] std::size_t points() const noexcept;  // code points; counted once
    [[nodiscard]] bool        is_ascii() const noexcept { return points() == text.size(); }

private:
    mutable std::size_t points_ = static_cast<std::size_t>(-1);
};

/// What Python has as list, tuple, range, views of a dictionary, and generator.
enum class flavour : std::uint8_t { list, tuple, range, keys, values, items, generator };
[[nodiscard]] std::string_view name(flavour f) noexcept;

class sequence_object final : public object {
public:
    sequence_object(jinja::flavour f, bool from_data, std::vector<value> content) noexcept : flavour(f), data(from_data), items(std::move(content)) {}

    const jinja::flavour flavour;
    const bool           data;   // the caller's
    std::vector<value>   items;  // not changed once made, but for a generator, which gives its items once

    [[nodiscard]] bool has_length() const noexcept { return flavour != flavour::generator; }
    [[nodiscard]] bool has_index() const noexcept { return flavour == flavour::list || flavour == flavour::tuple || flavour == flavour::range; }

private:
    void clear() noexcept override { std::vector<value>().swap(items); }
};

class mapping_object final : public object {
public:
    using entry = std::pair<value, value>;
    mapping_object(bool from_data, std::vector<entry> content);

    const bool         data;     // the caller's
    std::vector<entry> entries;  // not changed once made; no key twice

    /// The value of a key that is a string, or null.
    [[nodiscard]] const value* find(std::string_view key) const noexcept;

private:
    void clear() noexcept override {
        index_.clear();
        std::vector<entry>().swap(entries);
    }
    std::map<std::string_view, std::size_t> index_;  // of string keys, where there are many
};

class space_object final : public object {
public:
    std::map<std::string, value, std::less<>> attributes;

private:
    void clear() noexcept override { attributes.clear(); }
};

/// The variables of one scope that is running.
class frame_object final : public object {
public:
    frame_object(std::size_t n_slots, value outer_frame) : slots(n_slots, value::missing()), outer(std::move(outer_frame)) {}

    std::vector<value> slots;
    value              outer;  // the frame of the scope around this one; undefined for the outermost

private:
    void clear() noexcept override {
        std::vector<value>().swap(slots);
        outer = value();
    }
};

class macro_object final : public object {
public:
    macro_object(const node& macro, value frame) noexcept : definition(macro), closure(std::move(frame)) {}

    const node& definition;  // a macro, or a call block, whose body is called `caller`
    value       closure;     // the frame that it was defined in

private:
    void clear() noexcept override { closure = value(); }
};

class method_object final : public object {
public:
    method_object(value s, const builtin& method) noexcept : self(std::move(s)), what(method) {}

    value          self;
    const builtin& what;

private:
    void clear() noexcept override { self = value(); }
};

class loop_object final : public object {
public:
    explicit loop_object(value content) noexcept : items(std::move(content)) {}

    value       items;  // a sequence
    std::size_t index        = 0;
    value       last_changed = value::missing();

    [[nodiscard]] const std::vector<value>& all() const noexcept { return items.as<sequence_object>().items; }

private:
    void clear() noexcept override {
        items        = value();
        last_changed = value();
    }
};

[[nodiscard]] inline const marked&    text_of(const value& v) noexcept { return v.as<string_object>().text; }
[[nodiscard]] inline std::string_view view_of(const value& v) noexcept { return text_of(v).view(); }
[[nodiscard]] inline bool             is_string(const value& v, std::string_view text) noexcept { return v.is_string() && view_of(v) == text; }

}  // namespace plume::jinja
