#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <fstream>

#include <nlohmann/json.hpp>
#include <plume/text/pretokenizers.hpp>

#include "src/text/pretokenizers/cutter.hpp"
#include "src/text/unicode_class.hpp"
#include "support/small_stack.hpp"
#include "text/support.hpp"

using namespace plume;
using namespace plume::test;

namespace {

text::cutter cutter_of(const text::pretokenizer& pre) {
    auto made = text::cutter::make(pre.patterns);
    REQUIRE_MESSAGE(made, pre.names[0]);
    return *std::move(made);
}

/// Where the pieces end, in bytes.
std::vector<std::uint32_t> ends_of(const text::cutter& cuts, std::string_view text) {
    std::vector<std::uint32_t> ends;
    std::size_t                at = 0;
    cuts.cut(text, [&](std::size_t begin, std::size_t end) {
        if (begin != at || end <= begin || end > text.size()) FAIL("pieces do not follow each other");
        at = end;
        ends.push_back(static_cast<std::uint32_t>(end));
    });
    if (at != text.size()) FAIL("the pieces are not the text");
    return ends;
}

/// Reads numbers and texts from a file that compare_pretokenizers.py wrote.
struct reader {
    std::string_view rest;

    std::uint32_t number() {
        std::uint32_t n = 0;
        REQUIRE(rest.size() >= sizeof n);
        std::memcpy(&n, rest.data(), sizeof n);
        rest.remove_prefix(sizeof n);
        return n;
    }
    std::string_view text() {
        const auto n = number();
        REQUIRE(rest.size() >= n);
        const auto t = rest.substr(0, n);
        rest.remove_prefix(n);
        return t;
    }
};

}  // namespace

TEST_CASE("every pre-tokenizer is found by its names and patterns, can be made, and no name stands twice") {
    std::vector<std::string_view> all;
    nlohmann::json                list = nlohmann::json::array();
    for (const auto& pre : text::pretokenizers()) {
        (void)cutter_of(pre);
        for (const auto name : pre.names) {
            CHECK(text::find_pretokenizer(name) == &pre);
            CHECK(std::find(all.begin(), all.end(), name) == all.end());
            all.push_back(name);
        }
        const auto* found = text::find_pretokenizer_by_patterns(pre.patterns);
        REQUIRE(found);
        CHECK(std::equal(found->patterns.begin(), found->patterns.end(), pre.patterns.begin(), pre.patterns.end()));
        list.push_back({{"names", pre.names}, {"patterns", pre.patterns}});
    }
    CHECK(text::find_pretokenizer("") == nullptr);
    CHECK(text::find_pretokenizer("gpt-3") == nullptr);
    const std::string_view other[] = {"\\p{L}+"};
    CHECK(text::find_pretokenizer_by_patterns(other) == nullptr);
    if (const char* path = std::getenv("PLUME_PRETOKENIZER_LIST")) std::ofstream(path) << list;  // for compare_pretokenizers.py
}

TEST_CASE("cuts equal those of tokenizers for texts of every kind of character") {
    const auto golden = nlohmann::json::parse(read_whole(golden_text("pretokenizers.json")));
    const auto texts  = golden["texts"].get<std::vector<std::string>>();
    REQUIRE(texts.size() > 60);
    std::size_t n_groups = 0;
    for (const auto& group : golden["groups"]) {
        const auto  name = group["name"].get<std::string>();
        const auto* pre  = text::find_pretokenizer(name);
        REQUIRE_MESSAGE(pre, name);
        const auto cuts = cutter_of(*pre);
        for (std::size_t i = 0; i < texts.size(); ++i) {
            CAPTURE(name);
            CAPTURE(texts[i]);
            CHECK(ends_of(cuts, texts[i]) == group["ends"][i].get<std::vector<std::uint32_t>>());
        }
        ++n_groups;
    }
    CHECK(n_groups > 25);
}

TEST_CASE("cuts equal those of tokenizers in the file of compare_pretokenizers.py") {
    const char* path = std::getenv("PLUME_PRETOKENIZER_CASES");
    if (!path) return;  // its script says what it did
    const auto  bytes = read_whole(path);
    reader      in{bytes};
    std::size_t n_pieces = 0, n_different = 0;
    const auto  name = std::string(in.text());
    const auto* pre  = text::find_pretokenizer(name);
    REQUIRE(pre);
    const auto cuts = cutter_of(*pre);
    while (!in.rest.empty()) {
        const auto                 text = in.text();
        std::vector<std::uint32_t> want(in.number());
        for (auto& end : want) end = in.number();
        const auto got = ends_of(cuts, text);
        n_pieces += got.size();
        if (got == want) continue;
        if (++n_different > 5) continue;
        std::string ours, theirs;
        for (std::size_t i = 0, at = 0; i < got.size(); at = got[i++]) ours += '[' + std::string(text.substr(at, got[i] - at)) + ']';
        for (std::size_t i = 0, at = 0; i < want.size(); at = want[i++]) theirs += '[' + std::string(text.substr(at, want[i] - at)) + ']';
        std::size_t d = 0;
        while (d < ours.size() && d < theirs.size() && ours[d] == theirs[d]) ++d;
        d = d < 40 ? 0 : d - 40;
        MESSAGE(name << ": ours " << ours.substr(d, 120) << " theirs " << theirs.substr(d, 120));
    }
    MESSAGE(name << ": " << n_pieces << " pieces, " << n_different << " texts cut otherwise");
    CHECK(n_different == 0);
}

