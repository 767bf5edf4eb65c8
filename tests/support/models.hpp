#pragma once

#include <bit>
#include <cstdlib>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <plume/core/sha256.hpp>
#include <plume/plume.hpp>

#include <plume/quant/formats.hpp>

#include "support/tiny_model.hpp"

namespace plume::test {

/// The folder of the shared test data, or empty: then the test says so and ends.
inline std::string shared_data() {
    const char* folder = std::getenv("PLUME_TEST_DATA");
    return folder == nullptr ? "" : folder;
}

#define PLUME_NEEDS_SHARED_DATA(folder)                                                 \
    const std::string folder = plume::test::shared_data();                              \
    if (folder.empty()) {                                                               \
        MESSAGE("SKIPPED: PLUME_TEST_DATA is not set, so this test looked at nothing"); \
        return;                                                                         \
    }

/// Blocks of a format without an encoder: codes from the lowest bits of the weights, and a scale, which the ternary formats keep at a block's end.
template <class F>
tiny_format tiny_ternary() {
    return {F::gguf_type, [](std::span<const float> w) {
                byte_string out;
                const half  d = to_half(0.0625f);
                for (std::size_t block = 0; block < w.size(); block += F::weights) {
                    for (std::size_t i = 0; i < sizeof(typename F::block) - sizeof d; ++i)
                        out.push_back(static_cast<std::byte>(std::bit_cast<std::uint32_t>(w[block + i] + 2.0f) >> 3));
                    append(out, d.bits);
                }
                return out;
            }};
}

inline std::span<const std::byte> as_bytes(const byte_string& s) { return std::as_bytes(std::span(s.data(), s.size())); }

/// n token ids below V that repeat nowhere soon.
inline std::vector<token_id> some_tokens(std::size_t n, std::size_t V, std::uint64_t seed = 7) {
    std::vector<token_id> ids(n);
    for (std::size_t i = 0; i < n; ++i) {
        seed   = seed * 6364136223846793005u + 1442695040888963407u;
        ids[i] = static_cast<token_id>((seed >> 33) % V);
    }
    return ids;
}

/// All logits [T, V] of a fresh session.
inline std::vector<float> all_logits(const model& m, std::span<const token_id> ids, session_options o = {}) {
    auto               s = m.new_session(std::move(o)).or_throw();
    std::vector<float> out;
    s.score(ids, [&](std::size_t, std::span<const float> row) { return out.insert(out.end(), row.begin(), row.end()), true; }).or_throw();
    return out;
}

inline std::string hash_of(std::span<const float> numbers) {
    sha256 h;
    h.update(std::as_bytes(numbers));
    return hex(h.digest());
}

}  // namespace plume::test
