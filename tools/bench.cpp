// plume bench: tokens per second in prefill and decode, next to what this machine can do at most.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include <plume/core/printable.hpp>
#include <plume/core/sha256.hpp>
#include <plume/models/folder.hpp>
#include <plume/plume.hpp>

#include "commands.hpp"
#include "peaks.hpp"
#include "support/human.hpp"
#include "support/json.hpp"
#include "support/output.hpp"
#include "support/progress.hpp"

namespace plume::tool {
namespace {

using clock = std::chrono::steady_clock;

double seconds_since(clock::time_point begin) { return std::chrono::duration<double>(clock::now() - begin).count(); }

struct bench_options {
    std::string     model;
    std::size_t     prompt = 512, decode = 64, depth = 0, repeat = 5;
    compute_options compute;
    bool            as_json = false, quiet = false;

    void add(arguments& a) {
        a.positional("MODEL", model, "a GGUF file or a Hugging Face folder");
        a.number("-p,--prompt", prompt, 0, any_size, "tokens of the timed prefill");
        a.number("-n,--decode", decode, 0, any_size, "tokens of the timed decode");
        a.number("-d,--depth", depth, 0, any_size, "tokens in the context before either [0]");
        a.number("-r,--repeat", repeat, 1, 1000, "timed runs; one more before them is dropped");
        compute.add_threads(a);
        compute.add_cpu_target(a);
        compute.add_kv_type(a);
        compute.add_activations(a);
        compute.add_no_mmap(a);
        a.flag("--json", as_json, "print one JSON object");
        a.flag("-q,--quiet", quiet, "no progress bar");
    }
};

/// What a model must compute and read for each token, from the header of its file. Of experts only those count that a token meets.
struct work_per_token {
    double layer_weights = 0;  // in matrices of the layers: two operations each
    double head_weights  = 0;
    double read_bytes    = 0;  // weights that decoding one token reads, as the file stores them
    bool   quantised     = false;
};

work_per_token count_work(const io::gguf& file, const model_config& c) {
    work_per_token w;
    const auto     add = [&](const io::tensor_info& t, double& sum) {
        const double share = t.n_dims == 3 && c.experts.n > 0 ? static_cast<double>(c.experts.used) / static_cast<double>(c.experts.n) : 1;
        sum += share * static_cast<double>(t.n_elems);
        w.read_bytes += share * static_cast<double>(t.bytes);
        w.quantised = w.quantised || t.bytes < t.n_elems * 2;
    };
    for (const auto& t : file.tensors())
        if (t.name.starts_with("blk.") && t.n_dims >= 2) add(t, w.layer_weights);
    const auto* head = file.find_tensor("output.weight");
    if (head == nullptr) head = file.find_tensor("token_embd.weight");
    if (head != nullptr) add(*head, w.head_weights);
    return w;
}

/// Tokens per second of the timed runs, sorted.
struct rates {
    std::vector<double> sorted;
    std::size_t         tokens = 0;

    void add(double seconds) {
        sorted.insert(std::upper_bound(sorted.begin(), sorted.end(), static_cast<double>(tokens) / seconds), static_cast<double>(tokens) / seconds);
    }
    [[nodiscard]] double median() const {
        const auto n = sorted.size();
        return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    }
    [[nodiscard]] double spread() const { return (sorted.back() - sorted.front()) / median(); }  // of the median
    [[nodiscard]] bool   noisy() const { return spread() > 0.1; }
};

/// What one timed run must do at least.
struct run_work {
    double int8_ops = 0, f32_ops = 0, read_bytes = 0;

