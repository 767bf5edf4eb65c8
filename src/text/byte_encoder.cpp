#include "src/text/byte_encoder.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>

#include "src/text/byte_names.hpp"
#include "src/text/small_merging.hpp"
#include "src/text/window_merging.hpp"

namespace plume::text {
namespace {

/// By a piece's length: which bytes of its key are its own.
struct masks_by_length {
    std::uint64_t low[16]{}, high[16]{};
    constexpr masks_by_length() {
        for (unsigned n = 0; n < 16; ++n) {
            low[n]  = n >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * n) - 1;
            high[n] = n <= 8 ? 0 : (std::uint64_t{1} << 8 * (n - 8)) - 1;
        }
    }
};
constexpr masks_by_length masks;

/// The pieces of a call that came last, with their tokens. A place holds one piece of up to 15 bytes and up to 3 tokens, and the newest wins it: there is
/// no order to keep and nothing to make collide. Measured on 7 MB of English with Llama 3's vocabulary: 8192 places (256 KiB) answer for 94 pieces of 100.
class recent_pieces {
public:
    static constexpr std::size_t longest = 15, most_tokens = 3;

    struct key {
        std::uint64_t low, high;  // the bytes, then zeros; the last byte is the length
        friend bool   operator==(const key&, const key&) = default;
    };
    struct place {
        key           piece;
        token_id      ids[most_tokens];
        std::uint32_t n;
    };

    /// For a text of that many bytes: a short one does not pay for a large table.
    explicit recent_pieces(std::size_t text_bytes) : places_(std::bit_floor(std::clamp<std::size_t>(text_bytes / 16, 1, 8192))) {}

    /// piece.size() is 1 to 15; `readable` bytes may be read where it begins.
    static key key_of(std::string_view piece, std::size_t readable) noexcept {
        key k{0, 0};
        if (readable >= 16) {
            std::memcpy(&k, piece.data(), 16);
            k.low &= masks.low[piece.size()];
            k.high &= masks.high[piece.size()];
        } else {
            std::memcpy(&k, piece.data(), piece.size());
        }
        k.high |= std::uint64_t{piece.size()} << 56;
        return k;
    }
    place& at(const key& k) noexcept { return places_[fold_multiply(k.low ^ 0x9e3779b97f4a7c15, k.high ^ 0xe7037ed1a0b428db) & (places_.size() - 1)]; }

private:
    std::vector<place> places_;
};

/// Collects ids, to append many at a time.
class id_buffer {
public:
    explicit id_buffer(std::vector<token_id>& ids) noexcept : ids_(ids) {}
    void add(const token_id (&from)[recent_pieces::most_tokens], std::size_t n) {
        if (n_ + recent_pieces::most_tokens > std::size(held_)) flush();
        std::memcpy(held_ + n_, from, sizeof from);  // all of them: a fixed size costs less than the right one
        n_ += n;
    }
    void flush() {
        ids_.insert(ids_.end(), held_, held_ + n_);
        n_ = 0;
    }

private:
    std::vector<token_id>& ids_;
    token_id               held_[512];
    std::size_t            n_ = 0;
};

}  // namespace

result<void> byte_encoder::load(const pretokenizer& pre, bool ignore_merges) {
    auto made = cutter::make(pre.patterns);
    if (!made) return error{code::internal, "has a pattern that cannot be read"}.about("pre-tokenizer", pre.names[0]);
    cutter_        = *std::move(made);
    ignore_merges_ = ignore_merges;
    return {};
}

void byte_encoder::encode(std::string_view text, const byte_merges& merges, workspace& work, std::vector<token_id>& ids) const {
    recent_pieces recent(text.size());
    id_buffer     out(ids);
    const auto    piece_of = [&](std::string_view piece) {
        out.flush();
        encode_piece(piece, merges, work, ids);
    };
    cutter_.cut(text, [&](std::size_t begin, std::size_t end) {
        const auto piece = text.substr(begin, end - begin);
        if (piece.size() > recent_pieces::longest) return piece_of(piece);
        const auto k     = recent_pieces::key_of(piece, text.size() - begin);
        auto&      place = recent.at(k);
        if (place.piece == k) return out.add(place.ids, place.n);
        const auto left_out = work.n_left_out;
        out.flush();
        const auto before = ids.size();
        encode_piece(piece, merges, work, ids);
        const auto n = ids.size() - before;
        if (n > recent_pieces::most_tokens || work.n_left_out != left_out) return;
        place.piece = k;
        place.n     = static_cast<std::uint32_t>(n);
        for (std::size_t i = 0; i < n; ++i) place.ids[i] = ids[before + i];
    });
    out.flush();
}

void byte_encoder::encode_piece(std::string_view piece, const byte_merges& merges, workspace& work, std::vector<token_id>& ids) const {
    if (ignore_merges_ && piece.size() <= merges.words.longest_name()) {
        char       name[2 * max_token_bytes];
        const auto id = merges.words.find_mergeable({name, write_names(piece, name)});
        if (id >= 0 && merges.words.type(id) == token_type::normal) return ids.push_back(id);
    }
    if (piece.size() <= small_merging::most) {
        small_merging small;
        std::size_t   n = 0;
        for (const char c : piece) {
            const auto id = merges.bytes[static_cast<unsigned char>(c)];
            if (id >= 0)
                small.values[n++] = static_cast<std::uint32_t>(id);
            else
                ++work.n_left_out;
        }
        small.run(n, merges);
        for (std::size_t i = 0; i < n; i = small.behind(i)) ids.push_back(static_cast<token_id>(small.values[i]));
        return;
    }
    work.values.clear();
    for (const char c : piece) {
        const auto id = merges.bytes[static_cast<unsigned char>(c)];
        if (id >= 0)
            work.values.push_back(static_cast<std::uint32_t>(id));
        else
            ++work.n_left_out;
    }
    if (!work.values.empty()) window_merging(work.values, merges, work).run(ids);
}

}  // namespace plume::text
