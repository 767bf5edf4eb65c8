#include "src/io/gguf_parse.hpp"

#include <array>
#include <bit>

#include <plume/core/printable.hpp>

namespace plume::io {
namespace {

constexpr std::uint32_t n_value_types     = 13;
constexpr std::size_t   bytes_of_number[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};  // by value_type; strings and arrays have no size of their own
constexpr std::uint64_t smallest_entry    = 8 + 1 + 4 + 1;                            // length, key of one byte, type, value of one byte
constexpr std::uint64_t smallest_tensor   = 8 + 1 + 4 + 8 + 4 + 8;                    // length, name of one byte, n_dims, one dimension, type, offset
constexpr std::uint64_t largest_alignment = std::uint64_t{1} << 20;

/// What a std::string, or a vector's block, costs beside its bytes.
constexpr std::uint64_t block_overhead = 32;

class gguf_parser {
public:
    gguf_parser(const source& file, const gguf_limits& limits, memory_budget& budget) : limits_(limits), r_(file, budget, limits.max_header_bytes) {}

    result<parsed_file> parse() {
        if (!head() || !all_entries() || !all_tensors()) return r_.failure();
        const auto alignment = find_alignment();
        if (!alignment) return r_.failure();
        if (auto placed = place(out_.tensors, r_.position(), *alignment, r_.file().size()); !placed) {
            r_.fail(std::move(placed).error());
            return r_.failure();
        }
        out_.header = r_.take_header();
        return std::move(out_);
    }

private:
    bool                         head();
    bool                         all_entries();
    bool                         one_entry(raw_entry& e);
    bool                         type_of_value(value_type& type, const raw_entry& e);
    bool                         elements(raw_entry& e);
    bool                         texts(raw_value& v);
    bool                         all_tensors();
    bool                         one_tensor(tensor_info& t);
    bool                         name(std::string& out, std::string_view kind);
    std::optional<std::uint64_t> find_alignment();

    const gguf_limits& limits_;
    reader             r_;
    parsed_file        out_;
    std::uint64_t      n_tensors_ = 0;
};

bool gguf_parser::head() {
    constexpr std::string_view magic = "GGUF";
    const auto&                file  = r_.file();
    const auto                 n     = static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), 512));
    std::vector<std::byte>     scratch;
    const auto                 bytes = file.view(0, n, scratch);
    if (!bytes) return r_.fail(bytes.error());
    const std::string_view start(reinterpret_cast<const char*>(bytes->data()), n);
    if (!start.starts_with(magic) && !(n > 0 && magic.starts_with(start))) return r_.fail(diagnose(start, file.size()));
    slice         skipped;
    std::uint64_t n_entries = 0;
    if (!r_.skip(magic.size(), skipped) || !r_.number(out_.version)) return false;
    if (out_.version != 2 && out_.version != 3) return r_.fail(wrong_version(out_.version));
    if (!r_.number(n_tensors_) || !r_.number(n_entries)) return false;
    if (!r_.plausible(n_entries, smallest_entry, limits_.max_metadata_entries, "max_metadata_entries", "metadata entries") ||
        !r_.plausible(n_tensors_, smallest_tensor, limits_.max_tensors, "max_tensors", "tensors"))
        return false;
    if (!r_.afford(n_entries, 2 * sizeof(raw_entry) + sizeof(std::uint32_t))) return false;  // twice: as found, and as the public class has it
    out_.entries.resize(static_cast<std::size_t>(n_entries));
    return true;
}

bool gguf_parser::name(std::string& out, std::string_view kind) {
    slice      s;
    const auto at = r_.position();
    if (!r_.text(s, limits_.max_name_bytes, "max_name_bytes")) return false;
    if (s.size == 0) return r_.fail(error{code::format_invalid, "has a " + std::string(kind) + " without a name"}.at(at));
    if (!r_.afford(1, s.size + block_overhead)) return false;
    out = r_.view(s);
    return true;
}

bool gguf_parser::all_entries() {
    for (auto& e : out_.entries)
        if (!one_entry(e)) return false;
    out_.entry_order       = order_by(out_.entries.size(), [&](std::uint32_t i) -> std::string_view { return out_.entries[i].key; });
    const auto& entries    = out_.entries;
    const auto  same       = [&](std::uint32_t a, std::uint32_t b) { return entries[a].key == entries[b].key; };
    const auto  duplicated = std::adjacent_find(out_.entry_order.begin(), out_.entry_order.end(), same);
    if (duplicated == out_.entry_order.end()) return true;
    return r_.fail(error{code::format_invalid, "occurs twice"}.about("key", entries[*duplicated].key));
}

bool gguf_parser::type_of_value(value_type& type, const raw_entry& e) {
    const auto    at     = r_.position();
    std::uint32_t number = 0;
    if (!r_.number(number)) return false;
    if (number >= n_value_types)
        return r_.fail(error{code::format_invalid, "has a value of unknown type"}
                           .about("key", e.key)
                           .at(at)
                           .expected_found("a type below " + std::to_string(n_value_types), std::to_string(number)));
    type = static_cast<value_type>(number);
    return true;
}

