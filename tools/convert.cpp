// plume convert: a Hugging Face folder becomes a GGUF file, in the folder's own weight types or in another.
#include <string>

#include <plume/core/executor.hpp>
#include <plume/models/folder.hpp>
#include <plume/models/quantised.hpp>

#include "commands.hpp"
#include "support/human.hpp"
#include "support/new_file.hpp"
#include "support/output.hpp"
#include "support/progress.hpp"

namespace plume::tool {

int convert(const invocation& call) {
    std::string     folder, out, type;
    compute_options compute;
    bool            quiet = false;
    arguments       a("convert",
                      "Writes a Hugging Face folder (config.json, *.safetensors, tokenizer.json) as a GGUF file.\n"
                            "The file gets its name when it is whole; one that had it before stays until then.");
    a.positional("FOLDER", folder, "the folder");
    a.positional("OUT", out, "the file to write");
    a.text("--type", "TYPE", type, "weight type, for example F16, Q8_0 or Q4_K_M [as in the folder]");
    compute.add_threads(a);
    a.flag("-q,--quiet", quiet, "no progress bar, no line at the end");
    if (auto code = a.parse(call.argc, call.argv, call.stop)) return *code;
    if (!is_folder(folder)) return usage("plume convert", "'" + folder + "' is not a folder; plume quantize changes the weight types of a file");

    auto file = open_model_file(folder, {}, true);
    if (file && !type.empty()) file = quantised(*file, {.type = type, .rules = {}});
    if (!file) return fail(file.error(), call.stop);
    if (has_tokenizer(folder) && file->text_or("tokenizer.ggml.model", "").value_or("") == "none")
        say("this kind of tokenizer cannot be written yet: the file will know token ids and no text");
    progress   bar("writing", quiet);
    const auto source  = file->source_of(file->tensors()[0]);
    const auto threads = compute.threads == 0 ? available_threads() : compute.threads;
    if (auto written = write_source(*source, out, threads, call.stop, bar); !written) return fail(written.error(), call.stop);
    if (!quiet) say(out + ": " + grouped(file->tensors().size()) + " tensors, " + human_bytes(source->size()));
    return exit_ok;
}

}  // namespace plume::tool
