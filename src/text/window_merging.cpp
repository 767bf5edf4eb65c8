#include "src/text/window_merging.hpp"

#include <algorithm>

#include "src/text/small_merging.hpp"

namespace plume::text {
namespace {

constexpr std::size_t first_window = 64;  // symbols

struct pairs {
    const byte_merges& merges;
    std::uint32_t      rank(const std::vector<symbol>& symbols, std::uint32_t left, std::uint32_t right) const noexcept {
             return merges.pairs.find(static_cast<token_id>(symbols[left].value), static_cast<token_id>(symbols[right].value));
    }
    void join(symbol& left, const symbol&, std::uint32_t rank) const noexcept { left.value = static_cast<std::uint32_t>(merges.merged[rank]); }
};

}  // namespace

void window_merging::merge(std::size_t begin, std::size_t end, std::vector<token>& out) {
    out.clear();
    if (const auto n = end - begin; n <= small_merging::most) {
        small_merging small;
        std::copy_n(values_.begin() + static_cast<std::ptrdiff_t>(begin), n, small.values);
        small.run(n, merges_);
        for (std::size_t i = 0; i < n; i = small.behind(i)) out.push_back({small.values[i], begin + small.behind(i)});
        return;
    }
    auto& symbols = work_.symbols;
    symbols.clear();
    for (std::size_t i = begin; i < end; ++i) symbols.push_back({0, 0, 0, values_[i]});
    merge_all(work_, pairs{merges_});
    for (std::uint32_t i = 0; i != no_symbol; i = symbols[i].next) {
        const auto next = symbols[i].next;
        out.push_back({symbols[i].value, next == no_symbol ? end : begin + next});
    }
}

/// Merges the next window, which begins in the last quarter of this one, and goes over to it at a token they share. False: there is none.
bool window_merging::move_on(std::size_t window, std::vector<token_id>& ids) {
    const std::size_t end = tokens_.back().end, wanted = begin_ + (end - begin_) / 4 * 3;
    std::size_t       i = 0;
    while (i + 1 < tokens_.size() && tokens_[i + 1].end <= wanted) ++i;
    if (i + 1 >= tokens_.size()) return false;
    const std::size_t start = tokens_[i++].end;
    merge(start, std::min(values_.size(), start + window), next_);
    std::size_t j = 0, at = start, next_at = start;  // where tokens_[i] and next_[j] begin
    while (i < tokens_.size() && j < next_.size()) {
        const bool same = at == next_at && tokens_[i].end == next_[j].end && tokens_[i].id == next_[j].id;
        if (same) {
            for (std::size_t k = 0; k < i; ++k) ids.push_back(static_cast<token_id>(tokens_[k].id));
            next_.erase(next_.begin(), next_.begin() + static_cast<std::ptrdiff_t>(j));
            tokens_.swap(next_);
            begin_ = at;
            return true;
        }
        if (tokens_[i].end <= next_[j].end) {
            at = tokens_[i++].end;
            if (at == next_[j].end) next_at = next_[j++].end;
        } else {
            next_at = next_[j++].end;
        }
    }
    return false;
}

/// False: a token that two windows shared is none in a longer one.
bool window_merging::run_in(std::size_t window, std::vector<token_id>& ids) {
    begin_ = 0;
    merge(0, std::min(values_.size(), window), tokens_);
    while (tokens_.back().end < values_.size()) {
        if (move_on(window, ids)) continue;
        window *= 2;
        const auto shared = tokens_.front();
        merge(begin_, std::min(values_.size(), begin_ + window), tokens_);
        if (begin_ > 0 && (tokens_.front().id != shared.id || tokens_.front().end != shared.end)) return false;
    }
    for (const auto& t : tokens_) ids.push_back(static_cast<token_id>(t.id));
    return true;
}

void window_merging::run(std::vector<token_id>& ids) {
    const auto before = ids.size();
    for (std::size_t window = first_window; !run_in(window, ids); window *= 4) ids.resize(before);
}

}  // namespace plume::text
