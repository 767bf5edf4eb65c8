#include <fstream>
#include <sstream>
#include <thread>

#include <doctest/doctest.h>

#include "src/model_parts.hpp"
#include "support/models.hpp"
#include "support/temporary_folder.hpp"

using namespace plume;
using namespace plume::test;

namespace {

const repacker& repacker_of(const model& m) { return *m.internals().weights.repack; }

bool is_mapped(const std::string& path) {
    std::ifstream     maps("/proc/self/maps");
    std::stringstream text;
    text << maps.rdbuf();
    return text.str().find(path) != std::string::npos;
}

const tiny_options variants[] = {
    {.biases = true, .rope_freqs = true},
    {.head = 48, .ffn = 128, .tied = true, .matrices = tiny_format_of<quant::q8_0>()},
    {.ffn = 160, .matrices = tiny_format_of<quant::q4_0>()},
    {.d = 256, .heads = 8, .kv_heads = 2, .ffn = 512, .matrices = tiny_format_of<quant::q4_k>()},
    {.d = 256, .heads = 4, .kv_heads = 4, .ffn = 256, .tied = true, .matrices = tiny_format_of<quant::q6_k>()},
    {.matrices = tiny_format_of<quant::bf16>()},
};

}  // namespace

TEST_CASE("the first tokens are computed from rows, the next ones move them, and all have the bits of a model repacked at load") {
    temporary_folder folder;
    const auto       ids = some_tokens(8, 300);
    for (const auto& v : variants)
        for (const std::size_t threads : {1, 3}) {
            CAPTURE(&v - variants);
            CAPTURE(threads);
            const auto    path = folder.write("model.gguf", tiny_model(v).build().data);
            const model   lazy = load(path, {.threads = threads}).or_throw(), ready = load(path, {.repack = repack::at_load}).or_throw();
            auto          s = lazy.new_session().or_throw(), other = ready.new_session().or_throw();
            std::uint64_t left = repacker_of(lazy).left_bytes();
            CHECK(ready.internals().weights.repack == nullptr);
            CHECK(left > 1000);
            CHECK(is_mapped(path));
            for (std::size_t i = 0; i < ids.size(); ++i) {
                CAPTURE(i);
                const auto got = s.decode(ids[i]).or_throw(), want = other.decode(ids[i]).or_throw();
                CHECK(hash_of(got) == hash_of(want));
                const auto now = repacker_of(lazy).left_bytes();
                if (i == 0) CHECK(now == left);                       // rows alone
                if (i > 0 && i < 4) CHECK((now < left || now == 0));  // more panels every time
                if (i >= 4) CHECK(now == 0);                          // steady from the sixth on
                left = now;
            }
            CHECK_FALSE(is_mapped(path));
        }
}

TEST_CASE("a long prompt moves everything at once, and then the file may go") {
    temporary_folder folder;
    const auto       path = folder.write("model.gguf", tiny_model(variants[3]).build().data);
    const auto       ids  = some_tokens(80, 300);
    const model      m    = load(path).or_throw();
    const auto       want = hash_of(all_logits(m, ids));
    CHECK(repacker_of(m).left_bytes() == 0);
    CHECK_FALSE(is_mapped(path));
    std::ofstream(path, std::ios::trunc) << "gone";
    CHECK(hash_of(all_logits(m, ids)) == want);
}

TEST_CASE("a file that was changed before its model was repacked is an error with a next step, not a bus error, and the session is as it was") {
    temporary_folder folder;
    const auto       path = folder.write("model.gguf", tiny_model(variants[3]).build().data);
    const model      m    = load(path).or_throw();
    auto             s    = m.new_session().or_throw();
    s.decode(5).or_throw();
    std::ofstream(path, std::ios::trunc) << "gone";
    const auto r = s.decode(6);
    REQUIRE_FALSE(r);
    CHECK(r.error().code() == code::file_io);
    CHECK(r.error().message().find("at_load") != std::string::npos);
    CHECK(s.tokens().size() == 1);
}

TEST_CASE("what cannot be read later is repacked at load, whatever was asked") {
    const auto       file = tiny_model(variants[1]).build().data;
    temporary_folder folder;
    const auto       path = folder.write("model.gguf", file);
    CHECK(load_memory(as_bytes(file)).or_throw().internals().weights.repack == nullptr);
    CHECK(load(path, {.map = false}).or_throw().internals().weights.repack == nullptr);
    CHECK(load(path).or_throw().internals().weights.repack != nullptr);
}

TEST_CASE("a model that is let go of before it was repacked lets go of its file") {
    temporary_folder folder;
    const auto       path = folder.write("model.gguf", tiny_model(variants[0]).build().data);
    {
        const model m = load(path).or_throw();
        auto        s = m.new_session().or_throw();
        s.decode(5).or_throw();
        CHECK(is_mapped(path));
    }
    CHECK_FALSE(is_mapped(path));
}

TEST_CASE("eight sessions that start at once on a model not repacked yet all get the same bits" * doctest::test_suite("threads")) {
    temporary_folder folder;
    const auto       ids = some_tokens(7, 300);
    for (const auto& v : variants) {
        CAPTURE(&v - variants);
        const auto path = folder.write("model.gguf", tiny_model(v).build().data);
        const auto want = hash_of(all_logits(load(path, {.repack = repack::at_load}).or_throw(), ids));
        for (int again = 0; again < 3; ++again) {
            const model              m = load(path, {.threads = 2}).or_throw();
            std::vector<std::string> got(8);
            {
                std::vector<std::jthread> all;
                for (auto& hash : got)
                    all.emplace_back([&] {  // one token at a time, some in longer prompts
                        hash = hash_of(all_logits(m, ids, {.prefill_chunk = &hash - got.data() == 5 ? std::size_t{3} : 1}));
                    });
            }
            for (const auto& hash : got) CHECK(hash == want);
            CHECK(repacker_of(m).left_bytes() == 0);
            CHECK_FALSE(is_mapped(path));
        }
    }
}
