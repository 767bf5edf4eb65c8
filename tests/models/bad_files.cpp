#include <plume/plume.hpp>

#include <doctest/doctest.h>

#include "support/bad_files.hpp"
#include "support/systematic.hpp"

// The corpus of tests/io once more, through the door that people use. One thread: no pool is started 70,000 times.

using namespace plume;
using namespace plume::test;

namespace {

result<model> load_one(std::span<const std::byte> bytes) { return load_memory(bytes, {.threads = 1}); }

/// What is wrong with the first steps of a model that loaded, or empty: numbers and an error of the computation are both right.
std::string complaint(const model& m) {
    auto s = m.new_session({.context_tokens = 8, .prefill_chunk = 2});
    if (!s) return s.error().message();
    const auto ran = s->prefill(std::vector<token_id>{0, 2, 1});
    if (!ran) return ran.error().code() == code::not_finite && s->tokens().empty() ? "" : ran.error().message();
    return ran->size() == m.config().V && s->tokens().size() == 3 ? "" : "another number of logits or tokens";
}

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
        if (m) {
            CHECK(complaint(*m) == "");
        } else {
            CHECK_MESSAGE(m.error().group() == code_group::format, text);
            CHECK_MESSAGE(!m.error().hint().empty(), text);  // every message has a next step
        }
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
        CAPTURE(bit);
        if (m) {
            if (const auto what = complaint(*m); !what.empty()) CHECK(what == "");
            return;
        }
        if (m.error().hint().empty()) CHECK(m.error().message() == "a message with a next step");
        if (m.error().message().size() < 20) CHECK(m.error().message() == "a message");
    });
    MESSAGE(loaded << " loaded, " << refused << " refused");
    CHECK(loaded > 1000);
    CHECK(refused > 1000);
}
