#include "importance.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <plume/io/gguf.hpp>
#include <plume/quant/formats.hpp>

namespace plume::tool {
namespace {

constexpr std::string_view sums_end = ".in_sum2", counts_end = ".counts";
constexpr std::string_view finite_positive = "finite numbers of 0 or more";

const float* first_bad(const std::vector<float>& values) {
    const auto at = std::find_if(values.begin(), values.end(), [](float x) { return !(x >= 0 && std::isfinite(x)); });
    return at == values.end() ? nullptr : &*at;
}

result<std::vector<float>> read_floats(const io::gguf& file, const io::tensor_info& t) {
    if (t.type != 0) {
        const auto known = quant::find_type(t.type);
        return file.fault(code::format_invalid, "is of another type than sums have")
            .about("tensor", t.name)
            .expected_found("F32", known ? std::string(known->name) : "type " + std::to_string(t.type));
    }
    std::vector<std::byte> scratch;
    const auto             bytes = file.read(t, 0, static_cast<std::size_t>(t.bytes), scratch);
    if (!bytes) return error(bytes.error());
    std::vector<float> values(bytes->size() / sizeof(float));
    std::memcpy(values.data(), bytes->data(), bytes->size());
    if (const float* bad = first_bad(values))
        return file.fault(code::format_invalid, "holds what no sum of squares is")
            .about("tensor", t.name)
            .expected_found(finite_positive, std::to_string(*bad));
    return values;
}

result<importance_matrix> read_gguf(const std::string& path) {
    const auto file = io::gguf::open(path);
    if (!file) return error(file.error());
    const auto kind = file->text_or("general.type", "");
    if (!kind) return error(kind.error());
    if (*kind != "imatrix")
        return file->fault(code::format_invalid, "is not an importance matrix")
            .about("key", "general.type")
            .expected_found("imatrix", *kind)
            .hint("'plume imatrix' makes one");
    importance_matrix all;
    for (const auto& t : file->tensors()) {
        if (!t.name.ends_with(sums_end)) continue;
        const auto  name    = t.name.substr(0, t.name.size() - sums_end.size());
        const auto* n       = file->find_tensor(name + std::string(counts_end));
        const auto  experts = t.n_elems / t.dims[0];
        if (n == nullptr || n->n_elems != experts)
            return file->fault(code::format_invalid, "does not say of how many vectors it is")
                .about("tensor", t.name)
                .expected_found(std::to_string(experts) + " numbers in '" + name + std::string(counts_end) + "'",
                                n == nullptr ? "no such tensor" : std::to_string(n->n_elems));
        auto sums = read_floats(*file, t);
        if (!sums) return std::move(sums).error();
        const auto counts = read_floats(*file, *n);
        if (!counts) return error(counts.error());
        const auto columns = static_cast<std::size_t>(t.dims[0]);
        for (std::size_t i = 0; i < sums->size(); ++i) {
            const float vectors = (*counts)[i / columns];
            (*sums)[i]          = vectors > 0 ? (*sums)[i] / vectors : 1.0f;  // an expert that no text reached: all of its inputs alike
        }
        all.emplace(name, *std::move(sums));
    }
    if (all.empty()) return file->fault(code::format_invalid, "holds no importance of any tensor");
    return all;
}

/// The form from before GGUF: how many entries, and of each the length of its name, the name, how many calls, how many numbers, and the numbers, which are
/// means times calls. Integers are of 32 bits. What follows the entries is not read.
class old_form {
public:
    explicit old_form(std::shared_ptr<const io::source> file) : file_(std::move(file)) {}

    /// Whether the file begins as one does. Other files begin with letters, which are large numbers.
    [[nodiscard]] bool begins() {
        const auto entries = number("", 1, most_entries), length = number("", 1, longest_name);
        at_ = 0;
        return entries && length;
    }

    result<importance_matrix> read() {
        const auto entries = number("", 1, most_entries);
        if (!entries) return entries.error();
        importance_matrix all;
        for (std::size_t i = 0; i < *entries; ++i) {
            const auto length = number("", 1, longest_name);
            if (!length) return length.error();
            const auto letters = take("", *length);
            if (!letters) return letters.error();
            std::string name(reinterpret_cast<const char*>(letters->data()), letters->size());
            const auto  calls = number(name, 1, most_calls);
            if (!calls) return calls.error();
            const auto n = number(name, 1, std::min<std::uint64_t>(most_calls, (file_->size() - at_) / sizeof(float)));
            if (!n) return n.error();
            auto means = read_means(name, *n, static_cast<float>(*calls));
            if (!means) return std::move(means).error();
            if (!all.emplace(name, *std::move(means)).second) return fault(code::format_invalid, name, "stands there twice");
        }
        return all;
    }

private:
    static constexpr std::uint64_t most_entries = 1u << 20, longest_name = 4096, most_calls = 0x7fffffff;

    [[nodiscard]] error fault(code c, std::string_view tensor, std::string_view what) const {
        error e = error{c, what}.in(file_->path()).at(at_);
        return tensor.empty() ? e : std::move(e).about("tensor", tensor);
    }

    result<std::span<const std::byte>> take(std::string_view tensor, std::uint64_t n) {
        const std::uint64_t left = file_->size() - at_;
        if (n > left) return fault(code::format_truncated, tensor, "is cut short").expected_found(n, left).hint("make it again, or fetch it again");
        const auto bytes = file_->view(at_, static_cast<std::size_t>(n), scratch_);
        if (bytes) at_ += n;
        return bytes;
    }

    result<std::size_t> number(std::string_view tensor, std::uint64_t least, std::uint64_t most) {
        const auto bytes = take(tensor, sizeof(std::int32_t));
        if (!bytes) return bytes.error();
        std::int32_t n = 0;
        std::memcpy(&n, bytes->data(), sizeof n);
        if (n >= 0 && static_cast<std::uint64_t>(n) >= least && static_cast<std::uint64_t>(n) <= most) return static_cast<std::size_t>(n);
        return fault(code::format_invalid, tensor, "holds a number that is out of range")
            .expected_found(std::to_string(least) + " to " + std::to_string(most), std::to_string(n));
    }

    result<std::vector<float>> read_means(std::string_view tensor, std::size_t n, float calls) {
        const auto bytes = take(tensor, n * sizeof(float));
        if (!bytes) return bytes.error();
        std::vector<float> values(n);
        std::memcpy(values.data(), bytes->data(), bytes->size());
        if (const float* bad = first_bad(values))
            return fault(code::format_invalid, tensor, "holds what no sum of squares is").expected_found(finite_positive, std::to_string(*bad));
        for (float& x : values) x /= calls;
        return values;
    }

    std::shared_ptr<const io::source> file_;
    std::uint64_t                     at_ = 0;
    std::vector<std::byte>            scratch_;
};

}  // namespace

result<importance_matrix> read_importance(const std::string& path) {
    if (auto file = io::source::open(path, false)) {
        old_form old(*std::move(file));
        if (old.begins()) return old.read();
    }
    return read_gguf(path);  // and it says what is wrong with any other file
}

}  // namespace plume::tool
