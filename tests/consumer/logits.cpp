// consumer_logits MODEL OUT TOKEN...: the logits of all positions as float32 [T, V], from a program that does to floating point what a game or a
// solver does: compiled and linked with -Ofast -march=native, denormals flushed to zero in every thread. The bytes must be those of `plume logits`.
#include <plume/plume.hpp>

#include <xmmintrin.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr unsigned flush_to_zero = 0x8000, denormals_are_zero = 0x0040;

bool flushes() { return (_mm_getcsr() & (flush_to_zero | denormals_are_zero)) == (flush_to_zero | denormals_are_zero); }

int fail(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) return fail("usage: consumer_logits MODEL OUT TOKEN...");
#if defined(PLUME_CONSUMER_FAST_MATH)
#if !defined(__FAST_MATH__)
#error "this program is to be compiled with fast-math"
#endif
    if (!flushes()) return fail("denormals are not flushed: the program was not linked with -Ofast");
#endif
    _mm_setcsr(_mm_getcsr() | flush_to_zero | denormals_are_zero);

    std::vector<plume::token_id> tokens;
    for (int i = 3; i < argc; ++i) tokens.push_back(std::atoi(argv[i]));
    auto model = plume::load(argv[1], {.threads = 3});
    if (!model) return fail(model.error().message().c_str());
    auto session = model->new_session();
    if (!session) return fail(session.error().message().c_str());

    std::FILE* out = std::fopen(argv[2], "wb");
    if (!out) return fail("cannot write");
    auto scored = session->score(
        tokens, [&](std::size_t, std::span<const float> logits) { return std::fwrite(logits.data(), sizeof(float), logits.size(), out) == logits.size(); });
    if (std::fclose(out) != 0 || !scored) return fail(scored ? "cannot write" : scored.error().message().c_str());
    if (!flushes()) return fail("the library has changed this thread's floating-point control");
    return 0;
}
