#include <plume/io/gguf.hpp>

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>

#include "support/bad_file.hpp"
#include "support/gguf_seeds.hpp"
#include "support/temporary_folder.hpp"
#include "support/touch.hpp"

using namespace plume;
using namespace plume::test;
using io::value_type;

namespace {

io::gguf open_or_fail(std::span<const std::byte> bytes) {
    auto file = io::gguf::from_memory(bytes);
    REQUIRE_MESSAGE(file, (file ? "" : file.error().message()));
    return *file;
}

/// Part `i` of `n` of a model whose tensors are dealt out one after the other.
gguf_writer part_writer(std::size_t i, std::size_t n) {
    auto       w   = i == 0 ? sound_model() : gguf_writer{};
    const auto all = sound_model().tensors;
    w.set("split.no", static_cast<std::uint16_t>(i)).set("split.count", static_cast<std::uint16_t>(n));
    w.set("split.tensors.count", static_cast<std::int32_t>(all.size()));
    w.tensors.clear();
    for (std::size_t t = i; t < all.size(); t += n) w.tensors.push_back(all[t]);
    return w;
}

gguf_bytes part(std::size_t i, std::size_t n) { return part_writer(i, n).build(); }

}  // namespace

TEST_CASE("values of every type come back as they were written") {
    const auto bytes = all_types().build().data;
    const auto f     = open_or_fail(bytes);
    CHECK(*f.find("a.u8")->integer() == 200);
    CHECK(*f.find("a.i8")->integer() == -3);
    CHECK(*f.find("a.u16")->integer() == 60'000);
    CHECK(*f.find("a.i16")->integer() == -30'000);
    CHECK(*f.find("a.u32")->integer() == 4'000'000'000);
    CHECK(*f.find("a.i32")->integer() == -2'000'000'000);
    CHECK_FALSE(f.find("a.u64")->integer());  // does not fit
    CHECK(*f.find("a.u64")->count() == std::numeric_limits<std::uint64_t>::max());
    CHECK(*f.find("a.i64")->integer() == std::numeric_limits<std::int64_t>::min());
    CHECK_FALSE(f.find("a.i64")->count());
    CHECK(*f.find("a.f32")->real() == 0.25);
    CHECK(*f.find("a.f64")->real() == -1e300);
    CHECK_FALSE(f.find("a.u8")->real());
    CHECK(*f.find("a.bool")->flag());
    CHECK_FALSE(f.find("a.bool")->integer());
    CHECK(*f.find("a.text")->text() == "caf\xc3\xa9");
    CHECK(f.find("b.i16")->size() == 3);
    CHECK(*f.find("b.i16")->integer(1) == -2);
    CHECK_FALSE(f.find("b.i16")->integer(3));
    CHECK(*f.find("b.f32")->real(1) == -0.5);
    CHECK((!*f.find("b.bool")->flag(0) && *f.find("b.bool")->flag(1)));
    CHECK(*f.find("b.text")->text(0) == "");
    CHECK(*f.find("b.text")->text(1) == "x");
    CHECK(*f.find("b.text")->text(2) == std::string_view("a\0b", 3));
    CHECK(*f.find("b.text")->text(3) == "\xff");
    CHECK(f.find("b.none")->size() == 0);
    CHECK_FALSE(f.find("b.none")->text(0));
    CHECK(f.find("a.none") == nullptr);
    CHECK(f.find("a.") == nullptr);
    std::uint64_t sum = 0;
    CHECK(touch(f, sum) == "");
}

TEST_CASE("typed access gives the value, the default, or an error with both types") {
    const auto bytes = all_types().build().data;
    const auto f     = open_or_fail(bytes);
    CHECK(*f.count("a.u8") == 200);
    CHECK(*f.count_or("a.none", 7) == 7);
    CHECK(*f.count_or("a.u16", 7) == 60'000);
    CHECK(*f.real("a.f32") == 0.25);
    CHECK(*f.real_or("a.none", 0.5) == 0.5);
    CHECK(*f.flag_or("a.bool", false));
    CHECK_FALSE(*f.flag_or("a.none", false));
    CHECK(*f.text("a.text") == "caf\xc3\xa9");
    CHECK(*f.text_or("a.none", "x") == "x");
    CHECK((*f.array("b.i16", value_type::i64))->size() == 3);
    CHECK((*f.array("b.i16", value_type::i16))->size() == 3);
    CHECK((*f.array("b.none", value_type::string))->size() == 0);
    const auto message = [](const auto& r) {
        REQUIRE_FALSE(r);
        CHECK(r.error().code() == code::format_invalid);
        return r.error().message();
    };
    CHECK(message(f.count("a.none")).find("key 'a.none' is missing") != std::string::npos);
    CHECK(message(f.count("a.i8")).find("expected an integer of 0 or more, found i8 -3") != std::string::npos);
    CHECK(message(f.count_or("a.f32", 1)).find("found f32") != std::string::npos);
    CHECK(message(f.count("b.i16")).find("found an array of i16") != std::string::npos);
    CHECK(message(f.real("a.u8")).find("expected f32 or f64, found u8") != std::string::npos);
    CHECK(message(f.flag_or("a.u8", true)).find("expected boolean, found u8") != std::string::npos);
    CHECK(message(f.text("b.text")).find("expected string, found an array of string") != std::string::npos);
    CHECK(message(f.text_or("a.bool", "")).find("found boolean") != std::string::npos);
    CHECK(message(f.array("a.i16", value_type::i64)).find("expected an array of integers, found i16 -30000") != std::string::npos);
    CHECK(message(f.array("b.f32", value_type::string)).find("expected an array of string, found an array of f32") != std::string::npos);
    CHECK(message(f.array("b.bool", value_type::u64)).find("found an array of boolean") != std::string::npos);
    CHECK(message(f.array("b.i16", value_type::u8)).find("expected an array of u8") != std::string::npos);
    CHECK(f.count("a.none").error().path() == "memory");
}

TEST_CASE("tensors are found with their shapes, and their bytes are read in place or copied") {
    const temporary_folder folder;
    const auto             file   = sound_model().build();
    const auto             path   = folder.write("model.gguf", file.data);
    const auto             reader = [&](std::uint64_t offset, std::span<std::byte> into) {
        std::memcpy(into.data(), file.data.data() + offset, into.size());
        return true;
    };
    const result<io::gguf> opened[] = {io::gguf::open(path), io::gguf::open(path, {.map = false}), io::gguf::from_memory(file.data),
                                       io::gguf::from_reader(file.data.size(), reader)};
    for (const auto& f : opened) {
        REQUIRE(f);
        CHECK(f->version() == 3);
        CHECK(f->file_bytes() == file.data.size());
        CHECK(f->tensors().size() == sound_model().tensors.size());
        for (const auto& written : sound_model().tensors) {
            const auto* t = f->find_tensor(written.name);
            REQUIRE(t != nullptr);
            CHECK(t->type == 0);
            CHECK(t->n_dims == written.dims.size());
            for (std::size_t d = 0; d < 4; ++d) CHECK(t->dims[d] == (d < written.dims.size() ? written.dims[d] : 1));
            CHECK(t->n_elems * 4 == t->bytes);
            CHECK(t->bytes == written.data.size());
            std::vector<std::byte> scratch;
            const auto             some = f->read(*t, 4, t->bytes - 4, scratch);
            REQUIRE(some);
            CHECK(std::memcmp(some->data(), written.data.data() + 4, some->size()) == 0);
            CHECK_FALSE(f->read(*t, 1, t->bytes, scratch));
            CHECK_FALSE(f->read(*t, ~std::uint64_t{0}, 1, scratch));
        }
        CHECK(f->find_tensor("output.weight") == nullptr);
        std::uint64_t sum = 0;
        CHECK(touch(*f, sum) == "");
    }
}

TEST_CASE("values live as long as the last copy, whatever becomes of the file") {
    const temporary_folder  folder;
    std::optional<io::gguf> kept;
    const io::gguf_value*   name = nullptr;
    {
        const auto path = folder.write("model.gguf", sound_model().build().data);
        auto       f    = io::gguf::open(path);
        REQUIRE(f);
        kept = *f;
        name = f->find("general.architecture");
        std::filesystem::remove(path);
    }
    CHECK(*name->text() == "llama");
    CHECK(kept->find("general.architecture") == name);
}

TEST_CASE("a file that is shortened after it was opened is an error when it is not mapped") {
    const temporary_folder folder;
    const auto             file = sound_model().build();
    const auto             path = folder.write("model.gguf", file.data);
    const auto             f    = io::gguf::open(path, {.map = false});
    REQUIRE(f);
    std::filesystem::resize_file(path, file.edges[3] + 1);
    std::vector<std::byte> scratch;
    CHECK(f->read(f->tensors()[0], 0, 64, scratch));
    const auto& last = f->tensors().back();
    const auto  gone = f->read(last, 0, static_cast<std::size_t>(last.bytes), scratch);
    REQUIRE_FALSE(gone);
    CHECK(gone.error().code() == code::file_io);
    CHECK(gone.error().message().find("shorter") != std::string::npos);
    CHECK(gone.error().message().find(last.name) != std::string::npos);
    CHECK(gone.error().path() == path);
}

TEST_CASE("a reader that fails at any call gives an error, not a broken file") {
    const auto file = sound_model().build();
    for (int failing = 0; failing < 4; ++failing) {
        int        call = 0;
        const auto f    = io::gguf::from_reader(file.data.size(), [&](std::uint64_t offset, std::span<std::byte> into) {
            std::memcpy(into.data(), file.data.data() + offset, into.size());
            return call++ != failing;
        });
        if (call <= failing) break;  // opened with fewer calls
        REQUIRE_FALSE(f);
        CHECK(f.error().code() == code::file_io);
        CHECK(f.error().path() == "reader");
    }
}

TEST_CASE("limits are the caller's, and an error names the one that was met") {
    const auto bytes   = sound_model().build().data;
    const auto refused = [&](const io::gguf_limits& limits, const std::string& name) {
        const auto f = io::gguf::from_memory(bytes, limits);
        REQUIRE_FALSE(f);
        CHECK(f.error().code() == code::format_limit);
        CHECK_MESSAGE(f.error().message().find(name) != std::string::npos, f.error().message());
    };
    refused({.max_metadata_entries = 5}, "max_metadata_entries");
    refused({.max_tensors = 5}, "max_tensors");
    refused({.max_name_bytes = 5}, "max_name_bytes");
    refused({.max_string_bytes = 2}, "max_string_bytes");
    refused({.max_array_elements = 299}, "max_array_elements");
    refused({.max_header_bytes = 1000}, "max_header_bytes");
    CHECK(io::gguf::from_memory(bytes, {.max_array_elements = 300}));
}

TEST_CASE("a split model is one model, opened by its first part") {
    const temporary_folder folder;
    std::uint64_t          bytes = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        const auto p = part(i, 3);
        folder.write("model-0000" + std::to_string(i + 1) + "-of-00003.gguf", p.data);
        bytes += p.data.size();
    }
    for (const bool map : {true, false}) {
        const auto f = io::gguf::open(folder.path("model-00001-of-00003.gguf"), {.map = map});
        REQUIRE_MESSAGE(f, (f ? "" : f.error().message()));
        CHECK(f->file_bytes() == bytes);
        CHECK(f->tensors().size() == sound_model().tensors.size());
        CHECK(*f->text("general.architecture") == "llama");
        std::vector<std::byte> scratch;
        for (const auto& written : sound_model().tensors) {
            const auto* t = f->find_tensor(written.name);
            REQUIRE(t != nullptr);
            const auto data = f->read(*t, 0, static_cast<std::size_t>(t->bytes), scratch);
            REQUIRE(data);
            CHECK(std::memcmp(data->data(), written.data.data(), data->size()) == 0);
        }
        std::uint64_t sum = 0;
        CHECK(touch(*f, sum) == "");
    }
    const auto refused = [&](const std::string& file, code c, std::initializer_list<const char*> finds, io::gguf_limits limits = {}) {
        const auto f = io::gguf::open(folder.path(file), {.limits = limits});
        REQUIRE_FALSE(f);
        CHECK(f.error().code() == c);
        for (const auto* find : finds) CHECK_MESSAGE(f.error().message().find(find) != std::string::npos, f.error().message());
    };
    const std::string first = "model-00001-of-00003.gguf", second = "model-00002-of-00003.gguf";
    refused(second, code::format_unsupported, {"part 2 of 3", "'model-00001-of-00003.gguf'"});
    refused(first, code::format_limit, {"max_split_files"}, {.max_split_files = 2});
    folder.write("renamed.gguf", part(0, 3).data);
    refused("renamed.gguf", code::format_invalid, {"-00001-of-00003.gguf", "renamed.gguf"});
    folder.write(second, part(2, 3).data);
    refused(first, code::format_invalid, {"model-00002-of-00003.gguf", "expected part 2 of 3, found part 3 of 3"});
    folder.write(second, part(1, 4).data);
    refused(first, code::format_invalid, {"found part 2 of 4"});
    folder.write(second, sound_model().build().data);
    refused(first, code::format_invalid, {"found part 1 of 1"});
    auto lost = gguf_writer{};
    lost.set("split.no", 1).set("split.count", 3);
    folder.write(second, lost.build().data);
    refused(first, code::format_invalid, {"split.tensors.count"});
    auto doubled                 = part_writer(1, 3);
    doubled.tensors.front().name = sound_model().tensors.front().name;
    folder.write(second, doubled.build().data);
    refused(first, code::format_invalid, {"occurs twice"}, {});
    auto cut = part(1, 3);
    cut.data.resize(cut.edges.back() - 1);
    folder.write(second, cut.data);
    refused(first, code::format_truncated, {"model-00002-of-00003.gguf", "at least"});
    std::filesystem::remove(folder.path(second));
    refused(first, code::file_not_found, {"model-00002-of-00003.gguf", "part 2 of 3"});
    std::filesystem::create_directory(folder.path(second));
    refused(first, code::file_io, {"folder"});
}

TEST_CASE("the files of other programs open") {
    const char* data = std::getenv("PLUME_TEST_DATA");
    if (data == nullptr) {
        MESSAGE("SKIPPED: PLUME_TEST_DATA is not set, no file of another program was opened");
        return;
    }
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data)) {
        if (entry.path().extension() != ".gguf") continue;
        CAPTURE(entry.path().string());
        for (const bool map : {true, false}) {
            const auto f = io::gguf::open(entry.path().string(), {.map = map});
            REQUIRE_MESSAGE(f, (f ? "" : f.error().message()));
            std::uint64_t sum = 0;
            CHECK(touch(*f, sum) == "");
            CHECK(f->file_bytes() == entry.file_size());
            CHECK((*f->array("tokenizer.ggml.tokens", value_type::string))->size() > 500);
        }
        ++files;
    }
    CHECK(files > 0);
}
