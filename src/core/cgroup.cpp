#include "src/core/cgroup.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace plume::cgroup {
namespace {

constexpr std::size_t longest_path = 4096, longest_file = 8192;

/// A path built piece by piece, with a zero at its end; full() once a piece did not fit.
class path_text {
public:
    path_text& operator+=(std::string_view piece) {
        if (full_ || piece.size() >= longest_path - size_) {
            full_ = true;
            return *this;
        }
        std::memcpy(text_ + size_, piece.data(), piece.size());
        size_ += piece.size();
        text_[size_] = 0;
        return *this;
    }
    [[nodiscard]] const char* c_str() const { return text_; }
    [[nodiscard]] bool        full() const { return full_; }

private:
    char        text_[longest_path] = {};
    std::size_t size_               = 0;
    bool        full_               = false;
};

/// The number at the beginning of folder/name.
std::optional<std::uint64_t> number_in(std::string_view root, std::string_view mount, std::string_view group, std::string_view name) {
    char      room[64];
    path_text path;
    path += mount;
    path += group;
    path += name;
    if (path.full()) return std::nullopt;
    const auto text = read_file(root, path.c_str(), room);
    return text ? leading_number(*text) : std::nullopt;
}

std::string_view folder_above(std::string_view group) { return group.substr(0, group.find_last_of('/')); }

/// Calls visit(mount, group) for a group and all above it, "" being the root of the mount. In a container the path may be one of the host that does not exist
/// here; what cannot be read is passed over, and the root of the mount is then the container's own group.
template <class Visit>
void for_each_group(std::string_view group, Visit visit) {
    if (group.empty() || group.front() != '/') return;
    while (group.ends_with('/')) group.remove_suffix(1);
    for (;; group = folder_above(group)) {
        visit(group);
        if (group.empty()) return;
    }
}

struct memory_files {
    std::string_view mount, limit, usage, inactive, active;
};
constexpr memory_files  memory_v2{"/sys/fs/cgroup", "/memory.max", "/memory.current", "inactive_file", "active_file"};
constexpr memory_files  memory_v1{"/sys/fs/cgroup/memory", "/memory.limit_in_bytes", "/memory.usage_in_bytes", "total_inactive_file", "total_active_file"};
constexpr std::uint64_t no_limit = std::uint64_t{1} << 62;  // v1 writes the largest multiple of a page for "none"

std::optional<std::uint64_t> left_in(std::string_view root, const memory_files& files, std::string_view group) {
    const auto limit = number_in(root, files.mount, group, files.limit);
    if (!limit || *limit >= no_limit) return std::nullopt;
    const std::uint64_t usage = number_in(root, files.mount, group, files.usage).value_or(0);
    char                room[longest_file];
    path_text           path;
    path += files.mount;
    path += group;
    path += "/memory.stat";
    const auto stat = path.full() ? std::nullopt : read_file(root, path.c_str(), room);
    // The page cache gives way, its active part too: a model file that was read twice is active, and must not count against the model.
    std::uint64_t kept = usage;
    for (const auto name : {files.inactive, files.active}) kept -= std::min(kept, stat ? field(*stat, name).value_or(0) : 0);
    return *limit - std::min(*limit, kept);
}

std::optional<std::size_t> whole_cores(std::uint64_t quota, std::uint64_t period) {
    if (quota == 0 || period == 0) return std::nullopt;
    return static_cast<std::size_t>(quota / period + (quota % period != 0));
}

/// cpu.max: "max 100000" or "150000 100000" (microseconds of each period).
std::optional<std::size_t> cores_v2(std::string_view root, std::string_view group) {
    char      room[64];
    path_text path;
    path += "/sys/fs/cgroup";
    path += group;
    path += "/cpu.max";
    const auto text = path.full() ? std::nullopt : read_file(root, path.c_str(), room);
    if (!text) return std::nullopt;
    const auto quota = leading_number(*text);
    const auto blank = text->find(' ');
    if (!quota || blank == std::string_view::npos) return std::nullopt;
    return whole_cores(*quota, leading_number(text->substr(blank)).value_or(0));
}

std::optional<std::size_t> cores_v1(std::string_view root, std::string_view group) {
    for (const std::string_view mount : {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"}) {
        const auto quota  = number_in(root, mount, group, "/cpu.cfs_quota_us");  // -1 without a limit: not a number here
        const auto period = number_in(root, mount, group, "/cpu.cfs_period_us");
        if (quota && period) return whole_cores(*quota, *period);
    }
    return std::nullopt;
}

template <class T>
void keep_smaller(std::optional<T>& least, const std::optional<T>& other) {
    if (other && (!least || *other < *least)) least = other;
}

}  // namespace

std::optional<std::string_view> read_file(std::string_view root, std::string_view path, std::span<char> room) noexcept {
    path_text whole;
    whole += root;
    whole += path;
    if (whole.full()) return std::nullopt;
    int file = -1;
    do file = open(whole.c_str(), O_RDONLY | O_CLOEXEC);
    while (file < 0 && errno == EINTR);
    if (file < 0) return std::nullopt;
    std::size_t size = 0;
    bool        good = true;
    while (size < room.size()) {
        const ssize_t n = read(file, room.data() + size, room.size() - size);
        if (n < 0 && errno == EINTR) continue;
        good = n >= 0;
        if (n <= 0) break;
        size += static_cast<std::size_t>(n);
    }
    close(file);
    return good ? std::optional{std::string_view(room.data(), size)} : std::nullopt;
}

std::optional<std::uint64_t> leading_number(std::string_view text) noexcept {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') break;
        if (__builtin_mul_overflow(value, std::uint64_t{10}, &value) || __builtin_add_overflow(value, static_cast<std::uint64_t>(c - '0'), &value))
            return std::nullopt;
    }
    return value;
}

