#include "suggest.hpp"

#include <algorithm>
#include <vector>

namespace plume::tool {
namespace {

/// Letters to insert, remove, change or swap with their neighbour to get from a to b ("optimal string alignment").
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i)
        for (std::size_t j = 1; j <= b.size(); ++j) {
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[a.size()][b.size()];
}

}  // namespace

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
    if (word.size() > 40) return {};  // nobody mistypes that much
    const std::string* best = nullptr;
    std::size_t        near = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const auto& candidate : known) {
        const auto d = distance(word, candidate);
        if (d < near && d < candidate.size()) near = d, best = &candidate;
    }
    return best == nullptr ? std::string{} : ", did you mean '" + *best + "'?";
}

}  // namespace plume::tool
