#include "logits_file.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <plume/core/sha256.hpp>

namespace plume::tool {
namespace {

constexpr std::string_view magic        = "PLUMELOG";
constexpr std::size_t      header_bytes = 8 + 4 + 4 + 4 + 8 + 32;

std::vector<std::byte> header_of(const logits_facts& facts) {
    std::vector<std::byte> out(header_bytes);
    std::byte*             to  = out.data();
    const auto             put = [&](const void* from, std::size_t n) {
        std::memcpy(to, from, n);
        to += n;
    };
    const std::uint32_t version = 1, V = static_cast<std::uint32_t>(facts.V), ctx = static_cast<std::uint32_t>(facts.ctx);
    const std::uint64_t positions = facts.positions;
    sha256              hash;
    hash.update(std::as_bytes(facts.ids));
    const auto digest = hash.digest();
    put(magic.data(), magic.size());
    put(&version, sizeof version);
    put(&V, sizeof V);
    put(&ctx, sizeof ctx);
    put(&positions, sizeof positions);
    put(digest.data(), digest.size());
    return out;
}

/// The largest logit's place and log of the sum of exponentials, from index 0 up.
struct softmax_facts {
    std::size_t first   = 0;
    double      log_sum = 0;
};

softmax_facts facts_of(std::span<const float> logits) {
    softmax_facts f;
    f.first    = static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
    double sum = 0;
    for (const float x : logits) sum += std::exp(double{x} - double{logits[f.first]});
    f.log_sum = std::log(sum) + double{logits[f.first]};
    return f;
}

}  // namespace

result<void> logits_writer::open(const logits_facts& facts) {
    const auto header = header_of(facts);
    if (auto opened = file_.open(header.size() + std::uint64_t{facts.positions} * facts.V * sizeof(float)); !opened) return opened;
    at_ = header.size();
    return file_.write(0, header);
}

result<void> logits_writer::add(std::span<const float> row) {
    auto written = file_.write(at_, std::as_bytes(row));
    at_ += row.size_bytes();
    return written;
}

result<void> logits_reader::open(const std::string& path, const logits_facts& facts) {
    auto file = io::source::open(path, true);
    if (!file) return std::move(file).error();
    file_               = std::move(*file);
    const auto expected = header_of(facts);
    const auto found    = file_->view(0, static_cast<std::size_t>(std::min<std::uint64_t>(file_->size(), header_bytes)), scratch_);
    if (!found) return error(found.error());
    if (found->size() < header_bytes || std::memcmp(found->data(), magic.data(), magic.size()) != 0)
        return error{code::format_unknown, "is not a file of logits"}.in(path).hint("plume perplexity --save-logits makes one");
    if (!std::equal(found->begin(), found->end(), expected.begin()))
        return error{code::invalid_argument, "was made from another text, another vocabulary or with another --ctx"}.in(path).hint(
            "make it again with the same text and options");
    if (file_->size() != header_bytes + std::uint64_t{facts.positions} * facts.V * sizeof(float))
        return error{code::format_truncated, "is cut short"}
            .in(path)
            .expected_found(header_bytes + std::uint64_t{facts.positions} * facts.V * sizeof(float), file_->size())
            .hint("make it again");
    at_ = header_bytes;
    row_.resize(facts.V);
    return {};
}

result<std::span<const float>> logits_reader::next() {
    const auto bytes = file_->view(at_, row_.size() * sizeof(float), scratch_);
    if (!bytes) return error(bytes.error());
    std::memcpy(row_.data(), bytes->data(), bytes->size());
    at_ += bytes->size();
    return std::span<const float>(row_);
}

void divergence::add(std::span<const float> base, std::span<const float> got) {
    const auto a = facts_of(base), b = facts_of(got);
    double     sum = 0;
    for (std::size_t i = 0; i < base.size(); ++i) {
        const double p = double{base[i]} - a.log_sum;
        sum += std::exp(p) * (p - (double{got[i]} - b.log_sum));
    }
    values_.push_back(sum);
    same_ += a.first == b.first ? 1 : 0;
}

double divergence::mean() const {
    double sum = 0;
    for (const double x : values_) sum += x;
    return values_.empty() ? 0 : sum / static_cast<double>(values_.size());
}

double divergence::quantile(double share) const {
    if (values_.empty()) return 0;
    auto       sorted = values_;
    const auto at     = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    std::sort(sorted.begin(), sorted.end());
    return sorted[std::clamp<std::size_t>(at, 1, sorted.size()) - 1];
}

double divergence::same_first() const { return values_.empty() ? 0 : static_cast<double>(same_) / static_cast<double>(values_.size()); }

}  // namespace plume::tool
