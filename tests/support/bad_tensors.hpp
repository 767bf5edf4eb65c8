#pragma once

#include "support/bad_headers.hpp"

// Dimensions, types, offsets and names of tensors, and files that are cut. Failure classes 2, 3 and 9.

namespace plume::test {

namespace bad_detail {

inline std::string text_of(const std::vector<std::uint64_t>& dims) {
    std::string text = "[";
    for (const auto d : dims) text += (text.size() > 1 ? ", " : "") + std::to_string(d);
    return text + ']';
}

inline void add_dimensions(std::vector<bad_file>& all) {
    for (const std::uint32_t n : {0u, 5u, 6u, 1000u, 1u << 31, 0xffff'ffffu})
        add(all, std::to_string(n) + " dimensions", refused_by::reader, "dimensions", [n](gguf_writer& w) { w.tensors[2].n_dims = n; });
    constexpr auto                                half = std::uint64_t{1} << 32, top = std::uint64_t{1} << 63;
    const std::vector<std::vector<std::uint64_t>> shapes = {{0},
                                                            {0, 32},
                                                            {32, 0},
                                                            {32, 32, 0},
                                                            {32, 32, 1, 0},
                                                            {0, 0, 0, 0},
                                                            {half, half},
                                                            {top, 2},
                                                            {most_u64},
                                                            {most_u64, 2},
                                                            {most_u64, most_u64, most_u64, most_u64},
                                                            {top},
                                                            {top / 2, 2},
                                                            {top / 4, 4},
                                                            {half, half / 2, 2},
                                                            {65'536, 65'536, 65'536, 65'536},
                                                            {most_u64 - 30}};
    for (const auto& dims : shapes)
        add(all, "dimensions " + text_of(dims), refused_by::reader, "dimension", [dims](gguf_writer& w) { w.find_tensor("blk.0.attn_q.weight")->dims = dims; });
    for (const auto& dims : std::vector<std::vector<std::uint64_t>>{{top / 4}, {top / 2, 1}, {top / 4, 1, 1, 1}, {top - 1}})  // times 4: wraps, or nearly
        add(all, "bytes beyond counting, dimensions " + text_of(dims), refused_by::reader, "count", [dims](gguf_writer& w) { w.tensors[3].dims = dims; });
    add(all, "tensors whose sizes together wrap to nothing", refused_by::reader, "end of the file", [](gguf_writer& w) {
        for (int i = 0; i < 4; ++i) w.tensors[1 + static_cast<std::size_t>(i)].dims = {std::uint64_t{1} << 60};  // 2^62 bytes each
    });
    add(all, "a padded size that wraps", refused_by::reader, "", [](gguf_writer& w) {
        w.tensors[2].dims   = {(std::uint64_t{1} << 63) - 5};
        w.tensors[2].type   = 24;  // I8
        w.tensors[2].offset = (std::uint64_t{1} << 63) - 32;
    });
    add(all, "a tensor of 2^40 bytes", refused_by::reader, "end of the file", [](gguf_writer& w) { w.tensors[2].dims = {std::uint64_t{1} << 38}; });
    for (const std::uint32_t type : {2u, 8u, 12u, 14u, 39u})
        add(all, "rows that are not whole blocks of type " + std::to_string(type), refused_by::reader, "blocks", [type](gguf_writer& w) {
            w.tensors[2].dims = {33, 32};
            w.tensors[2].type = type;
        });
}

inline void add_types(std::vector<bad_file>& all) {
    for (const std::uint32_t type : {4u, 5u, 42u, 255u, 999u, 1u << 31, 0xffff'ffffu})
        add(all, "a tensor of type " + std::to_string(type), refused_by::reader, "type", [type](gguf_writer& w) { w.tensors[2].type = type; });
    for (const std::uint32_t type : {9u, 24u, 25u, 26u, 27u, 28u, 40u})  // known, but no weights
        add(all, "a matrix of type " + std::to_string(type), refused_by::maybe, "", [type](gguf_writer& w) {
            auto& t = *w.find_tensor("blk.0.ffn_up.weight");
            t.type  = type;
            t.data.resize(32 * 48 * 8);
        });
    add(all, "a norm in F16", refused_by::maybe, "", [](gguf_writer& w) {
        w.find_tensor("output_norm.weight")->type = 1;
        w.find_tensor("output_norm.weight")->data.resize(64);
    });
    add(all, "a norm in Q8_0", refused_by::maybe, "", [](gguf_writer& w) {
        w.find_tensor("output_norm.weight")->type = 8;
        w.find_tensor("output_norm.weight")->data.resize(34);
    });
}

inline void add_offsets(std::vector<bad_file>& all) {
    const auto offset = [&](std::string name, std::string find, std::uint64_t value) {
        add(all, std::move(name), refused_by::reader, std::move(find), [value](gguf_writer& w) { w.tensors[4].offset = value; });
    };
    offset("an offset of 2^64 - 32", "offset", most_u64 - 31);
    offset("an offset of 2^63", "end of the file", std::uint64_t{1} << 63);
    offset("an offset of 2^32", "end of the file", std::uint64_t{1} << 32);
    offset("an offset beyond the file", "end of the file", 1'000'000 * 32);
    offset("an offset of 1", "aligned", 1);
    offset("an offset of 33", "aligned", 33);
    offset("an offset of 2^64 - 1", "aligned", most_u64);
    offset("a tensor upon the first one", "overlaps", 0);
    offset("a tensor inside the first one", "overlaps", 320);
    add(all, "a tensor that reaches into the next", refused_by::reader, "overlaps", [](gguf_writer& w) { w.tensors[1].dims = {16, 16}; });
    add(all, "all tensors in one place", refused_by::reader, "overlaps", [](gguf_writer& w) {
        for (auto& t : w.tensors) t.offset = 0;
    });
    add(all, "a last tensor that is one row too long", refused_by::reader, "end of the file", [](gguf_writer& w) {
        w.tensors.back().dims[0] += 16;
        w.pad_last = false;
    });
    // Written from the first to the last, listed from the last to the first: offsets may come in any order.
    all.push_back({"tensors listed in another order than they lie in", refused_by::nobody, "", [] {
                       auto          w     = sound_model();
                       std::uint64_t place = 0;
                       for (auto& t : w.tensors) {
                           t.offset = place;
                           place += (t.data.size() + 31) / 32 * 32;
                       }
                       auto listed = w;
                       std::reverse(listed.tensors.begin(), listed.tensors.end());
                       const auto data = w.build(), header = listed.build();
                       auto       out = header.data;
                       std::copy(data.data.begin() + static_cast<std::ptrdiff_t>(data.header), data.data.end(),
                                 out.begin() + static_cast<std::ptrdiff_t>(data.header));
                       return out;
                   }});
    add(all, "a hole between two tensors", refused_by::nobody, "", [](gguf_writer& w) { w.tensors[0].data.resize(w.tensors[0].data.size() + 4096); });
    for (const std::uint32_t alignment : {8u, 16u, 64u, 4096u})
        add(all, "an alignment of " + std::to_string(alignment), refused_by::nobody, "", [alignment](gguf_writer& w) {
            w.set("general.alignment", alignment);
            w.alignment = alignment;
        });
    add(all, "no padding after the last tensor", refused_by::nobody, "", [](gguf_writer& w) { w.pad_last = false; });
    add(all, "an alignment in the key that the writer did not keep", refused_by::reader, "aligned",
        [](gguf_writer& w) { w.tensors.front().data.resize(w.tensors.front().data.size() + 32), w.set("general.alignment", std::uint32_t{64}); });
    for (const std::uint32_t alignment : {0u, 1u, 2u, 3u, 4u, 7u, 31u, 33u, 48u, 1u << 31, 0xffff'ffffu})
        add(all, "an alignment of " + std::to_string(alignment), refused_by::reader, "alignment",
            [alignment](gguf_writer& w) { w.set("general.alignment", alignment); });
    const auto wrong = [&](std::string type, auto value) {
        add(all, "an alignment of type " + type, refused_by::reader, "general.alignment", [value](gguf_writer& w) { w.set("general.alignment", value); });
    };
    wrong("u64", std::uint64_t{32});
    wrong("i32", std::int32_t{32});
    wrong("i32, negative", std::int32_t{-32});
    wrong("f32", 32.0f);
    wrong("boolean", true);
    wrong("string", "32");
    wrong("array", std::vector<std::uint32_t>{32});
    wrong("empty array", std::vector<std::uint32_t>{});
}

inline void add_names(std::vector<bad_file>& all) {
    add(all, "a tensor twice", refused_by::reader, "occurs twice", [](gguf_writer& w) { w.tensors.push_back(w.tensors[3]); });
    add(all, "a tensor without a name", refused_by::reader, "without a name", [](gguf_writer& w) { w.tensors[3].name.clear(); });
    add(all, "a tensor of control characters, misplaced", refused_by::reader, "\\x1b", [](gguf_writer& w) {
        w.tensors[3].name   = "\x1b]0;owned\x07";
        w.tensors[3].offset = 1;
    });
    add(all, "a tensor of invalid UTF-8, misplaced", refused_by::reader, "\\xc0", [](gguf_writer& w) {
        w.tensors[3].name   = "\xc0\xaf..";
        w.tensors[3].offset = 1;
    });
    add(all, "a tensor whose name is a path", refused_by::model, "", [](gguf_writer& w) { w.find_tensor("output_norm.weight")->name = "../../etc/passwd"; });
    add(all, "a tensor that no model has", refused_by::maybe, "", [](gguf_writer& w) { w.tensor("blk.0.surprise.weight", {32}, 0, byte_string(128)); });
    add(all, "a layer beyond the last", refused_by::maybe, "", [](gguf_writer& w) { w.tensor("blk.2.attn_q.weight", {32, 32}, 0, byte_string(4096)); });
    add(all, "a bias that does not fit", refused_by::model, "attn_q.bias", [](gguf_writer& w) { w.tensor("blk.0.attn_q.bias", {31}, 0, byte_string(124)); });
    for (const auto& sound : sound_model().tensors) {
        const auto name = sound.name;
        add(all, "no " + name, refused_by::model, name, [name](gguf_writer& w) { w.erase_tensor(name); });
        add(all, name + " with a dimension too many", refused_by::model, name, [name](gguf_writer& w) {
            auto& t = *w.find_tensor(name);
            t.dims.push_back(2);
            t.data.resize(t.data.size() * 2);
        });
        add(all, name + " one row short", refused_by::model, name, [name](gguf_writer& w) {
            auto& t = *w.find_tensor(name);
            t.dims.back() -= 1;
            t.data.resize(t.data.size() / (t.dims.back() + 1) * t.dims.back());
        });
        if (sound.dims.size() == 2 && sound.dims[0] != sound.dims[1])
            add(all, name + " transposed", refused_by::model, name,
                [name](gguf_writer& w) { std::swap(w.find_tensor(name)->dims[0], w.find_tensor(name)->dims[1]); });
    }
}

inline void add_cuts(std::vector<bad_file>& all) {
    const auto cut = [&](std::string name, std::string find, auto length) {
        add_bytes(all, std::move(name), refused_by::reader, std::move(find), [length](gguf_bytes& f) { f.data.resize(length(f)); });
    };
    cut("an incomplete download, half", "at least", [](const gguf_bytes& f) { return f.data.size() / 2; });
    cut("an incomplete download, all but a byte", "at least", [](const gguf_bytes& f) { return f.edges.back() - 1; });
    cut("an incomplete download, the header alone", "at least", [](const gguf_bytes& f) { return f.header; });
    cut("an incomplete download, the first tensor alone", "at least", [](const gguf_bytes& f) { return f.edges[1]; });
    cut("an incomplete download, half the header", "", [](const gguf_bytes& f) { return f.header / 2; });
    cut("an incomplete download, ten bytes", "ends inside its header", [](const gguf_bytes&) { return 10; });
    add_bytes(all, "bytes behind the end", refused_by::nobody, "", [](gguf_bytes& f) { f.data.resize(f.data.size() + 1001, std::byte{0xee}); });
}

}  // namespace bad_detail

inline void add_bad_tensors(std::vector<bad_file>& all) {
    bad_detail::add_dimensions(all);
    bad_detail::add_types(all);
    bad_detail::add_offsets(all);
    bad_detail::add_names(all);
    bad_detail::add_cuts(all);
}

}  // namespace plume::test
