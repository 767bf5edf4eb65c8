#include <array>

#include "src/io/gguf_parse.hpp"
#include "src/text/base64.hpp"
#include "src/text/describe_json.hpp"
#include "src/text/normaliser.hpp"

// "normalizer" of a tokenizer.json: its steps as those of a normaliser.

namespace plume::text {
namespace {

using maybe_step = result<std::optional<normaliser_step>>;

/// The value of each flag, in order. The original's serialiser writes them all.
template <std::size_t N>
result<std::array<bool, N>> read_flags(const json_fields& step, const std::array<std::pair<std::string_view, bool>, N>& keys) {
    std::array<bool, N> values{};
    for (std::size_t i = 0; i < N; ++i) {
        auto flag = step.flag_or(keys[i].first, keys[i].second);
        if (!flag) return std::move(flag).error();
        values[i] = *flag;
    }
    return values;
}

maybe_step read_replace(const json_fields& step) {
    auto pattern = step.inside("pattern");
    if (!pattern) return std::move(pattern).error();
    if (!*pattern) return step.fault(code::format_invalid, "pattern", "is missing");
    auto text    = (*pattern)->text_or("String", {});
    auto regex   = (*pattern)->text_or("Regex", {});
    auto content = step.text("content");
    if (!text) return std::move(text).error();
    if (!regex) return std::move(regex).error();
    if (!content) return std::move(content).error();
    if (regex->empty()) return std::optional<normaliser_step>(steps::replace{std::string(*text), std::string(*content)});
    auto run = replace_regex(*regex, std::string(*content));
    if (!run) return std::move(run).error().in(step.from().path);
    return std::optional<normaliser_step>(*std::move(run));
}

maybe_step read_precompiled(const json_fields& step) {
    auto text = step.text("precompiled_charsmap");
    if (!text) return std::move(text).error();
    std::string bytes;
    if (!append_base64(*text, bytes)) return step.fault(code::format_invalid, "precompiled_charsmap", "is no base64");
    if (bytes.empty()) return std::optional<normaliser_step>{};
    auto map = charsmap::read(bytes);
    if (!map) {
        const auto c = map.error().code();
        return std::move(map).error().in(step.from().path).about("key", step.place_of("precompiled_charsmap")).hint(io::usual_next_step(c));
    }
    return std::optional<normaliser_step>(steps::precompiled{std::make_shared<const charsmap>(*std::move(map))});
}

maybe_step read_bert(const json_fields& step) {
    auto flags = read_flags<3>(step, {{{"clean_text", true}, {"handle_chinese_chars", true}, {"lowercase", true}}});
    if (!flags) return std::move(flags).error();
    auto accents = step.flag_or("strip_accents", (*flags)[2]);
    if (!accents) return std::move(accents).error();
    return std::optional<normaliser_step>(
        steps::bert{.clean_text = (*flags)[0], .space_cjk = (*flags)[1], .strip_accents = *accents, .lowercase = (*flags)[2]});
}

maybe_step read_step(const json_fields& step, std::string_view type) {
    struct plain_step {
        std::string_view type;
        normaliser_step  step;
    };
    const plain_step plain[] = {{"NFC", steps::form{unicode_form::nfc}},
                                {"NFD", steps::form{unicode_form::nfd}},
                                {"NFKC", steps::form{unicode_form::nfkc}},
                                {"NFKD", steps::form{unicode_form::nfkd}},
                                {"Lowercase", steps::lowercase{}},
                                {"StripAccents", steps::strip_accents{}},
                                {"Nmt", steps::nmt{}}};
    for (const auto& p : plain)
        if (p.type == type) return std::optional(p.step);
    if (type == "Replace") return read_replace(step);
    if (type == "Precompiled") return read_precompiled(step);
    if (type == "BertNormalizer") return read_bert(step);
    if (type == "Strip") {
        auto flags = read_flags<2>(step, {{{"strip_left", true}, {"strip_right", true}}});
        if (!flags) return std::move(flags).error();
        return std::optional<normaliser_step>(steps::strip{.left = (*flags)[0], .right = (*flags)[1]});
    }
    if (type == "Prepend") {
        auto text = step.text("prepend");
        if (!text) return std::move(text).error();
        return std::optional<normaliser_step>(steps::prepend{std::string(*text)});
    }
    return step.fault(code::format_unsupported, "type", "asks for a step that does not run yet").about("step", type);
}

}  // namespace

result<void> read_json_normalizer(std::span<const json_fields> steps, description& out) {
    auto normal = std::make_shared<normaliser>();
    for (const auto& each : steps) {
        auto type = each.text("type");
        if (!type) return std::move(type).error();
        auto step = read_step(each, *type);
        if (!step) return std::move(step).error();
        if (!*step) continue;
        if (auto ok = normal->add(**std::move(step)); !ok) return std::move(ok).error().in(out.from.path);
    }
    if (!normal->empty()) out.normal = std::move(normal);
    return {};
}

}  // namespace plume::text
