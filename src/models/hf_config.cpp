#include "hf_config.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include <plume/core/printable.hpp>
#include <plume/models/architectures.hpp>

#include "src/io/gguf_parse.hpp"
#include "src/io/safetensors_parse.hpp"

namespace plume::models {
namespace {

constexpr std::uint64_t longest_config = std::uint64_t{16} << 20, most_count = std::numeric_limits<std::uint32_t>::max();

/// The parts of a text between separators, one at a time.
std::string_view next_part(std::string_view& text, char separator) {
    const auto end  = std::min(text.find(separator), text.size());
    const auto part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

}  // namespace

result<hf_config> hf_config::open(const std::string& path) {
    const auto file = io::source::open(path, false);
    if (!file) return error(file.error());
    if ((*file)->size() > longest_config)
        return error{code::format_limit, "is too long for a model's configuration"}
            .in(path)
            .expected_found("at most " + std::to_string(longest_config) + " bytes", std::to_string((*file)->size()))
            .hint("fetch it again from the model's page");
    std::vector<std::byte> scratch;
    const auto             bytes = (*file)->view(0, static_cast<std::size_t>((*file)->size()), scratch);
    if (!bytes) return error(bytes.error());
    io::memory_budget budget;
    auto              parsed = io::parse_json({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, path, budget, 64);
    if (!parsed) return std::move(parsed).error();
    hf_config config(path, *std::move(parsed));
    if (!config.document_.root().is(json::kind::object))
        return error{code::format_invalid, "is not a model's configuration"}
            .in(path)
            .expected_found("an object", json::name(config.document_.root().kind()))
            .hint("fetch it again from the model's page");
    return config;
}

std::optional<json::value> hf_config::find_in(std::optional<json::value> at, std::string_view name) const {
    while (at && !name.empty()) at = at->find(next_part(name, '.'));
    return at && !at->is(json::kind::null) ? at : std::nullopt;
}

std::optional<json::value> hf_config::find(std::string_view names) const {
    while (!names.empty()) {
        auto       name  = next_part(names, '|');
        const bool whole = name.starts_with('.');
        name.remove_prefix(whole ? 1 : 0);
        if (!part_.empty() && !whole)
            if (auto v = find_in(find_in(document_.root(), part_), name)) return v;
        if (auto v = find_in(document_.root(), name)) return v;
    }
    return std::nullopt;
}

std::string hf_config::shown(json::value v) {
    if (const auto text = v.string()) return '\'' + printable(*text, 80) + '\'';
    if (const auto flag = v.boolean()) return *flag ? "true" : "false";
    if (!v.number_text().empty()) return printable(v.number_text(), 40);
    return "an " + std::string(json::name(v.kind()));
}

error hf_config::fault(code c, std::string_view names, std::string_view what, std::string_view expected, std::string_view found) const {
    names.remove_prefix(names.starts_with('.') ? 1 : 0);
    std::string key(names.substr(0, names.find('|')));
    if (!part_.empty() && !find_in(document_.root(), key)) key = part_ + '.' + key;
    return error{c, what}.in(path_).about("key", key).expected_found(expected, found).hint(io::usual_next_step(c));
}

result<std::optional<std::uint64_t>> hf_config::count(std::string_view names) const {
    const auto v = find(names);
    if (!v) return std::optional<std::uint64_t>{};
    const auto n = v->integer();
    if (!n || *n < 0 || static_cast<std::uint64_t>(*n) > most_count)
        return fault(code::format_invalid, names, "is not a count", "an integer from 0 to " + std::to_string(most_count), shown(*v));
    return std::optional(static_cast<std::uint64_t>(*n));
}

result<std::optional<double>> hf_config::real(std::string_view names) const {
    const auto v = find(names);
    if (!v) return std::optional<double>{};
    const auto x = v->number();
    if (!x || !(*x <= double{std::numeric_limits<float>::max()} && *x >= -double{std::numeric_limits<float>::max()}))
        return fault(code::format_invalid, names, "is not a number", "a number that f32 holds", shown(*v));
    return x;
}

result<std::optional<bool>> hf_config::flag(std::string_view names) const {
    const auto v = find(names);
    if (!v) return std::optional<bool>{};
    if (!v->boolean()) return fault(code::format_invalid, names, "is not true or false", "true or false", shown(*v));
    return v->boolean();
}

result<std::optional<std::string>> hf_config::text(std::string_view names) const {
    const auto v = find(names);
    if (!v) return std::optional<std::string>{};
    if (!v->string()) return fault(code::format_invalid, names, "is not a text", "a string", shown(*v));
    return std::optional(std::string(*v->string()));
}

bool is_one_of(json::value v, std::string_view allowed) {
    if (v.is(json::kind::array)) {
        for (const auto one : v.elements())
            if (!is_one_of(one, allowed)) return false;
        return v.size() > 0;
    }
    const auto text = v.string() ? std::string(*v.string()) : hf_config::shown(v);
    while (!allowed.empty()) {
        const auto one = next_part(allowed, '|');
        double     x   = 0;
        const auto end = std::from_chars(one.data(), one.data() + one.size(), x);
        if (one == text || (end.ec == std::errc() && end.ptr == one.data() + one.size() && v.number() == x)) return true;
    }
    return false;
}

result<known_folder> find_family(const hf_config& config) {
    std::string known;
    for (const auto* a : architectures)
        for (const auto& f : a->folders)
            if (known.find(f.hf_class) == std::string::npos) known += (known.empty() ? "these are read: " : ", ") + std::string(f.hf_class);
    const auto classes = config.find("architectures");
    if (!classes || classes->size() == 0)
        return config.fault(code::format_invalid, "architectures", "does not name the model's class", "a list with a name", "none").hint(known);
    const auto first = (*classes->elements().begin()).string();
    if (!first)
        return config.fault(code::format_invalid, "architectures", "does not name the model's class", "a list with a name", hf_config::shown(*classes))
            .hint(known);
    const hf_demand* unmet = nullptr;  // of the last of the class
    std::string      allowed;
    for (const auto* a : architectures)
        for (const auto& f : a->folders) {
            if (f.hf_class != *first) continue;
            const auto bad = std::find_if(f.when.begin(), f.when.end(), [&](const hf_demand& d) {
                const auto v = config.find(d.hf);
                return v && !is_one_of(*v, d.allowed);
            });
            if (bad == f.when.end()) return known_folder{a, &f};
            unmet = &*bad;
            allowed += (allowed.empty() ? "" : " or ") + std::string(bad->allowed);
        }
    if (unmet != nullptr)
        return config.fault(code::format_unsupported, unmet->hf, "asks for a kind of " + std::string(*first) + " that is not read yet", allowed,
                            hf_config::shown(*config.find(unmet->hf)));
    return config.fault(code::format_unsupported, "architectures", "names a class whose folders are not read yet", "one that plume reads", *first).hint(known);
}

}  // namespace plume::models
