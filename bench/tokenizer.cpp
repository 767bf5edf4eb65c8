#include <cstdlib>
#include <fstream>
#include <iterator>

#include <plume/text/tokenizer.hpp>

#include "support.hpp"

// Encoding on one thread, with the vocabulary of Llama 3 in the folder that PLUME_TEST_DATA names. English: the file that PLUME_BENCH_TEXT names, 7 MB of
// technical text say, or, without one, sentences made of common words. bench/compare_tiktoken.py compares with tiktoken.

namespace {

using namespace plume;

std::string read_whole(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

const tokenizer& llama3() {
    static const tokenizer t = [] {
        const char* folder = std::getenv("PLUME_TEST_DATA");
        const auto  file   = io::gguf::open(std::string(folder ? folder : ".") + "/vocab/llama-bpe.gguf").or_throw();
        return tokenizer::from_gguf(file).or_throw();
    }();
    return t;
}

std::string repeated(std::string_view part, std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) text += part;
    return text;
}

std::string english() {
    if (const char* path = std::getenv("PLUME_BENCH_TEXT")) return read_whole(path);
    constexpr std::string_view words[] = {"the", "of",        "function", "returns", "a",     "value", "if",   "memory",
                                          "is",  "allocated", "by",       "library", "calls", "and",   "error"};
    std::string                text;
    for (std::size_t i = 0; text.size() < (std::size_t{4} << 20); ++i)
        text.append(words[(i * 2654435761 % 4294967296 >> 16) % std::size(words)]).append(i % 12 == 11 ? ".\n" : " ");
    return text;
}

/// Letters without a space, as a counter-based generator draws them.
std::string no_spaces(std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) {
        auto z = i * 0x9e3779b97f4a7c15u;
        for (const auto factor : {0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu}) z = (z ^ z >> 29) * factor;
        text += static_cast<char>('a' + (z >> 33) % 26);
    }
    return text;
}

void encode(benchmark::State& state, const std::string& text) {
    const auto& t   = llama3();
    const auto  ids = t.encode(text, {.add_bos = false}).or_throw();
    if (t.decode(ids).or_throw() != text) return state.SkipWithError("the ids do not give the text back");
    std::string first;  // a part of the text on its own has the same ids: nothing is carried over that should not be
    for (std::size_t i = 0; i < ids.size() / 2 && first.size() < 10'000; ++i) first += t.token_bytes(ids[i]);
    const auto cut = first.rfind("\n\n");
    if (cut != std::string::npos && cut > 0) {
        const auto some = t.encode(std::string_view(first).substr(0, cut), {.add_bos = false}).or_throw();
        if (!std::equal(some.begin(), some.end() - 1, ids.begin())) return state.SkipWithError("the ids of a part are others");
    }
    const auto begin = std::chrono::steady_clock::now();
    for (auto _ : state) benchmark::DoNotOptimize(t.encode(text, {.add_bos = false}));
    const auto seconds       = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    state.counters["MB/s"]   = static_cast<double>(text.size()) * static_cast<double>(state.iterations()) / seconds * 1e-6;
    state.counters["tokens"] = static_cast<double>(ids.size());
}

}  // namespace

int main(int argc, char** argv) {
    constexpr std::size_t seven_mb = 7'000'000;
    const auto            add      = [](const char* name, std::string text) {
        benchmark::RegisterBenchmark(name, [text = std::move(text)](benchmark::State& s) { encode(s, text); })->Unit(benchmark::kMillisecond);
    };
    add("english", english());
    add("one_letter", repeated("a", seven_mb));
    add("one_space", repeated(" ", seven_mb));
    add("one_mark", repeated("!", seven_mb));
    add("one_ideogram", repeated("\xe4\xbb\x8a", seven_mb));
    add("alternating", repeated("ab", seven_mb));
    add("alternating_classes", repeated("a1", seven_mb));
    add("no_spaces", no_spaces(seven_mb));
    return plume::bench::run(argc, argv);
}
