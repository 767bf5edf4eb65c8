#include <plume/io/source.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "src/guard.hpp"
#include "src/io/read_exactly.hpp"

namespace plume::io {
namespace {

std::string reason_text(int reason) { return std::generic_category().message(reason); }

/// A file descriptor, closed at the end.
class descriptor {
public:
    explicit descriptor(int fd) noexcept : fd_(fd) {}
    descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    descriptor& operator=(descriptor&&) = delete;
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_;
};

/// At least `n` bytes in `scratch`; false when memory runs out.
bool make_room(std::vector<std::byte>& scratch, std::size_t n) {
    if (scratch.size() >= n) return true;
#if defined(__cpp_exceptions)
    try {
        scratch.resize(n);
    } catch (const std::bad_alloc&) {
        return false;
    } catch (const std::length_error&) {
        return false;
    }
#else
    scratch.resize(n);
#endif
    return true;
}

/// What all sources share: a size, a name and the check of the range.
class sized_source : public source {
public:
    sized_source(std::string path, std::uint64_t size) : path_(std::move(path)), size_(size) {}
    [[nodiscard]] std::uint64_t      size() const noexcept override { return size_; }
    [[nodiscard]] const std::string& path() const noexcept override { return path_; }

    [[nodiscard]] result<std::span<const std::byte>> view(std::uint64_t offset, std::size_t n, std::vector<std::byte>& scratch) const override {
        if (offset > size_ || n > size_ - offset)
            return error{code::format_truncated, "ends before the bytes that are wanted"}.in(path_).at(offset).expected_found(
                std::to_string(n) + " bytes", std::to_string(offset > size_ ? 0 : size_ - offset));
        return view_inside(offset, n, scratch);
    }

protected:
    [[nodiscard]] virtual result<std::span<const std::byte>> view_inside(std::uint64_t offset, std::size_t n, std::vector<std::byte>& scratch) const = 0;

private:
    std::string   path_;
    std::uint64_t size_;
};

/// The caller's bytes in memory.
class memory_source : public sized_source {
public:
    memory_source(std::string path, std::span<const std::byte> bytes) : sized_source(std::move(path), bytes.size()), bytes_(bytes) {}

protected:
    [[nodiscard]] result<std::span<const std::byte>> view_inside(std::uint64_t offset, std::size_t n, std::vector<std::byte>&) const override {
        return bytes_.subspan(static_cast<std::size_t>(offset), n);
    }

    std::span<const std::byte> bytes_;
};

/// A mapping, which ends with the source. The descriptor stays, to see what others do to the file.
class mapped_source final : public memory_source {
public:
    mapped_source(std::string path, std::span<const std::byte> bytes, descriptor file, const struct stat& facts)
        : memory_source(std::move(path), bytes), file_(std::move(file)), facts_(facts) {}
    mapped_source(const mapped_source&)            = delete;
    mapped_source& operator=(const mapped_source&) = delete;
    ~mapped_source() override {
        if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
    }

