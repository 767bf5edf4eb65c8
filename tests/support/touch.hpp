#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <plume/io/gguf.hpp>

namespace plume::test {

/// Reads all that an open file offers: every value by every accessor, the first and the last byte of every tensor. Empty when everything is as the
/// interface promises, else what is not. `sum` gathers the bytes, so that no read can be optimised away.
inline std::string touch(const io::gguf& file, std::uint64_t& sum) {
    for (const auto& [key, v] : file.metadata()) {
        if (file.find(key) != &v) return "find() does not find " + key;
        for (std::size_t i = 0; i < v.size(); ++i) {
            int answers = 0;
            if (const auto n = v.integer(i)) sum += static_cast<std::uint64_t>(*n), ++answers;
            if (const auto n = v.count(i)) sum += *n, answers += v.integer(i) ? 0 : 1;
            if (const auto x = v.real(i)) sum += *x > 0 ? 1 : 0, ++answers;
            if (const auto f = v.flag(i)) sum += *f ? 1 : 0, ++answers;
            if (const auto t = v.text(i)) {
                for (const char c : *t) sum += static_cast<unsigned char>(c);
                ++answers;
            }
            if (answers != 1) return key + " answers to " + std::to_string(answers) + " types";
        }
        if (v.integer(v.size()) || v.real(v.size()) || v.flag(v.size()) || v.text(v.size())) return key + " has an element beyond its end";
    }
    std::uint64_t          bytes = 0;
    std::vector<std::byte> scratch;
    for (const auto& t : file.tensors()) {
        bytes += t.bytes;
        if (t.bytes == 0 || t.n_elems == 0) return "an empty tensor: " + t.name;
        if (t.offset > file.file_bytes() || t.bytes > file.file_bytes() - t.offset) return "a tensor outside the file: " + t.name;
        if (file.find_tensor(t.name) != &t) return "find_tensor() does not find " + t.name;
        for (const auto at : {std::uint64_t{0}, t.bytes - 1}) {
            const auto b = file.read(t, at, 1, scratch);
            if (!b) return b.error().message();
            sum += static_cast<std::uint64_t>((*b)[0]);
        }
        if (file.read(t, t.bytes, 1, scratch)) return "a byte behind the end of " + t.name;
    }
    return bytes == file.tensor_bytes() ? "" : "tensor_bytes() is wrong";
}

}  // namespace plume::test
