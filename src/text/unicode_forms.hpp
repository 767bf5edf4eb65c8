#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace plume::text {

/// The four normal forms. Source: Unicode Standard Annex 15.
enum class unicode_form : std::uint8_t { nfc, nfd, nfkc, nfkd };

/// What the forms need to know of each code point, of Unicode 9, which is what the `tokenizers` library knows (tools/make_normaliser_tables.py): built once
/// for a tokenizer that asks for a form. Immutable and shared between threads.
class unicode_forms {
public:
    unicode_forms();

    /// Where the first part begins that may not be in the form, at a place where normalising can start; npos where the text is in the form.
    /// Looks at each character once.
    [[nodiscard]] std::size_t first_abnormal(std::string_view text, unicode_form form) const noexcept;
    /// Appends `text`, which is valid UTF-8, in the form; stops where `out` has grown beyond `most` bytes. n log n for a run of n marks, else linear.
    void append(std::string_view text, unicode_form form, std::string& out, std::size_t most) const;

    [[nodiscard]] std::size_t allocated_bytes() const noexcept {
        return blocks_.capacity() * sizeof(blocks_[0]) + values_.capacity() * sizeof(values_[0]) + images_.capacity() * sizeof(images_[0]) +
               pool_.capacity() * sizeof(pool_[0]) + pairs_.capacity() * sizeof(pairs_[0]);
    }

private:
    static constexpr std::size_t block_size = 128;
    /// Of a code point: bit f: it may change in form f; bit 4: it, or what it becomes, may join with what stands before it, so that a part cannot begin
    /// there; then its combining class, and which image it has (0: none).
    struct value {
        std::uint8_t  changes = 0, combining_class = 0;
        std::uint16_t image = 0;
    };
    struct image {
        std::uint16_t canonical_begin, compatibility_begin;  // in pool_
        std::uint8_t  n_canonical, n_compatibility;
    };
    struct unit {
        char32_t     point;
        std::uint8_t combining_class;
    };
    struct pair {
        std::uint64_t both;  // first · 2^32 + second
        char32_t      whole;
    };

    [[nodiscard]] const value& of(char32_t point) const noexcept { return values_[blocks_[point / block_size] * block_size + point % block_size]; }
    value&                     change(char32_t point);
    void                       add_images();
    void                       add_flags();
    void                       decompose(char32_t point, bool compatibly, std::vector<unit>& units) const;
    void                       normalise(std::string_view part, unicode_form form, std::vector<unit>& units, std::string& out) const;
    void                       compose(std::vector<unit>& units) const noexcept;
    [[nodiscard]] char32_t     composed(char32_t first, char32_t second) const noexcept;  // 0: the two do not compose

    std::vector<std::uint16_t> blocks_;  // by point / block_size; block 0 is of code points that nothing happens to
    std::vector<value>         values_;
    std::vector<image>         images_;  // 0 is none
    std::vector<char32_t>      pool_;
    std::vector<pair>          pairs_;  // sorted
};

}  // namespace plume::text
