// plume info: what is in a model file, whether plume runs it or not.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <plume/core/printable.hpp>
#include <plume/core/utf8.hpp>
#include <plume/io/gguf.hpp>
#include <plume/models/config.hpp>
#include <plume/models/folder.hpp>
#include <plume/quant/formats.hpp>
#include <plume/text/tokenizer.hpp>

#include "commands.hpp"
#include "support/human.hpp"
#include "support/json.hpp"
#include "support/output.hpp"

namespace plume::tool {
namespace {

struct type_sum {
    std::size_t   tensors = 0;
    std::uint64_t elems = 0, bytes = 0;
};

/// Everything that is shown. What a file lacks, or plume does not understand, is an empty value and a reason in `problems`.
struct facts {
    const io::gguf&             file;
    std::optional<model_config> config;
    std::optional<tokenizer>    text;
    std::vector<std::string>    problems;
    std::map<int, type_sum>     types;
    std::uint64_t               parameters = 0;
};

facts gather(const io::gguf& file) {
    facts f{.file = file, .config = {}, .text = {}, .problems = {}, .types = {}};
    if (auto config = read_config(file))
        f.config = std::move(*config);
    else
        f.problems.push_back(config.error().message());
    if (auto text = is_folder(file.path()) && has_tokenizer(file.path()) ? tokenizer::from_folder(file.path()) : tokenizer::from_gguf(file))
        f.text = std::move(*text);
    else
        f.problems.push_back(text.error().message());
    for (const auto& t : file.tensors()) {
        auto& sum = f.types[t.type];
        ++sum.tensors;
        sum.elems += t.n_elems;
        sum.bytes += t.bytes;
        f.parameters += t.n_elems;
    }
    return f;
}

std::string type_name(int gguf_type) {
    const auto known = quant::find_type(gguf_type);
    return known ? std::string(known->name) : "type " + std::to_string(gguf_type);
}

json element(const io::gguf_value& v, std::size_t i) {
    if (const auto text = v.text(i)) return std::string(*text);
    if (const auto flag = v.flag(i)) return *flag;
    if (const auto n = v.integer(i)) return *n;
    if (const auto n = v.count(i)) return *n;
    if (const auto x = v.real(i)) return *x;
    return nullptr;
}

/// A value as JSON; of a long array its element type and size alone.
json value(const io::gguf_value& v) {
    if (v.type() != io::value_type::array) return element(v, 0);
    if (v.size() > 16) return {{"array_of", io::name(v.element_type())}, {"size", v.size()}};
    auto list = json::array();
    for (std::size_t i = 0; i < v.size(); ++i) list.push_back(element(v, i));
    return list;
}

/// The same for people: printable, short, on one line.
std::string value_text(const io::gguf_value& v) {
    if (v.type() == io::value_type::array) return "[" + grouped(v.size()) + " x " + std::string(io::name(v.element_type())) + "]";
    if (const auto text = v.text()) return printable(*text, 70);
    return to_line(element(v, 0));
}

std::string metadata_text(const io::gguf& file, std::string_view key) {
    const auto text = file.text_or(key, "");
    return text ? std::string(*text) : std::string{};
}

json as_json(const facts& f) {
    json out{{"path", f.file.path()},
             {"architecture", metadata_text(f.file, "general.architecture")},
             {"name", metadata_text(f.file, "general.name")},
             {"gguf_version", f.file.version()},
             {"file_bytes", f.file.file_bytes()},
             {"tensor_bytes", f.file.tensor_bytes()},
             {"tensors", f.file.tensors().size()},
             {"parameters", f.parameters},
             {"config", nullptr},
             {"tokenizer", nullptr}};
    if (f.config) {
        const auto& c = *f.config;
        out["config"] = {{"layers", c.L},
                         {"width", c.D},
                         {"heads", c.H},
                         {"kv_heads", c.K},
                         {"head_width", c.E},
                         {"ffn_width", c.F},
                         {"vocabulary", c.V},
                         {"context_tokens", c.context_tokens},
                         {"rope_base", c.ropes.front().base}};
    }
    if (f.text)
        out["tokenizer"] = {
            {"kind", f.text->kind()}, {"pretokenizer", f.text->pretokenizer()}, {"vocabulary", f.text->vocabulary_size()}, {"bos", f.text->bos()},
            {"eos", f.text->eos()},   {"wants_bos", f.text->wants_bos()}};
    out["types"] = json::array();
    for (const auto& [type, sum] : f.types)
        out["types"].push_back({{"name", type_name(type)}, {"tensors", sum.tensors}, {"elements", sum.elems}, {"bytes", sum.bytes}});
    out["runs"]     = f.problems.empty();
    out["problems"] = f.problems;
    out["metadata"] = json::object();
    for (const auto& entry : f.file.metadata()) out["metadata"][utf8::replace_invalid(entry.key)] = value(entry.value);
    return out;
}

std::string row(std::string_view what, const std::string& text) {
    return std::string(what) + std::string(what.size() < 15 ? 15 - what.size() : 1, ' ') + text + "\n";
}

std::string as_text(const facts& f) {
    auto out = row("file", printable(f.file.path(), 400)) + row("size", human_bytes(f.file.file_bytes()) + " (" + grouped(f.file.file_bytes()) +
                                                                            " bytes), GGUF version " + std::to_string(f.file.version()));
    out += row("architecture", printable(metadata_text(f.file, "general.architecture"))) + row("name", printable(metadata_text(f.file, "general.name")));
    out += row("parameters", human_count(f.parameters) + " in " + grouped(f.file.tensors().size()) + " tensors");
    if (f.config) {
        const auto& c = *f.config;
        out += row("sizes", std::to_string(c.L) + " layers, width " + grouped(c.D) + ", feed-forward " + grouped(c.F) + ", " + std::to_string(c.H) +
                                " heads of " + std::to_string(c.E) + ", " + std::to_string(c.K) + " KV heads");
        out += row("context", grouped(c.context_tokens) + " tokens");
    }
    if (f.text) {
        const std::string pre(f.text->pretokenizer());
        out += row("tokenizer", std::string(f.text->kind()) + (pre.empty() ? "" : ", pre-tokenizer " + printable(pre)) + ", " +
                                    grouped(f.text->vocabulary_size()) + " tokens");
    }
    for (const auto& [type, sum] : f.types)
        out += row("weights", type_name(type) + ": " + grouped(sum.tensors) + (sum.tensors == 1 ? " tensor, " : " tensors, ") + human_count(sum.elems) +
                                  " elements, " + human_bytes(sum.bytes));
    for (const auto& problem : f.problems) out += row("does not run", problem);
    out += "\nmetadata\n";
    for (const auto& entry : f.file.metadata()) {
        auto text = value_text(entry.value);
        if (!text.empty() && text.back() == '\n') text.pop_back();
        out += "  " + printable(entry.key) + " = " + text + "\n";
    }
    return out;
}

}  // namespace

int info(const invocation& call) {
    std::string path;
    bool        wants_json = false;
    arguments   a("info", "What is in a model file: sizes, weights, tokenizer, metadata.");
    a.positional("MODEL", path, "a GGUF file or a Hugging Face folder");
    a.flag("--json", wants_json, "print one JSON object");
    if (auto code = a.parse(call.argc, call.argv, call.stop)) return *code;

    const auto file = open_model_file(path);
    if (!file) return fail(file.error(), call.stop);
    const auto f = gather(*file);
    return print(wants_json ? to_line(as_json(f)) : as_text(f), call.stop);
}

}  // namespace plume::tool
