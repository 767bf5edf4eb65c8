#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <plume/core/printable.hpp>
#include <plume/io/gguf.hpp>

namespace plume {

/// Reads the keys of one architecture ("llama.block_count") and keeps the first error.
class key_reader {
public:
    key_reader(const io::gguf& file, std::string_view architecture) : file_(file), prefix_(std::string(architecture) + '.') {}

    [[nodiscard]] bool has(std::string_view key) const { return file_.find(prefix_ + std::string(key)) != nullptr; }

    std::size_t count(std::string_view key, std::uint64_t low, std::uint64_t high, std::optional<std::uint64_t> otherwise = {}) {
        const std::string full = prefix_ + std::string(key);
        auto              n    = otherwise ? file_.count_or(full, *otherwise) : file_.count(full);
        if (!n) return fail(std::move(n).error()), low;
        if (*n < low || *n > high) return fail(range(full, std::to_string(low) + " to " + std::to_string(high), std::to_string(*n))), low;
        return static_cast<std::size_t>(*n);
    }

    /// A count, or a list with the same one for each of n layers.
    std::size_t count_of_layers(std::string_view key, std::size_t n, std::uint64_t low, std::uint64_t high, std::uint64_t otherwise) {
        const std::string full  = prefix_ + std::string(key);
        const auto*       value = file_.find(full);
        if (value == nullptr || value->type() != io::value_type::array) return count(key, low, high, otherwise);
        const auto first = value->count(0);
        if (value->size() != n || !first || *first < low || *first > high)
            return fail(
                       range(full, std::to_string(n) + " numbers from " + std::to_string(low) + " to " + std::to_string(high),
                             std::to_string(value->size()) + " of " + std::string(name(value->element_type())) + (first ? ", " + std::to_string(*first) : ""))),
                   low;
        for (std::size_t i = 1; i < n; ++i)
            if (value->count(i) != first)
                return fail(file_.fault(code::format_unsupported, "differs from layer to layer, which does not run yet")
                                .about("key", full)
                                .expected_found("the same for all layers", "another for layer " + std::to_string(i))),
                       low;
        return static_cast<std::size_t>(*first);
    }

    double positive(std::string_view key, double low, double high, std::optional<double> otherwise = {}) {
        const std::string full = prefix_ + std::string(key);
        auto              x    = otherwise ? file_.real_or(full, *otherwise) : file_.real(full);
        if (!x) return fail(std::move(x).error()), low;
        if (!(*x >= low && *x <= high)) return fail(range(full, to_text(low) + " to " + to_text(high), to_text(*x))), low;
        return *x;
    }

    /// A real number, or `otherwise` where the key is not there; 0 means that it is not there.
    double factor(std::string_view key, double low, double high, double otherwise) {
        const auto* value = file_.find(prefix_ + std::string(key));
        if (value == nullptr || (value->real() && *value->real() == 0)) return otherwise;
        return positive(key, low, high);
    }

    bool flag(std::string_view key, bool otherwise) {
        auto f = file_.flag_or(prefix_ + std::string(key), otherwise);
        if (!f) return fail(std::move(f).error()), otherwise;
        return *f;
    }

    /// A mechanism that this recipe does not compute: only its neutral value is accepted.
    void refuse_unless_zero(std::string_view key, std::string_view what) {
        const std::string full  = prefix_ + std::string(key);
        const auto*       value = file_.find(full);
        if (value == nullptr) return;
        const bool zero = (value->count() && *value->count() == 0) || (value->real() && *value->real() == 0) || (value->flag() && !*value->flag());
        if (!zero) fail(file_.fault(code::format_unsupported, "asks for " + std::string(what) + ", which does not run yet").about("key", full));
    }

    /// A factor that this recipe does not apply: 0 means that it is not there.
    void refuse_unless_neutral(std::string_view key, std::string_view what) {
        const auto* value = file_.find(prefix_ + std::string(key));
        if (value == nullptr || (value->real() && *value->real() == 1)) return;
        refuse_unless_zero(key, what);
    }

    void fail(error e) {
        if (!error_) error_ = std::move(e);
    }
    [[nodiscard]] bool            ok() const { return !error_; }
    [[nodiscard]] error&&         fault() { return std::move(*error_); }
    [[nodiscard]] const io::gguf& file() const { return file_; }
    [[nodiscard]] std::string     full(std::string_view key) const { return prefix_ + std::string(key); }

private:
    [[nodiscard]] error range(std::string_view key, std::string_view expected, std::string_view found) const {
        return file_.fault(code::format_invalid, "is out of range").about("key", key).expected_found(expected, found);
    }

    const io::gguf&      file_;
    std::string          prefix_;
    std::optional<error> error_;
};

}  // namespace plume
