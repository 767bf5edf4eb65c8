#include "src/io/safetensors_parse.hpp"

#include <algorithm>

#include <plume/core/checked.hpp>
#include <plume/core/printable.hpp>

#include "src/io/gguf_parse.hpp"

namespace plume::io {
namespace {

using namespace std::string_view_literals;

struct type_entry {
    std::string_view name;
    std::size_t      bytes;
};

/// By element_type.
constexpr type_entry types[] = {{"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"I16", 2}, {"U16", 2}, {"F16", 2},
                                {"BF16", 2}, {"I32", 4}, {"U32", 4}, {"F32", 4},     {"I64", 8},     {"U64", 8}, {"F64", 8}};

constexpr std::uint64_t length_bytes = 8;

/// What the JSON reader keeps of a value, and of a byte of a name or a text.
constexpr std::uint64_t json_value_bytes = 2 * 24;  // its list grows by doubling

std::string list_of_types() {
    std::string text;
    for (const auto& t : types) text += (text.empty() ? "" : ", ") + std::string(t.name);
    return text;
}

class header_parser {
public:
    header_parser(const source& file, const safetensors_limits& limits, memory_budget& budget) : file_(file), limits_(limits), budget_(budget) {}

    result<std::vector<stored_tensor>> parse() {
        if (!read_header() || !all_tensors() || !check_places()) return std::move(*failure_);
        return std::move(tensors_);
    }

private:
    bool fail(error e) {
        if (!failure_) {
            if (e.hint().empty()) (void)std::move(e).hint(usual_next_step(e.code()));
            if (e.path().empty()) (void)std::move(e).in(file_.path());
            failure_ = std::move(e);
        }
        return false;
    }
    bool wrong(std::string_view tensor, json::value at, std::string_view what, std::string_view expected, std::string_view found) {
        return fail(error{code::format_invalid, what}.about("tensor", tensor).at(length_bytes + at.offset()).expected_found(expected, found));
    }

    bool read_header() {
        const auto head = file_.view(0, static_cast<std::size_t>(std::min<std::uint64_t>(file_.size(), 512)), scratch_);
        if (!head) return fail(head.error());
        const std::string_view start(reinterpret_cast<const char*>(head->data()), head->size());
        if (start.size() < length_bytes + 2) return fail(not_this_format(start));
        std::uint64_t length = 0;
        std::memcpy(&length, start.data(), sizeof length);
        if (start[length_bytes] != '{') return fail(not_this_format(start));
        if (length > limits_.max_header_bytes)
            return fail(error{code::format_limit, "has a header beyond the limit max_header_bytes"}.at(0).expected_found(
                "at most " + std::to_string(limits_.max_header_bytes) + " bytes", std::to_string(length)));
        if (length > file_.size() - length_bytes)
            return fail(error{code::format_truncated, "ends inside its header"}
                            .at(length_bytes)
                            .expected_found(std::to_string(length) + " bytes", std::to_string(file_.size() - length_bytes)));
        if (!budget_.take(length)) return fail(too_dear());
        const auto text = file_.view(length_bytes, static_cast<std::size_t>(length), scratch_);
        if (!text) return fail(text.error());
        data_       = length_bytes + length;
        auto parsed = parse_json({reinterpret_cast<const char*>(text->data()), text->size()}, file_.path(), budget_, 4);
        if (!parsed) return fail(std::move(parsed).error());
        header_ = *std::move(parsed);
        return true;
    }

    [[nodiscard]] error not_this_format(std::string_view start) const {
        if (file_.size() > 0 && file_.size() < length_bytes + 2)
            return error{code::format_truncated, "ends before its header"}.expected_found("10 bytes or more", std::to_string(file_.size()));
        if (start.starts_with("GGUF")) return error{code::format_unknown, "is a GGUF file, not safetensors"}.hint("load the file by its own name");
        auto why = diagnose(start, file_.size());
        if (why.code() == code::format_unknown && why.expected().empty()) return why;
        return error{code::format_unknown, "is not a safetensors file"}
            .expected_found("a length in 8 bytes and '{'", '\'' + std::string(start.substr(0, 9)) + '\'')
            .hint("fetch the file again; plume reads GGUF and safetensors");
    }
    [[nodiscard]] static error too_dear() { return error{code::format_limit, "needs more memory to describe than its size justifies"}; }

    bool all_tensors() {
        const auto root = header_->root();
        if (!root.is(json::kind::object))
            return fail(error{code::format_invalid, "has a header of the wrong kind"}.at(length_bytes).expected_found("an object", json::name(root.kind())));
        if (root.size() > limits_.max_tensors)
            return fail(error{code::format_limit, "has more tensors than the limit max_tensors"}
                            .at(length_bytes)
                            .expected_found("at most " + std::to_string(limits_.max_tensors), std::to_string(root.size())));
        if (!budget_.take(root.size(), sizeof(stored_tensor) + sizeof(std::uint32_t))) return fail(too_dear());
        tensors_.reserve(root.size());
        for (const auto& [key, value] : root.members()) {
            if (key == "__metadata__") {
                if (!metadata(value)) return false;
                continue;
            }
            if (key.empty()) return fail(error{code::format_invalid, "has a tensor without a name"}.at(length_bytes + value.offset()));
            if (key.size() > limits_.max_name_bytes)
                return fail(error{code::format_limit, "has a name beyond the limit max_name_bytes"}
                                .at(length_bytes + value.offset())
                                .expected_found("at most " + std::to_string(limits_.max_name_bytes) + " bytes", std::to_string(key.size())));
            stored_tensor t;
            t.name = key;
            if (!one_tensor(t, value)) return false;
            tensors_.push_back(std::move(t));
        }
        return true;
    }

    bool metadata(json::value value) {
        bool texts = value.is(json::kind::object);
        for (const auto& m : value.members()) texts = texts && m.value.is(json::kind::string);
        return texts || fail(error{code::format_invalid, "is not a list of texts"}
                                 .about("key", "__metadata__")
                                 .at(length_bytes + value.offset())
                                 .expected_found("an object of strings", json::name(value.kind())));
    }

    bool one_tensor(stored_tensor& t, json::value value) {
        if (!value.is(json::kind::object)) return wrong(t.name, value, "is described in the wrong way", "an object", json::name(value.kind()));
        const auto dtype = value.find("dtype"), shape = value.find("shape"), offsets = value.find("data_offsets");
        for (const auto& m : value.members())
            if (m.key != "dtype" && m.key != "shape" && m.key != "data_offsets")
                return wrong(t.name, m.value, "has a description that the format does not know", "dtype, shape and data_offsets", m.key);
        if (!dtype || !shape || !offsets) return wrong(t.name, value, "is not described whole", "dtype, shape and data_offsets", "one of them missing");
        return read_type(t, *dtype) && read_shape(t, *shape) && read_place(t, *offsets);
    }

    bool read_type(stored_tensor& t, json::value value) {
        const auto text = value.string();
        if (!text) return wrong(t.name, value, "has a dtype of the wrong kind", "a string", json::name(value.kind()));
        const auto* known = std::find_if(std::begin(types), std::end(types), [&](const type_entry& e) { return e.name == *text; });
        if (known == std::end(types))
            return fail(error{code::format_unsupported, "has an element type that plume does not know"}
                            .about("tensor", t.name)
                            .at(length_bytes + value.offset())
                            .expected_found("one of " + list_of_types(), *text));
        t.type = static_cast<element_type>(known - std::begin(types));
        return true;
    }

    static std::optional<std::uint64_t> count(json::value v) {
        const auto n = v.integer();
        if (!n || *n < 0) return std::nullopt;
        return static_cast<std::uint64_t>(*n);
    }

    bool read_shape(stored_tensor& t, json::value value) {
        if (!value.is(json::kind::array)) return wrong(t.name, value, "has a shape of the wrong kind", "an array", json::name(value.kind()));
        if (value.size() > stored_tensor::most_dims)
            return wrong(t.name, value, "has too many dimensions", "at most " + std::to_string(stored_tensor::most_dims), std::to_string(value.size()));
        t.n_elems = 1;
        for (const auto d : value.elements()) {
            const auto n       = count(d);
            const auto product = n ? checked_mul(t.n_elems, *n) : std::nullopt;
            if (!n) return wrong(t.name, d, "has a dimension that is not a number of 0 or more", "an integer", json::name(d.kind()));
            if (!product) return wrong(t.name, value, "has dimensions whose product no computer can count", "less than 2^64", "more");
            t.shape[t.n_dims++] = *n;
            t.n_elems           = *product;
        }
        const auto bytes = checked_mul(t.n_elems, bytes_of(t.type));
        if (!bytes) return wrong(t.name, value, "has more bytes than a computer can count", "less than 2^64", "more");
        t.bytes = *bytes;
        return true;
    }

    bool read_place(stored_tensor& t, json::value value) {
        std::array<std::uint64_t, 2> ends{};
        std::size_t                  i = 0;
        if (!value.is(json::kind::array) || value.size() != 2) return wrong(t.name, value, "has offsets of the wrong kind", "two numbers", "something else");
        for (const auto e : value.elements()) {
            const auto n = count(e);
            if (!n) return wrong(t.name, e, "has an offset that is not a number of 0 or more", "an integer", json::name(e.kind()));
            ends[i++] = *n;
        }
        if (ends[1] < ends[0] || ends[1] - ends[0] != t.bytes)
            return wrong(t.name, value, "has offsets that do not fit its type and shape", std::to_string(t.bytes) + " bytes",
                         std::to_string(ends[0]) + " to " + std::to_string(ends[1]));
        const auto begin = checked_add(data_, ends[0]);
        if (!begin) return wrong(t.name, value, "has an offset that no file can have", "less than 2^64", std::to_string(ends[0]));
        t.offset = *begin;
        return true;
    }

    /// In the order of their bytes each begins where the one before ended, the first at the start of the data, and the last ends with the file.
    bool check_places() {
        std::sort(tensors_.begin(), tensors_.end(), [](const stored_tensor& a, const stored_tensor& b) {
            return a.offset != b.offset ? a.offset < b.offset : a.bytes != b.bytes ? a.bytes < b.bytes : a.name < b.name;
        });
        std::uint64_t end = data_;
        for (const auto& t : tensors_) {
            if (t.offset != end)
                return fail(error{code::format_invalid, t.offset < end ? "overlaps another" : "leaves a hole before it"}
                                .about("tensor", t.name)
                                .expected_found("to begin at byte " + std::to_string(end), std::to_string(t.offset)));
            const auto next = checked_add(end, t.bytes);
            if (!next) return fail(error{code::format_invalid, "has an offset that no file can have"}.about("tensor", t.name));
            if (*next > file_.size())
                return fail(error{code::format_truncated, "is cut off by the end of the file"}
                                .about("tensor", t.name)
                                .at(t.offset)
                                .expected_found("a file of at least " + std::to_string(*next) + " bytes", std::to_string(file_.size())));
            end = *next;
        }
        if (end == file_.size()) return true;
        return fail(error{code::format_invalid, "has bytes behind its last tensor"}.at(end).expected_found("a file of " + std::to_string(end) + " bytes",
                                                                                                           std::to_string(file_.size())));
    }

    const source&                 file_;
    const safetensors_limits&     limits_;
    memory_budget&                budget_;
    std::vector<std::byte>        scratch_;
    std::optional<json::document> header_;
    std::uint64_t                 data_ = 0;  // where the tensors begin
    std::vector<stored_tensor>    tensors_;
    std::optional<error>          failure_;
};

}  // namespace

std::string_view name(element_type t) noexcept { return types[static_cast<std::size_t>(t)].name; }
std::size_t      bytes_of(element_type t) noexcept { return types[static_cast<std::size_t>(t)].bytes; }

result<json::document> parse_json(std::string_view text, const std::string& path, memory_budget& budget, std::size_t depth) {
    // Each value but the first stands behind one of these, or is counted twice where a text holds them.
    const auto values =
        static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), [](char c) { return c == ',' || c == ':' || c == '[' || c == '{'; }));
    if (!budget.take(values + 1, json_value_bytes) || !budget.take(text.size(), 2))
        return error{code::format_limit, "needs more memory to describe than its size justifies"}.in(path).hint(usual_next_step(code::format_limit));
    auto parsed = json::document::parse(text, {.bytes = text.size(), .depth = depth});
    if (!parsed) return std::move(parsed).error().in(path).hint(usual_next_step(code::format_invalid));
    return parsed;
}

result<std::vector<stored_tensor>> parse_safetensors(const source& file, const safetensors_limits& limits, memory_budget& budget) {
    budget.add_file(file.size());
    return header_parser(file, limits, budget).parse();
}

}  // namespace plume::io
