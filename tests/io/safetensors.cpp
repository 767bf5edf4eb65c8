#include <doctest/doctest.h>

#include <plume/io/safetensors.hpp>

#include "support/bad_safetensors.hpp"
#include "support/complaint.hpp"
#include "support/systematic.hpp"
#include "support/temporary_folder.hpp"

using namespace plume;
using namespace plume::test;

namespace {

/// Reads the first and the last byte of every tensor.
std::string touch(const io::safetensors& file) {
    std::uint64_t          end = 0;
    std::vector<std::byte> scratch;
    for (const auto& t : file.tensors()) {
        if (file.find(t.name) != &t) return "find() does not find " + t.name;
        if (t.bytes != t.n_elems * io::bytes_of(t.type)) return "a size that is wrong: " + t.name;
        for (const std::uint64_t at : {std::uint64_t{0}, t.bytes - 1})
            if (t.bytes > 0 && !file.read(t, at, 1, scratch)) return "cannot be read: " + t.name;
        if (file.read(t, t.bytes, 1, scratch)) return "a byte behind the end of " + t.name;
        end = t.offset + t.bytes;
    }
    return file.tensors().empty() || end == file.file_bytes() ? "" : "bytes that belong to nothing";
}

}  // namespace

TEST_CASE("a sound safetensors file shows its tensors, their shapes and bytes") {
    const auto bytes = sound_safetensors().build().data;
    const auto file  = io::safetensors::from_memory(bytes);
    REQUIRE_MESSAGE(file, (file ? "" : file.error().message()));
    REQUIRE(file->tensors().size() == 4);
    const auto* a = file->find("a.weight");
    REQUIRE(a != nullptr);
    CHECK(a->type == io::element_type::f32);
    CHECK(a->n_dims == 2);
    CHECK(a->shape[0] == 2);
    CHECK(a->shape[1] == 3);
    CHECK(a->bytes == 24);
    CHECK(file->find("scale")->n_elems == 1);
    CHECK(file->find("nothing")->n_elems == 0);
    CHECK(file->find("b") == nullptr);
    std::vector<std::byte> scratch;
    CHECK(file->read(*file->find("b.weight"), 7, 1, scratch).or_throw()[0] == std::byte{2});
    CHECK(touch(*file) == "");
}

TEST_CASE("every named bad safetensors file ends in an error that says what is wrong") {
    const auto all = bad_safetensors_files();
    CHECK(all.size() > 45);
    for (const auto& bad : all) {
        CAPTURE(bad.name);
        const auto file = io::safetensors::from_memory(bad.bytes);
        REQUIRE_FALSE(file);
        CHECK(complaint(file.error()) == "");
        CHECK_MESSAGE(file.error().message().find(bad.find) != std::string::npos, file.error().message());
    }
}

TEST_CASE("a safetensors file that is cut anywhere, or longer, is refused") {
    const auto file = sound_safetensors().build();
    for (std::size_t n = 0; n < file.data.size(); ++n) {
        const auto opened = io::safetensors::from_memory(std::span(file.data).first(n));
        CAPTURE(n);
        REQUIRE_FALSE(opened);
        REQUIRE(complaint(opened.error()) == "");
    }
}

TEST_CASE("every single flipped bit of a safetensors file gives an error or a valid file") {
    const auto file   = sound_safetensors().build();
    int        opened = 0, refused = 0;
    for_each_bit_flip(file.data, file.data.size(), [&](std::span<const std::byte> bytes, std::size_t bit) {
        const auto result = io::safetensors::from_memory(bytes);
        ++(result ? opened : refused);
        CAPTURE(bit);
        CHECK((result ? touch(*result) : complaint(result.error())) == "");
    });
    CHECK(opened > 100);  // letters of names, and all of the data
    CHECK(refused > 1000);
}

TEST_CASE("a tiny file cannot ask for much memory: a header of brackets is refused before it is described") {
    safetensors_writer w;
    w.header = '{' + std::string(2'000'000, '[');
    CHECK_FALSE(io::safetensors::from_memory(w.build().data));
    w.header        = "{\"a\":[" + std::string(20'000'000, ' ') + std::string(20'000'000, ',') + "]}";
    const auto file = io::safetensors::from_memory(w.build().data);
    REQUIRE_FALSE(file);
    CHECK(file.error().code() == code::format_limit);
}

TEST_CASE("an index joins files of its folder, and of no other") {
    const temporary_folder folder;
    safetensors_writer     one, two;
    one.add("a", "F32", {1}, byte_string(4, std::byte{1}));
    two.add("b", "F16", {2}, byte_string(4, std::byte{2}));
    folder.write("model-00001-of-00002.safetensors", one.build().data);
    folder.write("model-00002-of-00002.safetensors", two.build().data);
    const auto open = [&](std::string_view text) { return io::safetensors::open_index(folder.write("model.safetensors.index.json", bytes_of_text(text))); };

    const auto both = open(R"({"metadata":{"total_size":8},"weight_map":{"b":"model-00002-of-00002.safetensors","a":"model-00001-of-00002.safetensors"}})");
    REQUIRE_MESSAGE(both, (both ? "" : both.error().message()));
    CHECK(both->tensors().size() == 2);
    std::vector<std::byte> scratch;
    CHECK(both->read(*both->find("b"), 0, 4, scratch).or_throw()[0] == std::byte{2});
    CHECK(both->path_of(*both->find("b")) == folder.path("model-00002-of-00002.safetensors"));

    const std::pair<const char*, const char*> bad[] = {
        {"", "JSON"},
        {"[]", "weight_map"},
        {R"({"weight_map":[]})", "weight_map"},
        {R"({"weight_map":{}})", "weight_map"},
        {R"({"weight_map":{"a":7}})", "file name"},
        {R"({"weight_map":{"a":""}})", "same folder"},
        {R"({"weight_map":{"a":"../a.safetensors"}})", "same folder"},
        {R"({"weight_map":{"a":"/etc/passwd"}})", "same folder"},
        {R"({"weight_map":{"a":".."}})", "same folder"},
        {R"({"weight_map":{"a":"x\u0000.safetensors"}})", "same folder"},
        {R"({"weight_map":{"a":"c:\\a"}})", "same folder"},
        {R"({"weight_map":{"a":"model-00003-of-00002.safetensors"}})", "is missing"},
        {R"({"weight_map":{"a":"model-00002-of-00002.safetensors"}})", "not where the index says"},
        {R"({"weight_map":{"a":"model-00001-of-00002.safetensors","c":"model-00001-of-00002.safetensors"}})", "not where the index says"},
    };
    for (const auto& test : bad) {
        CAPTURE(test.first);
        const auto file = open(test.first);
        REQUIRE_FALSE(file);
        CHECK_MESSAGE(file.error().message().find(test.second) != std::string::npos, file.error().message());
        CHECK_FALSE(file.error().hint().empty());
    }
    two.tensors[0].name = "a";
    folder.write("model-00002-of-00002.safetensors", two.build().data);
    const auto twice = open(R"({"weight_map":{"x":"model-00002-of-00002.safetensors","a":"model-00001-of-00002.safetensors"}})");
    REQUIRE_FALSE(twice);
    CHECK(twice.error().message().find("two files") != std::string::npos);
}
