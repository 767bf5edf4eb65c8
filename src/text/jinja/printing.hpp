#pragma once

#include <optional>
#include <string>

#include "runtime.hpp"

/// Values as text. The marks go along; what stands around the values of a list or mapping is data where the whole list is the caller's.
namespace plume::jinja {

/// As str() of Python: what {{ }} prints.
void                print(runtime& r, const value& v, text_builder& out);
[[nodiscard]] value to_string(runtime& r, const value& v);  // a string stays as it is

/// As repr() of Python.
void print_repr(runtime& r, const value& v, text_builder& out);

[[nodiscard]] std::string number_repr(double d);

struct json_style {
    bool                  ascii_only     = false;
    bool                  sort_keys      = false;
    std::optional<marked> indent         = {};  // without it all is on one line
    marked                item_separator = marked(", ", true), key_separator = marked(": ", true);
};

/// As json.dumps of Python.
void print_json(runtime& r, const value& v, const json_style& style, text_builder& out);

}  // namespace plume::jinja
