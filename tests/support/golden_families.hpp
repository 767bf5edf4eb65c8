#pragma once

#include <fstream>
#include <numeric>
#include <string>

#include <nlohmann/json.hpp>

#include "support/models.hpp"

// The small models of tests/golden/families.json: one or more of every architecture.

namespace plume::test {

inline const nlohmann::json& golden_families() {
    static const auto all = nlohmann::json::parse(std::ifstream(PLUME_GOLDEN "/families.json"));
    return all;
}

inline void set_key(gguf_writer& w, const std::string& key, const nlohmann::json& value) {
    if (value.is_boolean())
        w.set(key, value.get<bool>());
    else if (value.is_string())
        w.set(key, value.get<std::string>());
    else if (value.is_array())
        w.set(key, value.get<std::vector<bool>>());
    else if (value.is_number_float())
        w.set(key, value.get<float>());
    else
        w.set(key, value.get<std::uint32_t>());
}

/// The file of one case, its matrices in a format of choice.
inline gguf_writer file_of(const nlohmann::json& c, const tiny_format& matrices = {}) {
    gguf_writer       w;
    const std::string architecture = c["architecture"];
    w.set("general.architecture", architecture).set("general.name", "tiny");
    for (const auto& [key, value] : c["keys"].items()) set_key(w, architecture + '.' + key, value);
    add_tiny_vocabulary(w, tiny_vocabulary::sentencepiece, golden_families()["vocabulary"], "");
    const auto add = [&](const std::string& name, const nlohmann::json& t) {
        std::vector<std::uint64_t> dims(t[1].rbegin(), t[1].rend());
        const auto                 n      = std::accumulate(dims.begin(), dims.end(), std::size_t{1}, [](std::size_t a, std::uint64_t b) { return a * b; });
        const auto                 values = random_weights(c["seed"], name, n, t[2], t[3]);
        const bool                 packed = matrices.encode && dims.size() > 1 && name.ends_with(".weight") && dims[0] % 32 == 0;
        w.tensor(name, dims, packed ? static_cast<std::uint32_t>(matrices.gguf_type) : 0, packed ? matrices.encode(values) : bytes_of(values));
    };
    for (const auto& t : c["tensors"]) {
        const std::string name = t[0];
        const auto        at   = name.find("{i}");
        if (at == std::string::npos) add(name, t);
        for (std::size_t i = 0; at != std::string::npos && i < c["layers"]; ++i) add(std::string(name).replace(at, 3, std::to_string(i)), t);
    }
    if (c.contains("given"))
        for (const auto& [name, values] : c["given"].items()) w.tensor(name, {values.size()}, 0, bytes_of(values.get<std::vector<float>>()));
    return w;
}

inline const nlohmann::json& golden_case(std::string_view name) {
    for (const auto& c : golden_families()["cases"])
        if (c["name"] == name) return c;
    FAIL("no golden case " << std::string(name));
    return golden_families();
}

}  // namespace plume::test
