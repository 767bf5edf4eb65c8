#pragma once

#include <memory>
#include <vector>

#include <plume/model.hpp>

#include "forward.hpp"

namespace plume {

/// A chat template as it stands in the file.
struct template_source {
    std::string name;  // empty: the usual one
    std::string text;
};

/// What a model is made of; const once loaded.
struct model::parts {
    model_config                     config;
    std::optional<plume::tokenizer>  tokenizer;
    std::vector<template_source>     templates;
    model_weights                    weights;
    rope_tables                      ropes;
    const kernels::target_table*     table = nullptr;
    const kernels::fast_table*       fast  = nullptr;  // null: not asked for, or none pays here
    std::shared_ptr<plume::executor> workers;
    plume::activations               activations = plume::activations::mixed;

    std::size_t room_bytes = 0;  // of a session's panel_rooms together; 0: nothing is repacked lazily

    /// For a session of so many tokens: LongRoPE's rotations depend on that, and on nothing that happens in the session.
    [[nodiscard]] forward_context context(std::size_t context_tokens) const noexcept {
        const bool beyond = !ropes.beyond.empty() && context_tokens > config.original_context;
        return {&config, &weights, table, workers.get(), beyond ? ropes.beyond : ropes.all, activations, fast};
    }
};

/// What a call on a session that was moved from says.
[[nodiscard]] inline error session_moved_from() { return error{code::wrong_state, "this session was moved from"}; }

/// The session options with their defaults filled in, checked against the model; notices are given.
[[nodiscard]] result<session_options> settle(const model_config& c, session_options options);

/// Bytes of a session's cache and scratch.
[[nodiscard]] std::uint64_t kv_bytes(const model_config& c, const session_options& settled) noexcept;
[[nodiscard]] std::uint64_t scratch_bytes(const model_config& c, const session_options& settled, std::size_t room_bytes) noexcept;

/// The largest context, up to the model's own or the one asked for, whose cache and scratch fit in `bytes`; 0 when not even 16 tokens do.
[[nodiscard]] std::size_t largest_context(const model_config& c, session_options settled, std::size_t room_bytes, std::uint64_t bytes) noexcept;

/// "9.4 GiB", for people.
[[nodiscard]] std::string readable_bytes(std::uint64_t bytes);

}  // namespace plume