bool gguf_parser::one_entry(raw_entry& e) {
    if (!name(e.key, "metadata key") || !type_of_value(e.value.type, e)) return false;
    e.value.element_type = e.value.type;
    if (e.value.type == value_type::array) {
        const auto at = r_.position();
        if (!type_of_value(e.value.element_type, e)) return false;
        if (e.value.element_type == value_type::array)
            return r_.fail(error{code::format_unsupported, "is an array of arrays"}
                               .about("key", e.key)
                               .at(at)
                               .hint("no model needs one: the file is damaged, or newer than this version of plume"));
        if (!r_.number(e.value.size)) return false;
    }
    return elements(e);
}

bool gguf_parser::elements(raw_entry& e) {
    auto&      v    = e.value;
    const auto text = v.element_type == value_type::string;
    const auto each = text ? sizeof(std::uint64_t) : bytes_of_number[static_cast<std::size_t>(v.element_type)];
    if (v.type == value_type::array &&
        !r_.plausible(v.size, each, limits_.max_array_elements, "max_array_elements", "elements in key '" + printable(e.key) + '\''))
        return false;
    v.begin = r_.position();
    if (text) return texts(v);
    slice all;
    if (!r_.skip(v.size * each, all)) return false;
    if (v.element_type != value_type::boolean) return true;
    const auto flags = r_.view(all);
    const auto wrong = std::find_if(flags.begin(), flags.end(), [](char c) { return c != 0 && c != 1; });
    if (wrong == flags.end()) return true;
    const auto found = std::to_string(static_cast<unsigned char>(*wrong));
    return r_.fail(error{code::format_invalid, "is not a boolean"}
                       .about("key", e.key)
                       .at(v.begin + static_cast<std::uint64_t>(wrong - flags.begin()))
                       .expected_found("0 or 1", found));
}

bool gguf_parser::texts(raw_value& v) {
    if (!r_.afford(v.size + 1, sizeof(std::uint64_t)) || !r_.afford(1, block_overhead)) return false;
    v.offsets.reserve(static_cast<std::size_t>(v.size) + 1);
    for (std::uint64_t i = 0; i < v.size; ++i) {
        slice s;
        if (!r_.text(s, limits_.max_string_bytes, "max_string_bytes")) return false;
        v.offsets.push_back(s.begin - v.begin);
    }
    v.offsets.push_back(r_.position() - v.begin + sizeof(std::uint64_t));  // where one more would begin
    return true;
}

bool gguf_parser::all_tensors() {
    if (!r_.plausible(n_tensors_, smallest_tensor, limits_.max_tensors, "max_tensors", "tensors")) return false;
    if (!r_.afford(n_tensors_, sizeof(tensor_info) + 2 * sizeof(std::uint32_t))) return false;
    out_.tensors.resize(static_cast<std::size_t>(n_tensors_));
    for (auto& t : out_.tensors)
        if (!one_tensor(t)) return false;
    return true;
}

bool gguf_parser::one_tensor(tensor_info& t) {
    const auto at = r_.position();
    if (!name(t.name, "tensor") || !r_.number(t.n_dims)) return false;
    if (t.n_dims < 1 || t.n_dims > t.dims.size())
        return r_.fail(
            error{code::format_invalid, "has a wrong number of dimensions"}.about("tensor", t.name).at(at).expected_found("1 to 4", std::to_string(t.n_dims)));
    for (std::uint32_t d = 0; d < t.n_dims; ++d)
        if (!r_.number(t.dims[d])) return false;
    std::uint32_t type = 0;
    if (!r_.number(type) || !r_.number(t.offset)) return false;
    t.type = static_cast<int>(type);
    if (auto measured = measure(t, at); !measured) return r_.fail(std::move(measured).error());
    return true;
}

std::optional<std::uint64_t> gguf_parser::find_alignment() {
    constexpr std::string_view key = "general.alignment";
    const auto*                e   = out_.find(key);
    if (e == nullptr) return default_alignment;
    if (e->value.type != value_type::u32) {
        r_.fail(error{code::format_invalid, "has the wrong type"}.about("key", key).expected_found("u32", io::name(e->value.type)));
        return {};
    }
    std::uint32_t alignment = 0;
    std::memcpy(&alignment, r_.view({e->value.begin, sizeof alignment}).data(), sizeof alignment);
    if (std::has_single_bit(alignment) && alignment >= 8 && alignment <= largest_alignment) return alignment;
    r_.fail(
        error{code::format_invalid, "cannot be an alignment"}.about("key", key).expected_found("a power of two from 8 to 1048576", std::to_string(alignment)));
    return {};
}

}  // namespace

const raw_entry* parsed_file::find(std::string_view key) const noexcept {
    const auto at = std::lower_bound(entry_order.begin(), entry_order.end(), key, [&](std::uint32_t i, std::string_view k) { return entries[i].key < k; });
    return at != entry_order.end() && entries[*at].key == key ? &entries[*at] : nullptr;
}

result<parsed_file> parse_gguf(const source& file, const gguf_limits& limits, memory_budget& budget) {
    budget.add_file(file.size());
    return gguf_parser(file, limits, budget).parse();
}

}  // namespace plume::io
