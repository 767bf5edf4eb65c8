// plume plan: the memory that a model and one session will take, from the header alone.
#include <string>

#include <plume/model.hpp>

#include "commands.hpp"
#include "support/human.hpp"
#include "support/json.hpp"
#include "support/output.hpp"

namespace plume::tool {
namespace {

std::string row(std::string_view what, std::uint64_t bytes) {
    const auto exact = grouped(bytes);
    return std::string(what) + std::string(26 - what.size(), ' ') + std::string(exact.size() < 18 ? 18 - exact.size() : 0, ' ') + exact + "   " +
           human_bytes(bytes) + "\n";
}

std::string table(const memory_plan& p) {
    std::string text = "bytes needed for a context of " + grouped(p.context_tokens) + " tokens:\n";
    text += row("  weights", p.weights) + row("  tokenizer", p.text) + row("  keys and values (KV)", p.kv) + row("  scratch", p.scratch) +
            row("  together", p.total());
    text += row("available here", p.available);
    if (p.fits()) return text + "fits; the largest context that does: " + grouped(p.context_that_fits) + " tokens\n";
    if (p.context_that_fits > 0) return text + "does not fit: try --ctx " + std::to_string(p.context_that_fits) + "\n";
    return text + "does not fit with any context: take a smaller model or a smaller format of it\n";
}

}  // namespace

int plan(const invocation& call) {
    std::string     path;
    compute_options compute;
    bool            as_json = false;
    arguments       a("plan", "The memory that a model and one session take, from the file's header, and whether it fits here.");
    a.positional("MODEL", path, "a GGUF file or a Hugging Face folder");
    compute.add_ctx(a);
    compute.add_kv_type(a);
    compute.add_activations(a);
    compute.add_threads(a);
    compute.add_cpu_target(a);
    a.flag("--json", as_json, "print one JSON object, in bytes and tokens");
    if (auto code = a.parse(call.argc, call.argv, call.stop)) return *code;

    const auto p = plume::plan(path, compute.load(call.stop), compute.session());
    if (!p) return fail(p.error(), call.stop);
    if (!as_json) return print(table(*p), call.stop);
    return print(to_line({{"weights", p->weights},
                          {"text", p->text},
                          {"kv", p->kv},
                          {"scratch", p->scratch},
                          {"total", p->total()},
                          {"available", p->available},
                          {"fits", p->fits()},
                          {"context_tokens", p->context_tokens},
                          {"context_that_fits", p->context_that_fits}}),
                 call.stop);
}

}  // namespace plume::tool
