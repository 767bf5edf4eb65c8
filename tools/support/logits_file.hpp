#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <plume/core/dtype.hpp>
#include <plume/core/result.hpp>
#include <plume/io/source.hpp>

#include "new_file.hpp"

// The logits of a text's scored positions in a file, so that another run can be compared with them: "PLUMELOG", a u32 of 1, the u32s V and tokens a chunk, the
// u64 number of positions, SHA-256 of the text's token ids (i32), then V f32s for each position. All little-endian.

namespace plume::tool {

/// What two runs must agree on to be compared.
struct logits_facts {
    std::size_t               V = 0, ctx = 0, positions = 0;
    std::span<const token_id> ids;
};

class logits_writer {
public:
    explicit logits_writer(std::string path) : file_(std::move(path)) {}
    result<void> open(const logits_facts& facts);
    result<void> add(std::span<const float> row);
    result<void> keep() { return file_.keep(); }

private:
    new_file      file_;
    std::uint64_t at_ = 0;
};

class logits_reader {
public:
    /// format_unknown for another kind of file, invalid_argument where it was made from another text, vocabulary or chunk size.
    result<void>                   open(const std::string& path, const logits_facts& facts);
    result<std::span<const float>> next();

private:
    std::shared_ptr<const io::source> file_;
    std::vector<std::byte>            scratch_;
    std::vector<float>                row_;
    std::uint64_t                     at_ = 0;
};

/// Divergences of a run from the one in a file, position by position.
class divergence {
public:
    /// KL(base || got) of the softmaxes, in double, and whether the first choices agree.
    void add(std::span<const float> base, std::span<const float> got);

    [[nodiscard]] double mean() const;
    [[nodiscard]] double quantile(double share) const;  // the smallest value that `share` of the positions do not exceed
    [[nodiscard]] double same_first() const;            // share of the positions

private:
    std::vector<double> values_;
    std::size_t         same_ = 0;
};

}  // namespace plume::tool
