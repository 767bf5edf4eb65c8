#include "value.hpp"

namespace plume::jinja {

object::~object() = default;

std::string_view name(type t) noexcept {
    constexpr std::string_view names[] = {"nothing",   "an undefined value", "none",    "a boolean",  "an integer", "a float", "a string", "a sequence",
                                          "a mapping", "a namespace",        "a macro", "a function", "a method",   "a loop",  "a scope"};
    return names[static_cast<std::size_t>(t)];
}

void value::retire(object* o) noexcept { o->heap_->retire(o); }

value heap::adopt(jinja::type t, object* o, std::size_t bytes) noexcept {
    o->heap_  = this;
    o->after_ = first_;
    if (first_ != nullptr) first_->before_ = o;
    first_ = o;
    charge(*o, bytes);
    return value::of(t, o);
}

void heap::retire(object* o) noexcept {
    (o->before_ != nullptr ? o->before_->after_ : first_) = o->after_;
    if (o->after_ != nullptr) o->after_->before_ = o->before_;
    o->after_ = dead_;
    dead_     = o;
    if (draining_) return;  // further down on this stack
    draining_ = true;
    while (dead_ != nullptr) {
        object* const next = dead_;
        dead_              = next->after_;
        next->clear();
        used_ -= next->charged_;
        delete next;
    }
    draining_ = false;
}

heap::~heap() {
    // What is left refers to itself in circles. Held once more each, none goes while the others let go of it.
    for (object* o = first_; o != nullptr; o = o->after_) ++o->references_;
    for (object* o = first_; o != nullptr; o = o->after_) o->clear();
    while (first_ != nullptr) {
        object* const next = first_->after_;
        delete first_;
        first_ = next;
    }
}

}  // namespace plume::jinja
