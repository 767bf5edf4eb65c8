#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <plume/core/json.hpp>
#include <plume/io/gguf_header.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

/// config.json, by names with '.' for a member of a member and '|' for another place to look. A null is as good as nothing.
class hf_config {
public:
    static result<hf_config> open(const std::string& path);

    [[nodiscard]] std::optional<json::value> find(std::string_view names) const;

    /// Names are from now on members of this member, or else of the whole; those with a '.' in front of the whole alone.
    void enter(std::string_view part) { part_ = part; }

    // Empty where the value is missing. Errors: format_invalid with the name, what it must be and what it is.
    [[nodiscard]] result<std::optional<std::uint64_t>> count(std::string_view names) const;  // below 2^32
    [[nodiscard]] result<std::optional<double>>        real(std::string_view names) const;
    [[nodiscard]] result<std::optional<bool>>          flag(std::string_view names) const;
    [[nodiscard]] result<std::optional<std::string>>   text(std::string_view names) const;

    /// format_invalid or format_unsupported about a value.
    [[nodiscard]] error fault(code c, std::string_view names, std::string_view what, std::string_view expected, std::string_view found) const;

    /// A value as it is written, shortened, for messages.
    [[nodiscard]] static std::string shown(json::value v);

private:
    hf_config(std::string path, json::document d) : path_(std::move(path)), document_(std::move(d)) {}
    [[nodiscard]] std::optional<json::value> find_in(std::optional<json::value> at, std::string_view name) const;

    std::string    path_;
    std::string    part_;
    json::document document_;
};

/// What the tables of tensors need of the sizes.
struct hf_sizes {
    std::size_t layers = 0, heads = 0, kv_heads = 0, head_width = 0;
    bool        tied = false;
};

/// Whether a value, or each of a list, is one of `allowed`, names or numbers behind '|'.
[[nodiscard]] bool is_one_of(json::value v, std::string_view allowed);

/// What a folder holds, and how.
struct known_folder {
    const models::recipe* recipe;
    const hf_family*      family;  // one of the recipe's
};

/// By the class of the model; format_unsupported names those that are read.
[[nodiscard]] result<known_folder> find_family(const hf_config& config);

/// A tensor of a GGUF file whose numbers are in config.json: what the frequencies of RoPE are divided by.
struct rope_factors_tensor {
    std::string_view   name;  // "rope_freqs.weight"
    std::vector<float> values;
};

/// Checks the demands and the sizes, and writes the keys that the family's table names, RoPE's scaling among them, whose factors come to `factors`.
[[nodiscard]] result<hf_sizes> write_keys(const hf_config& config, const known_folder& folder, io::gguf_header& header,
                                          std::vector<rope_factors_tensor>& factors);

}  // namespace plume::models
