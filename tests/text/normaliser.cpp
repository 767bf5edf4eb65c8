#include <cstring>

#include "src/text/normaliser.hpp"
#include "text/support.hpp"

using namespace plume;
using namespace plume::test;
namespace steps = plume::text::steps;

namespace {

std::string normalised(text::normaliser_step step, std::string_view given) {
    text::normaliser n;
    if (auto ok = n.add(std::move(step)); !ok) FAIL(ok.error().message());
    text::normaliser::room room;
    const auto [result, whole] = n.apply(given, room);
    CHECK(whole);
    return std::string(result);
}

std::string varint(std::size_t n) {
    std::string out;
    for (; n > 127; n >>= 7) out += static_cast<char>((n & 127) | 128);
    return out += static_cast<char>(n);
}

std::string field(std::size_t number, std::string_view value) { return varint(number << 3 | 2) + varint(value.size()) + std::string(value); }
std::string field(std::size_t number, std::size_t value) { return varint(number << 3) + varint(value); }

std::string piece(std::string_view text, float score, std::size_t type) {
    std::string bytes(4, '\0');
    std::memcpy(bytes.data(), &score, 4);
    return field(1, field(1, text) + varint(2 << 3 | 5) + bytes + field(3, type));
}

/// <unk> <s> </s>, then pieces of the text "the cat", and an identity normaliser.
std::string small_model(std::size_t kind) {
    return piece("<unk>", 0, 2) + piece("<s>", 0, 3) + piece("</s>", 0, 3) + piece("\xe2\x96\x81", -4, 1) + piece("\xe2\x96\x81the", -1, 1) +
           piece("c", -5, 1) + piece("at", -2, 1) + piece("cat", -6, 1) + piece("\xe2\x96\x81t", -3, 1) + piece("<br>", 0, 4) + field(2, field(3, kind)) +
           field(3, field(4, std::size_t{1}));
}

}  // namespace

TEST_CASE("the Unicode forms compose, decompose, order marks, and leave what is normal as it is") {
    using text::unicode_form;
    CHECK(normalised(steps::form{unicode_form::nfc}, "e\xcc\x81 \xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab") == "\xc3\xa9 \xed\x95\x9c");
    CHECK(normalised(steps::form{unicode_form::nfd}, "\xe1\xba\xbf") == "e\xcc\x82\xcc\x81");
    CHECK(normalised(steps::form{unicode_form::nfkc}, "\xef\xac\x81\xe2\x91\xa0") == "fi1");
    CHECK(normalised(steps::form{unicode_form::nfd}, "a\xcc\x81\xcc\xa3") == "a\xcc\xa3\xcc\x81");  // the mark below comes first
    text::normaliser       n;
    text::normaliser::room room;
    REQUIRE(n.add(steps::form{unicode_form::nfc}));
    const std::string_view plain = "d\xc3\xa9j\xc3\xa0 vu \xe4\xbb\x8a";
    CHECK(n.apply(plain, room).first.data() == plain.data());
}

TEST_CASE("BERT's normaliser drops accents and control characters, and sets CJK characters apart") {
    CHECK(normalised(steps::bert{true, true, true, true}, "\xc3\x89t\xc3\xa9\t\x01X\xe4\xbb\x8aY") == "ete x \xe4\xbb\x8a y");
    CHECK(normalised(steps::bert{true, true, false, false}, "\xc3\x89") == "\xc3\x89");
}

TEST_CASE("simple patterns run, and others are refused by name") {
    const auto run = [](std::string_view pattern, std::string_view given) {
        auto step = text::replace_regex(pattern, "_");
        REQUIRE(step);
        return normalised(*std::move(step), given);
    };
    CHECK(run(" {2,}", "a b  c   d") == "a b_c_d");
    CHECK(run("\\s+", "a \n\tb") == "a_b");
    CHECK(run("[\\n\\r]", "a\n\rb") == "a__b");
    CHECK(run("``", "a``b") == "a_b");
    for (const auto* bad : {"", "a|b", "(a)", "a*", "^a", "[a", "a{0,}", "\\p{L}", "a{2"}) {
        const auto step = text::replace_regex(bad, "_");
        CAPTURE(bad);
        REQUIRE_FALSE(step);
        CHECK(step.error().code() == code::format_unsupported);
    }
}

TEST_CASE("SentencePiece's rules of spaces: a mark in front, runs become one, the ends go") {
    const steps::sentencepiece all{nullptr, nullptr, true, true, true, false};
    CHECK(normalised(all, "  a  b ") ==
          "\xe2\x96\x81"
          "a\xe2\x96\x81"
          "b");
    CHECK(normalised(all, "   ").empty());
    CHECK(normalised(steps::sentencepiece{nullptr, nullptr, false, false, true, false}, " a ") ==
          "\xe2\x96\x81"
          "a\xe2\x96\x81");
}

TEST_CASE("a charsmap that is cut short or leads outside is refused, or its rules do not count") {
    for (const auto& bad :
         {std::string(), std::string("\1\0", 2), std::string("\377\377\377\377abc\0", 8), std::string("\4\0\0\0abcd", 8), std::string("\3\0\0\0abc\0", 8)})
        CHECK_FALSE(text::charsmap::read(bad));
    std::string blob("\4\0\0\0\0\0\0\0x\0", 10);
    for (int byte = 0; byte < 256; ++byte)
        for (std::size_t at = 4; at < 8; ++at) {  // any unit at all
            auto changed = blob;
            changed[at]  = static_cast<char>(byte);
            auto map     = text::charsmap::read(changed);
            REQUIRE(map);
            CHECK_FALSE(map->longest("abc\xc3\xa9").has_value());
        }
}

TEST_CASE("a small tokenizer.model of each kind gives the best pieces, and every cut of its bytes an error or a tokenizer") {
    const auto unigram = tokenizer::from_sentencepiece(small_model(1)), bpe = tokenizer::from_sentencepiece(small_model(2));
    REQUIRE(unigram);
    REQUIRE(bpe);
    CHECK(unigram->kind() == "Unigram");
    CHECK(bpe->kind() == "SentencePiece BPE");
    CHECK(ids_of(*unigram, "  the  cat") == std::vector<token_id>{4, 3, 7});  // -6 beats -5 - 2
    CHECK(ids_of(*unigram, "the<br>\xe4\xbb\x8a\xe4\xbb\x8a") == std::vector<token_id>{4, 9, 0});
    CHECK(ids_of(*unigram, "<s>").size() < 4);
    const auto whole = small_model(1);
    for (std::size_t n = 0; n < whole.size(); ++n)
        if (const auto t = tokenizer::from_sentencepiece(std::string_view(whole).substr(0, n)); !t) CHECK_FALSE(t.error().message().empty());
    CHECK(tokenizer::from_sentencepiece("\x0a\xff\xff\xff\xff\x0f").error().code() == code::format_unknown);
    CHECK(tokenizer::from_sentencepiece(small_model(3)).error().code() == code::format_unsupported);
    CHECK(tokenizer::from_sentencepiece(small_model(1) + piece("", 0, 1)).error().code() == code::format_invalid);
    CHECK(tokenizer::from_sentencepiece(small_model(1) + piece("x", 0, 9)).error().code() == code::format_invalid);
    CHECK(tokenizer::from_sentencepiece(small_model(1) + piece("x", 0, 2)).error().code() == code::format_invalid);
    CHECK(tokenizer::from_sentencepiece(small_model(1) + piece("<0x41>", 0, 6)).error().code() == code::format_invalid);
}
