// plume check: reads a model file as loading does, and every weight in it, and runs nothing.
#include <string>

#include <plume/core/printable.hpp>
#include <plume/io/gguf.hpp>
#include <plume/model.hpp>
#include <plume/models/folder.hpp>

#include "commands.hpp"
#include "support/human.hpp"
#include "support/output.hpp"
#include "support/progress.hpp"

namespace plume::tool {

int check(const invocation& call) {
    std::string     path;
    compute_options compute;
    bool            quiet = false;
    arguments       a("check", "Validates a model file without running it:\nheader, configuration, tokenizer, shapes, and that all weights are finite.");
    a.positional("MODEL", path, "a GGUF file or a Hugging Face folder");
    compute.add_threads(a);
    compute.add_no_mmap(a);
    a.flag("-q,--quiet", quiet, "no progress bar, no line when all is well");
    if (auto code = a.parse(call.argc, call.argv, call.stop)) return *code;

    progress bar("checking", quiet);
    auto     options    = compute.load(call.stop);
    options.on_progress = bar.callback();
    options.on_notice   = tell_notices();
    const auto good     = plume::check(path, std::move(options));
    bar.done();
    if (!good) return fail(good.error(), call.stop);
    if (quiet) return exit_ok;

    const auto file = open_model_file(path);  // for the figures; it was good a moment ago
    if (!file) return fail(file.error(), call.stop);
    return print(printable(path, 400) + ": good, " + grouped(file->tensors().size()) + " tensors, " + human_bytes(file->file_bytes()) + "\n", call.stop);
}

}  // namespace plume::tool
