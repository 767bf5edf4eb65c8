#include "messages.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

#include <plume/core/json.hpp>
#include <plume/core/utf8.hpp>

#include "input.hpp"
#include "json.hpp"

namespace plume::tool {
namespace {

json as_json(const message& m) {
    json out{{"role", m.role}, {"content", m.content}};
    for (const auto& [key, text] : {std::pair{"name", &m.name}, {"reasoning_content", &m.reasoning_content}, {"tool_call_id", &m.tool_call_id}})
        if (!text->empty()) out[key] = *text;
    for (const auto& call : m.tool_calls)
        out["tool_calls"].push_back({{"id", call.id}, {"type", "function"}, {"function", {{"name", call.name}, {"arguments", call.arguments}}}});
    return out;
}

std::string text_of(const json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

tool_call call_of(const json& value) {
    const auto function  = value.is_object() && value.contains("function") ? value["function"] : json();
    const auto arguments = function.is_object() && function.contains("arguments") ? function["arguments"] : json();
    return {text_of(value, "id"), text_of(function, "name"),
            arguments.is_string() ? arguments.get<std::string>()
            : arguments.is_null() ? ""
                                  : arguments.dump()};
}

std::optional<message> message_of(const json& value) {
    if (!value.is_object() || text_of(value, "role").empty()) return std::nullopt;
    const auto content = value.find("content");
    if (content != value.end() && !content->is_string() && !content->is_null()) return std::nullopt;
    message m{.role              = text_of(value, "role"),
              .content           = text_of(value, "content"),
              .name              = text_of(value, "name"),
              .reasoning_content = text_of(value, "reasoning_content"),
              .tool_call_id      = text_of(value, "tool_call_id")};
    if (const auto calls = value.find("tool_calls"); calls != value.end() && calls->is_array())
        for (const auto& call : *calls) m.tool_calls.push_back(call_of(call));
    return m;
}

error trouble(const std::string& path, std::string_view what) {
    return error{code::file_io, std::string(what) + ": " + std::generic_category().message(errno)}.in(path);
}

/// A file that is there and is no talk of ours stays.
result<void> may_replace(const std::string& path, const interrupt& stop) {
    struct stat about {};
    if (::lstat(path.c_str(), &about) != 0) return {};
    if (!S_ISREG(about.st_mode)) return error{code::file_io, "is no plain file"}.in(path).hint("choose another name");
    if (about.st_size == 0 || load_messages(path, stop)) return {};
    return error{code::file_io, "is there already, and is not a saved talk"}.in(path).hint("choose another name");
}

result<void> write_whole(int fd, const std::string& path, std::string_view text) {
    while (!text.empty()) {
        const auto n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno != EINTR) return trouble(path, "cannot be written");
        if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

}  // namespace

std::string to_text(const std::vector<message>& messages) {
    auto all = json::array();
    for (const auto& m : messages) all.push_back(as_json(m));
    return all.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

result<std::vector<message>> to_messages(std::string_view text) {
    const auto checked = plume::json::document::parse(text);  // bounds the depth, and says where the text is wrong
    if (!checked) return error(checked.error());
    const auto           all = json::parse(utf8::replace_invalid(text), nullptr, false);
    std::vector<message> messages;
    if (!all.is_array()) return error{code::format_invalid, "is no array of messages"}.hint("/save writes one: [{\"role\": \"user\", \"content\": \"...\"}]");
    for (const auto& value : all) {
        auto m = message_of(value);
        if (!m)
            return error{code::format_invalid, "is none: it needs a role, and a content that is text"}.about("message", std::to_string(messages.size() + 1));
        messages.push_back(*std::move(m));
    }
    return messages;
}

result<void> save_messages(const std::string& path, const std::vector<message>& messages, const interrupt& stop) {
    if (auto may = may_replace(path, stop); !may) return may;
    std::string temporary = path + ".XXXXXX";
    const int   fd        = ::mkstemp(temporary.data());
    if (fd < 0) return trouble(path, "cannot be written");
    auto written = write_whole(fd, path, to_text(messages));
    if (written && ::fsync(fd) != 0) written = trouble(path, "cannot be written");
    if (::close(fd) != 0 && written) written = trouble(path, "cannot be written");
    if (written && std::rename(temporary.c_str(), path.c_str()) != 0) written = trouble(path, "cannot be named");
    if (!written) ::unlink(temporary.c_str());
    return written;
}

result<std::vector<message>> load_messages(const std::string& path, const interrupt& stop) {
    const auto text = read_file(path, stop);
    if (!text) return error(text.error());
    auto messages = to_messages(*text);
    if (!messages) return std::move(messages).error().in(path);
    return messages;
}

}  // namespace plume::tool
