#include <algorithm>
#include <map>

#include <plume/core/executor.hpp>

#include "text/support.hpp"

using namespace plume;
using namespace plume::test;

namespace {

struct generator {
    std::uint64_t state;
    std::uint64_t operator()(std::uint64_t n) { return ((state = state * 6364136223846793005 + 1442695040888963407) >> 33) % n; }
};

/// The merges of byte-pair encoding trained on a text: each joins the pair that comes most often.
std::vector<std::string> trained_merges(const std::string& text, std::size_t n) {
    std::vector<std::string> parts, merges;
    for (const char c : text) parts.emplace_back(1, c);
    while (merges.size() < n) {
        std::map<std::pair<std::string, std::string>, std::size_t> counts;
        for (std::size_t i = 0; i + 1 < parts.size(); ++i) ++counts[{parts[i], parts[i + 1]}];
        const auto best = std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
        if (best == counts.end() || best->second < 2) break;
        const auto [left, right] = best->first;
        merges.push_back(left + ' ' + right);
        std::vector<std::string> joined;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const bool pair = i + 1 < parts.size() && parts[i] == left && parts[i + 1] == right;
            joined.push_back(pair ? left + right : parts[i]);
            i += pair ? 1 : 0;
        }
        parts = std::move(joined);
    }
    return merges;
}

/// Byte-pair encoding as its definition has it: the pair of lowest rank, of equals the leftmost, until there is none. Letters are ids 97 to 122.
std::vector<token_id> by_definition(std::string_view text, const std::vector<std::string>& merges) {
    std::vector<std::string> parts;
    for (const char c : text) parts.emplace_back(1, c);
    std::map<std::pair<std::string, std::string>, std::size_t> ranks;
    std::map<std::string, token_id>                            ids;
    for (std::size_t i = 0; i < merges.size(); ++i) {
        const auto space = merges[i].find(' ');
        const auto left = merges[i].substr(0, space), right = merges[i].substr(space + 1);
        ranks.try_emplace({left, right}, i);
        ids.try_emplace(left + right, static_cast<token_id>(256 + i));
    }
    for (;;) {
        std::size_t best = merges.size(), at = 0;
        for (std::size_t i = 0; i + 1 < parts.size(); ++i)
            if (const auto r = ranks.find({parts[i], parts[i + 1]}); r != ranks.end() && r->second < best) best = r->second, at = i;
        if (best == merges.size()) break;
        parts[at] += parts[at + 1];
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
    std::vector<token_id> out;
    for (const auto& p : parts) out.push_back(p.size() == 1 ? static_cast<unsigned char>(p[0]) : ids.at(p));
    return out;
}

/// Merges drawn at random: well made ones, whose parts come earlier, and with them, at `odd`, the same in any order, so that ranks fall as well as rise.
std::vector<std::string> random_merges(generator& random, std::size_t n, std::size_t letters, bool odd) {
    std::vector<std::string> words, merges;
    for (std::size_t i = 0; i < letters; ++i) words.emplace_back(1, static_cast<char>('a' + i));
    while (merges.size() < n) {
        const auto left = words[random(words.size())], right = words[random(words.size())];
        if (left.size() + right.size() > 40 || std::find(words.begin(), words.end(), left + right) != words.end()) continue;
        words.push_back(left + right);
        merges.push_back(left + ' ' + right);
    }
    if (odd)
        for (std::size_t i = merges.size(); i > 1; --i) std::swap(merges[i - 1], merges[random(i)]);
    return merges;
}

}  // namespace

