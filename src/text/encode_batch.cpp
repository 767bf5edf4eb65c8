#include <utility>

#include <plume/text/tokenizer.hpp>

#include "src/guard.hpp"

namespace plume {
namespace {

/// What one text of a batch became.
struct encoded {
    result<std::vector<token_id>>               ids = std::vector<token_id>{};
    std::vector<std::pair<notice, std::string>> notices;  // callbacks run on the caller's thread: these wait for it
};

struct batch {
    const tokenizer&                  with;
    std::span<const std::string_view> texts;
    const encode_options&             options;
    bool                              wants_notices;
    std::vector<encoded>              done;

    void run(std::size_t i) {
        auto ok = guarded([&]() -> result<void> {
            auto& out  = done[i];
            auto  keep = [&out](notice what, std::string_view text) { out.notices.emplace_back(what, text); };
            out.ids    = with.encode(texts[i], options, wants_notices ? notice_fn(keep) : notice_fn{});
            return {};
        });
        if (!ok) done[i].ids = std::move(ok).error();
    }
};

}  // namespace

result<std::vector<std::vector<token_id>>> tokenizer::encode_batch(std::span<const std::string_view> texts, const encode_options& options, executor& workers,
                                                                   const notice_fn& on_notice) const {
    return guarded([&]() -> result<std::vector<std::vector<token_id>>> {
        batch all{*this, texts, options, static_cast<bool>(on_notice), std::vector<encoded>(texts.size())};
        workers.parallel_for(
            texts.size(), [](void* context, std::size_t i) noexcept { static_cast<batch*>(context)->run(i); }, &all);
        std::vector<std::vector<token_id>> ids;
        ids.reserve(texts.size());
        for (auto& one : all.done) {
            for (const auto& [what, text] : one.notices) on_notice(what, text);
            if (!one.ids) return std::move(one.ids).error();
            ids.push_back(*std::move(one.ids));
        }
        return ids;
    });
}

}  // namespace plume
