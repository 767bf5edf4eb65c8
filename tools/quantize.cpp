// plume quantize: a model's matrices in another weight type.
#include <string>
#include <vector>

#include <plume/core/executor.hpp>
#include <plume/models/folder.hpp>
#include <plume/models/quantised.hpp>

#include "commands.hpp"
#include "support/human.hpp"
#include "support/importance.hpp"
#include "support/new_file.hpp"
#include "support/output.hpp"
#include "support/progress.hpp"

namespace plume::tool {
namespace {

/// All types, in lines that fit a help.
std::string type_lines() {
    constexpr std::size_t widest = 96;
    std::string           lines;
    std::size_t           width = 0;
    for (const auto name : quantise_type_names()) {
        const bool next = width + name.size() > widest;
        if (!lines.empty()) lines += next ? ",\n" : ", ";
        width = (next ? 0 : width) + name.size() + 2;
        lines += name;
    }
    return lines;
}

}  // namespace

int quantize(const invocation& call) {
    std::string              path, out, type, importance_path;
    std::vector<std::string> rules;
    compute_options          compute;
    bool                     quiet = false;
    arguments                a("quantize", "Writes a model with its matrices in another weight type. TYPE is one of:\n" + type_lines() +
                                               "\nThe file gets its name when it is whole; one that had it before stays until then.");
    a.positional("IN", path, "a GGUF file or a Hugging Face folder");
    a.positional("OUT", out, "the file to write");
    a.positional("TYPE", type, "for example Q4_K_M");
    a.text("--imatrix", "FILE", importance_path, "an importance matrix, as plume imatrix writes: errors where inputs are large cost more");
    a.texts("--tensor-type", "PATTERN=TYPE", rules, "another type for the tensors of that name; '*' stands for any text");
    compute.add_threads(a);
    a.flag("-q,--quiet", quiet, "no progress bar, no line at the end");
    if (auto code = a.parse(call.argc, call.argv, call.stop)) return *code;

    quantise_options options{.type = type, .rules = {}};
    for (const auto& rule : rules) {
        const auto equals = rule.rfind('=');
        if (equals == std::string::npos || equals == 0) return usage("plume quantize", "--tensor-type wants PATTERN=TYPE, for example ffn_down=Q6_K");
        options.rules.push_back({rule.substr(0, equals), rule.substr(equals + 1)});
    }
    importance_matrix importance;
    if (!importance_path.empty()) {
        auto read = read_importance(importance_path);
        if (!read) return fail(read.error(), call.stop);
        importance         = *std::move(read);
        options.importance = &importance;
    }
    const auto in = open_model_file(path, {}, true);
    if (!in) return fail(in.error(), call.stop);
    if (in->tensors().empty())
        return fail(error{code::format_invalid, "has no tensors"}.in(path).hint("a vocabulary alone has nothing to quantise"), call.stop);
    const auto made = quantised(*in, options);
    if (!made) return fail(made.error(), call.stop);
    progress   bar("quantising", quiet);
    const auto source  = made->source_of(made->tensors()[0]);
    const auto threads = compute.threads == 0 ? available_threads() : compute.threads;
    if (auto written = write_source(*source, out, threads, call.stop, bar); !written) return fail(written.error(), call.stop);
    if (!quiet) say(out + ": " + human_bytes(source->size()) + ", was " + human_bytes(in->file_bytes()));
    return exit_ok;
}

}  // namespace plume::tool
