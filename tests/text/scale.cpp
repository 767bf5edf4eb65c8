#include <chrono>

#include <plume/core/utf8.hpp>

#include "src/text/matcher.hpp"
#include "support/small_stack.hpp"
#include "text/support.hpp"

using namespace plume;
using namespace plume::test;

namespace {

std::string filled_with(std::string_view part, std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) text += part;
    return text;
}

}  // namespace

TEST_CASE("one character over and over, up to 16 MiB, of every class and for every vocabulary, on a stack of 64 KiB") {
#if defined(NDEBUG) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    constexpr std::size_t most = std::size_t{16} << 20;
#else
    constexpr std::size_t most = std::size_t{1} << 20;
#endif
    std::vector<std::string>                       merges{"a a", "aa aa", "aaaa aaaa", "1 1", "! !", "\xc4\xa0 \xc4\xa0", "\xc4\x8a \xc4\x8a"};
    std::vector<std::pair<std::string, tokenizer>> all;
    for (const auto* pre : {"gpt-2", "llama-bpe", "smollm"}) all.emplace_back(pre, load_good(byte_file(merges, pre, {{"aaab", user_defined}})));
    all.emplace_back("spm", load_good(spm_file({"\xe2\x96\x81", "\xe2\x96\x81\xe2\x96\x81", "a", "aa", "aaaa", "a1", "11", "!!", "\n\n"})));
    for (const auto* c : {"a", "1", " ", "\n", "!", "'", "\xcc\x81", "\xe4\xbb\x8a", "\xf0\x9f\x98\x81", "\xff", "\xc2\xa0", "'s", " a"}) {
        // The longest only for a letter whose merging goes deep: a sixteenth shows a square just as well.
        const auto text = filled_with(c, std::string_view(c) == "a" ? most : most / 16);
        for (const auto& one : all) {
            const auto& tok = one.second;
            CAPTURE(one.first);
            CAPTURE(c);
            std::string back;
            const auto  begin = std::chrono::steady_clock::now();
            on_stack_of(64, [&] { back = *tok.decode(*tok.encode(text, {.add_bos = false})); });
            CHECK(back == utf8::replace_invalid(text));
            CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(60));  // quadratic would be days
        }
    }
}

TEST_CASE("the matcher finds what trying every pattern at every place finds") {
    const std::string patterns[] = {"a", "ab", "abab", "bab", "b", "aab", "ba", "aaaaab", "cc"};
    std::uint64_t     state      = 99;
    const auto        random     = [&](std::uint64_t n) { return ((state = state * 6364136223846793005 + 1442695040888963407) >> 33) % n; };
    for (int round = 0; round < 3000; ++round) {
        std::vector<text::matcher::pattern> chosen;
        for (token_id id = 0; id < 9; ++id)
            if (random(2) == 0) chosen.push_back({patterns[id], id});
        std::string text;
        for (auto n = random(30); n > 0; --n) text += "abc"[random(3)];
        std::vector<std::pair<std::size_t, token_id>> want, got;
        for (std::size_t i = 0; i < text.size();) {
            const text::matcher::pattern* best = nullptr;
            for (const auto& p : chosen)
                if (std::string_view(text).substr(i).starts_with(p.text) && (!best || p.text.size() > best->text.size())) best = &p;
            if (best) want.emplace_back(i, best->id);
            i += best ? best->text.size() : 1;
        }
        const text::matcher m(chosen);
        for (const auto& f : m.find(text, [&](token_id id) { return patterns[id].size(); })) got.emplace_back(f.begin, f.id);
        REQUIRE(m.empty() == chosen.empty());
        REQUIRE(got == want);
    }
}
