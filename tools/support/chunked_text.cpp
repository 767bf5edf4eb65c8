#include "chunked_text.hpp"

#include <algorithm>
#include <utility>

#include "input.hpp"
#include "output.hpp"
#include "progress.hpp"

namespace plume::tool {

std::vector<token_id> chunked_text::chunk(std::size_t i) const {
    const auto            begin = ids.begin() + static_cast<std::ptrdiff_t>(i * chunk_tokens);
    std::vector<token_id> out(begin, begin + static_cast<std::ptrdiff_t>(chunk_tokens));
    if (m.tokenizer().wants_bos()) out[0] = m.tokenizer().bos();
    return out;
}

result<chunked_text> load_chunked(const std::string& path, const std::string& text_path, compute_options& compute, std::size_t least, bool quiet,
                                  const interrupt& stop) {
    const auto text = read_file(text_path, stop);
    if (!text) return text.error();
    progress bar("loading", quiet);
    auto     options    = compute.load(stop);
    options.on_progress = bar.callback();
    options.repack      = repack::at_load;  // all of it is read many times: no reason to wait for a file that may change
    auto m              = load(path, std::move(options));
    bar.done();
    if (!m) return std::move(m).error();
    if (compute.ctx == 0) compute.ctx = std::min<std::size_t>(512, m->config().context_tokens);
    if (compute.ctx < least)
        return error{code::context_full, "has a context that is too short for a chunk"}.in(path).expected_found(std::to_string(least) + " tokens or more",
                                                                                                                std::to_string(compute.ctx));
    auto ids = m->tokenizer().encode(*text, {}, tell_notices(text_path));
    if (!ids) return std::move(ids).error();
    if (ids->size() < compute.ctx)
        return error{code::context_full, "is too short: a chunk needs more tokens than it has"}
            .in(text_path)
            .expected_found(compute.ctx, ids->size())
            .hint("in tokens: take a smaller --ctx or a longer text");
    return chunked_text{*std::move(m), *std::move(ids), compute.ctx};
}

}  // namespace plume::tool
