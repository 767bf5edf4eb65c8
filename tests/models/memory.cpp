#include <algorithm>
#include <cstring>
#include <fstream>

#include "support/counting_new.hpp"
#include "support/models.hpp"
#include "support/temporary_folder.hpp"

using namespace plume;
using namespace plume::test;

TEST_CASE("decoding 1,000 tokens calls operator new not once") {
    const auto  file = tiny_model({.context = 2048}).build().data;
    const model m    = load_memory(as_bytes(file), {.threads = 2}).or_throw();
    auto        s    = m.new_session({.context_tokens = 1200}).or_throw();
    const auto  ids  = some_tokens(1000, m.config().V);
    s.prefill(some_tokens(50, m.config().V)).or_throw();
    const std::size_t before = new_calls;
    std::size_t       ok     = 0;
    for (const token_id id : ids) ok += s.decode(id).has_value();
    const std::size_t calls = new_calls - before;
    CHECK(ok == 1000);
    CHECK(calls == 0);
    CHECK(new_calls > 0);  // the counter counts
}

TEST_CASE("generating allocates at its start only") {
    const auto  file     = tiny_model({.context = 2048}).build().data;
    const model m        = load_memory(as_bytes(file)).or_throw();
    auto        s        = m.new_session({.context_tokens = 1200}).or_throw();
    std::size_t at_first = 0, at_last = 0, n = 0;
    const auto  r =
        generate(s, "Hello", {.max_tokens = 1000, .sampling = {.temperature = 0.9f, .top_k = 40, .top_p = 0.95f, .repeat_penalty = 1.1f}, .ignore_end = true},
                 [&](std::string_view) {
                     at_last = new_calls;
                     if (n++ == 0) at_first = at_last;
                     return true;
                 })
            .or_throw();
    CHECK(r.generated_tokens == 1000);
    CHECK(n > 300);
    CHECK(at_last - at_first == 0);
}

TEST_CASE("what the plan says is what is allocated, within 1 %") {
    struct variant {
        tiny_options    model;
        session_options session;
    };
    const variant    variants[] = {{{.d = 256, .heads = 8, .kv_heads = 2, .ffn = 1024, .tokens = 3000}, {}},
                                   {{.layers = 5, .d = 256, .ffn = 512, .tokens = 2000, .tied = true, .matrices = tiny_format_of<quant::q4_k>()},
                                    {.context_tokens = 100, .kv_type = kv_type::f32}},
                                   {{.head = 48, .ffn = 512}, {.context_tokens = 1000, .kv_type = kv_type::q8_0}}};
    temporary_folder folder;
    for (int i = 0; i < 4; ++i) {
        const auto&       v      = variants[i % 2];
        const auto        how    = i < 2 ? repack::lazy : repack::at_load;
        const auto        path   = folder.write("model.gguf", tiny_model(v.model).build().data);
        const auto        p      = plan(path, {.repack = how, .threads = 1}, v.session).or_throw();
        const std::size_t before = live_bytes;
        {
            const model       m            = load(path, {.repack = how, .threads = 1}).or_throw();
            const std::size_t text_and_all = live_bytes - before;
            auto              s            = m.new_session(v.session).or_throw();
            const double      allocated    = static_cast<double>(m.weight_bytes() + s.allocated_bytes() + text_and_all);
            CHECK(static_cast<double>(p.total()) == doctest::Approx(allocated).epsilon(0.01));
            CHECK(p.weights == m.weight_bytes());
            CHECK(p.kv + p.scratch == s.allocated_bytes());
            CHECK(p.context_tokens == s.context_tokens());
        }
        CHECK(live_bytes == before);  // and given back
    }
}

TEST_CASE("loading from a path, with and without a map, from memory and from a callback is the same model") {
    const auto       file = tiny_model({.tied = true, .matrices = tiny_format_of<quant::q8_0>()}).build().data;
    temporary_folder folder;
    const auto       path = folder.write("model.gguf", file);
    const auto       ids  = some_tokens(30, 300);
    const auto       want = hash_of(all_logits(load_memory(as_bytes(file)).or_throw(), ids));
    CHECK(hash_of(all_logits(load(path).or_throw(), ids)) == want);
    CHECK(hash_of(all_logits(load(path, {.map = false}).or_throw(), ids)) == want);
    const auto read = [&](std::uint64_t offset, std::span<std::byte> into) { return std::memcpy(into.data(), file.data() + offset, into.size()), true; };
    CHECK(hash_of(all_logits(load_reader(file.size(), read).or_throw(), ids)) == want);

    const auto broken =
        load_reader(file.size(), [&](std::uint64_t offset, std::span<std::byte> into) { return offset < file.size() - 5000 && read(offset, into); });
    REQUIRE_FALSE(broken);
    CHECK(broken.error().code() == code::file_io);
}

TEST_CASE("loading can be watched and cancelled, and the file is not needed afterwards where it was repacked at load") {
    temporary_folder    folder;
    const auto          path = folder.write("model.gguf", tiny_model({.tied = true}).build().data);
    std::vector<double> shares;
    for (const auto how : {repack::lazy, repack::at_load}) {
        shares.clear();
        load(path, {.repack = how, .on_progress = [&](double share) { return shares.push_back(share), true; }}).or_throw();
        REQUIRE(shares.size() > 3);
        CHECK(std::is_sorted(shares.begin(), shares.end()));
        CHECK(shares.back() == 1.0);
        for (const double last : {0.0, 0.5}) {
            const auto r = load(path, {.repack = how, .on_progress = [&](double share) { return share < last; }});
            REQUIRE_FALSE(r);
            CHECK(r.error().code() == code::cancelled);
        }
    }
    std::stop_source stop;
    stop.request_stop();
    CHECK(load(path, {.stop = stop.get_token()}).error().code() == code::cancelled);

    const model m    = load(path, {.repack = repack::at_load}).or_throw();
    const auto  ids  = some_tokens(10, 300);
    const auto  want = hash_of(all_logits(m, ids));
    std::ofstream(path, std::ios::trunc) << "gone";  // shortened after loading: no bus error, the model lives on
    CHECK(hash_of(all_logits(m, ids)) == want);
}
