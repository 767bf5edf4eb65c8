#include "src/text/merge_table.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include <plume/core/checked.hpp>

namespace plume::text {

struct merge_table::merge {
    token_id left, right, whole;
    enum : token_id { left_out = -1, faulty = -2 };  // in `left`
};

namespace {

struct halves {
    std::string_view left, right;
};

/// Nothing where a text is not "LEFT RIGHT".
std::optional<halves> take_apart(const merge_text& text) noexcept {
    if (!text.joined) return halves{text.left, text.right};
    const auto whole = text.left;
    const auto space = whole.find(' ');
    if (space == std::string_view::npos || space == 0 || space + 1 == whole.size() || whole.find(' ', space + 1) != std::string_view::npos) return {};
    return halves{whole.substr(0, space), whole.substr(space + 1)};
}

/// What is wrong with a merge.
error merge_fault(const description& d, const vocabulary& words, std::size_t i) {
    const auto fault = [&](std::string_view why) { return d.from.fault(code::format_invalid, why).about("key", element_of(d.from.merges, i)); };
    const auto text  = take_apart(d.merges[i]);
    if (!text) return fault("is not two tokens with a space between").expected_found("LEFT RIGHT", d.merges[i].left);
    if (words.find(text->left) < 0) return fault("begins with a text that is no token").expected_found("a token", text->left);
    if (words.find(text->right) < 0) return fault("ends with a text that is no token").expected_found("a token", text->right);
    return fault("makes a text that is no token").expected_found("a token", std::string(text->left).append(text->right));
}

}  // namespace

/// The three ids of a merge.
merge_table::merge merge_table::find_merge(const merge_text& text, const vocabulary& words) noexcept {
    constexpr merge faulty{merge::faulty, -1, -1};
    const auto      both = take_apart(text);
    char            whole[max_token_bytes];
    if (!both || both->left.size() > sizeof whole || both->right.size() > sizeof whole - both->left.size()) return faulty;
    std::copy(both->right.begin(), both->right.end(), std::copy(both->left.begin(), both->left.end(), whole));
    const token_id ids[] = {words.find(both->left), words.find(both->right), words.find({whole, both->left.size() + both->right.size()})};
    if (std::find(std::begin(ids), std::end(ids), -1) != std::end(ids)) return faulty;
    for (const auto id : ids)
        if (!words.mergeable(id)) return {merge::left_out, -1, -1};  // text must never become a control token
    return {ids[0], ids[1], ids[2]};
}

result<void> merge_table::load(const description& d, const vocabulary& words, const loading& with) {
    const auto&           list = d.merges;
    std::vector<merge>    merges(list.size());
    constexpr std::size_t piece   = 4096;
    auto                  look_up = [&](std::size_t p) {
        if (with.stop.stop_requested()) return;
        for (std::size_t i = p * piece; i < std::min(list.size(), (p + 1) * piece); ++i) merges[i] = find_merge(list[i], words);
    };
    const std::size_t pieces = div_up(list.size(), piece);
    if (with.workers != nullptr)
        with.workers->parallel_for(
            pieces, [](void* work, std::size_t p) noexcept { (*static_cast<decltype(look_up)*>(work))(p); }, &look_up);
    else
        for (std::size_t p = 0; p < pieces; ++p) look_up(p);
    if (with.stop.stop_requested()) return d.from.cancelled();
    for (std::size_t i = 0; i < merges.size(); ++i)
        if (merges[i].left == merge::faulty) return merge_fault(d, words, i);
    return fill(d, merges, with);
}

result<void> merge_table::load_by_rank(const description& d, const vocabulary& words, const loading& with) {
    // A token of n characters has n - 1 halves, each of up to n: tens of millions of steps for published vocabularies.
    constexpr std::uint64_t max_steps = std::uint64_t{1} << 30;
    std::uint64_t           steps     = 0;
    const auto              merges_ok = [&](token_id id) { return id >= 0 && words.type(id) == token_type::normal; };
    std::vector<merge>      merges;
    for (token_id id = 0; words.has(id); ++id) {
        const auto name = words.name(id);
        if (!merges_ok(id) || words.find(name) != id) continue;
        steps += std::uint64_t{name.size()} * name.size();
        if (steps > max_steps) return d.from.fault(code::format_limit, "has too many tokens of absurd length").about("key", d.from.tokens);
        if (id % 4096 == 0 && with.stop.stop_requested()) return d.from.cancelled();
        for (std::size_t i = 1; i < name.size(); ++i) {
            if ((static_cast<unsigned char>(name[i]) & 0xc0) == 0x80) continue;
            const auto left = words.find(name.substr(0, i)), right = words.find(name.substr(i));
            if (merges_ok(left) && merges_ok(right)) merges.push_back({left, right, id});
        }
        if (merges.size() >= max_merges) return d.from.fault(code::format_limit, "makes more merges than the limit max_merges").about("key", d.from.tokens);
    }
    merged_.resize(words.size());
    std::iota(merged_.begin(), merged_.end(), 0);
    return index(
        d, merges, [](const merge& m, std::size_t) { return static_cast<std::uint32_t>(m.whole); }, with);
}

result<void> merge_table::fill(const description& d, const std::vector<merge>& merges, const loading& with) {
    merged_.resize(merges.size());
    std::size_t n_left_out = 0;
    for (std::size_t i = 0; i < merges.size(); ++i) {
        n_left_out += merges[i].left == merge::left_out;
        merged_[i] = merges[i].whole;
    }
    if (auto ok = index(
            d, merges, [](const merge&, std::size_t i) { return static_cast<std::uint32_t>(i); }, with);
        !ok)
        return ok;
    if (n_left_out > 0) with.note(std::to_string(n_left_out) + " merges are with control tokens: they are left out");
    return {};
}

template <class RankOf>
result<void> merge_table::index(const description& d, const std::vector<merge>& merges, const RankOf& rank_of, const loading& with) {
    const auto add_all = [&] {
        for (std::size_t i = 0; i < merges.size(); ++i)
            if (merges[i].left >= 0 && !pairs_.add(merges[i].left, merges[i].right, rank_of(merges[i], i))) return false;
        return true;
    };
    for (std::size_t attempt = 0; attempt < pair_index::attempts; ++attempt) {
        if (with.stop.stop_requested()) return d.from.cancelled();
        pairs_.reset(merges.size(), attempt);
        if (add_all()) return {};
    }
    return d.from.fault(code::format_invalid, "has pairs made to collide in every hash function").about("key", d.from.merges);
}

}  // namespace plume::text
