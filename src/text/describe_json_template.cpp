#include "src/text/describe_json.hpp"

// "post_processor" of a tokenizer.json: which tokens encode puts around a text.

namespace plume::text {
namespace {

result<token_id> known_token(const json_fields& at, std::string_view key, const json::value& id, const description& out) {
    const auto value = id.integer().value_or(-1);
    if (value < 0 || static_cast<std::uint64_t>(value) >= out.words.size())
        return at.fault(code::format_invalid, key, "names a token outside the vocabulary")
            .expected_found("below " + std::to_string(out.words.size()), id.integer() ? std::to_string(value) : std::string(name(id.kind())));
    return static_cast<token_id>(value);
}

/// The ids that a template's name stands for, appended.
result<void> append_special(const json_fields& step, std::string_view name, const description& out, std::vector<token_id>& ids) {
    auto all = step.inside("special_tokens");
    if (!all) return std::move(all).error();
    if (!*all) return step.fault(code::format_invalid, "special_tokens", "is missing");
    auto entry = (*all)->inside(name);
    if (!entry) return std::move(entry).error();
    if (!*entry) return (*all)->fault(code::format_invalid, {}, "lacks a token that the template names").expected_found(name, "none");
    auto list = (*entry)->need("ids", json::kind::array);
    if (!list) return std::move(list).error();
    for (const auto& v : list->elements()) {
        auto id = known_token(**entry, "ids", v, out);
        if (!id) return std::move(id).error();
        ids.push_back(*id);
    }
    return {};
}

struct surround {
    std::vector<token_id> before, behind;
};

/// "single": [{"SpecialToken": {"id": NAME}}, {"Sequence": {"id": "A"}}, ...]
result<void> read_template(const json_fields& step, const description& out, surround& around) {
    auto pieces = step.need("single", json::kind::array);
    if (!pieces) return std::move(pieces).error();
    bool        text_done = false;
    std::size_t i         = 0;
    for (const auto& v : pieces->elements()) {
        const auto place = element_of(step.place_of("single"), i++);
        auto       each  = of_kind(step.from(), place, v, json::kind::object);
        if (!each) return std::move(each).error();
        const json_fields at(step.from(), *each, place);
        auto              special = at.inside("SpecialToken");
        if (!special) return std::move(special).error();
        if (*special) {
            auto name = (*special)->text("id");
            if (!name) return std::move(name).error();
            if (auto ok = append_special(step, *name, out, text_done ? around.behind : around.before); !ok) return ok;
            continue;
        }
        if (!at.object().find("Sequence") || text_done) return at.fault(code::format_invalid, {}, "is no piece of a template for one text");
        text_done = true;
    }
    if (!text_done) return step.fault(code::format_invalid, "single", "has no place for the text");
    return {};
}

/// "cls": [NAME, ID], "sep": [NAME, ID]
result<void> read_bert(const json_fields& step, const description& out, surround& around) {
    struct place {
        std::string_view       key;
        std::vector<token_id>& ids;
    };
    const place places[] = {{"cls", around.before}, {"sep", around.behind}};
    for (const auto& p : places) {
        auto pair = step.need(p.key, json::kind::array);
        if (!pair) return std::move(pair).error();
        if (pair->size() != 2) return step.fault(code::format_invalid, p.key, "is not a name and an id").expected_found(std::size_t{2}, pair->size());
        auto second = pair->elements().begin();
        auto id     = known_token(step, p.key, *++second, out);
        if (!id) return std::move(id).error();
        p.ids.push_back(*id);
    }
    return {};
}

}  // namespace

result<void> read_json_template(const json_fields& root, description& out) {
    auto steps = flat_steps(root, "post_processor", "processors");
    if (!steps) return std::move(steps).error();
    for (const auto& step : *steps) {
        auto type = step.text("type");
        if (!type) return std::move(type).error();
        surround around;
        if (*type == "TemplateProcessing") {
            if (auto ok = read_template(step, out, around); !ok) return ok;
        } else if (*type == "BertProcessing" || *type == "RobertaProcessing") {
            if (auto ok = read_bert(step, out, around); !ok) return ok;
        } else if (*type != "ByteLevel") {  // that one moves offsets only
            return step.fault(code::format_unsupported, "type", "does not run yet")
                .expected_found("TemplateProcessing, BertProcessing, RobertaProcessing or ByteLevel", *type);
        }
        out.prefix.insert(out.prefix.begin(), around.before.begin(), around.before.end());
        out.suffix.insert(out.suffix.end(), around.behind.begin(), around.behind.end());
    }
    if (out.bos < 0 && !out.prefix.empty()) out.bos = out.prefix.front();
    if (out.eos < 0 && !out.suffix.empty()) out.eos = out.suffix.back();
    return {};
}

}  // namespace plume::text
