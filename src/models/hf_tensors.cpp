#include "hf_tensors.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include <plume/core/half.hpp>
#include <plume/quant/formats.hpp>
#include <plume/quant/mxfp4.hpp>

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
    const stored_tensor*              scales = nullptr;  // mxfp4
    row_change                        change = row_change::none;
    std::size_t                       slices = 1;             // experts that each file tensor holds
    std::size_t                       N = 0, D = 0;           // rows and columns made of each; a vector: N elements, D = 1
    std::size_t                       N_file = 0;             // rows that it has
    std::size_t                       part = 0, parts = 1;    // as in hf_tensor
    bool                              alternate  = false;     //
    std::size_t                       head_width = 0;         // of rows that are moved inside of heads, or with them
    std::size_t                       heads = 0, groups = 0;  // qkv_heads: queries; keys, and values
    bool                              to_f32 = false;

    [[nodiscard]] std::size_t in_bytes(std::size_t columns) const {
        return change == row_change::mxfp4 ? columns / quant::mxfp4::weights * sizeof(quant::mxfp4::block::q) : columns * bytes_of(from[0]->type);
    }
    [[nodiscard]] std::size_t out_bytes(std::size_t columns) const {
        if (change == row_change::mxfp4) return columns / quant::mxfp4::weights * sizeof(quant::mxfp4::block);
        return columns * (to_f32 ? sizeof(float) : bytes_of(from[0]->type));
    }

    /// The row of the file tensor, or of an expert's slice of it, that becomes row r.
    [[nodiscard]] std::size_t source_row(std::size_t r) const {
        if (head_width == 0) return alternate ? part + r * parts : part * N + r;
        const std::size_t head = r / head_width, j = r % head_width;
        if (change != row_change::qkv_heads) return r - j + j / 2 + j % 2 * (head_width / 2);
        const std::size_t queries = heads / groups, key_or_value = head - heads;  // the latter where head >= heads
        const std::size_t place =
            head < heads ? head / queries * (queries + 2) + head % queries : key_or_value % groups * (queries + 2) + queries + key_or_value / groups;
        return place * head_width + j;
    }
};

/// The rows of a file that rows [row, row + n) are made from.
struct source_rows {
    std::size_t low = ~std::size_t{0}, high = 0;
    bool        in_order = true;

