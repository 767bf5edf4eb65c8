#include "hf_tensors.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include <plume/core/half.hpp>
#include <plume/quant/formats.hpp>

#include "src/io/gguf_parse.hpp"
#include "src/system.hpp"

namespace plume::models {
namespace {

using io::element_type;
using io::stored_tensor;

constexpr std::size_t piece_elems = std::size_t{1} << 18;  // converted at a time

/// How the rows of one tensor are made from those of one file tensor, or of one for each expert.
struct row_recipe {
    io::safetensors                   files;
    std::vector<const stored_tensor*> from;
    row_change                        change;
    std::size_t                       first = 0;       // row of the file tensor where this part begins
    std::size_t                       N = 0, D = 0;    // rows and columns made of each file tensor; a vector: N elements, D = 1
    std::size_t                       head_width = 0;  // pair_q, pair_k
    bool                              to_f32     = false;

    [[nodiscard]] std::size_t out_bytes() const { return to_f32 ? sizeof(float) : bytes_of(from[0]->type); }

    /// The row of the file tensor that becomes row r.
    [[nodiscard]] std::size_t source_row(std::size_t r) const {
        if (head_width == 0) return first + r;
        const std::size_t j = r % head_width;
        return first + r - j + j / 2 + j % 2 * (head_width / 2);
    }
};

float widen(const std::byte* from, element_type type, std::size_t i) noexcept {
    if (type == element_type::f32) {
        float x = 0;
        std::memcpy(&x, from + i * sizeof x, sizeof x);
        return x;
    }
    std::uint16_t bits = 0;
    std::memcpy(&bits, from + i * sizeof bits, sizeof bits);
    return type == element_type::f16 ? to_float(half{bits}) : to_float(bfloat16{bits});
}

/// n elements as they are shown.
void convert(const row_recipe& r, const std::byte* from, std::size_t n, std::byte* to) noexcept {
    const auto type = r.from[0]->type;
    const bool add  = r.change == row_change::plus_one;
    if (!add && r.out_bytes() == bytes_of(type)) {
        std::memcpy(to, from, n * bytes_of(type));
        return;
    }
    for (std::size_t i = 0; i < n; ++i) {
        const float x = widen(from, type, i) + (add ? 1.0f : 0.0f);
        if (r.to_f32)
            std::memcpy(to + i * sizeof x, &x, sizeof x);
        else {
            const std::uint16_t bits = type == element_type::f16 ? to_half(x).bits : to_bfloat16(x).bits;
            std::memcpy(to + i * sizeof bits, &bits, sizeof bits);
        }
    }
}

/// Rows [row, row + n) of w[N,D], which lies in the file as w[D,N].
result<void> make_transposed(const row_recipe& r, const stored_tensor& t, std::size_t row, std::size_t n, std::byte* to) {
    const std::size_t      size = bytes_of(t.type), columns = static_cast<std::size_t>(t.shape[1]);
    std::vector<std::byte> scratch;
    for (std::size_t d = 0; d < r.D; ++d) {
        const auto bytes = r.files.read(t, (std::uint64_t{d} * columns + r.first + row) * size, n * size, scratch);
        if (!bytes) return error(bytes.error());
        for (std::size_t i = 0; i < n; ++i) convert(r, bytes->data() + i * size, 1, to + (i * r.D + d) * r.out_bytes());
    }
    return {};
}

/// Rows [row, row + n) of one file tensor.
result<void> make_plain(const row_recipe& r, const stored_tensor& t, std::size_t row, std::size_t n, std::byte* to) {
    const std::size_t      row_bytes = r.D * bytes_of(t.type), step = std::max<std::size_t>(piece_elems / r.D, 1);
    std::vector<std::byte> scratch;
    if (r.head_width != 0) {  // heads are taken apart: one head at a time
        for (const std::size_t end = row + n; row < end;) {
            const std::size_t head = row / r.head_width * r.head_width, stop = std::min(end, head + r.head_width);
            const auto        bytes = r.files.read(t, std::uint64_t{r.first + head} * row_bytes, r.head_width * row_bytes, scratch);
            if (!bytes) return error(bytes.error());
            for (; row < stop; ++row, to += r.D * r.out_bytes()) convert(r, bytes->data() + (r.source_row(row) - r.first - head) * row_bytes, r.D, to);
        }
        return {};
    }
    for (std::size_t done = 0; done < n; done += step) {
        const std::size_t now   = std::min(step, n - done);
        const auto        bytes = r.files.read(t, std::uint64_t{r.first + row + done} * row_bytes, now * row_bytes, scratch);
        if (!bytes) return error(bytes.error());
        convert(r, bytes->data(), now * r.D, to + done * r.D * r.out_bytes());
    }
    return {};
}

result<void> make_rows(const row_recipe& r, std::size_t row, std::size_t n, std::byte* to) {
    const fp_control contract;
    while (n > 0) {
        const auto&       t  = *r.from[row / r.N];
        const std::size_t at = row % r.N, now = std::min(n, r.N - at);
        auto              made = r.change == row_change::transpose ? make_transposed(r, t, at, now, to) : make_plain(r, t, at, now, to);
        if (!made) return made;
        to += now * r.D * r.out_bytes();
        row += now;
        n -= now;
    }
    return {};
}

/// Any bytes of the tensor: whole rows at once where they are asked for, else through a copy of the rows that hold them.
result<void> make_bytes(const row_recipe& r, std::uint64_t begin, std::span<std::byte> into) {
    const std::size_t row_bytes = r.D * r.out_bytes(), row = static_cast<std::size_t>(begin / row_bytes), skip = static_cast<std::size_t>(begin % row_bytes);
    if (skip == 0 && into.size() % row_bytes == 0) return make_rows(r, row, into.size() / row_bytes, into.data());
    const std::size_t      n = (skip + into.size() + row_bytes - 1) / row_bytes;
    std::vector<std::byte> rows(n * row_bytes);
    if (auto made = make_rows(r, row, n, rows.data()); !made) return made;
    std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>(skip), into.size(), into.begin());
    return {};
}

std::string replaced(std::string_view text, char mark, std::size_t number) {
    std::string out(text);
    if (const auto at = out.find(mark); at != std::string::npos) out.replace(at, 1, std::to_string(number));
    return out;
}

/// Walks the family's table and keeps the first error.
class table_reader {
public:
    table_reader(const io::safetensors& files, const hf_family& family, const hf_sizes& sizes) : files_(files), family_(family), sizes_(sizes) {}

