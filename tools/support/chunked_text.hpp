#pragma once

#include <string>
#include <vector>

#include <plume/plume.hpp>

#include "arguments.hpp"
#include "interrupt.hpp"

namespace plume::tool {

/// A model and a text for it, cut into chunks of compute.ctx tokens; the tail is dropped.
struct chunked_text {
    model                 m;
    std::vector<token_id> ids;
    std::size_t           chunk_tokens;

    [[nodiscard]] std::size_t           n_chunks() const noexcept { return ids.size() / chunk_tokens; }
    [[nodiscard]] std::vector<token_id> chunk(std::size_t i) const;  // the first token replaced by BOS where the model wants one
};

/// Reads the text and loads the model, all of it at once, with a progress bar. compute.ctx becomes the model's own, at most 512, where it is 0.
/// Errors: of reading, loading and encoding; context_full for a text that is shorter than one chunk, and for a model whose own chunk is below `least` tokens.
[[nodiscard]] result<chunked_text> load_chunked(const std::string& path, const std::string& text_path, compute_options& compute, std::size_t least, bool quiet,
                                                const interrupt& stop);

}  // namespace plume::tool
