#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include <plume/core/dtype.hpp>
#include <plume/core/executor.hpp>
#include <plume/core/notice.hpp>
#include <plume/core/result.hpp>
#include <plume/io/gguf.hpp>
#include <plume/models/config.hpp>
#include <plume/models/matrix_input.hpp>
#include <plume/text/chat_template.hpp>
#include <plume/text/tokenizer.hpp>

namespace plume {

class session;

/// When weights leave the layout of the file for the one that kernels read fast. Never changes a bit of a result, nor what plan() says.
enum class repack : std::uint8_t {
    /// While the model is used: load maps the file, reserves the memory and returns at once; the first few steps are computed from the file's rows and move
    /// them to memory. Until then (five decoded tokens, or a prompt of 64) the file must stay as it is: a pass that finds it changed gives the error file_io,
    /// and a file that is shortened in the middle of one ends the process with SIGBUS (SECURITY.md). Afterwards it is let go of.
    lazy,
    at_load,  // before load returns; the file is not touched afterwards. What is not mapped (map = false, load_memory, load_reader) always is
};

struct load_options {
    bool          map    = true;  // map the file while it is read; false: read a private copy piece by piece
    plume::repack repack = plume::repack::lazy;
    /// Matrices are encoded in another weight type while they are read ("Q8_0", "Q4_K_M"; see quantise_type_names()): for a folder of F32 or BF16 that would
    /// not fit. Empty: as the file has them. What `plume quantize` writes gives the same bits and loads faster.
    std::string                      weights{};
    std::size_t                      threads = 0;  // of the model's own pool, the calling thread included; 0: as many as this process may use
    std::shared_ptr<plume::executor> executor{};   // the host's own, instead of a pool
    /// "scalar", "avx2", "avx512", "avx512vnni", "amx"; empty: the best that runs here. Choosing amx asks Linux to let this process use tiles, after which
    /// it refuses alternative signal stacks (sigaltstack) too small for them; "avx512vnni" avoids that.
    std::string        cpu_target{};
    plume::activations activations = plume::activations::mixed;

    /// Breaks the numbers contract for speed: matrices of floats (F32, F16, BF16) and what they meet are rounded to bf16, 8 bits of precision, where this CPU
    /// multiplies that faster than f32. F16 weights lose 3 bits, F32 weights 16; embedding rows lose none. Logits then differ from machine to machine, and with
    /// the prefill chunk. May ask for tiles, as amx does. Quantised weights, and CPUs where it pays nothing, give what they always give; so does a cpu_target
    /// that is named.
    bool fast = false;

    std::function<bool(double share)> on_progress{};  // share of the work done, 0 to 1; false cancels
    notice_fn                         on_notice{};
    std::stop_token                   stop{};
    io::gguf_limits                   limits{};
};

struct session_options {
    std::size_t    context_tokens = 0;  // room for prompt and answer; 0: the model's own, at most 4,096
    plume::kv_type kv_type        = plume::kv_type::f16;
    std::size_t    prefill_chunk  = 256;  // tokens computed together, 1 to 4,096; more need more scratch. Never changes a bit of a result
    notice_fn      on_notice{};
    /// Sees the input of every matrix, of all tokens that are computed, on the calling thread; a matrix that meets none of them is not told. The output matrix
    /// meets the tokens whose logits are asked for. For statistics: it costs the last layer of tokens whose logits nobody wants. Never changes a bit.
    input_fn on_input{};
};

/// What a model and one session will allocate, exactly, and what this machine has. All in bytes.
struct memory_plan {
    std::uint64_t weights           = 0;  // repacked weights
    std::uint64_t text              = 0;  // the tokenizer's tables
    std::uint64_t kv                = 0;  // keys and values of context_tokens positions
    std::uint64_t scratch           = 0;  // activations of a prefill chunk, logits, quantised inputs, what threads read of a file that is repacked lazily
    std::uint64_t available         = 0;  // what the machine or the cgroup leaves to this process now
    std::size_t   context_tokens    = 0;
    std::size_t   context_that_fits = 0;  // the largest context whose plan fits, up to the model's own or the one asked for; 0: not even 16 tokens

    [[nodiscard]] std::uint64_t total() const noexcept { return weights + text + kv + scratch; }
    [[nodiscard]] bool          fits() const noexcept { return total() <= available; }
};

/// A loaded model. Immutable and shared between threads; a copy shares the weights. Its pool of threads sleeps between calls.
class model {
public:
    [[nodiscard]] const plume::tokenizer& tokenizer() const noexcept;
    [[nodiscard]] const model_config&     config() const noexcept;
    /// The chat template that the file carries, parsed: the usual one, or one that it names ("tool_use", "rag"). A file without it: wrong_state, with the names
    /// that it has. A template that does not parse is an error here and not of load, since the model runs without it.
    [[nodiscard]] result<plume::chat_template> chat_template(std::string_view name = {}) const;
    [[nodiscard]] bool                         has_chat_template(std::string_view name = {}) const noexcept;
    [[nodiscard]] std::string_view             cpu_target() const noexcept;    // the one in use
    [[nodiscard]] std::string_view             fast_kernels() const noexcept;  // what load_options::fast brought; empty: nothing, every bit is the contract's
    [[nodiscard]] plume::activations           activations() const noexcept;
    [[nodiscard]] std::size_t                  threads() const noexcept;
    [[nodiscard]] std::uint64_t                weight_bytes() const noexcept;  // allocated

    /// A conversation of its own: key-value cache, scratch, position 0. Allocates all that decoding will need.
    /// out_of_memory before anything is allocated when the plan exceeds what is available, with both numbers and the context that would fit;
    /// invalid_argument for a context or chunk of no sense. A context above the model's own gives a notice.
    [[nodiscard]] result<session> new_session(session_options options = {}) const;

    struct parts;
    explicit model(std::shared_ptr<const parts> p) noexcept : parts_(std::move(p)) {}
    [[nodiscard]] const parts& internals() const noexcept { return *parts_; }

private:
    std::shared_ptr<const parts> parts_;
};

/// Loads a GGUF model (all parts of a split one), or a Hugging Face folder: config.json and *.safetensors in F32, F16 or BF16. A folder without tokenizer files
/// loads too: then ids work, and what needs text gives wrong_state. The file is read on after load returns when it is repacked lazily, see plume::repack.
/// Every fault of the file is an error with file, place, expected, found and a next step; out_of_memory before allocating when it would not fit;
/// cancelled when on_progress returned false or `stop` was asked.
[[nodiscard]] result<model> load(const std::string& path, load_options options = {});
[[nodiscard]] result<model> load_memory(std::span<const std::byte> file, load_options options = {});  // needed until load returns
[[nodiscard]] result<model> load_reader(std::uint64_t size, io::read_fn read, load_options options = {});

/// The memory that load and new_session would take, from the header alone.
[[nodiscard]] result<memory_plan> plan(const std::string& path, const load_options& load = {}, const session_options& session = {});

/// Reads a file as load does and every weight in it, and runs nothing: header, configuration, tokenizer, shapes, and that all weights are finite.
[[nodiscard]] result<void> check(const std::string& path, load_options options = {});

}  // namespace plume
