#include <plume/io/source.hpp>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "src/io/read_exactly.hpp"
#include "support/bad_file.hpp"
#include "support/temporary_folder.hpp"

using namespace plume;
using namespace plume::test;

namespace {

byte_string some_bytes(std::size_t n) {
    byte_string b(n);
    for (std::size_t i = 0; i < n; ++i) b[i] = static_cast<std::byte>((i * 131 + i / 251) & 255);
    return b;
}

bool same(std::span<const std::byte> a, std::span<const std::byte> b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

}  // namespace

TEST_CASE("every source gives the same bytes at every place, and none beyond the end") {
    const temporary_folder folder;
    const auto             bytes = some_bytes(70'001);
    const auto             path  = folder.write("bytes", bytes);
    const auto             whole = std::span<const std::byte>(bytes);
    const auto             read  = [whole](std::uint64_t offset, std::span<std::byte> into) {
        std::memcpy(into.data(), whole.data() + offset, into.size());
        return true;
    };
    const auto mapped = io::source::open(path, true), private_copy = io::source::open(path, false);
    REQUIRE(mapped);
    REQUIRE(private_copy);
    const std::shared_ptr<const io::source> sources[] = {*mapped, *private_copy, io::source::from_memory(bytes), io::source::from_reader(bytes.size(), read)};
    for (const auto& s : sources) {
        CAPTURE(s->path());
        CHECK(s->size() == bytes.size());
        std::vector<std::byte> scratch;
        for (const auto& [offset, n] : {std::pair<std::size_t, std::size_t>{0, 1}, {0, 70'001}, {1, 4096}, {65'535, 2}, {70'000, 1}, {70'001, 0}, {123, 0}}) {
            const auto view = s->view(offset, n, scratch);
            REQUIRE(view);
            CHECK(same(*view, whole.subspan(offset, n)));
        }
        constexpr auto most = ~std::uint64_t{0};
        for (const auto& [offset, n] : {std::pair<std::uint64_t, std::size_t>{0, 70'002}, {70'001, 1}, {70'002, 0}, {most, 1}, {most, most}, {1, most}}) {
            const auto view = s->view(offset, n, scratch);
            REQUIRE_FALSE(view);
            CHECK(view.error().code() == code::format_truncated);
        }
    }
}

TEST_CASE("what cannot be opened is an error that says why") {
    const temporary_folder folder;
    for (const bool map : {true, false}) {
        const auto refused = [map](const std::string& path, code c, const std::string& find) {
            const auto s = io::source::open(path, map);
            CAPTURE(path);
            REQUIRE_FALSE(s);
            CHECK(s.error().code() == c);
            CHECK_MESSAGE(s.error().message().find(find) != std::string::npos, s.error().message());
            CHECK_FALSE(s.error().hint().empty());
        };
        refused(folder.path(), code::file_io, "folder");
        refused(folder.path("missing.gguf"), code::file_not_found, "does not exist");
        refused(folder.path("missing/model.gguf"), code::file_not_found, "does not exist");
        refused("", code::invalid_argument, "empty");
        refused("/dev/zero", code::file_io, "regular");
        const auto pipe = folder.path("pipe");
        ::mkfifo(pipe.c_str(), 0600);
        refused(pipe, code::file_io, "regular");  // and does not wait for a writer
        const auto zero_byte = io::source::open(std::string("model\0.gguf", 11), map);
        REQUIRE_FALSE(zero_byte);
        CHECK(zero_byte.error().code() == code::invalid_argument);
        const auto locked = folder.write("locked", some_bytes(10));
        ::chmod(locked.c_str(), 0);
        if (::geteuid() != 0)
            refused(locked, code::file_io, "permission");
        else
            MESSAGE("skipped: the superuser may read every file");
        const auto nothing = io::source::open(folder.write("nothing", {}), map);
        REQUIRE(nothing);
        CHECK((*nothing)->size() == 0);
    }
}

TEST_CASE("reading goes on after interruptions and short reads") {
    const auto             bytes = some_bytes(1000);
    std::vector<std::byte> into(900);
    int                    calls   = 0;
    const auto             pread_7 = [&](std::byte* to, std::size_t n, std::uint64_t offset) -> long {
        if (++calls % 3 == 0) {
            errno = EINTR;
            return -1;
        }
        const auto got = std::min<std::size_t>({n, 7, bytes.size() - std::min<std::size_t>(offset, bytes.size())});
        std::memcpy(to, bytes.data() + offset, got);
        return static_cast<long>(got);
    };
    const auto all = io::read_exactly(pread_7, 100, into);
    CHECK(all.got == 900);
    CHECK(all.reason == 0);
    CHECK(same(into, std::span(bytes).subspan(100)));
    CHECK(calls > 900 / 7);
    const auto short_one = io::read_exactly(pread_7, 101, into);
    CHECK(short_one.got == 899);
    CHECK(short_one.reason == 0);
    const auto failing = io::read_exactly(
        [&](std::byte* to, std::size_t, std::uint64_t) -> long {
            errno = EIO;
            return to == into.data() ? 1 : -1;
        },
        0, into);
    CHECK(failing.got == 1);
    CHECK(failing.reason == EIO);
}

TEST_CASE("a read function that gives false is an error, and is not called beyond the end") {
    int                    calls = 0;
    const auto             s     = io::source::from_reader(100, [&](std::uint64_t offset, std::span<std::byte> into) {
        ++calls;
        CHECK(offset + into.size() <= 100);
        return false;
    });
    std::vector<std::byte> scratch;
    const auto             view = s->view(0, 100, scratch);
    REQUIRE_FALSE(view);
    CHECK(view.error().code() == code::file_io);
    CHECK_FALSE(s->view(50, 51, scratch));
    CHECK(calls == 1);
    CHECK_FALSE(io::source::from_reader(100, nullptr)->view(0, 1, scratch));
}
