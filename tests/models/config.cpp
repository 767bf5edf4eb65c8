#include <plume/models/config.hpp>

#include <xmmintrin.h>

#include <limits>

#include "support/models.hpp"
#include "support/temporary_folder.hpp"

using namespace plume;
using namespace plume::test;

namespace {

/// A host with another rounding, or one that flushes denormals: while it lives, on this thread.
class host_control {
public:
    explicit host_control(unsigned bits) : before_(_mm_getcsr()) { _mm_setcsr(0x1f80u | bits); }
    ~host_control() { _mm_setcsr(before_); }

private:
    unsigned before_;
};

constexpr unsigned up = 0x4000, flush = 0x8040;

/// Heads of 18: 1/sqrt(18) is another float when it is rounded up.
gguf_writer odd_heads() { return tiny_model({.d = 36, .heads = 2, .kv_heads = 1, .ffn = 40}); }

std::string logits_of(const byte_string& file) {
    const model m = load_memory(as_bytes(file), {.threads = 1}).or_throw();
    return hash_of(all_logits(m, some_tokens(20, m.config().V)));
}

}  // namespace

TEST_CASE("a host's rounding and flushing of denormals change no number of the configuration and no logit") {
    const auto  file   = odd_heads().build().data;
    const auto  config = [&] { return read_config(io::gguf::from_memory(as_bytes(file)).or_throw()).or_throw(); };
    const float scale  = config().attention_scale;
    const auto  want   = logits_of(file);
    for (const unsigned bits : {up, flush, up | flush}) {
        const host_control host(bits);
        CHECK(config().attention_scale == scale);
        CHECK(logits_of(file) == want);
        CHECK((_mm_getcsr() & 0xffc0u) == (0x1f80u | bits));  // the host's own control is as it was
    }
    const host_control   host(up);
    const volatile float width = 18.0f, one = 1.0f;
    CHECK(one / __builtin_sqrtf(width) != scale);  // the case can tell
}

TEST_CASE("a factor of positions counts as linear scaling under both of its names, with and without the type") {
    const auto scaled = [](std::initializer_list<const char*> factors, const char* type) {
        auto w = odd_heads();
        for (const char* key : factors) w.set(key, 4.0f);
        if (type != nullptr) w.set("llama.rope.scaling.type", type);
        return logits_of(w.build().data);
    };
    const auto want = scaled({"llama.rope.scaling.factor"}, "linear"), plain = logits_of(odd_heads().build().data);
    CHECK(want != plain);
    CHECK(scaled({"llama.rope.scaling.factor"}, nullptr) == want);
    CHECK(scaled({"llama.rope.scale_linear"}, nullptr) == want);
    CHECK(scaled({"llama.rope.scaling.factor"}, "none") == plain);
}

TEST_CASE("a mechanism that llama does not have is refused by name, its neutral value is not") {
    for (const char* key : {"llama.attn_logit_softcapping", "llama.final_logit_softcapping", "llama.attention.clamp_kqv", "llama.attention.scale",
                            "llama.logit_scale", "llama.embedding_scale", "llama.residual_scale"}) {
        CAPTURE(key);
        const auto with = [&](float value) { return odd_heads().set(key, value).build().data; };
        const auto bad = with(0.5f), neutral = with(0.0f);
        const auto r = load_memory(as_bytes(bad));
        REQUIRE_FALSE(r);
        CHECK(r.error().code() == code::format_unsupported);
        CHECK_MESSAGE(r.error().message().find(key) != std::string::npos, r.error().message());
        CHECK_FALSE(r.error().hint().empty());
        CHECK(load_memory(as_bytes(neutral)));
    }
}

TEST_CASE("check refuses factors of RoPE that load refuses") {
    temporary_folder folder;
    for (const float factor : {1.0f, 0.0f, -1.0f, std::numeric_limits<float>::infinity()}) {
        auto w = tiny_model();
        w.tensor("rope_freqs.weight", {8}, 0, bytes_of(std::vector<float>(8, factor)));
        const auto path = folder.write("model.gguf", w.build().data);
        CAPTURE(factor);
        CHECK(load(path).has_value() == (factor == 1.0f));
        CHECK(check(path).has_value() == (factor == 1.0f));
    }
}

TEST_CASE("a context that fits is reported whole, also where it is no multiple of 16") {
    temporary_folder folder;
    for (const std::size_t context : {std::size_t{1}, std::size_t{10}, std::size_t{100}, std::size_t{256}}) {
        const auto path = folder.write("model.gguf", tiny_model({.context = context}).build().data);
        const auto p    = plan(path).or_throw();
        CHECK(p.fits());
        CHECK(p.context_that_fits == context);
    }
}
