#include "writing.hpp"

#include <algorithm>
#include <span>

#include "../support/new_file.hpp"

namespace plume::tool::synthetic {
namespace {

constexpr std::uint64_t alignment = 32, piece_bytes = std::uint64_t{4} << 20;

std::uint64_t aligned(std::uint64_t n) { return (n + alignment - 1) / alignment * alignment; }

std::uint64_t blocks_of(const planned_tensor& t) {
    std::uint64_t n = 1;
    for (const auto d : t.dims) n *= d;
    return n / t.format->weights;
}

std::string header_of(const metadata& entries, const std::vector<planned_tensor>& tensors, std::vector<std::uint64_t>& places) {
    std::string out = "GGUF";
    put(out, std::uint32_t{3});
    put(out, std::uint64_t{tensors.size()});
    put(out, entries.count());
    out += entries.bytes();
    std::uint64_t place = 0;
    for (const auto& t : tensors) {
        put_text(out, t.name);
        put(out, static_cast<std::uint32_t>(t.dims.size()));
        for (const auto d : t.dims) put(out, d);
        put(out, static_cast<std::uint32_t>(t.format->gguf_type));
        put(out, place);
        places.push_back(place);
        place = aligned(place + blocks_of(t) * t.format->block_bytes);
    }
    places.push_back(place);
    out.resize(aligned(out.size()));
    for (auto& p : places) p += out.size();
    return out;
}

struct piece {
    std::size_t   tensor;
    std::uint64_t first, n, at;  // blocks; the place in the file
};

std::vector<piece> pieces_of(const std::vector<planned_tensor>& tensors, const std::vector<std::uint64_t>& places) {
    std::vector<piece> pieces;
    for (std::size_t t = 0; t < tensors.size(); ++t) {
        const auto size = tensors[t].format->block_bytes;
        const auto step = piece_bytes / size / 256 * 256;
        for (std::uint64_t first = 0, all = blocks_of(tensors[t]); first < all; first += step)
            pieces.push_back({t, first, std::min(step, all - first), places[t] + first * size});
    }
    return pieces;
}

}  // namespace

result<void> write_file(const std::string& path, const metadata& entries, const std::vector<planned_tensor>& tensors, const fill_fn& fill, std::size_t threads,
                        const interrupt& stop, progress& bar) {
    std::vector<std::uint64_t> places;
    const auto                 header = header_of(entries, tensors, places);
    const auto                 pieces = pieces_of(tensors, places);
    const auto                 make   = [&](std::size_t i, std::vector<std::byte>& room) -> result<file_piece> {
        if (i == 0) return file_piece{0, std::as_bytes(std::span(header))};
        const auto& p    = pieces[i - 1];
        const auto  size = static_cast<std::size_t>(p.n) * tensors[p.tensor].format->block_bytes;
        room.resize(std::max(room.size(), size));
        if (auto made = fill(p.tensor, p.first, p.n, room.data()); !made) return std::move(made).error();
        return file_piece{p.at, std::span(room).first(size)};
    };
    return write_pieces(path, places.back(), pieces.size() + 1, make, threads, stop, bar);
}

}  // namespace plume::tool::synthetic
