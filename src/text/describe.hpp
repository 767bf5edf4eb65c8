#pragma once

#include <stop_token>

#include <plume/core/executor.hpp>
#include <plume/core/notice.hpp>
#include <plume/core/result.hpp>
#include <plume/io/gguf.hpp>

#include "src/text/description.hpp"

namespace plume::text {

/// Who watches and helps a load.
struct loading {
    const notice_fn&       on_notice;
    const std::stop_token& stop;
    executor*              workers;  // null: this thread alone

    void note(std::string_view text) const {
        if (on_notice) on_notice(notice::vocabulary_odd, text);
    }
};

/// The `tokenizer.*` keys of a GGUF file. The description lives as long as a copy of `file`.
result<description> describe_gguf(const io::gguf& file, const loading& with);

}  // namespace plume::text
