#include <plume/text/tokenizer.hpp>

#include <plume/core/utf8.hpp>

#include "src/guard.hpp"
#include "src/text/tables.hpp"

namespace plume {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::string_view replacement     = "\xef\xbf\xbd";
constexpr std::size_t      max_text_bytes  = std::size_t{1} << 30;  // places in a text are 32-bit, and a space may become three bytes

/// Returns how many bytes of the text no token stands for.
std::size_t encode_stretches(const tokenizer::tables& t, std::string_view text, bool parse_special, std::vector<token_id>& ids) {
    text::workspace work;
    const auto&     matcher = parse_special ? t.special : t.user_defined;
    const auto      size_of = [&](token_id id) { return t.words().name(id).size(); };
    std::size_t     done    = 0;
    const auto      stretch = [&](std::size_t end) {
        if (end > done) t.algorithm->encode(text.substr(done, end - done), work, ids);
    };
    if (!matcher.empty())
        for (const auto& m : matcher.find(text, size_of)) {
            stretch(m.begin);
            ids.push_back(m.id);
            done = m.begin + size_of(m.id);
        }
    stretch(text.size());
    return work.n_left_out;
}

result<std::vector<token_id>> encode_text(const tokenizer::tables& t, std::string_view text, const encode_options& options, const notice_fn& on_notice) {
    if (text.size() > max_text_bytes)
        return error{code::invalid_argument, "the text is too long to be tokenized at once"}
            .expected_found("at most " + std::to_string(max_text_bytes) + " bytes", std::to_string(text.size()))
            .hint("tokenize it in parts");
    std::vector<token_id> ids;
    if (options.add_bos && t.wants_bos) ids.push_back(t.bos);
    const std::size_t dropped = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
    text.remove_prefix(dropped);
    std::string repaired;
    if (const auto bad = utf8::first_invalid(text); bad != std::string_view::npos) {
        repaired = utf8::replace_invalid(text);
        if (on_notice)
            on_notice(notice::text_replaced, "the text is not valid UTF-8, first at byte " + std::to_string(dropped + bad) + ": such bytes became U+FFFD");
        text = repaired;
    }
    const auto n_left_out = encode_stretches(t, text, options.parse_special, ids);
    if (n_left_out > 0 && on_notice)
        on_notice(notice::text_replaced, std::to_string(n_left_out) + " bytes of the text have no token in this vocabulary: they are left out");
    return ids;
}

}  // namespace

void tokenizer::tables::append_bytes(token_id id, bool show_special, std::string& out) const {
    const auto type = words().type(id);
    if (type == text::token_type::control) {
        if (show_special) out += words().name(id);
    } else if (type == text::token_type::unknown) {
        out += show_special ? words().name(id) : replacement;
    } else {
        algorithm->append_bytes(id, out);
    }
}

bool tokenizer::tables::begins_stretch(token_id id) const noexcept {
    const auto type = words().type(id);
    return algorithm->adds_space() && (type == text::token_type::control || type == text::token_type::user_defined);
}

result<std::vector<token_id>> tokenizer::encode(std::string_view text, const encode_options& options, const notice_fn& on_notice) const {
    if (tables_->without_text) return without_text_error();
    return guarded([&] { return encode_text(*tables_, text, options, on_notice); });
}

result<std::string> tokenizer::decode(std::span<const token_id> ids, bool show_special) const {
    if (tables_->without_text) return without_text_error();
    return guarded([&]() -> result<std::string> {
        for (std::size_t i = 0; i < ids.size(); ++i)
            if (!tables_->words().has(ids[i]))
                return error{code::token_out_of_range, "is not in the vocabulary"}
                    .about("token", std::to_string(ids[i]))
                    .expected_found("0 to " + std::to_string(vocabulary_size() - 1), std::to_string(ids[i]));
        std::string bytes;
        bool        at_start = tables_->algorithm->adds_space();
        for (const auto id : ids) {
            const std::size_t before = bytes.size();
            tables_->append_bytes(id, show_special, bytes);
            if (tables_->begins_stretch(id)) {
                at_start = true;
            } else if (at_start && bytes.size() > before) {
                if (bytes[before] == ' ') bytes.erase(before, 1);
                at_start = false;
            }
        }
        return utf8::first_invalid(bytes) == std::string_view::npos ? bytes : utf8::replace_invalid(bytes);
    });
}

std::string tokenizer::token_bytes(token_id id, bool show_special) const {
    std::string bytes;
    if (tables_->words().has(id)) tables_->append_bytes(id, show_special, bytes);
    return bytes;
}

std::string_view tokenizer::token_name(token_id id) const noexcept { return tables_->words().has(id) ? tables_->words().name(id) : std::string_view{}; }

std::size_t tokenizer::vocabulary_size() const noexcept { return tables_->words().size(); }
token_id    tokenizer::bos() const noexcept { return tables_->bos; }
token_id    tokenizer::eos() const noexcept { return tables_->eos; }
bool        tokenizer::wants_bos() const noexcept { return tables_->wants_bos; }
bool        tokenizer::is_control(token_id id) const noexcept { return tables_->words().has(id) && tables_->words().type(id) == text::token_type::control; }
std::span<const token_id> tokenizer::end_tokens() const noexcept { return tables_->end_tokens; }
std::size_t               tokenizer::allocated_bytes() const noexcept {
                  return sizeof(tables) + tables_->algorithm->allocated_bytes() + tables_->user_defined.allocated_bytes() + tables_->special.allocated_bytes() +
                         tables_->end_tokens.capacity() * sizeof(token_id);
}
std::string_view tokenizer::kind() const noexcept { return tables_->algorithm->kind(); }
std::string_view tokenizer::pretokenizer() const noexcept { return tables_->algorithm->pretokenizer(); }

}  // namespace plume
