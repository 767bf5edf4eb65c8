#include <doctest/doctest.h>
#include <sys/resource.h>

#include <chrono>
#include <fstream>
#include <set>

#include "support/bad_files.hpp"
#include "support/complaint.hpp"
#include "support/systematic.hpp"
#include "support/touch.hpp"

using namespace plume;
using namespace plume::test;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool measured = false;  // a sanitizer's own memory and slowness would be measured
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
constexpr bool measured = false;
#else
constexpr bool measured = true;
#endif
#else
constexpr bool measured = true;
#endif

/// While it lives this process can get so many bytes more of address space and no byte beyond.
class memory_limit {
public:
    explicit memory_limit(std::uint64_t more) {
        ::getrlimit(RLIMIT_AS, &before_);
        std::uint64_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages;
        auto limit     = before_;
        limit.rlim_cur = pages * 4096 + more;
        if (measured) ::setrlimit(RLIMIT_AS, &limit);
    }
    ~memory_limit() { ::setrlimit(RLIMIT_AS, &before_); }

private:
    rlimit before_{};
};

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

}  // namespace

TEST_CASE("every named bad file ends in an error that says what is wrong, or in a valid file") {
    std::set<std::string> names;
    std::uint64_t         sum     = 0;
    int                   refused = 0;
    for (const auto& bad : bad_files()) {
        CAPTURE(bad.name);
        CHECK(names.insert(bad.name).second);
        const auto bytes = bad.make();
        const auto start = std::chrono::steady_clock::now();
        const auto file  = [&] {
            const memory_limit limit(bytes.size() + 64 * mib);
            return io::gguf::from_memory(bytes);
        }();
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        if (measured) CHECK(seconds.count() < 1);
        if (bad.by == refused_by::reader) CHECK_FALSE(file);
        if (bad.by == refused_by::nobody || bad.by == refused_by::model) CHECK_MESSAGE(file, (file ? "" : file.error().message()));
        if (file) {
            CHECK(touch(*file, sum) == "");
        } else {
            ++refused;
            CHECK(complaint(file.error()) == "");
            if (bad.by == refused_by::reader) CHECK_MESSAGE(file.error().message().find(bad.find) != std::string::npos, file.error().message());
        }
    }
    MESSAGE(names.size() << " bad files, " << refused << " refused by the reader");
    CHECK(names.size() >= 120);
    CHECK(sum > 0);
}

TEST_CASE("a file that is cut anywhere is refused as cut") {
    for (const auto kind : {tiny_vocabulary::sentencepiece, tiny_vocabulary::byte_level}) {
        const auto file = sound_model(kind).build();
        int        cuts = 0, wrong = 0;
        for_each_truncation(file, [&](std::span<const std::byte> bytes, std::size_t n) {
            ++cuts;
            const auto opened = io::gguf::from_memory(bytes);
            if (n >= file.edges.back()) return;  // only padding is missing
            if (opened || opened.error().code() != (n == 0 ? code::format_unknown : code::format_truncated) || complaint(opened.error()) != "") {
                ++wrong;
                CAPTURE(n);
                CHECK_MESSAGE(false, (opened ? std::string("opened") : opened.error().message()));
            }
        });
        CHECK(cuts > 5000);
        CHECK(wrong == 0);
    }
}

TEST_CASE("every single flipped bit of a header gives an error or a valid file") {
    for (const auto kind : {tiny_vocabulary::sentencepiece, tiny_vocabulary::byte_level}) {
        const auto    file   = sound_model(kind).build();
        std::uint64_t sum    = 0;
        int           opened = 0, refused = 0;
        for_each_bit_flip(file.data, file.header, [&](std::span<const std::byte> bytes, std::size_t bit) {
            const auto result = io::gguf::from_memory(bytes);
            const auto why    = result ? touch(*result, sum) : complaint(result.error());
            ++(result ? opened : refused);
            if (!why.empty()) {
                CAPTURE(bit);
                CHECK(why == "");
            }
        });
        MESSAGE(opened << " opened, " << refused << " refused");
        CHECK(opened > 1000);  // texts and numbers that the reader has no opinion of
        CHECK(refused > 1000);
    }
}