    result<std::vector<shown_tensor>> read() {
        each_rule([&](const hf_tensor& rule) {
            if (rule.gguf.find('#') == std::string_view::npos) whole(rule, rule.gguf, rule.hf);
        });
        for (std::size_t layer = 0; layer < sizes_.layers; ++layer)
            each_rule([&](const hf_tensor& rule) {
                if (rule.gguf.find('#') != std::string_view::npos) whole(rule, replaced(rule.gguf, '#', layer), replaced(rule.hf, '#', layer));
            });
        for (const auto& t : files_.tensors())
            if (!error_ && !taken_.contains(&t) && !ignored(t.name))
                fail(error{code::format_unsupported, "is not part of " + std::string(family_.hf_class) + " as plume knows it"}
                         .in(files_.path_of(t))
                         .about("tensor", t.name)
                         .hint("a result computed without it would be wrong; the model may be of a newer variant"));
        if (error_) return std::move(*error_);
        return std::move(shown_);
    }

private:
    void fail(error e) {
        if (!error_) error_ = std::move(e);
    }
    template <class Use>
    void each_rule(const Use& use) const {
        for (const auto list : {family_.tensors, family_.own_tensors})
            for (const auto& rule : list) use(rule);
    }
    [[nodiscard]] bool is_head(std::string_view gguf) const { return gguf == "output.weight"; }
    [[nodiscard]] bool ignored(std::string_view name) const {
        for (const auto& end : family_.ignored)
            if (name.ends_with(end)) return true;
        bool is = false;
        each_rule([&](const hf_tensor& rule) { is = is || (sizes_.tied && is_head(rule.gguf) && rule.hf == name); });
        return is;
    }

    /// A rule for one layer: weight and bias where its name says neither.
    void whole(const hf_tensor& rule, std::string_view gguf, std::string_view hf) {
        if (error_ || (sizes_.tied && is_head(gguf))) return;
        if (gguf.ends_with(".weight") || gguf.ends_with(".bias")) return one(rule, std::string(gguf), std::string(hf), rule.optional);
        one(rule, std::string(gguf) + ".weight", std::string(hf) + ".weight", rule.optional);
        one(rule, std::string(gguf) + ".bias", std::string(hf) + ".bias", true);
    }

    void one(const hf_tensor& rule, std::string gguf, const std::string& hf, bool optional) {
        if (error_) return;
        std::vector<const stored_tensor*> from;
        if (hf.find('@') == std::string::npos) {
            if (const auto* t = files_.find(hf)) from.push_back(t);
        } else {
            for (std::size_t expert = 0;; ++expert) {
                const auto* t = files_.find(replaced(hf, '@', expert));
                if (t == nullptr) break;
                from.push_back(t);
            }
        }
        if (from.empty()) {
            if (!optional)
                fail(error{code::format_invalid, "is missing"}
                         .in(files_.path())
                         .about("tensor", hf)
                         .hint("the folder is incomplete, or of a newer variant of the class: fetch all of its files again"));
            return;
        }
        for (const auto* t : from) taken_.insert(t);
        show(rule, std::move(gguf), std::move(from), hf.find('@') != std::string::npos);
    }

