#include <plume/core/json.hpp>

#include <cmath>
#include <string>

#include <doctest/doctest.h>

using namespace plume;

namespace {

std::string failure_of(std::string_view text, const json::limits& l = {}) {
    const auto d = json::document::parse(text, l);
    return d ? "no error" : d.error().message();
}

}  // namespace

TEST_CASE("values have the kinds and contents of the text") {
    CHECK_FALSE(json::document::parse("\xef\xbb\xbf").has_value());  // a byte order mark alone is no value
    const auto text = std::string(
        "\xef\xbb\xbf{ \"a\" : [ 1 , -2.5e3, \"x\\n\\u00e9\\ud83d\\ude00\\/\" , true , false , null , [ ] , { } ] ,\n\"b\\u0000\":-0, \"c\": "
        "12345678901234567890 }");
    const auto good = json::document::parse(text);
    REQUIRE_MESSAGE(good.has_value(), good.error().message());
    const auto root = good->root();
    CHECK(root.is(json::kind::object));
    CHECK(root.size() == 3);
    const auto a = *root.find("a");
    CHECK(a.size() == 8);
    std::string kinds;
    for (const auto e : a.elements()) kinds += std::string(name(e.kind())) + ';';
    CHECK(kinds == "an integer;a number;a string;a boolean;a boolean;null;an array;an object;");
    auto at = a.elements().begin();
    CHECK((*at).integer() == 1);
    CHECK((*at).number() == 1.0);
    CHECK((*++at).number() == -2500.0);
    CHECK((*at).number_text() == "-2.5e3");
    CHECK_FALSE((*at).integer());
    CHECK((*++at).string() == "x\n\xc3\xa9\xf0\x9f\x98\x80/");
    CHECK((*++at).boolean() == true);
    CHECK((*++at).boolean() == false);
    CHECK(root.find(std::string_view("b\0", 2))->integer() == 0);
    CHECK(root.find("c")->is(json::kind::number));
    CHECK(root.find("c")->number_text() == "12345678901234567890");
    CHECK_FALSE(root.find("d").has_value());
    CHECK_FALSE(a.find("a").has_value());
    CHECK(root.offset() == 3);
    std::string keys;
    for (const auto m : root.members()) keys += m.key;
    CHECK(keys == std::string("ab\0c", 4));
}

TEST_CASE("numbers at their limits") {
    const auto read = [](std::string_view text) { return *json::document::parse(text); };
    CHECK(read("9223372036854775807").root().integer() == INT64_MAX);
    CHECK(read("-9223372036854775808").root().integer() == INT64_MIN);
    CHECK_FALSE(read("9223372036854775808").root().integer().has_value());
    CHECK(read("1e308").root().number() == 1e308);
    CHECK(read("1e-999").root().number() == 0.0);
    CHECK(std::signbit(*read("-1e-999").root().number()));
    CHECK(read("5e-324").root().number() == 5e-324);
    CHECK(failure_of("1e999").find("beyond the range") != std::string::npos);
    // What counts is the number, not the sign of its exponent.
    CHECK(failure_of("1" + std::string(400, '0') + "e-1").find("beyond the range") != std::string::npos);
    CHECK(failure_of("-1e99999999999999999999").find("beyond the range") != std::string::npos);
    for (const auto& small :
         {"0." + std::string(400, '0') + "1e5", std::string("1e-99999999999999999999"), std::string("12.5e-400"), "0." + std::string(400, '0') + "1"})
        CHECK(json::document::parse(small)->root().number() == 0.0);
    for (const auto* bad : {"01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "NaN", "Infinity", "- 1", "1_0"}) CHECK(failure_of(bad) != "no error");
}

TEST_CASE("what is not JSON is refused with line, column and reason") {
    CHECK(failure_of("{\"a\": 1,\n  \"\xc3\xa9\": x}").find("line 2, column 8: expected a value") != std::string::npos);
    for (const auto* bad : {"",
                            " ",
                            "[",
                            "{",
                            "[1",
                            "[1,",
                            "[1,]",
                            "{\"a\"}",
                            "{\"a\":}",
                            "{\"a\":1,}",
                            "{a:1}",
                            "{1:1}",
                            "[1 2]",
                            "1 2",
                            "tru",
                            "nul",
                            "'a'",
                            "\"",
                            "\"\\",
                            "\"\\x\"",
                            "\"\\u12\"",
                            "\"\\u12g4\"",
                            "\"\\ud800\"",
                            "\"\\udc00\"",
                            "\"\\ud800\\u0041\"",
                            "\"\n\"",
                            "\"\x01\"",
                            "[1}",
                            "{\"a\":1]",
                            "// c\n1",
                            "\"\xff\"",
                            "\"\xc0\x80\"",
                            "\"\xed\xa0\x80\"",
                            "]",
                            "1]"})
        CHECK_MESSAGE(failure_of(bad) != "no error", bad);
}

TEST_CASE("a name twice is an error, in small and in large objects, and large ones are searched") {
    CHECK(failure_of(R"({"a": 1, "b": {"a": 2}, "a": 3})").find("\"a\" is there twice") != std::string::npos);
    CHECK(failure_of(R"({"a": 1, "\u0061": 3})").find("column 10") != std::string::npos);
    std::string large = "{";
    for (int i = 0; i < 1000; ++i) large += "\"k" + std::to_string(i * 7919 % 1000) + "\": " + std::to_string(i) + ", ";
    CHECK(failure_of(large + "\"k500\": 0}").find("twice") != std::string::npos);
    const auto d = json::document::parse(large + "\"last\": [{\"x\": 1}]}");
    REQUIRE(d.has_value());
    for (int i = 0; i < 1000; ++i) CHECK(d->root().find("k" + std::to_string(i * 7919 % 1000))->integer() == i);
    CHECK_FALSE(d->root().find("k1000").has_value());
    CHECK((*d->root().find("last")->elements().begin()).find("x")->integer() == 1);
}

TEST_CASE("depth and length have limits, and nothing recurses") {
    const std::string deep(1'000'000, '[');
    CHECK(failure_of(deep).find("too deep") != std::string::npos);
    CHECK(failure_of(deep, {.depth = 2'000'000}).find("expected a value") == std::string::npos);
    const std::string closed = deep + std::string(1'000'000, ']');
    CHECK(json::document::parse(closed, {.depth = 1'000'000}).has_value());
    CHECK(failure_of("[1, 2]", {.bytes = 5}).find("too long") != std::string::npos);
}
