#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plume::jinja {

/// UTF-8 text that knows for each byte who wrote it: the template (true) or the caller's data (false). Most texts are of one kind and have no flips.
class marked {
public:
    marked() = default;
    marked(std::string bytes, bool from_template) : bytes_(std::move(bytes)), first_(from_template) {}

    [[nodiscard]] std::string_view view() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t      size() const noexcept { return bytes_.size(); }
    [[nodiscard]] bool             empty() const noexcept { return bytes_.empty(); }
    [[nodiscard]] std::size_t      heap_bytes() const noexcept { return bytes_.capacity() + flips_.capacity() * sizeof(std::size_t); }

    [[nodiscard]] bool from_template(std::size_t byte) const noexcept;  // of the byte there
    [[nodiscard]] bool has_data() const noexcept { return !bytes_.empty() && (!first_ || !flips_.empty()); }

    void append(std::string_view bytes, bool from_template);
    void append(const marked& other, std::size_t begin, std::size_t end);
    void append(const marked& other) { append(other, 0, other.size()); }
    void reserve(std::size_t bytes) { bytes_.reserve(bytes); }

    [[nodiscard]] marked slice(std::size_t begin, std::size_t end) const;

    /// Calls f(begin, end, from_template) for each run, in order; nothing for an empty text.
    template <class Function>
    void for_each_run(Function&& f) const {
        std::size_t begin = 0;
        bool        mark  = first_;
        for (const auto flip : flips_) {
            f(begin, flip, mark);
            begin = flip;
            mark  = !mark;
        }
        if (begin < bytes_.size()) f(begin, bytes_.size(), mark);
    }

    [[nodiscard]] std::string take() && { return std::move(bytes_); }

private:
    [[nodiscard]] bool last_mark() const noexcept { return first_ != (flips_.size() % 2 == 1); }

    std::string              bytes_;
    std::vector<std::size_t> flips_;  // where the mark changes: ascending, above 0, below size()
    bool                     first_ = true;
};

}  // namespace plume::jinja
