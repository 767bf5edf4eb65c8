#include "writing.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace plume::tool::synthetic {
namespace {

constexpr std::uint64_t alignment = 32, piece_bytes = std::uint64_t{4} << 20;

std::uint64_t aligned(std::uint64_t n) { return (n + alignment - 1) / alignment * alignment; }

std::uint64_t blocks_of(const planned_tensor& t) {
    std::uint64_t n = 1;
    for (const auto d : t.dims) n *= d;
    return n / t.format->weights;
}

/// A file under construction, gone unless kept.
class part_file {
public:
    explicit part_file(std::string path) : path_(std::move(path)), part_(path_ + ".part") {}
    ~part_file() {
        if (fd_ < 0) return;
        ::close(fd_);
        ::unlink(part_.c_str());
    }
    part_file(const part_file&)            = delete;
    part_file& operator=(const part_file&) = delete;

    result<void> open() {
        fd_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        return fd_ < 0 ? fault() : result<void>{};
    }
    result<void> write(std::uint64_t at, const void* bytes, std::size_t n) const {
        for (const auto* from = static_cast<const char*>(bytes); n > 0;) {
            const auto done = ::pwrite(fd_, from, n, static_cast<off_t>(at));
            if (done < 0 && errno == EINTR) continue;
            if (done < 0) return fault();
            from += done;
            at += static_cast<std::uint64_t>(done);
            n -= static_cast<std::size_t>(done);
        }
        return {};
    }
    result<void> keep(std::uint64_t size) {
        if (::ftruncate(fd_, static_cast<off_t>(size)) != 0 || ::close(std::exchange(fd_, -1)) != 0 || std::rename(part_.c_str(), path_.c_str()) != 0) {
            const auto problem = fault();
            ::unlink(part_.c_str());
            return problem;
        }
        return {};
    }

private:
    [[nodiscard]] result<void> fault() const { return error{code::file_io, "cannot be written: " + std::generic_category().message(errno)}.in(part_); }

    std::string path_, part_;
    int         fd_ = -1;
};

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
    part_file                  file(path);
    if (auto opened = file.open(); !opened) return opened;
    if (auto begun = file.write(0, header.data(), header.size()); !begun) return begun;

    std::atomic<std::size_t> next = 0, done = 0, working = threads;
    std::mutex               lock;
    std::optional<error>     problem;
    const auto               work = [&] {
        std::vector<std::byte> bytes;
        for (std::size_t i = next++; i < pieces.size() && !stop.asked(); i = next++) {
            const auto& p    = pieces[i];
            const auto  size = static_cast<std::size_t>(p.n) * tensors[p.tensor].format->block_bytes;
            bytes.resize(std::max(bytes.size(), size));
            auto made = fill(p.tensor, p.first, p.n, bytes.data());
            if (made) made = file.write(p.at, bytes.data(), size);
            if (!made) {
                const std::scoped_lock one(lock);
                if (!problem) problem = made.error();
                next = pieces.size();
            }
            ++done;
        }
        --working;
    };
    {
        std::vector<std::jthread> helpers;
        for (std::size_t t = 0; t < threads; ++t) helpers.emplace_back(work);
        while (working > 0) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            bar.show(static_cast<double>(done) / static_cast<double>(pieces.size()));
        }
    }
    bar.done();
    if (problem) return *problem;
    if (stop.asked()) return error{code::cancelled, "stopped"}.in(path);
    return file.keep(places.back());
}

}  // namespace plume::tool::synthetic
