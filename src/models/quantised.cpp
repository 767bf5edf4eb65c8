#include <plume/models/quantised.hpp>

#include <algorithm>
#include <cstring>
#include <optional>

#include <plume/core/printable.hpp>
#include <plume/io/gguf_header.hpp>
#include <plume/quant/formats.hpp>

#include "mixes.hpp"
#include "src/guard.hpp"
#include "src/io/composed_source.hpp"
#include "src/system.hpp"

namespace plume {
namespace {

using models::mix_when;
using models::tensor_role;
using quant::format_info;

constexpr std::size_t piece_weights = std::size_t{1} << 16;  // decoded at a time

/// Matrices that stay as they are: small, and their errors go far.
constexpr std::string_view kept[] = {"_norm.weight", "ffn_gate_inp", "position_embd", "token_types", "ssm_conv1d", "shortconv.conv"};

bool fits(std::string_view pattern, std::string_view name) noexcept {
    if (pattern.find('*') == std::string_view::npos) return name.find(pattern) != std::string_view::npos;
    std::size_t p = 0, n = 0, star = std::string_view::npos, mark = 0;
    while (n < name.size()) {  // a star takes as little as it can, and one more each time the rest does not fit
        if (p < pattern.size() && pattern[p] == '*')
            star = p++, mark = n;
        else if (p < pattern.size() && pattern[p] == name[n])
            ++p, ++n;
        else if (star != std::string_view::npos)
            p = star + 1, n = ++mark;
        else
            return false;
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

const models::mix* find_mix(std::string_view name) {
    const auto wanted = upper(name);
    for (const auto& m : models::mixes())
        if (m.name == wanted) return &m;
    return nullptr;
}

error no_such_type(std::string_view name) {
    std::string known;
    for (const auto one : quantise_type_names()) known += (known.empty() ? "" : ", ") + std::string(one);
    return error{code::invalid_argument, "is not a weight type that can be encoded"}.about("type", name).hint("one of: " + known);
}

/// The layer of "blk.7.ffn_up.weight", or 0.
std::size_t layer_of(std::string_view name) noexcept {
    std::size_t n = 0;
    if (!name.starts_with("blk.")) return 0;
    for (const char c : name.substr(4, 6)) {
        if (c < '0' || c > '9') break;
        n = n * 10 + static_cast<std::size_t>(c - '0');
    }
    return n;
}

/// Chooses the type of each tensor.
class chooser {
public:
    chooser(const io::gguf& file, const quantise_options& options, const models::mix& m) : options_(options), mix_(m) {
        const auto architecture = std::string(file.text_or("general.architecture", "").value_or(""));
        const auto count        = [&](std::string_view key) { return file.count_or(architecture + '.' + std::string(key), 0).value_or(0); };
        layers_                 = static_cast<std::size_t>(std::min<std::uint64_t>(count("block_count"), 1u << 20));
        experts_                = count("expert_count");
        const auto heads = count("attention.head_count"), kv = count("attention.head_count_kv");
        grouped_ = kv != 0 && heads / kv >= 4;
        tied_    = file.find_tensor("output.weight") == nullptr;
        fitted_.resize(options.rules.size());
    }

    /// Null: as it is.
    result<const format_info*> choose(const io::tensor_info& t) {
        if (t.n_dims < 2 || !t.name.ends_with(".weight")) return static_cast<const format_info*>(nullptr);
        for (const auto part : kept)
            if (t.name.find(part) != std::string::npos) return static_cast<const format_info*>(nullptr);
        for (std::size_t i = 0; i < options_.rules.size(); ++i) {
            if (!fits(options_.rules[i].pattern, t.name)) continue;
            fitted_[i]        = true;
            const auto wanted = upper(options_.rules[i].type);
            return fitting(wanted, t, true);
        }
        return fitting(usual(t.name), t, false);
    }

    [[nodiscard]] const quantise_options::rule* unfitted() const {
        for (std::size_t i = 0; i < fitted_.size(); ++i)
            if (!fitted_[i]) return &options_.rules[i];
        return nullptr;
    }

private:
    [[nodiscard]] bool holds(mix_when when, std::size_t layer) const {
        const bool known = options_.importance != nullptr, eighth = layer < layers_ / 8;
        switch (when) {
            case mix_when::always:
                return true;
            case mix_when::outer_layers:
                return eighth || layer >= 7 * layers_ / 8 || (layer - layers_ / 8) % 3 == 2;
            case mix_when::first_eighth:
                return eighth;
            case mix_when::first_sixteenth:
                return layer < layers_ / 16;
            case mix_when::middle_layers:
                return !eighth && layer < 7 * layers_ / 8;
            case mix_when::first_two:
                return layer < 2;
            case mix_when::first_four:
                return layer < 4;
            case mix_when::grouped:
                return grouped_;
            case mix_when::plain_first_eighth:
                return eighth && !known;
            case mix_when::plain:
                return !known;
            case mix_when::known_first_eighth:
                return eighth && known;
            case mix_when::four_experts:
                return experts_ >= 4;
            case mix_when::eight_experts:
                return experts_ == 8;
        }
        return false;
    }

    [[nodiscard]] std::string_view usual(std::string_view name) const {
        auto role = models::role_of(name);
        if (role == tensor_role::embedding && tied_) role = tensor_role::head;
        if (experts_ == 8)
            for (const auto& rule : mix_.rules)
                if (rule.role == role && rule.when == mix_when::eight_experts) return rule.type;
        // Of eight experts all share the attention: what it costs is little beside them.
        if (experts_ == 8 && !mix_.rules.empty() && (role == tensor_role::attn_v || role == tensor_role::attn_k)) return "Q8_0";
        for (const auto& rule : mix_.rules)
            if (rule.role == role && holds(rule.when, layer_of(name))) return rule.type;
        if (role == tensor_role::attn_qkv)  // what holds the values is treated as they are, where nothing else is said
            for (const auto& rule : mix_.rules)
                if (rule.role == tensor_role::attn_v && holds(rule.when, layer_of(name))) return rule.type;
        return mix_.base;
    }

    result<const format_info*> fitting(std::string_view type, const io::tensor_info& t, bool exact) const {
        const auto* f = quant::find_format(type);
        if (f == nullptr || f->encode == nullptr) return no_such_type(type);
        const bool whole = t.dims[0] % f->weights == 0;
        if (!whole && exact)
            return error{code::invalid_argument, "has rows that are not whole blocks of " + std::string(f->name)}
                .about("tensor", t.name)
                .expected_found("a multiple of " + std::to_string(f->weights), std::to_string(t.dims[0]))
                .hint("choose " + std::string(models::stand_in(f->name)) + " for it");
        if (whole) return f;
        const auto role = models::role_of(t.name);
        const bool head = role == tensor_role::head || (role == tensor_role::embedding && tied_);
        f               = quant::find_format(head ? "Q8_0" : models::stand_in(f->name));
        return t.dims[0] % f->weights == 0 ? f : quant::find_format("F16");
    }

    const quantise_options& options_;
    const models::mix&      mix_;
    std::size_t             layers_  = 0;
    std::uint64_t           experts_ = 0;
    bool                    grouped_ = false, tied_ = false;
    std::vector<bool>       fitted_;
};

/// A tensor on its way from one type to another.
struct recoder {
    io::gguf               file;
    const io::tensor_info* tensor;
    const format_info *    from, *to;      // equal: copied
    std::vector<float>     importance;     // of one row's inputs, or of each expert's; or empty
    std::size_t            rows_a_matrix;  // rows that share a list of importance

    [[nodiscard]] std::size_t columns() const { return static_cast<std::size_t>(tensor->dims[0]); }
    [[nodiscard]] std::size_t row_bytes() const { return columns() / to->weights * to->block_bytes; }

    /// Rows [row, row + n), in pieces.
    result<void> rows(std::size_t row, std::size_t n, std::byte* out) const {
        const fp_control       contract;
        const std::size_t      D = columns(), in_bytes = D / from->weights * from->block_bytes, step = std::max<std::size_t>(piece_weights / D, 1);
        std::vector<std::byte> scratch;
        std::vector<float>     decoded;
        for (std::size_t done = 0; done < n; done += step) {
            const std::size_t now   = std::min(step, n - done);
            const auto        bytes = file.read(*tensor, std::uint64_t{row + done} * in_bytes, now * in_bytes, scratch);
            if (!bytes) return error(bytes.error());
            const auto* w = reinterpret_cast<const float*>(bytes->data());  // floats as they lie in the file
            if (from->gguf_type != quant::f32::gguf_type || reinterpret_cast<std::uintptr_t>(w) % alignof(float) != 0) {
                decoded.resize(std::min(step, n) * D);
                from->decode(bytes->data(), now * D / from->weights, decoded.data());
                w = decoded.data();
            }
            for (std::size_t i = 0; i < now; ++i) {
                const float* known  = importance.empty() ? nullptr : importance.data() + (row + done + i) / rows_a_matrix * D % importance.size();
                std::byte*   to_row = out + (done + i) * row_bytes();
                if (known != nullptr && to->encode_weighted != nullptr)
                    to->encode_weighted(w + i * D, known, D / to->weights, to_row);
                else
                    to->encode(w + i * D, D / to->weights, to_row);
            }
        }
        return {};
    }

    result<void> bytes(std::uint64_t begin, std::span<std::byte> into) const {
        if (from == to) {
            std::vector<std::byte> scratch;
            const auto             there = file.read(*tensor, begin, into.size(), scratch);
            if (!there) return error(there.error());
            std::copy(there->begin(), there->end(), into.begin());
            return {};
        }
        const std::size_t size = row_bytes(), row = static_cast<std::size_t>(begin / size), skip = static_cast<std::size_t>(begin % size);
        if (skip == 0 && into.size() % size == 0) return rows(row, into.size() / size, into.data());
        const std::size_t      n = (skip + into.size() + size - 1) / size;
        std::vector<std::byte> whole(n * size);
        if (auto made = rows(row, n, whole.data()); !made) return made;
        std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(skip), into.size(), into.begin());
        return {};
    }
};

result<std::vector<float>> importance_of(const io::tensor_info& t, const quantise_options& options) {
    if (options.importance == nullptr) return std::vector<float>{};
    const auto found = options.importance->find(t.name);
    if (found == options.importance->end()) return std::vector<float>{};
    const std::uint64_t one = t.dims[0], all = t.dims[0] * t.dims[2];
    if (found->second.size() != one && found->second.size() != all)
        return error{code::invalid_argument, "has an importance of another length"}
            .about("tensor", t.name)
            .expected_found(one, found->second.size())
            .hint("the importance matrix was made for another model");
    return found->second;
}

/// Rows that are looked up, and the output matrix, which most importance matrices leave out.
bool takes_no_importance(std::string_view name) noexcept {
    const auto role = models::role_of(name);
    return role == tensor_role::embedding || role == tensor_role::head;
}

result<io::gguf> show_quantised(const io::gguf& file, const quantise_options& options) {
    const auto* m = find_mix(options.type);
    if (m == nullptr) return no_such_type(options.type);
    chooser         choose(file, options, *m);
    io::gguf_header header;
    for (const auto& e : file.metadata())
        if (!e.key.starts_with("split.")) header.copy(e.key, e.value);
    header.set_u32("general.quantization_version", 2);
    header.set_u32("general.file_type", m->file_type);
    std::vector<io::composed_source::part> parts;
    for (const auto& t : file.tensors()) {
        auto chosen = choose.choose(t);
        if (!chosen) return std::move(chosen).error().in(file.path());
        const auto* from = quant::find_format(t.type);
        if (from == nullptr && *chosen != nullptr) return file.fault(code::format_unsupported, "is in a type that cannot be decoded").about("tensor", t.name);
        const auto* to = *chosen == nullptr ? from : *chosen;
        if (to == nullptr) return file.fault(code::format_unsupported, "is in a type that plume does not read").about("tensor", t.name);
        auto importance = importance_of(t, options);
        if (!importance) return std::move(importance).error();
        if (to != from && to->needs_importance && importance->empty() && !takes_no_importance(t.name))
            return error{code::invalid_argument, "would be of little use in " + std::string(to->name) + " without an importance matrix"}
                .in(file.path())
                .about("tensor", t.name)
                .expected_found("an importance of its inputs", options.importance == nullptr ? "none" : "an importance matrix without this tensor")
                .hint("plume imatrix makes one, or choose a type of more bits");
        header.add_tensor(t.name, std::span(t.dims).first(t.n_dims), to->gguf_type);
        recoder r{file, &t, from, to, *std::move(importance), static_cast<std::size_t>(t.dims[1])};
        parts.push_back({0, t.n_elems / to->weights * to->block_bytes,
                         [r = std::move(r)](std::uint64_t begin, std::span<std::byte> into) { return r.bytes(begin, into); }});
    }
    if (const auto* rule = choose.unfitted())
        return error{code::invalid_argument, "fits no tensor of the model"}
            .in(file.path())
            .about("pattern", rule->pattern)
            .hint("'plume info MODEL' shows their names");
    auto built = header.build();
    for (std::size_t i = 0; i < parts.size(); ++i) parts[i].offset = built.offsets[i];
    return io::gguf::from_source(std::make_shared<io::composed_source>(file.path(), std::move(built.bytes), std::move(parts), built.size));
}

}  // namespace

std::vector<std::string_view> quantise_type_names() {
    std::vector<std::string_view> names;
    for (const auto& m : models::mixes()) {
        const auto* base = quant::find_format(m.base);
        if (base != nullptr && base->encode != nullptr) names.push_back(m.name);
    }
    return names;
}

result<io::gguf> quantised(const io::gguf& file, const quantise_options& options) {
    return guarded([&] { return show_quantised(file, options); });
}

}  // namespace plume
