#pragma once

#include <functional>
#include <string>
#include <vector>

#include "support/bad_file.hpp"
#include "support/safetensors_writer.hpp"

// Safetensors files that must be refused, by name.

namespace plume::test {

struct bad_safetensors {
    std::string name, find;  // `find` occurs in the message
    byte_string bytes;
};

inline std::vector<bad_safetensors> bad_safetensors_files() {
    std::vector<bad_safetensors> all;
    const auto                   bytes = [&](std::string name, std::string find, std::string_view text) {
        all.push_back({std::move(name), std::move(find), bytes_of_text(text)});
    };
    const auto changed = [&](std::string name, std::string find, const std::function<void(safetensors_writer&)>& change) {
        auto w = sound_safetensors();
        change(w);
        all.push_back({std::move(name), std::move(find), w.build().data});
    };
    const auto header = [&](std::string name, std::string find, std::string text) {
        changed(std::move(name), std::move(find), [&](auto& w) { w.header = std::move(text); });
    };
    using namespace std::string_view_literals;
    bytes("an empty file", "is empty", "");
    bytes("three bytes", "ends before its header", "\1\0\0"sv);
    bytes("a length and nothing else", "ends before its header", "\10\0\0\0\0\0\0\0"sv);
    bytes("a GGUF file", "is a GGUF file", "GGUF\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv);
    bytes("an HTML page", "HTML", "<!DOCTYPE html><html></html>");
    bytes("a PyTorch zip", "safetensors", "PK\3\4\0\0\x08\x08\0\0\0\0\0\0\0\0archive/data.pkl"sv);
    bytes("a pickle", "safetensors", "\x80\x02}q\0X\x04\0\0\0\0\0"sv);
    bytes("a git-LFS pointer", "git lfs pull", "version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 1\n");
    bytes("a list as header", "not a safetensors file", "\2\0\0\0\0\0\0\0[]"sv);
    changed("a header of 2^63 bytes", "max_header_bytes", [](auto& w) { w.length = std::uint64_t{1} << 63; });
    changed("a header of 2^64 - 1 bytes", "max_header_bytes", [](auto& w) { w.length = ~std::uint64_t{0}; });
    changed("a header of 100,000,001 bytes", "max_header_bytes", [](auto& w) { w.length = 100'000'001; });
    changed("a header longer than the file", "ends inside its header", [](auto& w) { w.length = 50'000; });
    changed("a header of no bytes", "not valid JSON", [](auto& w) { w.length = 0; });
    changed("a header that is cut", "not valid JSON", [](auto& w) { w.length = 40; });
    header("a header that is no JSON", "not valid JSON", "{hello}");
    header("invalid UTF-8", "invalid UTF-8", "{\"\xff\":{}}");
    header("nesting", "too deep", "{\"a\":[[[[[[[[[[]]]]]]]]]]}");
    header("a name twice", "twice", R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})");
    header("a tensor without a name", "without a name", R"({"":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})");
    header("a number as description", "described in the wrong way", R"({"a":7})");
    header("no dtype", "not described whole", R"({"a":{"shape":[1],"data_offsets":[0,4]}})");
    header("no shape", "not described whole", R"({"a":{"dtype":"F32","data_offsets":[0,4]}})");
    header("no offsets", "not described whole", R"({"a":{"dtype":"F32","shape":[1]}})");
    header("a member too many", "does not know", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"stride":[1]}})");
    header("a dtype that is a number", "dtype of the wrong kind", R"({"a":{"dtype":1,"shape":[1],"data_offsets":[0,4]}})");
    header("an unknown dtype", "element type that plume does not know", R"({"a":{"dtype":"F7","shape":[1],"data_offsets":[0,4]}})");
    header("a dtype in small letters", "element type", R"({"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}})");
    header("a shape that is a number", "shape of the wrong kind", R"({"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})");
    header("nine dimensions", "too many dimensions", R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}})");
    header("a negative dimension", "not a number of 0 or more", R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})");
    header("a dimension with a fraction", "not a number of 0 or more", R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})");
    header("a dimension that is a text", "not a number of 0 or more", R"({"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}})");
    header("dimensions that wrap", "no computer can count", R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})");
    header(
        "dimensions whose product is 2^64 - 1, and some that wrap", "do not fit its type and shape",
        R"({"a":{"dtype":"U8","shape":[6148914691236517205,3,1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,1]}})");
    header("bytes that wrap", "a computer can count", R"({"a":{"dtype":"F64","shape":[4611686018427387904],"data_offsets":[0,0]}})");
    header("offsets that are a number", "offsets of the wrong kind", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":4}})");
    header("three offsets", "offsets of the wrong kind", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}})");
    header("a negative offset", "not a number of 0 or more", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}})");
    header("an offset of 2^64", "not a number of 0 or more", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[18446744073709551616,18446744073709551620]}})");
    header("offsets backwards", "do not fit its type and shape", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})");
    header("too few bytes", "do not fit its type and shape", R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})");
    header("too many bytes", "do not fit its type and shape", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,34]}})");
    header("an offset near 2^63", "", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775803,9223372036854775807]}})");
    header("metadata that is a list", "__metadata__", R"({"__metadata__":[],"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})");
    header("metadata of numbers", "__metadata__", R"({"__metadata__":{"a":1}})");
    header("no tensors before bytes", "behind its last tensor", "{}");
    changed("a hole", "hole", [](auto& w) { w.holes = 1; });
    changed("a hole at the start", "hole", [](auto& w) { w.tensors[0].offsets = "[1,25]"; });
    changed("bytes behind the last tensor", "behind its last tensor", [](auto& w) { w.more_bytes = 1; });
    changed("two tensors in one place", "overlap", [](auto& w) { w.tensors[1].offsets = "[0,8]"; });
    changed("tensors that overlap", "overlap", [](auto& w) { w.tensors[1].offsets = "[23,31]"; });
    changed("a tensor beyond the end", "cut off",
            [](auto& w) { w.tensors[1].shape = {8}, w.tensors[1].offsets = "[24,40]", w.tensors.pop_back(), w.tensors.pop_back(); });
    changed("a tensor of 2^62 bytes", "cut off", [](auto& w) { w.tensors = {{"a", "U8", {std::uint64_t{1} << 62}, {}, "[0,4611686018427387904]"}}; });
    return all;
}

}  // namespace plume::test
