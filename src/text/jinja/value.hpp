#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace plume::jinja {

class heap;

/// What lives on a heap and is counted: kinds of content derive from it (objects.hpp).
class object {
public:
    object(const object&)            = delete;
    object& operator=(const object&) = delete;

protected:
    object() noexcept = default;
    virtual ~object();

private:
    friend class heap;
    friend class value;
    /// Lets go of all values inside, so that letting go of a deep structure does not recurse.
    virtual void clear() noexcept {}

    std::uint32_t references_ = 0;
    heap*         heap_       = nullptr;
    object*       before_     = nullptr;
    object*       after_      = nullptr;
    std::size_t   charged_    = 0;
};

enum class type : std::uint8_t {
    missing,    // a variable that was never set, an argument that was not given; no expression gives it
    undefined,  // jinja's Undefined: prints as nothing, and most else with it is an error
    none,
    boolean,
    integer,
    number,
    string,
    sequence,  // list, tuple, and what else can be iterated
    mapping,
    space,  // namespace(...)
    macro,
    function,  // a global: range, namespace, ...
    method,    // of a value: text.strip
    loop,
    frame,  // variables of a scope; no expression gives it
};
[[nodiscard]] std::string_view name(type t) noexcept;  // "a string", "a list", ... for messages

/// One value of the language: a scalar, or a counted reference to an object. Scalars know whether they are the caller's data, strings for each byte.
class value {
public:
    value() noexcept : type_(type::undefined) {}
    value(const value& other) noexcept : type_(other.type_), data_(other.data_), bits_(other.bits_) { hold(); }
    value(value&& other) noexcept : type_(std::exchange(other.type_, type::undefined)), data_(other.data_), bits_(std::exchange(other.bits_, {})) {}
    value& operator=(value other) noexcept {
        std::swap(type_, other.type_);
        std::swap(data_, other.data_);
        std::swap(bits_, other.bits_);
        return *this;
    }
    ~value() { let_go(); }

    [[nodiscard]] static value missing() noexcept { return value(type::missing, false, {}); }
    /// The name, of what is not defined, lives as long as the value (it is a part of the template); may be null.
    [[nodiscard]] static value undefined(const std::string* name) noexcept { return value(type::undefined, false, {.name = name}); }
    [[nodiscard]] static value none(bool data = false) noexcept { return value(type::none, data, {}); }
    [[nodiscard]] static value of(bool b, bool data = false) noexcept { return value(type::boolean, data, {.integer = b}); }
    [[nodiscard]] static value of(std::int64_t i, bool data = false) noexcept { return value(type::integer, data, {.integer = i}); }
    [[nodiscard]] static value of(double d, bool data = false) noexcept { return value(type::number, data, {.number = d}); }
    [[nodiscard]] static value count(std::size_t n) noexcept { return of(static_cast<std::int64_t>(n)); }
    [[nodiscard]] static value function(std::size_t id) noexcept { return value(type::function, false, {.integer = static_cast<std::int64_t>(id)}); }
    [[nodiscard]] static value of(jinja::type t, object* o) noexcept {
        value v(t, false, {.content = o});
        v.hold();
        return v;
    }

    [[nodiscard]] jinja::type type() const noexcept { return type_; }
    [[nodiscard]] bool        is(jinja::type t) const noexcept { return type_ == t; }
    [[nodiscard]] bool        is_missing() const noexcept { return type_ == type::missing; }
    [[nodiscard]] bool        is_undefined() const noexcept { return type_ == type::undefined; }
    [[nodiscard]] bool        is_none() const noexcept { return type_ == type::none; }
    [[nodiscard]] bool        is_string() const noexcept { return type_ == type::string; }
    [[nodiscard]] bool        is_whole() const noexcept { return type_ == type::integer || type_ == type::boolean; }  // bool is an int in Python
    [[nodiscard]] bool        is_numeric() const noexcept { return is_whole() || type_ == type::number; }

    [[nodiscard]] bool               data() const noexcept { return data_; }  // of a scalar
    [[nodiscard]] const std::string* undefined_name() const noexcept { return bits_.name; }
    [[nodiscard]] std::int64_t       integer() const noexcept { return bits_.integer; }  // of an integer, boolean or function
    [[nodiscard]] double             number() const noexcept { return type_ == type::number ? bits_.number : static_cast<double>(bits_.integer); }
    template <class Object>
    [[nodiscard]] Object& as() const noexcept {
        return *static_cast<Object*>(bits_.content);
    }
    [[nodiscard]] const object* identity() const noexcept { return has_object() ? bits_.content : nullptr; }

private:
    union content {
        std::int64_t       integer = 0;
        double             number;
        object*            content;
        const std::string* name;
    };
    value(jinja::type t, bool data, content bits) noexcept : type_(t), data_(data), bits_(bits) {}

    [[nodiscard]] bool has_object() const noexcept { return type_ >= type::string && type_ != type::function; }
    void               hold() noexcept {
                      if (has_object()) ++bits_.content->references_;
    }
    void let_go() noexcept {
        if (has_object() && --bits_.content->references_ == 0) retire(bits_.content);
    }
    static void retire(object* o) noexcept;

    jinja::type type_;
    bool        data_ = false;
    content     bits_;
};

/// All objects of one rendering, counted in bytes. What refers to itself in a circle goes when the heap goes.
class heap {
public:
    explicit heap(std::size_t limit) noexcept : limit_(limit) {}
    heap(const heap&)            = delete;
    heap& operator=(const heap&) = delete;
    ~heap();

    template <class Object, class... Arguments>
    [[nodiscard]] value make(jinja::type t, std::size_t extra_bytes, Arguments&&... arguments) {
        auto* o = new Object(std::forward<Arguments>(arguments)...);
        return adopt(t, o, sizeof(Object) + extra_bytes);
    }
    void charge(object& o, std::size_t bytes) noexcept {
        o.charged_ += bytes;
        used_ += bytes;
    }

    /// Memory of what is not yet an object, such as a text that grows.
    void hold(std::size_t bytes) noexcept { used_ += bytes; }
    void let_go(std::size_t bytes) noexcept { used_ -= bytes; }

    [[nodiscard]] bool        exceeded() const noexcept { return used_ > limit_; }
    [[nodiscard]] std::size_t room() const noexcept { return exceeded() ? 0 : limit_ - used_; }
    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

private:
    friend class value;
    value adopt(jinja::type t, object* o, std::size_t bytes) noexcept;
    void  retire(object* o) noexcept;

    std::size_t limit_;
    std::size_t used_     = 0;
    object*     first_    = nullptr;  // of all that live
    object*     dead_     = nullptr;  // what no value refers to, waiting to be deleted; linked by after_
    bool        draining_ = false;
};

}  // namespace plume::jinja
