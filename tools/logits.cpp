// plume logits: the model's raw output after each of the given tokens, for comparing builds, machines and engines bit by bit.
#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <plume/core/sha256.hpp>
#include <plume/plume.hpp>

#include "commands.hpp"
#include "support/input.hpp"
#include "support/output.hpp"
#include "support/progress.hpp"

namespace plume::tool {
namespace {

/// A file to write to, closed at the end; -1 where none is wanted.
class out_file {
public:
    out_file() = default;
    ~out_file() {
        if (fd_ >= 0) ::close(fd_);
    }
    out_file(const out_file&)            = delete;
    out_file& operator=(const out_file&) = delete;

    result<void> open(const std::string& path) {
        fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (fd_ < 0) return error{code::file_io, "cannot be written: " + std::generic_category().message(errno)}.in(path).hint("check the path given to --out");
        return {};
    }
    [[nodiscard]] int fd() const noexcept { return fd_; }

private:
    int fd_ = -1;
};

}  // namespace

int logits(const invocation& call) {
    std::string     path, tokens, out_path;
    compute_options compute;
    std::size_t     chunk = session_options{}.prefill_chunk;
    arguments       a("logits", "Computes the logits after each given token, little-endian f32 [T,V], and prints their SHA-256.");
    a.positional("MODEL", path, "a GGUF file or a Hugging Face folder");
    a.text("--tokens", "IDS", tokens, "token ids, separated by commas");
    a.number("--chunk", chunk, 1, 4096, "tokens computed together; never changes a bit");
    compute.add_threads(a);
    compute.add_cpu_target(a);
    compute.add_kv_type(a);
    compute.add_activations(a);
    compute.add_no_mmap(a);
    a.text("--out", "FILE", out_path, "write the logits there");
    if (auto code = a.parse(call.argc, call.argv, call.stop)) return *code;
    const auto ids = parse_ids(tokens);
    if (!ids) return fail(ids.error(), call.stop);
    if (ids->empty()) return usage("plume logits", "--tokens needs at least one token id, for example --tokens 1,2,3");

    const auto model = load(path, compute.load(call.stop));
    if (!model) return fail(model.error(), call.stop);
    auto options           = compute.session();
    options.context_tokens = ids->size();
    options.prefill_chunk  = chunk;
    auto session           = model->new_session(std::move(options));
    if (!session) return fail(session.error(), call.stop);

    out_file file;
    if (!out_path.empty())
        if (auto opened = file.open(out_path); !opened) return fail(opened.error(), call.stop);
    writer     rows(file.fd(), out_path, call.stop);
    sha256     hash;
    const auto take = [&](std::size_t, std::span<const float> row) {
        hash.update(std::as_bytes(row));  // x86-64 is little-endian
        return file.fd() < 0 || rows.write(std::as_bytes(row));
    };
    if (auto done = session->score(*ids, take, {.stop = call.stop.token(), .on_progress = {}}); !done)
        return rows.alive() ? fail(done.error(), call.stop) : rows.exit_code();

    return print("sha256 " + hex(hash.digest()) + "\n", call.stop);
}

}  // namespace plume::tool
