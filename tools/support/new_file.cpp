#include "new_file.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "human.hpp"

namespace plume::tool {
namespace {

constexpr std::uint64_t piece_bytes = std::uint64_t{4} << 20;

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

std::string reason_text(int reason) { return std::generic_category().message(reason); }

}  // namespace

new_file::new_file(std::string path) : path_(std::move(path)), part_(path_ + ".part-" + std::to_string(::getpid())) {}

new_file::~new_file() {
    if (fd_ < 0) return;
    ::close(fd_);
    ::unlink(part_.c_str());
}

error new_file::fault(std::string_view what) const {
    return error{code::file_io, what}.in(path_).hint("check the folder, its permissions and the space on its disk");
}

result<void> new_file::open(std::uint64_t size) {
    fd_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd_ < 0) return fault("cannot be written: " + reason_text(errno));
    struct statvfs disk {};
    if (::fstatvfs(fd_, &disk) == 0) {
        const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
        if (free < size)
            return error{code::file_io, "needs more space than its disk has"}
                .in(path_)
                .expected_found(human_bytes(size) + " (" + std::to_string(size) + " bytes)", human_bytes(free) + " (" + std::to_string(free) + " bytes)")
                .hint("free some, or write it elsewhere");
    }
    const int reason = size == 0 ? 0 : ::posix_fallocate(fd_, 0, static_cast<off_t>(size));
    if (reason != 0 && reason != EOPNOTSUPP && reason != EINVAL) return fault("cannot have its space on the disk: " + reason_text(reason));
    if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return fault("cannot be written: " + reason_text(errno));
    return {};
}

result<void> new_file::write(std::uint64_t at, std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
        const auto done = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return fault("cannot be written: " + reason_text(errno));
        at += static_cast<std::uint64_t>(done);
        bytes = bytes.subspan(static_cast<std::size_t>(done));
    }
    return {};
}

result<void> new_file::keep() {
    if (::fsync(fd_) != 0) return fault("cannot be written: " + reason_text(errno));
    if (std::rename(part_.c_str(), path_.c_str()) != 0) return fault("cannot get its name: " + reason_text(errno));
    const int closed = ::close(std::exchange(fd_, -1));
    if (closed != 0) return fault("cannot be written: " + reason_text(errno));
    const int folder = ::open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {  // so that the name survives a crash too; a file system that cannot do that has done all it can
        ::fsync(folder);
        ::close(folder);
    }
    return {};
}

result<void> write_pieces(const std::string& path, std::uint64_t size, std::size_t n, const piece_maker& make, std::size_t threads, const interrupt& stop,
                          progress& bar) {
    new_file file(path);
    if (auto opened = file.open(size); !opened) return opened;
    std::atomic<std::size_t> next = 0, done = 0, working = threads;
    std::mutex               lock;
    std::optional<error>     problem;
    const auto               work = [&] {
        std::vector<std::byte> room;
        for (std::size_t i = next++; i < n && !stop.asked(); i = next++) {
            const auto piece = make(i, room);
            const auto made  = piece ? file.write(piece->at, piece->bytes) : result<void>(piece.error());
            if (!made) {
                const std::scoped_lock one(lock);
                if (!problem) problem = made.error();
                next = n;
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
            bar.show(static_cast<double>(done) / static_cast<double>(n));
        }
    }
    bar.done();
    if (problem) return *problem;
    if (stop.asked()) return error{code::cancelled, "was not written: stopped"}.in(path);
    return file.keep();
}

result<void> write_source(const io::source& from, const std::string& path, std::size_t threads, const interrupt& stop, progress& bar) {
    const auto make = [&](std::size_t i, std::vector<std::byte>& room) -> result<file_piece> {
        const std::uint64_t at    = i * piece_bytes;
        const auto          bytes = from.view(at, static_cast<std::size_t>(std::min(piece_bytes, from.size() - at)), room);
        if (!bytes) return bytes.error();
        return file_piece{at, *bytes};
    };
    return write_pieces(path, from.size(), static_cast<std::size_t>((from.size() + piece_bytes - 1) / piece_bytes), make, threads, stop, bar);
}

}  // namespace plume::tool
