#include "src/text/describe_config.hpp"

#include <algorithm>

#include "src/text/json_fields.hpp"

namespace plume::text {
namespace {

/// The token of that name, or -1. A control token comes before a piece of text.
token_id find_token(const vocabulary& words, std::string_view name) {
    token_id found = -1;
    for (token_id id = 0; words.has(id); ++id) {
        if (words.name(id) != name) continue;
        if (words.type(id) == token_type::control) return id;
        if (found < 0) found = id;
    }
    return found;
}

/// "bos_token": "<s>", or {"content": "<s>", ...}. Empty where it is missing.
result<std::string_view> token_name(const json_fields& at, std::string_view key) {
    const auto v = at.object().find(key);
    if (!v || v->is(json::kind::null)) return std::string_view{};
    if (const auto text = v->string()) return *text;
    auto object = of_kind(at.from(), at.place_of(key), *v, json::kind::object);
    if (!object) return std::move(object).error();
    return json_fields(at.from(), *object, at.place_of(key)).text("content");
}

result<void> read_special(const json_fields& at, description& out, const loading& with) {
    struct place {
        std::string_view key;
        token_id&        id;
    };
    const place places[] = {{"bos_token", out.bos}, {"eos_token", out.eos}};
    for (const auto& p : places) {
        auto name = token_name(at, p.key);
        if (!name) return std::move(name).error();
        if (name->empty()) continue;
        const auto id = find_token(out.words, *name);
        if (id >= 0)
            p.id = id;
        else
            with.note(std::string(p.key) + " names no token of the vocabulary");
    }
    return {};
}

/// Flags of old configurations, which say over the template of the tokenizer.json.
result<void> read_flags(const json_fields& at, description& out) {
    auto bos = at.find("add_bos_token", json::kind::boolean);
    auto eos = at.find("add_eos_token", json::kind::boolean);
    if (!bos) return std::move(bos).error();
    if (!eos) return std::move(eos).error();
    if (*bos && out.bos >= 0) {
        const bool there = !out.prefix.empty() && out.prefix.front() == out.bos;
        if (*(*bos)->boolean() && !there) out.prefix.insert(out.prefix.begin(), out.bos);
        if (!*(*bos)->boolean() && there) out.prefix.erase(out.prefix.begin());
    }
    if (*eos && out.eos >= 0) {
        const bool there = !out.suffix.empty() && out.suffix.back() == out.eos;
        if (*(*eos)->boolean() && !there) out.suffix.push_back(out.eos);
        if (!*(*eos)->boolean() && there) out.suffix.pop_back();
    }
    return {};
}

/// "chat_template": a text, or a list of {"name": ..., "template": ...}, of which the default counts.
result<void> read_template(const json_fields& at, description& out) {
    const auto v = at.object().find("chat_template");
    if (!v || v->is(json::kind::null)) return {};
    if (const auto text = v->string()) {
        out.chat_template = *text;
        return {};
    }
    auto list = of_kind(at.from(), "chat_template", *v, json::kind::array);
    if (!list) return std::move(list).error();
    for (const auto& each : list->elements()) {
        const auto name = each.find("name"), text = each.find("template");
        if (name && text && name->string() == "default" && text->string()) out.chat_template = *text->string();
    }
    return {};
}

}  // namespace

result<void> read_config(const folder_files& files, description& out, const loading& with) {
    for (const auto* file : {&files.special_tokens_map, &files.tokenizer_config}) {
        if (!*file) continue;
        origin from = out.from;
        from.path   = (*file)->path;
        if (!(*file)->document.root().is(json::kind::object)) return from.fault(code::format_invalid, "is no object");
        const json_fields at(from, (*file)->document.root(), {});
        if (auto ok = read_special(at, out, with); !ok) return ok;
        if (file != &files.tokenizer_config) continue;
        if (auto ok = read_flags(at, out); !ok) return ok;
        if (auto ok = read_template(at, out); !ok) return ok;
    }
    if (files.chat_template) out.chat_template = *files.chat_template;
    return {};
}

}  // namespace plume::text