TEST_CASE("a million equal characters of every kind are cut in linear time on a stack of 64 KiB") {
    const std::string_view characters[] = {"a",
                                           "A",
                                           "1",
                                           " ",
                                           "\n",
                                           "\r",
                                           "\t",
                                           "!",
                                           "'",
                                           "/",
                                           "'s",
                                           "\xcc\x81",
                                           "\xe4\xbb\x8a",
                                           "\xd9\xa3",
                                           "\xc2\xa0",
                                           "\xc7\x85",
                                           "\xca\xb0",
                                           "\xe2\x82\xac",
                                           "\x01",
                                           "\xf0\x9f\x98\x81",
                                           "A\xe4\xbb\x8a",
                                           " a",
                                           "1 ",
                                           "\n ",
                                           "a1",
                                           "\xed\x95\x9c",
                                           "<sentinel:1",
                                           "IMGIMGA"};
    for (const auto& pre : text::pretokenizers()) {
        if (text::find_pretokenizer_by_patterns(pre.patterns) != &pre) continue;  // cuts as another one does
        const auto cuts = cutter_of(pre);
        for (const auto c : characters) {
            std::string text;
            while (text.size() < 1'000'000) text += c;
            text += " x";
            CAPTURE(pre.names[0]);
            CAPTURE(c);
            std::size_t n     = 0;
            const auto  begin = std::chrono::steady_clock::now();
            on_stack_of(64, [&] { n = ends_of(cuts, text).size(); });
            CHECK(n > 0);
            CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));  // quadratic would be hours
        }
    }
}

TEST_CASE("patterns outside the language are refused, those inside it match as a backtracking matcher does") {
    using text::machine;
    for (const auto* bad :
         {"(", ")", "[", "[a", "a{2,1}", "a{", "a{1001}", "*a", "\\p{Xx}", "\\p", "\\", "\\q", "(?<=a)", "(?=ab)", "^a", ".", "a**", "a+?", "[b-a]", "(?:a"})
        CHECK_FALSE(machine::make(bad));
    CHECK_FALSE(machine::make(std::string(2000, '(') + std::string(2000, ')')));
    const auto match = [](std::string_view pattern, std::string_view text) {
        const auto m = machine::make(pattern);
        REQUIRE(m);
        const auto end = m->match(text, 0);
        return end == machine::no_match ? -1 : static_cast<int>(end);
    };
    CHECK(match("a|ab", "ab") == 1);  // the first alternative, not the longest
    CHECK(match("ab|a", "ab") == 2);
    CHECK(match("(?:a|ab)(?:c|bcd)", "abcd") == 4);
    CHECK(match("a*ab", "aaab") == 4);
    CHECK(match("a{2,3}", "aaaa") == 3);
    CHECK(match("a{2}", "a") == -1);
    CHECK(match("a+(?!a)", "aaa") == 3);
    CHECK(match("a+(?!b)", "aab") == 1);
    CHECK(match("a+(?=b)", "aab") == 2);
    CHECK(match("a+(?=b)", "aa") == -1);
    CHECK(match("a$", "a\n") == 1);
    CHECK(match("a$", "ab") == -1);
    CHECK(match("[^a-c\\s]+", "xy b") == 2);
    CHECK(match("[a-z&&[^b-d]]+", "aeb") == 2);
    CHECK(match("[a[0-9]_]+", "a0_b") == 3);
    CHECK(match("(?i:'s)x", "'Sx") == 3);
    CHECK(match("(?i:'s)x", "'SX") == -1);
    CHECK(match("(?i:s)", "\xc5\xbf") == 2);
    CHECK(match("\\u00e9\\p{Lu}", "\xc3\xa9\xc3\x89") == 4);
}

TEST_CASE("categories of characters are those of Unicode 16") {
    using text::category;
    CHECK(text::category_of('A') == category::lu);
    CHECK(text::category_of('a') == category::ll);
    CHECK(text::category_of(0x1c5) == category::lt);
    CHECK(text::category_of(0x2b0) == category::lm);
    CHECK(text::category_of(0x4e00) == category::lo);
    CHECK(text::category_of(0x301) == category::mn);
    CHECK(text::category_of('_') == category::pc);
    CHECK(text::category_of(0xd800) == category::cs);
    CHECK(text::category_of(0xe000) == category::co);
    CHECK(text::category_of(0x10d40) == category::nd);  // new in Unicode 16
    CHECK(text::category_of(0x10ffff) == category::cn);
    std::size_t n_letters = 0, n_spaces = 0;
    for (char32_t point = 0; point < 0x110000; ++point) {
        n_letters += text::class_of(point) == text::unicode_class::letter;
        n_spaces += text::class_of(point) == text::unicode_class::space;
    }
    CHECK(n_letters == 141'028);  // DerivedGeneralCategory.txt
    CHECK(n_spaces == 25);        // PropList.txt
}
