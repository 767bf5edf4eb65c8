#include <plume/core/checked.hpp>
#include <plume/core/printable.hpp>
#include <plume/quant/formats.hpp>

#include "src/io/gguf_parse.hpp"

namespace plume::io {
namespace {

std::string shape_text(const tensor_info& t) {
    std::string text = "[";
    for (std::uint32_t d = 0; d < t.n_dims; ++d) text += (d ? ", " : "") + std::to_string(t.dims[d]);
    return text + ']';
}

}  // namespace

result<void> measure(tensor_info& t, std::uint64_t at) {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    t.n_elems           = 1;
    for (const auto d : t.dims) {
        if (d == 0) return error{code::format_invalid, "has a dimension of zero"}.about("tensor", t.name).at(at).expected_found("1 or more", shape_text(t));
        const auto product = checked_mul(t.n_elems, d);
        if (!product || *product > most)
            return error{code::format_invalid, "has dimensions whose product no computer can count"}
                .about("tensor", t.name)
                .at(at)
                .expected_found("at most 2^63 - 1 elements", shape_text(t));
        t.n_elems = *product;
    }
    const auto type = quant::find_type(t.type);
    if (!type)
        return error{code::format_unsupported, "has a type that plume does not know"}
            .about("tensor", t.name)
            .at(at)
            .expected_found("a weight type of GGUF", "number " + std::to_string(static_cast<std::uint32_t>(t.type)))
            .hint("the file is damaged, or its weight type is newer than this version of plume, or long gone: look for the same model in Q8_0 or Q4_K");
    if (t.dims[0] % type->weights != 0)
        return error{code::format_invalid, "has rows that are not whole blocks of " + std::string(type->name)}
            .about("tensor", t.name)
            .at(at)
            .expected_found("a multiple of " + std::to_string(type->weights), std::to_string(t.dims[0]));
    const auto bytes = checked_mul(t.n_elems / type->weights, type->block_bytes);
    if (!bytes || *bytes > most)
        return error{code::format_invalid, "has more bytes than a computer can count"}
            .about("tensor", t.name)
            .at(at)
            .expected_found("at most 2^63 - 1", shape_text(t));
    t.bytes = *bytes;
    return {};
}

result<void> place(std::vector<tensor_info>& tensors, std::uint64_t header_end, std::uint64_t alignment, std::uint64_t file_bytes) {
    if (tensors.empty()) return {};  // only a vocabulary: there need not even be padding
    const auto data = checked_round_up(header_end, alignment);
    if (!data) return error{code::format_invalid, "has no place for its tensors"};
    std::uint64_t      needed = *data;
    const tensor_info* beyond = nullptr;
    for (auto& t : tensors) {
        if (t.offset % alignment != 0)
            return error{code::format_invalid, "is not aligned"}
                .about("tensor", t.name)
                .expected_found("an offset that is a multiple of " + std::to_string(alignment), std::to_string(t.offset));
        const auto begin = checked_add(*data, t.offset);
        const auto end   = begin ? checked_add(*begin, t.bytes) : std::nullopt;
        if (!end)
            return error{code::format_invalid, "has an offset that no file can have"}
                .about("tensor", t.name)
                .expected_found("less than 2^64 bytes in all", std::to_string(t.offset));
        t.offset = *begin;
        needed   = std::max(needed, *end);
        if (*end > file_bytes && (beyond == nullptr || t.offset < beyond->offset)) beyond = &t;
    }
    if (beyond != nullptr)
        return error{code::format_truncated, "is cut off by the end of the file"}
            .about("tensor", beyond->name)
            .at(beyond->offset)
            .expected_found("a file of at least " + std::to_string(needed) + " bytes", std::to_string(file_bytes))
            .hint("the download is incomplete: fetch the file again, and compare its size with the publisher's");
    const auto order = order_by(tensors.size(), [&](std::uint32_t i) { return tensors[i].offset; });
    for (std::size_t i = 1; i < order.size(); ++i) {
        const auto &before = tensors[order[i - 1]], &t = tensors[order[i]];
        if (before.offset + before.bytes > t.offset)
            return error{code::format_invalid, "overlaps tensor '" + printable(before.name) + '\''}
                .about("tensor", t.name)
                .at(t.offset)
                .expected_found("an offset of " + std::to_string(before.offset + before.bytes) + " or more", std::to_string(t.offset));
    }
    return {};
}

}  // namespace plume::io
