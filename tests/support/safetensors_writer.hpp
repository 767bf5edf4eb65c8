#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/gguf_writer.hpp"

// A writer of safetensors files for tests: it writes what it is told, right or wrong.

namespace plume::test {

struct safetensors_writer {
    struct tensor {
        std::string                name, dtype;
        std::vector<std::uint64_t> shape;
        byte_string                data;
        std::string                offsets;  // instead of the true ones: "[0,4]"
    };
    std::vector<tensor>          tensors;
    std::string                  more;            // members of the header besides, each with a comma behind it
    std::optional<std::string>   header;          // instead of all of them
    std::optional<std::uint64_t> length;          // instead of the header's true one
    std::size_t                  holes      = 0;  // bytes before each tensor but the first
    std::size_t                  more_bytes = 0;  // behind the last

    safetensors_writer& add(std::string name, std::string dtype, std::vector<std::uint64_t> shape, byte_string data) {
        tensors.push_back({std::move(name), std::move(dtype), std::move(shape), std::move(data), {}});
        return *this;
    }

    [[nodiscard]] gguf_bytes build() const {
        std::string text = "{" + more;
        byte_string data;
        gguf_bytes  file;
        for (const auto& t : tensors) {
            if (&t != &tensors.front()) text += ',', data.resize(data.size() + holes);
            text += '"' + t.name + "\":{\"dtype\":\"" + t.dtype + "\",\"shape\":[";
            for (std::size_t d = 0; d < t.shape.size(); ++d) text += (d ? "," : "") + std::to_string(t.shape[d]);
            file.edges.push_back(data.size());
            text += "],\"data_offsets\":" +
                    (t.offsets.empty() ? '[' + std::to_string(data.size()) + ',' + std::to_string(data.size() + t.data.size()) + ']' : t.offsets) + '}';
            append(data, t.data.data(), t.data.size());
            file.edges.push_back(data.size());
        }
        text += '}';
        if (header) text = *header;
        append(file.data, length.value_or(text.size()));
        append(file.data, text.data(), text.size());
        file.header = file.data.size();
        append(file.data, data.data(), data.size());
        file.data.resize(file.data.size() + more_bytes);
        for (auto& edge : file.edges) edge += file.header;
        return file;
    }
};

/// Three tensors, of which one holds a single number and one nothing.
inline safetensors_writer sound_safetensors() {
    safetensors_writer w;
    w.more = "\"__metadata__\":{\"format\":\"pt\"},";
    w.add("a.weight", "F32", {2, 3}, byte_string(24, std::byte{1})).add("b.weight", "BF16", {4}, byte_string(8, std::byte{2}));
    w.add("scale", "F16", {}, byte_string(2, std::byte{3})).add("nothing", "F32", {0, 7}, {});
    return w;
}

}  // namespace plume::test