    error wrong(const stored_tensor& t, std::string_view what, std::string_view expected, std::string_view found) const {
        return error{code::format_invalid, what}
            .in(files_.path_of(t))
            .about("tensor", t.name)
            .expected_found(expected, found)
            .hint(io::usual_next_step(code::format_invalid));
    }
    static std::string shape_text(const stored_tensor& t) {
        std::string text = "[";
        for (std::uint32_t d = 0; d < t.n_dims; ++d) text += (d ? ", " : "") + std::to_string(t.shape[d]);
        return text + ']';
    }

    void show(const hf_tensor& rule, std::string gguf, std::vector<const stored_tensor*> from, bool stacked) {
        const auto& first = *from[0];
        for (const auto* t : from) {
            if (t->type != element_type::f32 && t->type != element_type::f16 && t->type != element_type::bf16)
                return fail(error{code::format_unsupported, "holds weights of an element type that is not read"}
                                .in(files_.path_of(*t))
                                .about("tensor", t->name)
                                .expected_found("F32, F16 or BF16", io::name(t->type))
                                .hint("convert the checkpoint to BF16, or look for one of the original model"));
            if (t->type != first.type || t->n_dims != first.n_dims || t->shape != first.shape)
                return fail(wrong(*t, "differs from the first expert's", shape_text(first), shape_text(*t)));
            if (t->n_dims < 1 || t->n_dims > 3 || t->n_elems == 0)
                return fail(wrong(*t, "has a shape that no weight has", "1 to 3 dimensions, none of them zero", shape_text(*t)));
        }
        const bool is_vector = first.n_dims == 1 || (rule.change == row_change::one_row && first.shape[0] == 1),
                   turned    = rule.change == row_change::transpose && !is_vector;
        if ((turned || rule.parts > 1 || stacked) && first.n_dims > 2)
            return fail(wrong(first, "has too many dimensions", "1 or 2", std::to_string(first.n_dims)));
        row_recipe r{.files = files_, .from = std::move(from), .change = is_vector && rule.change == row_change::transpose ? row_change::none : rule.change};
        r.D      = is_vector ? 1 : static_cast<std::size_t>(turned ? first.shape[0] : first.shape[first.n_dims - 1]);
        r.N      = static_cast<std::size_t>(first.n_elems) / r.D;
        r.to_f32 = is_vector || first.type == element_type::f32;
        if (r.N % rule.parts != 0)
            return fail(wrong(first, "cannot be divided into equal parts", "a multiple of " + std::to_string(rule.parts) + " rows", std::to_string(r.N)));
        r.N /= rule.parts;
        r.first = r.N * rule.part;
        if (rule.change == row_change::pair_q || rule.change == row_change::pair_k) {
            const std::size_t heads = rule.change == row_change::pair_q ? sizes_.heads : sizes_.kv_heads;
            if (r.N % heads != 0 || r.N / heads % 2 != 0)
                return fail(wrong(first, "does not have rows for every head", std::to_string(heads) + " times an even number", std::to_string(r.N)));
            r.head_width = r.N / heads;
        }
        shown_tensor t{.name = std::move(gguf), .dims = {}, .type = 0, .make = {}};
        if (!is_vector) t.dims.push_back(r.D);
        t.dims.push_back(first.n_dims == 3 ? first.shape[1] : r.N);
        if (stacked)
            t.dims.push_back(r.from.size());
        else if (first.n_dims == 3)
            t.dims.push_back(first.shape[0]);
        t.type = quant::find_format(r.to_f32 ? "F32" : io::name(first.type))->gguf_type;
        t.make = [r = std::move(r)](std::uint64_t begin, std::span<std::byte> into) { return make_bytes(r, begin, into); };
        shown_.push_back(std::move(t));
    }

    const io::safetensors&                   files_;
    const hf_family&                         family_;
    const hf_sizes&                          sizes_;
    std::vector<shown_tensor>                shown_;
    std::unordered_set<const stored_tensor*> taken_;
    std::optional<error>                     error_;
};

}  // namespace

result<std::vector<shown_tensor>> show_tensors(const io::safetensors& files, const hf_family& family, const hf_sizes& sizes) {
    return table_reader(files, family, sizes).read();
}

}  // namespace plume::models
