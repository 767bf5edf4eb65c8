#include <plume/core/utf8.hpp>

#include "src/text/tables.hpp"

namespace plume {

text_stream::text_stream(tokenizer t, bool show_special, bool at_start)
    : tokenizer_(std::move(t)), show_special_(show_special), at_start_(at_start && tokenizer_.tables_->algorithm->adds_space()) {
    // Room for the longest token, so that a push allocates nothing; broken bytes may still grow to three each.
    const std::size_t room = 3 * (tokenizer_.tables_->words().longest_name() + 4);
    held_.reserve(room);
    out_.reserve(room);
}

text_stream::text_stream(tokenizer t, std::span<const token_id> before, bool show_special)
    : text_stream(t, show_special, before.empty() || (t.tables_->words().has(before.back()) && t.tables_->begins_stretch(before.back()))) {}

std::string_view text_stream::push(token_id id) {
    out_.clear();
    const auto& t = *tokenizer_.tables_;
    if (!t.words().has(id)) return {};
    const std::size_t before = held_.size();
    t.append_bytes(id, show_special_, held_);
    if (t.begins_stretch(id)) {
        at_start_ = true;
    } else if (at_start_ && held_.size() > before) {
        if (held_[before] == ' ') held_.erase(before, 1);
        at_start_ = false;
    }
    const std::size_t whole = held_.size() - utf8::incomplete_tail(held_);
    for (std::size_t i = 0; i < whole;) {
        const auto c = utf8::decode_one(std::string_view(held_).substr(i, whole - i));
        utf8::append(out_, c.code_point);
        i += c.size;
    }
    held_.erase(0, whole);
    return out_;
}

std::string_view text_stream::finish() {
    out_.clear();
    if (!held_.empty()) out_ = utf8::replace_invalid(held_);
    held_.clear();
    return out_;
}

}  // namespace plume
