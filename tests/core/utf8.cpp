#include <plume/core/printable.hpp>
#include <plume/core/utf8.hpp>

#include <doctest/doctest.h>

using namespace plume;

TEST_CASE("an invalid byte becomes one U+FFFD for each maximal part, as Python's errors=\"replace\" does") {
    CHECK(utf8::replace_invalid("caf\xe9 cr\xe8me") == "caf\xef\xbf\xbd cr\xef\xbf\xbdme");
    CHECK(utf8::replace_invalid("\xf0\x9f\x98") == "\xef\xbf\xbd");                          // cut: one
    CHECK(utf8::replace_invalid("\xed\xa0\x80") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");  // surrogate: three
    CHECK(utf8::replace_invalid("\xc0\xaf") == "\xef\xbf\xbd\xef\xbf\xbd");                  // overlong
    CHECK(utf8::replace_invalid("\xf4\x90\x80\x80") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(utf8::replace_invalid("ok \xe2\x82\xac") == "ok \xe2\x82\xac");
    CHECK(utf8::first_invalid("caf\xe9") == 3);
}

TEST_CASE("every code point survives append and decode_one") {
    for (char32_t c = 0; c <= 0x10ffff; ++c) {
        if (c >= 0xd800 && c < 0xe000) continue;
        std::string text;
        utf8::append(text, c);
        const auto d = utf8::decode_one(text);
        REQUIRE((d.valid && d.code_point == c && d.size == text.size()));
        for (std::size_t cut = 1; cut < text.size(); ++cut) REQUIRE(utf8::incomplete_tail(text.substr(0, cut)) == cut);
        REQUIRE(utf8::incomplete_tail(text) == 0);
    }
}

TEST_CASE("printable escapes control characters and cuts long names at a character") {
    CHECK(printable("a\x1b[31m\xff\\") == "a\\x1b[31m\\xff\\\\");
    CHECK(printable("\xc2\x85") == "\\xc2\\x85");
    CHECK(printable("a\xe2\x80\xae!") == "a\\xe2\\x80\\xae!");           // U+202E, right-to-left override
    CHECK(printable("\xe2\x80\xa8") == "\\xe2\\x80\\xa8");               // U+2028, line separator
    CHECK(printable("\xe2\x80\x9c\xd9\xa0") == "\xe2\x80\x9c\xd9\xa0");  // a quotation mark and an Arabic digit are text
    CHECK(printable("\xc3\xa9\xc3\xa9\xc3\xa9", 5) == "\xc3\xa9\xc3\xa9...");
}
