#include "template_flags.hpp"

#include "input.hpp"
#include "json.hpp"

namespace plume::tool {

void template_flags::add(arguments& a) {
    a.text("--jinja", "FILE", jinja, "a chat template instead of the model's own");
    a.texts("--set", "NAME=JSON", sets, "one more name for the template, such as enable_thinking=false; repeatable");
    a.text("--tools", "FILE", tools, "JSON: what the model may call");
}

result<plume::json::document> read_json(const std::string& path, const interrupt& stop) {
    const auto text = read_file(path, stop);
    if (!text) return error(text.error());
    auto document = plume::json::document::parse(*text);
    if (!document) return std::move(document).error().in(path);
    return document;
}

result<chat_options> template_flags::read(const interrupt& stop) const {
    chat_options options;
    if (jinja) {
        const auto text = read_file(*jinja, stop);
        if (!text) return error(text.error());
        auto parsed = chat_template::parse(*text);
        if (!parsed) return std::move(parsed).error().in(*jinja);
        options.chat_template = *std::move(parsed);
    }
    if (tools) {
        auto document = read_json(*tools, stop);
        if (!document) return std::move(document).error();
        options.tools = *std::move(document);
    }
    if (sets.empty()) return options;
    std::string object;
    for (const auto& set : sets) {
        const auto equals = set.find('=');
        const auto value  = equals == std::string::npos ? std::string() : set.substr(equals + 1);
        if (equals == 0 || !plume::json::document::parse(value))
            return error{code::invalid_argument, "must be a name and a JSON value"}
                .about("option", "--set")
                .expected_found("for example enable_thinking=false or name='\"Ann\"'", set);
        object += (object.empty() ? "{" : ",") + json(set.substr(0, equals)).dump(-1, ' ', false, json::error_handler_t::replace) + ":" + value;
    }
    auto document = plume::json::document::parse(object + "}");
    if (!document) return error{code::invalid_argument, "is given twice for one name"}.about("option", "--set");
    options.variables = *std::move(document);
    return options;
}

std::optional<chat_template::time> to_time(std::string_view text) {
    chat_template::time t;
    const auto          part = [&](int& number, std::size_t digits, int least, int most) {
        const auto value = to_number(text.substr(0, digits));
        if (text.size() < digits || !value || *value < static_cast<unsigned>(least) || *value > static_cast<unsigned>(most)) return false;
        number = static_cast<int>(*value);
        text.remove_prefix(digits);
        return true;
    };
    const auto mark = [&](char c) {
        if (!text.starts_with(c)) return false;
        text.remove_prefix(1);
        return true;
    };
    if (!part(t.year, 4, 1, 9999) || !mark('-') || !part(t.month, 2, 1, 12) || !mark('-') || !part(t.day, 2, 1, 31)) return std::nullopt;
    if (text.empty()) return t;
    if ((!mark(' ') && !mark('T')) || !part(t.hour, 2, 0, 23) || !mark(':') || !part(t.minute, 2, 0, 59)) return std::nullopt;
    if (text.empty()) return t;
    if (!mark(':') || !part(t.second, 2, 0, 59) || !text.empty()) return std::nullopt;
    return t;
}

}  // namespace plume::tool
