#include <plume/plume.hpp>

#include <doctest/doctest.h>

#include "support/bad_files.hpp"
#include "support/systematic.hpp"

// The corpus of tests/io once more, through the door that people use. One thread: no pool is started 70,000 times.

using namespace plume;
using namespace plume::test;

namespace {

result<model> load_one(std::span<const std::byte> bytes) { return load_memory(bytes, {.threads = 1}); }

}  // namespace

TEST_CASE("load refuses every bad file with a message that says what is wrong, and takes the odd ones that are right") {
    for (const auto kind : {tiny_vocabulary::sentencepiece, tiny_vocabulary::byte_level}) REQUIRE(load_one(sound_model(kind).build().data));
    for (const auto& bad : bad_files()) {
        CAPTURE(bad.name);
        const auto bytes = bad.make();
        const auto m     = load_one(bytes);
        const auto text  = m ? std::string("loaded") : m.error().message();
        if (bad.by == refused_by::nobody) CHECK_MESSAGE(m, text);
        if (bad.by == refused_by::reader || bad.by == refused_by::model) {
            CHECK_FALSE(m);
            CHECK_MESSAGE(text.find(bad.find) != std::string::npos, text);
        }
        if (!m) CHECK_MESSAGE(m.error().group() == code_group::format, text);
    }
}

TEST_CASE("a model that is cut anywhere does not load") {
    const auto file = sound_model().build();
    int        cuts = 0, loaded = 0;
    for_each_truncation(file, [&](std::span<const std::byte> bytes, std::size_t n) {
        ++cuts;
        if (n < file.edges.back() && load_one(bytes)) ++loaded;
    });
    CHECK(cuts > 5000);
    CHECK(loaded == 0);
}

TEST_CASE("every single flipped bit of a header gives an error or a model") {
    const auto file   = sound_model().build();
    int        loaded = 0, refused = 0;
    for_each_bit_flip(file.data, file.header, [&](std::span<const std::byte> bytes, std::size_t bit) {
        const auto m = load_one(bytes);
        ++(m ? loaded : refused);
        if (m) return;
        CAPTURE(bit);
        if (m.error().message().size() < 20) CHECK(m.error().message() == "a message");
    });
    MESSAGE(loaded << " loaded, " << refused << " refused");
    CHECK(loaded > 1000);
    CHECK(refused > 1000);
}
