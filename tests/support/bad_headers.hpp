#pragma once

#include <limits>

#include "support/bad_file.hpp"

// Versions, counts, lengths, types and keys: what the reader meets before any tensor. Failure classes 1, 5, 6 and 12.

namespace plume::test {

namespace bad_detail {

inline constexpr auto most_u64 = std::numeric_limits<std::uint64_t>::max();

/// Counts that are too large, each for its own reason.
struct named_count {
    const char*   name;
    std::uint64_t value;
};
inline constexpr named_count absurd_counts[] = {
    {"2^64 - 1", most_u64},
    {"2^63", std::uint64_t{1} << 63},
    {"2^62", std::uint64_t{1} << 62},  // times 4 is 0
    {"2^61", std::uint64_t{1} << 61},  // times 8 is 0
    {"2^64 / 14 + 1", most_u64 / 14 + 1},
    {"2^64 / 33 + 1", most_u64 / 33 + 1},
    {"2^32", std::uint64_t{1} << 32},
    {"2^32 - 1", (std::uint64_t{1} << 32) - 1},
    {"a million", 1'000'000},
};

inline void add_versions(std::vector<bad_file>& all) {
    const auto version = [&](std::uint32_t v, refused_by by, std::string find) {
        add(all, "version " + std::to_string(v), by, std::move(find), [v](gguf_writer& w) { w.version = v; });
    };
    version(0, refused_by::reader, "version");
    version(1, refused_by::reader, "version 1");
    version(2, refused_by::nobody, "");
    version(4, refused_by::reader, "newer");
    version(1u << 31, refused_by::reader, "version");
    version(0x0100'0000, refused_by::reader, "big-endian");
    version(0x0300'0000, refused_by::reader, "big-endian");
    version(0xffff'ffff, refused_by::reader, "version");
}

inline void add_counts(std::vector<bad_file>& all) {
    for (const auto& c : absurd_counts) {
        const auto n     = c.value;
        const auto named = std::string(c.name);
        add(all, named + " metadata entries", refused_by::reader, "metadata entries", [n](gguf_writer& w) { w.n_entries = n; });
        add(all, named + " tensors", refused_by::reader, "tensors", [n](gguf_writer& w) { w.n_tensors = n; });
        for (std::uint32_t type = 0; type <= 12; ++type)
            if (type != gguf_array)
                add(all, "an array of " + named + " elements of type " + std::to_string(type), refused_by::reader, "elements",
                    [n, type](gguf_writer& w) { w.set_array_raw("a.b", type, n, byte_string(16)); });
        add(all, "a vocabulary of " + named + " tokens", refused_by::reader, "elements",
            [n](gguf_writer& w) { std::memcpy(w.find("tokenizer.ggml.tokens")->value.data() + 4, &n, sizeof n); });
        add(all, "a text of " + named + " bytes", refused_by::reader, "", [n](gguf_writer& w) {
            byte_string b;
            append_text(b, "llama", n);
            w.set_raw("general.architecture", gguf_string, b);
        });
        add(all, "a token of " + named + " bytes", refused_by::reader, "", [n](gguf_writer& w) {
            byte_string b;
            append_text(b, "<unk>");
            append_text(b, "<s>", n);
            w.set_array_raw("tokenizer.ggml.tokens", gguf_string, 2, b);
        });
        add(all, "a key of " + named + " bytes", refused_by::reader, "max_name_bytes", [n](gguf_writer& w) { w.entries[1].key_length = n; });
        add(all, "a tensor name of " + named + " bytes", refused_by::reader, "max_name_bytes", [n](gguf_writer& w) { w.tensors[1].name_length = n; });
        add(all, named + " entries and nothing else", refused_by::reader, "metadata entries", [n](gguf_writer& w) {
            w.entries.clear(), w.tensors.clear();
            w.n_entries = n;
        });
        add(all, named + " tensors and nothing else", refused_by::reader, "tensors", [n](gguf_writer& w) {
            w.entries.clear(), w.tensors.clear();
            w.n_tensors = n;
        });
    }
    add(all, "one entry more than there are", refused_by::reader, "", [](gguf_writer& w) { w.n_entries = w.entries.size() + 1; });
    add(all, "one entry fewer than there are", refused_by::reader, "", [](gguf_writer& w) { w.n_entries = w.entries.size() - 1; });
    add(all, "no entries, though there are", refused_by::reader, "", [](gguf_writer& w) { w.n_entries = 0; });
    add(all, "one tensor more than there are", refused_by::reader, "", [](gguf_writer& w) { w.n_tensors = w.tensors.size() + 1; });
    add(all, "one tensor fewer than there are", refused_by::maybe, "", [](gguf_writer& w) { w.n_tensors = w.tensors.size() - 1; });
    add(all, "no tensors, though there are", refused_by::model, "", [](gguf_writer& w) { w.n_tensors = 0; });
    add(all, "no entries and no tensors", refused_by::model, "general.architecture", [](gguf_writer& w) { w.entries.clear(), w.tensors.clear(); });
    add(all, "a key of 65,536 bytes", refused_by::reader, "max_name_bytes", [](gguf_writer& w) { w.set(std::string(65'536, 'k'), true); });
    add(all, "a key of 65,535 bytes", refused_by::nobody, "", [](gguf_writer& w) { w.set(std::string(65'535, 'k'), true); });
    add(all, "a text of one byte more than the limit", refused_by::reader, "max_string_bytes",
        [](gguf_writer& w) { w.set("general.description", std::string((std::size_t{16} << 20) + 1, 'x')); });
    add(all, "65,537 entries", refused_by::reader, "max_metadata_entries", [](gguf_writer& w) {
        for (int i = 0; i < 65'537; ++i) w.add_raw('k' + std::to_string(i), 0, byte_string(1));
    });
    add(all, "a million tensors of one weight", refused_by::reader, "memory", [](gguf_writer& w) {
        for (int i = 0; i < 1'000'000; ++i) w.tensor(std::to_string(i), {1}, 24, {});
    });
    add(all, "four million empty texts", refused_by::nobody, "",
        [](gguf_writer& w) { w.set_array_raw("a.b", gguf_string, 4'000'000, byte_string(32'000'000)); });
    add(all, "four million empty texts and a file that is cut", refused_by::reader, "ends inside its header", [](gguf_writer& w) {
        w.set_array_raw("a.b", gguf_string, 4'000'000, byte_string(32'000'000));
        w.tensors.clear();
        w.add_raw("z", 4, byte_string(1));
    });
}

inline void add_values(std::vector<bad_file>& all) {
    for (const std::uint32_t type : {13u, 14u, 255u, 256u, 1u << 31, 0xffff'ffffu}) {
        add(all, "a value of type " + std::to_string(type), refused_by::reader, "unknown type",
            [type](gguf_writer& w) { w.set_raw("a.b", type, byte_string(8)); });
        add(all, "an array of type " + std::to_string(type), refused_by::reader, "unknown type",
            [type](gguf_writer& w) { w.set_array_raw("a.b", type, 1, byte_string(8)); });
    }
    const auto nested = [&](const std::string& name, std::size_t depth, std::uint64_t count) {
        add(all, name, refused_by::reader, "array of arrays", [depth, count](gguf_writer& w) {
            byte_string b;
            for (std::size_t i = 0; i < depth; ++i) append(b, gguf_array), append(b, count);
            append(b, std::uint32_t{0});
            append(b, std::uint64_t{0});
            w.set_raw("a.b", gguf_array, b);
        });
    };
    nested("an array of an array", 1, 1);
    nested("an array of no arrays", 1, 0);
    nested("arrays in arrays, 100,000 deep", 100'000, 1);
    nested("an array of 2^64 - 1 arrays", 1, most_u64);
    for (const int value : {2, 128, 255})
        add(all, "a boolean of " + std::to_string(value), refused_by::reader, "boolean",
            [value](gguf_writer& w) { w.set_raw("tokenizer.ggml.add_bos_token", 7, byte_string(1, static_cast<std::byte>(value))); });
    add(all, "an array of booleans with a 2", refused_by::reader, "boolean", [](gguf_writer& w) {
        w.set_array_raw("a.b", 7, 3, {std::byte{0}, std::byte{1}, std::byte{2}});
    });
    add(all, "an empty array of each type", refused_by::nobody, "", [](gguf_writer& w) {
        for (std::uint32_t type = 0; type <= 12; ++type)
            if (type != gguf_array) w.set_array_raw("empty." + std::to_string(type), type, 0, {});
    });
    add(all, "an empty text", refused_by::nobody, "", [](gguf_writer& w) { w.set("general.name", ""); });
}

inline void add_keys(std::vector<bad_file>& all) {
    const auto twice = [&](std::string key) {
        add(all, "key " + key + " twice", refused_by::reader, "occurs twice", [key](gguf_writer& w) {
            const auto copy = *w.find(key);
            w.entries.push_back(copy);
        });
    };
    for (const auto* key : {"general.architecture", "llama.block_count", "tokenizer.ggml.tokens", "tokenizer.ggml.bos_token_id"}) twice(key);
    add(all, "two alignments", refused_by::reader, "occurs twice", [](gguf_writer& w) {
        w.add_raw("general.alignment", 4, bytes_of_number(std::uint32_t{32}));
        w.add_raw("general.alignment", 4, bytes_of_number(std::uint32_t{64}));
    });
    add(all, "a key of one type and then of another", refused_by::reader, "occurs twice",
        [](gguf_writer& w) { w.add_raw("llama.embedding_length", 8, byte_string(8)); });
    add(all, "a key without a name", refused_by::reader, "without a name", [](gguf_writer& w) { w.set("", true); });
    add(all, "a key of control characters, with a wrong value", refused_by::reader, "\\x1b", [](gguf_writer& w) { w.set_raw("\x1b[2J\x07\n\r", 13, {}); });
    add(all, "a key of invalid UTF-8, with a wrong value", refused_by::reader, "\\xff", [](gguf_writer& w) { w.set_raw("\xff\xfe\xc0\xaf", 13, {}); });
    add(all, "a long key with a wrong value", refused_by::reader, "...", [](gguf_writer& w) { w.set_raw(std::string(60'000, 'k'), 13, {}); });
    const auto split = [&](std::string name, refused_by by, std::string find, auto no, auto count) {
        add(all, std::move(name), by, std::move(find), [no, count](gguf_writer& w) { w.set("split.no", no).set("split.count", count); });
    };
    using u16 = std::uint16_t;
    split("the first part of a split model, from memory", refused_by::reader, "part 1 of 3", u16{0}, u16{3});
    split("a later part of a split model, from memory", refused_by::reader, "part 3 of 3", u16{2}, u16{3});
    split("part 65,536 of 65,535", refused_by::reader, "split.no", u16{65'535}, u16{65'535});
    split("part 4 of 3", refused_by::reader, "split.no", u16{3}, u16{3});
    split("65,535 parts", refused_by::reader, "", u16{0}, u16{65'535});
    split("2^64 - 1 parts", refused_by::reader, "", u16{0}, most_u64);
    split("-1 parts", refused_by::reader, "split.count", u16{0}, std::int32_t{-1});
    split("a part number of a wrong type", refused_by::reader, "split.no", 0.5f, u16{2});
    split("a number of parts of a wrong type", refused_by::reader, "split.count", u16{0}, true);
    split("a split of one part", refused_by::nobody, "", u16{0}, u16{1});
    add(all, "a number of parts that is a path", refused_by::reader, "split.count", [](gguf_writer& w) { w.set("split.count", "../../../etc/passwd"); });
}

}  // namespace bad_detail

inline void add_bad_headers(std::vector<bad_file>& all) {
    bad_detail::add_versions(all);
    bad_detail::add_counts(all);
    bad_detail::add_values(all);
    bad_detail::add_keys(all);
}

}  // namespace plume::test