    source_rows(const row_recipe& r, std::size_t row, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) {
            const auto s = r.source_row(row + i);
            low = std::min(low, s), high = std::max(high, s);
            in_order = in_order && s == low + i;
        }
    }
    [[nodiscard]] std::size_t count() const { return high - low + 1; }
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
    if (!add && r.out_bytes(1) == bytes_of(type)) {
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

/// n blocks of MXFP4. Byte i of a folder's holds weights 2i and 2i + 1, the former in its low nibble; exponents mean the same as in GGUF.
void convert_mxfp4(const std::byte* exponents, const std::byte* from, std::size_t n, std::byte* to) noexcept {
    using quant::mxfp4;
    for (std::size_t k = 0; k < n; ++k, from += sizeof(mxfp4::block::q), to += sizeof(mxfp4::block)) {
        to[0]             = exponents[k];
        const auto weight = [&](std::size_t i) { return i % 2 == 0 ? from[i / 2] & std::byte{15} : from[i / 2] >> 4; };
        for (std::size_t i = 0; i < mxfp4::weights / 2; ++i) to[1 + i] = weight(i) | weight(i + mxfp4::weights / 2) << 4;
    }
}

/// Rows [row, row + n) of w[N,D], which lies in the file as w[D,N].
result<void> make_transposed(const row_recipe& r, const stored_tensor& t, std::size_t slice, std::size_t row, std::size_t n, std::byte* to) {
    const std::size_t      size = bytes_of(t.type);
    const source_rows      rows(r, row, n);
    std::vector<std::byte> scratch;
    for (std::size_t d = 0; d < r.D; ++d) {
        const auto bytes = r.files.read(t, ((std::uint64_t{slice} * r.D + d) * r.N_file + rows.low) * size, rows.count() * size, scratch);
        if (!bytes) return error(bytes.error());
        for (std::size_t i = 0; i < n; ++i)
            convert(r, bytes->data() + (r.source_row(row + i) - rows.low) * size, 1, to + i * r.out_bytes(r.D) + r.out_bytes(d));
    }
    return {};
}

/// Rows [row, row + n) of one expert or of all there is, a piece at a time; heads are taken apart one by one.
result<void> make_plain(const row_recipe& r, const stored_tensor& t, std::size_t slice, std::size_t row, std::size_t n, std::byte* to) {
    const std::size_t      step = std::max<std::size_t>(piece_elems / r.D, 1), together = r.head_width != 0 ? r.head_width : r.N;
    const std::size_t      row_bytes = r.in_bytes(r.D), blocks = r.D / quant::mxfp4::weights;
    std::vector<std::byte> scratch, scratch_of_scales;
    for (const std::size_t end = row + n; row < end;) {
        const std::size_t now = std::min({end - row, step, together - row % together});
        const source_rows rows(r, row, now);
        const auto        bytes = r.files.read(t, (std::uint64_t{slice} * r.N_file + rows.low) * row_bytes, rows.count() * row_bytes, scratch);
        if (!bytes) return error(bytes.error());
        if (r.change == row_change::mxfp4) {
            const auto scales = r.files.read(*r.scales, (std::uint64_t{slice} * r.N_file + rows.low) * blocks, rows.count() * blocks, scratch_of_scales);
            if (!scales) return error(scales.error());
            for (std::size_t i = 0; i < now; ++i) {
                const auto at = r.source_row(row + i) - rows.low;
                convert_mxfp4(scales->data() + at * blocks, bytes->data() + at * row_bytes, blocks, to + i * r.out_bytes(r.D));
            }
        } else if (rows.in_order)
            convert(r, bytes->data(), now * r.D, to);
        else
            for (std::size_t i = 0; i < now; ++i) convert(r, bytes->data() + (r.source_row(row + i) - rows.low) * row_bytes, r.D, to + i * r.out_bytes(r.D));
        row += now;
        to += now * r.out_bytes(r.D);
    }
    return {};
}

result<void> make_rows(const row_recipe& r, std::size_t row, std::size_t n, std::byte* to) {
    const fp_control contract;
    while (n > 0) {
        const std::size_t expert = row / r.N, at = row % r.N, now = std::min(n, r.N - at), slice = expert % r.slices;
        const auto&       t    = *r.from[expert / r.slices];
        auto              made = r.change == row_change::transpose ? make_transposed(r, t, slice, at, now, to) : make_plain(r, t, slice, at, now, to);
        if (!made) return made;
        to += now * r.out_bytes(r.D);
        row += now;
        n -= now;
    }
    return {};
}

/// Any bytes of the tensor: whole rows at once where they are asked for, else through a copy of the rows that hold them.
result<void> make_bytes(const row_recipe& r, std::uint64_t begin, std::span<std::byte> into) {
    const std::size_t row_bytes = r.out_bytes(r.D), row = static_cast<std::size_t>(begin / row_bytes), skip = static_cast<std::size_t>(begin % row_bytes);
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

/// The tensor of a folder that has a name in the family's table.
const stored_tensor* find_stored(const io::safetensors& files, const hf_family& family, std::string_view name) {
    if (family.beginnings.empty()) return files.find(name);
    for (const auto& b : family.beginnings)
        if (name.starts_with(b.table))
            if (const auto* t = files.find(std::string(b.folder) + std::string(name.substr(b.table.size())))) return t;
    return nullptr;
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
            if (end.ends_with('.') ? name.starts_with(end) : name.ends_with(end)) return true;
        bool is = false;
        each_rule([&](const hf_tensor& rule) {
            if (!sizes_.tied || !is_head(rule.gguf)) return;
            const auto* head = find_stored(files_, family_, rule.hf);
            is               = is || (head != nullptr && head->name == name);
        });
        return is;
    }
    [[nodiscard]] const stored_tensor* find(std::string_view hf) const { return find_stored(files_, family_, hf); }

    /// A rule for one layer: weight and bias where its name says neither.
    void whole(const hf_tensor& rule, std::string_view gguf, std::string_view hf) {
        if (error_ || (sizes_.tied && is_head(gguf))) return;
        if (gguf.ends_with(".weight") || gguf.ends_with(".bias")) return one(rule, std::string(gguf), std::string(hf), rule.optional);
        one(rule, std::string(gguf) + ".weight", std::string(hf) + ".weight", rule.optional);
        one(rule, std::string(gguf) + ".bias", std::string(hf) + ".bias", true);
    }

    void one(const hf_tensor& rule, std::string gguf, const std::string& hf, bool optional) {
        if (error_ || made_.contains(gguf)) return;
        std::vector<const stored_tensor*> from;
        if (hf.find('@') == std::string::npos) {
            if (const auto* t = find(hf)) from.push_back(t);
        } else {
            for (std::size_t expert = 0;; ++expert) {
                const auto* t = find(replaced(hf, '@', expert));
                if (t == nullptr) break;
                from.push_back(t);
            }
        }
        if (from.empty()) {
            if (!optional) fail(missing(hf));
            return;
        }
        const stored_tensor* scales = nullptr;
        if (rule.change == row_change::mxfp4) {
            const auto name = hf.substr(0, hf.rfind("_blocks")) + "_scales";
            scales          = find(name);
            if (scales == nullptr) return fail(missing(name));
            taken_.insert(scales);
        }
        for (const auto* t : from) taken_.insert(t);
        made_.insert(gguf);
        show(rule, std::move(gguf), std::move(from), scales, hf.find('@') != std::string::npos);
    }

    [[nodiscard]] error missing(std::string_view hf) const {
        return error{code::format_invalid, "is missing"}
            .in(files_.path())
            .about("tensor", hf)
            .hint("the folder is incomplete, or of a newer variant of the class: fetch all of its files again");
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

    /// What all file tensors of one GGUF tensor must be.
    bool fits(const hf_tensor& rule, const std::vector<const stored_tensor*>& from, const stored_tensor* scales) {
        const auto& first = *from[0];
        for (const auto* t : from) {
            const bool weights = t->type == element_type::f32 || t->type == element_type::f16 || t->type == element_type::bf16;
            const bool packed  = rule.change == row_change::mxfp4;
            if (packed ? t->type != element_type::u8 : !weights)
                return fail(error{code::format_unsupported, "holds weights of an element type that is not read"}
                                .in(files_.path_of(*t))
                                .about("tensor", t->name)
                                .expected_found(packed ? "U8" : "F32, F16 or BF16", io::name(t->type))
                                .hint("convert the checkpoint to BF16, or look for one of the original model")),
                       false;
            if (t->type != first.type || t->n_dims != first.n_dims || t->shape != first.shape)
                return fail(wrong(*t, "differs from the first expert's", shape_text(first), shape_text(*t))), false;
            if (t->n_dims < 1 || t->n_dims > (packed ? 4u : 3u) || t->n_elems == 0)
                return fail(wrong(*t, "has a shape that no weight has", "1 to 3 dimensions, none of them zero", shape_text(*t))), false;
        }
        if (scales == nullptr) return true;
        if (first.n_dims < 3 || first.shape[first.n_dims - 1] != sizeof(quant::mxfp4::block::q))
            return fail(wrong(first, "has a shape that no blocks of MXFP4 have", "3 or 4 dimensions, the last of them 16", shape_text(first))), false;
        const auto begin = first.shape.begin();
        if (scales->type != element_type::u8 || scales->n_dims + 1 != first.n_dims || !std::equal(begin, begin + scales->n_dims, scales->shape.begin()))
            return fail(wrong(*scales, "does not hold one byte for each block", "U8 and the shape " + shape_text(first) + " without its end",
                              std::string(io::name(scales->type)) + ' ' + shape_text(*scales))),
                   false;
        return true;
    }

    void show(const hf_tensor& rule, std::string gguf, std::vector<const stored_tensor*> from, const stored_tensor* scales, bool stacked) {
        if (!fits(rule, from, scales)) return;
        const auto&       first     = *from[0];
        const bool        is_vector = first.n_dims == 1 || gguf.ends_with(".bias") || (rule.change == row_change::one_row && first.shape[0] == 1);
        const std::size_t own_dims  = rule.change == row_change::mxfp4                  ? 3
                                      : is_vector && rule.change != row_change::one_row ? 1
                                                                                        : std::min(first.n_dims, 2u),
                          more_dims = first.n_dims - own_dims;
        if (more_dims + stacked > 1)
            return fail(wrong(first, "has too many dimensions", std::to_string(own_dims + !stacked) + " at most", std::to_string(first.n_dims)));
        row_recipe r{.files = files_, .from = std::move(from), .scales = scales, .change = rule.change, .part = rule.part, .parts = rule.parts};
        if (is_vector && r.change == row_change::transpose) r.change = row_change::none;
        const auto* shape = first.shape.data() + more_dims;  // of one expert
        r.slices          = more_dims ? static_cast<std::size_t>(first.shape[0]) : 1;
        r.D               = is_vector ? 1 : static_cast<std::size_t>(shape[r.change == row_change::transpose ? 0 : 1]);
        if (scales != nullptr) r.D *= quant::mxfp4::weights;
        r.N_file    = static_cast<std::size_t>(scales != nullptr ? shape[0] : first.n_elems / r.slices / r.D);
        r.alternate = rule.alternate;
        r.to_f32    = is_vector || first.type == element_type::f32;
        if (r.N_file % rule.parts != 0)
            return fail(wrong(first, "cannot be divided into equal parts", "a multiple of " + std::to_string(rule.parts) + " rows", std::to_string(r.N_file)));
        r.N = r.N_file / rule.parts;
        if (!take_heads(rule, first, r)) return;
        shown_tensor t{.name = std::move(gguf), .dims = {}, .type = 0, .make = {}};
        if (!is_vector) t.dims.push_back(r.D);
        t.dims.push_back(r.N);
        if (stacked || more_dims) t.dims.push_back(stacked ? r.from.size() : r.slices);
        t.type = scales != nullptr ? quant::mxfp4::gguf_type : quant::find_format(r.to_f32 ? "F32" : io::name(first.type))->gguf_type;
        t.make = [r = std::move(r)](std::uint64_t begin, std::span<std::byte> into) { return make_bytes(r, begin, into); };
        shown_.push_back(std::move(t));
    }

    /// How wide a head is, where rows are moved by heads.
    bool take_heads(const hf_tensor& rule, const stored_tensor& t, row_recipe& r) {
        const bool pairs = rule.change == row_change::pair_q || rule.change == row_change::pair_k, fused = rule.change == row_change::qkv_heads;
        if (!pairs && !fused) return true;
        const std::size_t heads = fused ? sizes_.heads + 2 * sizes_.kv_heads : rule.change == row_change::pair_q ? sizes_.heads : sizes_.kv_heads;
        if (r.N % heads != 0 || (pairs && r.N / heads % 2 != 0))
            return fail(wrong(t, "does not have rows for every head", std::to_string(heads) + (pairs ? " times an even number" : " times a head's width"),
                              std::to_string(r.N))),
                   false;
        if (fused && sizes_.heads % sizes_.kv_heads != 0)
            return fail(wrong(t, "cannot be taken apart: key heads do not divide the query heads", "a divisor of " + std::to_string(sizes_.heads),
                              std::to_string(sizes_.kv_heads))),
                   false;
        r.head_width = r.N / heads;
        r.heads = sizes_.heads, r.groups = sizes_.kv_heads;
        return true;
    }

    const io::safetensors&                   files_;
    const hf_family&                         family_;
    const hf_sizes&                          sizes_;
    std::vector<shown_tensor>                shown_;
    std::unordered_set<const stored_tensor*> taken_;
    std::unordered_set<std::string>          made_;  // names of GGUF tensors
    std::optional<error>                     error_;
};

}  // namespace

bool has_head(const io::safetensors& files, const hf_family& family) {
    for (const auto list : {family.tensors, family.own_tensors})
        for (const auto& rule : list)
            if (rule.gguf == "output.weight" && find_stored(files, family, rule.hf) != nullptr) return true;
    return false;
}

result<std::vector<shown_tensor>> show_tensors(const io::safetensors& files, const hf_family& family, const hf_sizes& sizes) {
    return table_reader(files, family, sizes).read();
}

}  // namespace plume::models
