#include <plume/core/sha256.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

using namespace plume;

namespace {

std::string hash_of(std::string_view text) {
    sha256 h;
    h.update(std::as_bytes(std::span(text)));
    return hex(h.digest());
}

}  // namespace

TEST_CASE("sha256 gives the digests that NIST publishes") {
    CHECK(hash_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hash_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(hash_of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu") ==
          "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    CHECK(hash_of(std::string(1000000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("the digest does not depend on how the bytes are cut, and more may follow a digest") {
    std::string text;
    for (int i = 0; i < 300; ++i) text += static_cast<char>(i * 7);
    for (std::size_t size : {0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 128, 300}) {
        const std::string whole = hash_of(std::string_view(text).substr(0, size));
        for (std::size_t piece : {1, 3, 55, 64, 65, 127}) {
            sha256 h;
            for (std::size_t at = 0; at < size; at += piece) {
                h.update(std::as_bytes(std::span(text).subspan(at, std::min(piece, size - at))));
                static_cast<void>(h.digest());
            }
            CHECK(hex(h.digest()) == whole);
        }
    }
    CHECK(hash_of("a") != hash_of("b"));
}