    [[nodiscard]] result<void> unchanged() const override {
        struct stat now {};
        if (::fstat(file_.get(), &now) != 0) return error{code::file_io, "cannot be looked at: " + reason_text(errno)}.in(path());
        const bool same = now.st_size == facts_.st_size && now.st_mtim.tv_sec == facts_.st_mtim.tv_sec && now.st_mtim.tv_nsec == facts_.st_mtim.tv_nsec;
        if (same) return {};
        auto why = error{code::file_io, "was changed while a model was still being read from it"}.in(path());
        if (now.st_size != facts_.st_size) why = std::move(why).expected_found(size(), static_cast<std::uint64_t>(now.st_size));
        return std::move(why).hint("load the model again; where files change while they are in use, load with repack = at_load");
    }

private:
    descriptor  file_;
    struct stat facts_;
};

/// A file read piece by piece, each view a private copy.
class file_source final : public sized_source {
public:
    file_source(std::string path, std::uint64_t size, descriptor file) : sized_source(std::move(path), size), file_(std::move(file)) {}

protected:
    [[nodiscard]] result<std::span<const std::byte>> view_inside(std::uint64_t offset, std::size_t n, std::vector<std::byte>& scratch) const override {
        if (!make_room(scratch, n)) return error{code::out_of_memory, "needs more memory than is available to be read"}.in(path()).at(offset);
        const auto into    = std::span(scratch).first(n);
        const auto outcome = read_exactly(
            [this](std::byte* to, std::size_t bytes, std::uint64_t from) { return ::pread(file_.get(), to, bytes, static_cast<off_t>(from)); }, offset, into);
        if (outcome.reason != 0)
            return error{code::file_io, "cannot be read: " + reason_text(outcome.reason)}
                .in(path())
                .at(offset + outcome.got)
                .hint("check the disk or the network share it lies on");
        if (outcome.got < n)
            return error{code::file_io, "became shorter while it was being read"}
                .in(path())
                .at(offset + outcome.got)
                .expected_found(size(), offset + outcome.got)
                .hint("another program is changing the file: try again when it has finished");
        return std::span<const std::byte>(into);
    }

private:
    descriptor file_;
};

class callback_source final : public sized_source {
public:
    callback_source(std::uint64_t size, read_fn read) : sized_source("reader", size), read_(std::move(read)) {}

protected:
    [[nodiscard]] result<std::span<const std::byte>> view_inside(std::uint64_t offset, std::size_t n, std::vector<std::byte>& scratch) const override {
        if (!make_room(scratch, n)) return error{code::out_of_memory, "needs more memory than is available to be read"}.in(path()).at(offset);
        const auto into = std::span(scratch).first(n);
        if (n > 0 && (!read_ || !read_(offset, into)))
            return error{code::file_io, "could not be read: the caller's read function gave false"}.in(path()).at(offset);
        return std::span<const std::byte>(into);
    }

private:
    read_fn read_;
};

error cannot_open(const std::string& path, int reason) {
    if (reason == ENOENT || reason == ENOTDIR)
        return error{code::file_not_found, "does not exist"}.in(path).hint("check the name, and the folder that the program was started in");
    error why{code::file_io, "cannot be opened: " + reason_text(reason)};
    if (reason == EACCES || reason == EPERM) return std::move(why).in(path).hint("this user may not read it: check its permissions and those of its folders");
    if (reason == EMFILE || reason == ENFILE) return std::move(why).in(path).hint("too many files are open: close some, or raise the limit (ulimit -n)");
    return std::move(why).in(path);
}

result<std::shared_ptr<const source>> open_file(const std::string& path, bool map) {
    if (path.empty()) return error{code::invalid_argument, "the path of the model file is empty"}.hint("give the path of a .gguf file");
    if (path.find('\0') != std::string::npos) return error{code::invalid_argument, "is not a path: it has a zero byte"}.in(path);
    // O_NONBLOCK: a pipe of that name would otherwise wait for its writer for ever.
    int fd = -1;
    do fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) return cannot_open(path, errno);
    descriptor  file(fd);
    struct stat facts {};
    if (::fstat(file.get(), &facts) != 0) return cannot_open(path, errno);
    if (S_ISDIR(facts.st_mode)) return error{code::file_io, "is a folder, not a file"}.in(path).hint("name the .gguf file inside it");
    if (!S_ISREG(facts.st_mode))
        return error{code::file_io, "is not a regular file"}.in(path).hint("copy what comes through it to a file first, or load from memory");
    const auto size = static_cast<std::uint64_t>(facts.st_size);
    if (!map) return std::shared_ptr<const source>(std::make_shared<file_source>(path, size, std::move(file)));
    std::span<const std::byte> bytes;
    if (size > 0) {  // a mapping of nothing is an error
        void* const at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
        if (at == MAP_FAILED)
            return error{code::file_io, "cannot be mapped into memory: " + reason_text(errno)}.in(path).hint("load with map = false (--no-mmap)");
        bytes = {static_cast<const std::byte*>(at), size};
    }
    return std::shared_ptr<const source>(std::make_shared<mapped_source>(path, bytes, std::move(file), facts));
}

}  // namespace

source::~source() = default;

result<std::shared_ptr<const source>> source::open(const std::string& path, bool map) {
    return guarded([&] { return open_file(path, map); });
}

std::shared_ptr<const source> source::from_memory(std::span<const std::byte> bytes) { return std::make_shared<memory_source>("memory", bytes); }

std::shared_ptr<const source> source::from_reader(std::uint64_t size, read_fn read) { return std::make_shared<callback_source>(size, std::move(read)); }

}  // namespace plume::io