TEST_CASE("short, long and very long pieces are merged as the definition says, whatever the order of the merges") {
    generator   random{7};
    std::size_t n_merged = 0;
    for (int round = 0; round < 40; ++round) {
        const auto letters = 1 + random(3);
        const auto merges  = random_merges(random, letters == 1 ? 12 : 40, letters, round % 2 == 1);
        const auto t       = load_good(byte_file(merges));
        for (const std::size_t size : {1, 2, 5, 31, 32, 33, 100, 511, 512, 513, 700, 1500}) {
            std::string text;
            const bool  periodic = random(3) == 0;
            for (std::size_t i = 0; i < size; ++i) text += periodic && i >= 7 ? text[i - 7] : static_cast<char>('a' + random(letters));
            const auto ids = ids_of(t, text);
            CAPTURE(text);
            REQUIRE(ids == by_definition(text, merges));
            n_merged += text.size() - ids.size();
        }
    }
    CHECK(n_merged > 20'000);
}

TEST_CASE("tokens that come to be by what stands far behind them are merged as the definition says") {
    generator   random{11};
    std::size_t longest = 0;
    for (int round = 0; round < 30; ++round) {
        std::vector<std::string> phrases(3 + random(4));
        for (auto& p : phrases)
            for (auto n = 5 + random(40); n > 0; --n) p += static_cast<char>('a' + random(2 + random(4)));
        const auto speech = [&](std::size_t size) {
            std::string text;
            while (text.size() < size) {
                const auto& p = phrases[random(phrases.size())];
                text += random(4) == 0 ? p.substr(random(p.size())) : p;
            }
            return text;
        };
        const auto merges = trained_merges(speech(1200), 150);
        const auto t      = load_good(byte_file(merges));
        for (const std::size_t size : {65, 130, 257, 400, 900, 2000}) {
            const auto text = speech(size);
            const auto ids  = ids_of(t, text);
            CAPTURE(text);
            REQUIRE(ids == by_definition(text, merges));
            for (const auto id : ids) longest = std::max(longest, t.token_bytes(id).size());
        }
    }
    CHECK(longest > 64);
}

TEST_CASE("tokens longer than a window are found") {
    std::vector<std::string> merges;
    for (std::string half = "a"; half.size() < 2048; half += half) merges.push_back(half + ' ' + half);
    const auto  t = load_good(byte_file(merges));
    std::string text(20'000, 'a');
    const auto  ids = ids_of(t, text);
    CHECK(ids.size() == 9 + 3);  // 9 · 2048 + 1024 + 512 + 32 = 20,000
    CHECK(*t.decode(ids) == text);
}

TEST_CASE("a piece seen before gets the same tokens, also at the end of a text") {
    const auto  t = load_tokenizer(golden_text("llama-bpe.gguf"));
    std::string text;
    for (int i = 0; i < 200; ++i) text += " the thing we've seen, 1234 été";
    const auto once = ids_of(t, " the thing we've seen, 1234 été"), all = ids_of(t, text);
    REQUIRE(all.size() == 200 * once.size());
    for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(all[i] == once[i % once.size()]);
}

TEST_CASE("a batch on several threads gives the ids and notices of single calls, and the error of the first text that has one") {
    const auto               t = load_tokenizer(golden_text("llama-bpe.gguf"));
    std::vector<std::string> texts;
    for (int i = 0; i < 300; ++i)
        texts.push_back(std::string(static_cast<std::size_t>(i), 'x') + " the order of " + std::to_string(i * i) + (i % 50 == 7 ? "\xff" : "."));
    texts.emplace_back();
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    const auto                          pool      = make_thread_pool(3).or_throw();
    std::size_t                         n_notices = 0;
    const auto batch = t.encode_batch(views, {.add_bos = false}, *pool, [&](notice what, std::string_view) { n_notices += what == notice::text_replaced; });
    REQUIRE(batch);
    REQUIRE(batch->size() == texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) CHECK((*batch)[i] == ids_of(t, texts[i]));
    CHECK(n_notices == 6);
    CHECK(t.encode_batch({}, {}, *pool)->empty());
}

TEST_CASE("a fallback is used where the file's pre-tokenizer is missing or not known, and is said; elsewhere it changes nothing") {
    const auto load = [](const gguf_writer& w, std::string fallback, std::string& said) {
        const auto bytes = w.build();
        const auto file  = io::gguf::from_memory(bytes.data).or_throw();
        return tokenizer::from_gguf(file, [&](notice, std::string_view text) { said += text; }, {}, {.fallback_pretokenizer = std::move(fallback)});
    };
    std::string said;
    auto        w      = byte_file({"1 2"}, "nobody-knows");
    const auto  smollm = load(w, "smollm", said);
    REQUIRE(smollm);
    CHECK(smollm->pretokenizer() == "smollm");
    CHECK(said.find("fallback") != std::string::npos);
    CHECK(ids_of(*smollm, "12").size() == 2);
    CHECK(load(w.erase("tokenizer.ggml.pre"), "gpt-2", said)->pretokenizer() == "gpt-2");
    const auto wrong = load(w, "nor-this", said);
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().message().find("nor-this") != std::string::npos);
    said.clear();
    CHECK(load(byte_file({"1 2"}, "gpt-2"), "smollm", said)->pretokenizer() == "gpt-2");
    CHECK(said.find("fallback") == std::string::npos);
}