    [[nodiscard]] double ideal_seconds(const machine_peaks& p) const {
        const auto at = [](double work, double peak) { return work > 0 && peak > 0 ? work / peak : 0; };
        return at(int8_ops, p.int8_ops_per_second) + at(f32_ops, p.f32_ops_per_second) + at(read_bytes, p.read_bytes_per_second);
    }
};

struct measurement {
    rates         prefill, decode;
    run_work      prefill_work, decode_work;
    std::string   stamp;  // SHA-256 of the logits after the prefill
    double        load_seconds = 0;
    machine_peaks peaks;
    double        prefill_share = 0, decode_share = 0;
};

/// Ordinary tokens in an order without a pattern: the same for every run and machine.
std::vector<token_id> some_tokens(const tokenizer& t, std::size_t n) {
    std::vector<token_id> ids;
    std::uint64_t         x = 1;
    while (ids.size() < n) {
        x             = x * 6364136223846793005u + 1442695040888963407u;
        const auto id = static_cast<token_id>((x >> 33) % t.vocabulary_size());
        if (!t.is_control(id) || x % 64 == 0) ids.push_back(id);  // a vocabulary of control tokens alone must not hang
    }
    return ids;
}

/// One run: prefill from `depth` on, then decode from `depth` on. Times go to `m` unless it is the warm-up. The hash of all that was computed.
result<std::string> one_run(session& s, std::span<const token_id> ids, const bench_options& o, const call_options& call, measurement* m) {
    sha256 seen;
    if (auto back = s.rewind(o.depth); !back) return back.error();
    if (o.prompt > 0) {
        const auto begin  = clock::now();
        const auto logits = s.prefill(ids.subspan(o.depth, o.prompt), call);
        if (!logits) return logits.error();
        if (m != nullptr) m->prefill.add(seconds_since(begin));
        seen.update(std::as_bytes(*logits));
        if (auto back = s.rewind(o.depth); !back) return back.error();
    }
    const auto begin = clock::now();
    for (std::size_t i = 0; i < o.decode; ++i) {
        const auto logits = s.decode(ids[o.depth + i], call);
        if (!logits) return logits.error();
        if (i + 1 < o.decode) continue;
        if (m != nullptr) m->decode.add(seconds_since(begin));
        seen.update(std::as_bytes(*logits));
    }
    return hex(seen.digest());
}

result<void> measure(const model& loaded, const bench_options& o, const interrupt& stop, measurement& m) {
    auto options           = o.compute.session();
    options.context_tokens = o.depth + std::max(o.prompt, o.decode);
    auto s                 = loaded.new_session(std::move(options));
    if (!s) return s.error();
    const auto         ids = some_tokens(loaded.tokenizer(), o.depth + std::max(o.prompt, o.decode));
    const call_options call{.stop = stop.token(), .on_progress = {}};
    if (o.depth > 0)
        if (auto filled = s->prefill(std::span(ids).first(o.depth), call); !filled) return filled.error();

    m.prefill.tokens = o.prompt;
    m.decode.tokens  = o.decode;
    progress bar("measuring", o.quiet);
    // A fast wrong result is no result: every run must compute what the warm-up computed.
    auto first = one_run(*s, ids, o, call, nullptr);
    if (!first) return first.error();
    m.stamp = *first;
    for (std::size_t i = 0; i < o.repeat; ++i) {
        const auto again = one_run(*s, ids, o, call, &m);
        if (!again) return again.error();
        if (*again != m.stamp)
            return error{code::internal, "two runs of the same tokens gave different logits"}
                .expected_found(m.stamp, *again)
                .hint("report this; the times mean nothing");
        bar.show(static_cast<double>(i + 1) / static_cast<double>(o.repeat));
    }
    return {};
}

/// The work of a prefill is its matrix products (the head runs for one token) and attention in f32, where each token sees itself and those before it;
/// that of decode is reading the weights, and keys and values at mean depth.
void count_runs(const bench_options& o, const work_per_token& w, const model_config& c, measurement& m) {
    const auto depth = static_cast<double>(o.depth), prompt = static_cast<double>(o.prompt), decode = static_cast<double>(o.decode);
    if (o.prompt > 0) {
        const double products  = 2 * (w.layer_weights * prompt + w.head_weights);
        m.prefill_work.f32_ops = 4 * static_cast<double>(c.L * c.H * c.E) * prompt * (depth + (prompt + 1) / 2);
        (w.quantised ? m.prefill_work.int8_ops : m.prefill_work.f32_ops) += products;
        const double peak = w.quantised ? m.peaks.int8_ops_per_second : m.peaks.f32_ops_per_second;
        if (peak > 0) m.prefill_share = m.prefill.median() / prompt * products / peak;
    }
    if (o.decode > 0) {
        const double kv          = 2.0 * static_cast<double>(c.L * c.K * bytes_of(o.compute.kv_type, c.E)) * (depth + decode / 2);
        m.decode_work.read_bytes = decode * (w.read_bytes + kv);
        m.decode_share           = m.decode.median() / decode * m.decode_work.ideal_seconds(m.peaks);
    }
}

std::string cpu_name() {
    std::ifstream cpus("/proc/cpuinfo");
    for (std::string line; std::getline(cpus, line);)
        if (line.starts_with("model name") && line.find(": ") != std::string::npos) return line.substr(line.find(": ") + 2);
    return "unknown";
}

/// `efficiency`: the time that the machine at its peaks would take, by the median's.
json rates_json(const rates& r, const char* share_name, double share, const run_work& work, const machine_peaks& peaks) {
    if (r.sorted.empty()) return nullptr;
    return {{"tokens", r.tokens},
            {"tokens_per_second", r.median()},
            {"least", r.sorted.front()},
            {"most", r.sorted.back()},
            {"spread", r.spread()},
            {"noisy", r.noisy()},
            {"runs", r.sorted},
            {share_name, share},
            {"work", {{"int8_ops", work.int8_ops}, {"f32_ops", work.f32_ops}, {"read_bytes", work.read_bytes}}},
            {"efficiency", work.ideal_seconds(peaks) * r.median() / static_cast<double>(r.tokens)}};
}

json as_json(const bench_options& o, const model& loaded, const measurement& m, bool quantised) {
    return {{"schema", 1},
            {"plume", version()},
            {"numerics", numerics_version},
            {"model", o.model},
            {"name", loaded.config().name},
            {"cpu", cpu_name()},
            {"cpu_target", loaded.cpu_target()},
            {"fast_kernels", loaded.fast_kernels()},
            {"threads", loaded.threads()},
            {"activations", name(loaded.activations())},
            {"kv_type", name(o.compute.kv_type)},
            {"depth", o.depth},
            {"repeat", o.repeat},
            {"load_seconds", m.load_seconds},
            {"logits_sha256", m.stamp},
            {"prefill", rates_json(m.prefill, quantised ? "share_of_int8_peak" : "share_of_f32_peak", m.prefill_share, m.prefill_work, m.peaks)},
            {"decode", rates_json(m.decode, "share_of_bandwidth", m.decode_share, m.decode_work, m.peaks)},
            {"peaks",
             {{"int8_ops_per_second", m.peaks.int8_ops_per_second},
              {"int8_instructions", m.peaks.int8_instructions},
              {"f32_ops_per_second", m.peaks.f32_ops_per_second},
              {"f32_instructions", m.peaks.f32_instructions},
              {"read_bytes_per_second", m.peaks.read_bytes_per_second}}}};
}

std::string rates_text(const char* what, const rates& r, double share, const std::string& of) {
    if (r.sorted.empty()) return {};
    return std::string(what) + fixed(r.median(), 2) + " tokens/s (" + fixed(r.sorted.front(), 2) + " to " + fixed(r.sorted.back(), 2) + " in " +
           std::to_string(r.sorted.size()) + (r.sorted.size() == 1 ? " run of " : " runs of ") + grouped(r.tokens) + "), " + percent(share) + " of " + of +
           "\n";
}

std::string as_text(const bench_options& o, const model& loaded, const measurement& m, bool quantised) {
    const std::string title = loaded.config().name.empty() ? o.model : loaded.config().name;
    return printable(title) + ", " + cpu_name() + ", " + std::string(loaded.cpu_target()) +
           (loaded.fast_kernels().empty() ? "" : " with " + std::string(loaded.fast_kernels())) + ", " + std::to_string(loaded.threads()) +
           " threads, activations " + std::string(name(loaded.activations())) + ", KV " + std::string(name(o.compute.kv_type)) + ", depth " + grouped(o.depth) +
           "\n" +  //
           rates_text("prefill  ", m.prefill, m.prefill_share, quantised ? "the int8 peak" : "the f32 peak") +
           rates_text("decode   ", m.decode, m.decode_share, "the read bandwidth") + "peaks    " + fixed(m.peaks.int8_ops_per_second / 1e9, 1) +
           " GOP/s int8 (" + m.peaks.int8_instructions + "), " + fixed(m.peaks.f32_ops_per_second / 1e9, 1) + " GFLOP/s f32 (" + m.peaks.f32_instructions +
           "), " + fixed(m.peaks.read_bytes_per_second / 1e9, 1) + " GB/s read, measured here and now\n" +  //
           "load     " + fixed(m.load_seconds, 3) + " s\n" + "logits   sha256 " + m.stamp + "\n";
}

}  // namespace

int bench(const invocation& call) {
    bench_options o;
    arguments     a("bench", "Tokens per second in prefill and decode (median of several runs), next to the peaks of this machine.");
    o.add(a);
    if (auto code = a.parse(call.argc, call.argv, call.stop)) return *code;
    if (o.prompt == 0 && o.decode == 0) return usage("plume bench", "-p 0 and -n 0 leave nothing to measure");

    measurement m;
    const auto  file = open_model_file(o.model);
    if (!file) return fail(file.error(), call.stop);
    progress bar("loading", o.quiet);
    auto     options    = o.compute.load(call.stop);
    options.on_progress = bar.callback();
    options.repack      = repack::at_load;  // whatever is timed, it is not the repack
    const auto begin    = clock::now();
    const auto loaded   = load(o.model, std::move(options));
    m.load_seconds      = seconds_since(begin);
    bar.done();
    if (!loaded) return fail(loaded.error(), call.stop);
    if (auto done = measure(*loaded, o, call.stop, m); !done) return fail(done.error(), call.stop);

    const auto room = plume::plan(o.model);
    m.peaks         = measure_peaks(loaded->threads(), room ? room->available / 4 : std::uint64_t{64} << 20, loaded->cpu_target() == "amx");
    if (call.stop.asked()) return exit_interrupted;
    const auto work      = count_work(*file, loaded->config());
    const bool quantised = work.quantised;
    count_runs(o, work, loaded->config(), m);

    if (m.prefill_share > 1 || m.decode_share > 1)
        say("note: more than 100 % of a peak: the model fits into the caches, or something disturbed the measurement of the peaks");
    if ((o.prompt > 0 && m.prefill.noisy()) || (o.decode > 0 && m.decode.noisy()))
        say("note: the runs differ by more than 10 %: something else uses this machine, compare with care");
    return print(o.as_json ? to_line(as_json(o, *loaded, m, quantised)) : as_text(o, *loaded, m, quantised), call.stop);
}

}  // namespace plume::tool
