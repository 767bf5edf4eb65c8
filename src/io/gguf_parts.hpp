#pragma once

#include <memory>
#include <string>
#include <vector>

#include <plume/io/gguf.hpp>

#include "src/io/gguf_parse.hpp"

namespace plume::io {

/// What a file says about being a part of a split model.
struct split_facts {
    std::uint64_t                part  = 0;  // from 0 on
    std::uint64_t                parts = 1;
    std::optional<std::uint64_t> tensors;  // of all parts together
};

/// What a gguf shares with its copies. Values point into `header`, which is ours: the files are needed for tensors only.
struct gguf::parts {
    std::string                                path;
    std::uint32_t                              version = 0;
    std::vector<std::shared_ptr<const source>> files;
    growing_bytes                              header;  // of the first file; the others' metadata is of no use to anyone
    std::vector<gguf_entry>                    entries;
    std::vector<std::uint32_t>                 entry_order;  // by key
    std::vector<tensor_info>                   tensors;
    std::vector<std::uint32_t>                 tensor_order;  // by name
    std::uint64_t                              file_bytes   = 0;
    std::uint64_t                              tensor_bytes = 0;

    /// A file whose place is all we know: a part of a split model is refused.
    static result<std::shared_ptr<const parts>> open(std::shared_ptr<const source> file, const gguf_limits& limits);
    /// A file by its path, and if it is the first part of a split model the others beside it.
    static result<std::shared_ptr<const parts>> open(const std::string& path, const gguf_options& options);
    static result<gguf>                         whole(result<std::shared_ptr<const parts>>&& opened);

private:
    static gguf_value                           value_of(raw_value&& raw, const growing_bytes& header);
    static result<std::optional<std::uint64_t>> count_in(const parsed_file& file, std::string_view key);
    static result<split_facts>                  split_of(const parsed_file& file, const std::string& path);

    void                                 take_metadata(parsed_file&& first);
    void                                 take_tensors(std::vector<tensor_info>&& more, std::shared_ptr<const source> file);
    result<void>                         take_others(const split_facts& split, const gguf_options& options, memory_budget& budget);
    result<std::shared_ptr<const parts>> finish() &&;  // orders the names; refuses one that occurs twice
};

}  // namespace plume::io
