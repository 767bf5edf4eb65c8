#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "src/text/pretokenizers/machine.hpp"
#include "src/text/pretokenizers/step.hpp"

namespace plume::text {

/// A pre-tokenizer ready to run: its patterns in order. Each cuts a stretch into its matches and what lies between them, and each such part is a text
/// of its own for the next pattern. Linear in the text: no pattern of the list reads far beyond a match it then shortens, and none fails late.
/// Immutable and shared between threads.
class cutter {
public:
    static constexpr std::size_t max_steps = 8;

    /// Nothing where a pattern is outside the language.
    [[nodiscard]] static std::optional<cutter> make(std::span<const std::string_view> patterns);

    /// Calls piece(begin, end) for every piece of `text`, which is valid UTF-8, in order.
    template <class Piece>
    void cut(std::string_view text, Piece&& piece) const {
        if (steps_.size() == 1 && steps_[0].special == nullptr) return cut_once(steps_[0].cuts, text, piece);
        std::size_t       ends[max_steps] = {};  // of the stretch that each step is in
        step_memory       memories[max_steps];
        const std::size_t n = steps_.size();
        for (std::size_t at = 0; at < text.size();) {
            std::size_t k = 0;
            while (k < n && ends[k] > at) ++k;
            for (; k < n; ++k) ends[k] = steps_[k].piece_end(text.substr(0, k == 0 ? text.size() : ends[k - 1]), at, memories[k]);
            const std::size_t end = n == 0 ? text.size() : ends[n - 1];
            piece(at, end);
            at = end;
        }
    }

    [[nodiscard]] std::size_t allocated_bytes() const noexcept;

private:
    struct step {
        const special_step* special = nullptr;
        machine             cuts;

        [[nodiscard]] std::size_t piece_end(std::string_view text, std::size_t begin, step_memory& memory) const noexcept {
            if (special != nullptr) return special->piece_end(text, begin, memory);
            if (memory.begin < begin || memory.end <= begin) find(text, begin, memory);
            return memory.begin > begin ? memory.begin : memory.end;
        }
        void find(std::string_view text, std::size_t from, step_memory& memory) const noexcept;
    };

    template <class Piece>
    static void cut_once(const machine& cuts, std::string_view text, Piece& piece) {
        for (std::size_t at = 0; at < text.size();) {
            const auto end = cuts.match(text, at);
            if (end == machine::no_match) {  // what lies between matches is a piece too
                std::size_t gap = at, match_end = machine::no_match;
                do gap = next_character(text, gap);
                while (gap < text.size() && (match_end = cuts.match(text, gap)) == machine::no_match);
                piece(at, gap);
                at = gap;
                if (match_end == machine::no_match) continue;
                piece(at, match_end);
                at = match_end;
                continue;
            }
            piece(at, end);
            at = end;
        }
    }
    static std::size_t next_character(std::string_view text, std::size_t i) noexcept {
        ++i;
        while (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80) ++i;
        return i;
    }

    std::vector<step> steps_;
};

}  // namespace plume::text
