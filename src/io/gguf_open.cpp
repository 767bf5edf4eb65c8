#include <iterator>

#include <plume/core/printable.hpp>

#include "src/guard.hpp"
#include "src/io/gguf_parts.hpp"
#include "src/io/split_name.hpp"

namespace plume::io {
namespace {

constexpr std::string_view key_part = "split.no", key_parts = "split.count", key_tensors = "split.tensors.count";

std::string part_of(std::uint64_t part, std::uint64_t parts) { return "part " + std::to_string(part + 1) + " of " + std::to_string(parts); }

}  // namespace

gguf_value gguf::parts::value_of(raw_value&& raw, const growing_bytes& header) {
    gguf_value v;
    v.type_         = raw.type;
    v.element_type_ = raw.element_type;
    v.size_         = static_cast<std::size_t>(raw.size);
    v.bytes_        = header.data() + raw.begin;
    v.offsets_      = std::move(raw.offsets);
    return v;
}

/// An integer of 0 or more; empty where the key is missing.
result<std::optional<std::uint64_t>> gguf::parts::count_in(const parsed_file& file, std::string_view key) {
    const auto* e = file.find(key);
    if (e == nullptr) return std::optional<std::uint64_t>{};
    if (e->value.type != value_type::array && e->value.type != value_type::string)
        if (const auto n = value_of(raw_value(e->value), file.header).count()) return n;
    return error{code::format_invalid, "has the wrong type of value"}.about("key", key).expected_found("an integer of 0 or more", name(e->value.type));
}

result<split_facts> gguf::parts::split_of(const parsed_file& file, const std::string& path) {
    split_facts facts;
    for (const auto key : {key_part, key_parts, key_tensors}) {
        const auto n = count_in(file, key);
        if (!n) return error(n.error()).in(path);
        if (!*n) continue;
        if (key == key_part) facts.part = **n;
        if (key == key_parts) facts.parts = std::max<std::uint64_t>(**n, 1);  // some writers put 0 into a model of one file
        if (key == key_tensors) facts.tensors = **n;
    }
    if (facts.part >= facts.parts)
        return error{code::format_invalid, "says it is a part that does not exist"}
            .in(path)
            .about("key", key_part)
            .expected_found("less than " + std::to_string(facts.parts), std::to_string(facts.part));
    return facts;
}

void gguf::parts::take_metadata(parsed_file&& first) {
    version     = first.version;
    header      = std::move(first.header);
    entry_order = std::move(first.entry_order);
    entries.reserve(first.entries.size());
    for (auto& e : first.entries) entries.push_back({std::move(e.key), value_of(std::move(e.value), header)});
}

void gguf::parts::take_tensors(std::vector<tensor_info>&& more, std::shared_ptr<const source> file) {
    for (auto& t : more) {
        t.file = static_cast<std::uint32_t>(files.size());
        tensor_bytes += t.bytes;  // no more than the files have: checked
    }
    if (tensors.empty())
        tensors = std::move(more);
    else
        tensors.insert(tensors.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    file_bytes += file->size();
    files.push_back(std::move(file));
}

result<std::shared_ptr<const gguf::parts>> gguf::parts::finish() && {
    tensor_order         = order_by(tensors.size(), [this](std::uint32_t i) -> std::string_view { return tensors[i].name; });
    const auto same      = [this](std::uint32_t a, std::uint32_t b) { return tensors[a].name == tensors[b].name; };
    const auto duplicate = std::adjacent_find(tensor_order.begin(), tensor_order.end(), same);
    if (duplicate != tensor_order.end()) return error{code::format_invalid, "occurs twice"}.in(path).about("tensor", tensors[*duplicate].name);
    return std::shared_ptr<const parts>(std::make_shared<parts>(std::move(*this)));
}

result<std::shared_ptr<const gguf::parts>> gguf::parts::open(std::shared_ptr<const source> file, const gguf_limits& limits) {
    memory_budget budget;
    auto          parsed = parse_gguf(*file, limits, budget);
    if (!parsed) return std::move(parsed).error();
    const auto split = split_of(*parsed, file->path());
    if (!split) return split.error();
    if (split->parts > 1)
        return error{code::format_unsupported, "is " + part_of(split->part, split->parts) + " of a split model, and the others cannot be found from memory"}
            .in(file->path())
            .hint("open the first part by its path, or join the parts into one file");
    parts p;
    p.path       = file->path();
    auto tensors = std::move(parsed->tensors);
    p.take_metadata(std::move(*parsed));
    p.take_tensors(std::move(tensors), std::move(file));
    return std::move(p).finish();
}

result<std::shared_ptr<const gguf::parts>> gguf::parts::open(const std::string& path, const gguf_options& options) {
    auto file = source::open(path, options.map);
    if (!file) return std::move(file).error();
    memory_budget budget;
    auto          parsed = parse_gguf(**file, options.limits, budget);
    if (!parsed) return std::move(parsed).error();
    const auto split = split_of(*parsed, path);
    if (!split) return split.error();
    if (split->part != 0) {
        const auto named = split_name::of(path);
        const auto first =
            named ? '\'' + printable(base_name(named->path_of(1)), 160) + '\'' : std::string("the file whose name ends in -00001-of-") + "*.gguf";
        return error{code::format_unsupported, "is " + part_of(split->part, split->parts) + " of a split model"}.in(path).hint("open the first part instead: " +
                                                                                                                               first);
    }
    parts p;
    p.path       = path;
    auto tensors = std::move(parsed->tensors);
    p.take_metadata(std::move(*parsed));
    p.take_tensors(std::move(tensors), std::move(*file));
    if (split->parts > 1)
        if (auto taken = p.take_others(*split, options, budget); !taken) return std::move(taken).error();
    return std::move(p).finish();
}

result<void> gguf::parts::take_others(const split_facts& split, const gguf_options& options, memory_budget& budget) {
    if (split.parts > options.limits.max_split_files)
        return error{code::format_limit, "says it has more parts than the limit max_split_files"}
            .in(path)
            .about("key", key_parts)
            .expected_found("at most " + std::to_string(options.limits.max_split_files), std::to_string(split.parts));
    const auto named = split_name::of(path);
    if (!named || named->part != 1 || named->parts != split.parts)
        return error{code::format_invalid, "is the first part of a split model, but has lost the name by which the others are found"}
            .in(path)
            .expected_found("a name that ends in " + std::string(base_name(split_name{"", 1, static_cast<std::uint32_t>(split.parts)}.path_of(1))),
                            base_name(path))
            .hint("give all parts the names they were published under");
    for (std::uint32_t which = 2; which <= split.parts; ++which) {
        const auto part_path = named->path_of(which);
        auto       file      = source::open(part_path, options.map);
        if (!file) {
            if (file.error().code() != code::file_not_found) return std::move(file).error();
            return error{code::file_not_found, "is missing: it is " + part_of(which - 1, split.parts) + " of a split model"}.in(part_path).hint(
                "fetch all parts into the same folder");
        }
        auto parsed = parse_gguf(**file, options.limits, budget);
        if (!parsed) return std::move(parsed).error();
        const auto facts = split_of(*parsed, part_path);
        if (!facts) return facts.error();
        if (facts->part != which - 1 || facts->parts != split.parts)
            return error{code::format_invalid, "is a part of another model, or has another part's name"}.in(part_path).expected_found(
                part_of(which - 1, split.parts), part_of(facts->part, facts->parts));
        if (!budget.take(parsed->tensors.size(), sizeof(tensor_info) + sizeof(std::uint32_t)))  // for joining the lists
            return error{code::format_limit, "needs more memory to describe than its size justifies"}.in(part_path);
        take_tensors(std::move(parsed->tensors), std::move(*file));
    }
    if (split.tensors && *split.tensors != tensors.size())
        return error{code::format_invalid, "does not have all its tensors in its parts"}
            .in(path)
            .about("key", key_tensors)
            .expected_found(*split.tensors, tensors.size());
    return {};
}

result<gguf> gguf::parts::whole(result<std::shared_ptr<const parts>>&& opened) {
    if (!opened) {
        auto why = std::move(opened).error();
        if (why.hint().empty()) (void)std::move(why).hint(usual_next_step(why.code()));
        return why;
    }
    gguf file;
    file.parts_ = *std::move(opened);
    return file;
}

result<gguf> gguf::open(const std::string& path, gguf_options options) {
    return guarded([&] { return parts::whole(parts::open(path, options)); });
}

result<gguf> gguf::from_memory(std::span<const std::byte> bytes, const gguf_limits& limits) {
    return guarded([&] { return parts::whole(parts::open(source::from_memory(bytes), limits)); });
}

result<gguf> gguf::from_reader(std::uint64_t size, read_fn read, const gguf_limits& limits) {
    return guarded([&] { return parts::whole(parts::open(source::from_reader(size, std::move(read)), limits)); });
}

result<gguf> gguf::from_source(std::shared_ptr<const source> file, const gguf_limits& limits) {
    return guarded([&] { return parts::whole(parts::open(std::move(file), limits)); });
}

}  // namespace plume::io