std::optional<std::uint64_t> field(std::string_view text, std::string_view name) noexcept {
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.size() <= name.size() || !line.starts_with(name)) continue;
        auto rest = line.substr(name.size());
        if (rest.front() == ':') rest.remove_prefix(1);
        if (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) return leading_number(rest);
    }
    return std::nullopt;
}

std::optional<std::string_view> path_of(std::string_view self_cgroup, std::string_view controller) noexcept {
    while (!self_cgroup.empty()) {
        const auto line = self_cgroup.substr(0, self_cgroup.find('\n'));
        self_cgroup.remove_prefix(std::min(line.size() + 1, self_cgroup.size()));
        const auto first = line.find(':'), second = first == std::string_view::npos ? first : line.find(':', first + 1);
        if (second == std::string_view::npos) continue;
        auto       controllers = line.substr(first + 1, second - first - 1);
        const auto path        = line.substr(second + 1);
        if (controller.empty() && controllers.empty() && line.substr(0, first) == "0") return path;
        while (!controller.empty() && !controllers.empty()) {
            const auto one = controllers.substr(0, controllers.find(','));
            if (one == controller) return path;
            controllers.remove_prefix(std::min(one.size() + 1, controllers.size()));
        }
    }
    return std::nullopt;
}

std::optional<std::uint64_t> memory_left(std::string_view root) noexcept {
    char       room[longest_file];
    const auto self = read_file(root, "/proc/self/cgroup", room);
    if (!self) return std::nullopt;
    std::optional<std::uint64_t> least;
    for_each_group(path_of(*self, "").value_or(""), [&](std::string_view group) { keep_smaller(least, left_in(root, memory_v2, group)); });
    for_each_group(path_of(*self, "memory").value_or(""), [&](std::string_view group) { keep_smaller(least, left_in(root, memory_v1, group)); });
    return least;
}

std::optional<std::size_t> cores(std::string_view root) noexcept {
    char       room[longest_file];
    const auto self = read_file(root, "/proc/self/cgroup", room);
    if (!self) return std::nullopt;
    std::optional<std::size_t> least;
    for_each_group(path_of(*self, "").value_or(""), [&](std::string_view group) { keep_smaller(least, cores_v2(root, group)); });
    for_each_group(path_of(*self, "cpu").value_or(""), [&](std::string_view group) { keep_smaller(least, cores_v1(root, group)); });
    return least;
}

}  // namespace plume::cgroup
