#include <array>

#include "src/text/describe.hpp"
#include "src/text/protobuf.hpp"
#include "src/text/sentencepiece_rules.hpp"

// A `tokenizer.model` of SentencePiece: the message ModelProto of its file sentencepiece_model.proto.

namespace plume::text {
namespace {

constexpr std::string_view pieces_field = "pieces", scores_field = "pieces.score", types_field = "pieces.type",
                           charsmap_field = "normalizer_spec.precompiled_charsmap";

class model_reader {
public:
    model_reader(std::string_view bytes, const std::string& path, description& out) : bytes_(bytes), out_(out) {
        out_.from = {.path = path, .tokens = pieces_field, .types = types_field, .scores = scores_field, .merges = {}};
    }
    result<void> read(const loading& with);

private:
    [[nodiscard]] error    fault(code c, std::string_view what, std::string_view key) const { return out_.from.fault(c, what).about("key", key); }
    result<void>           read_message();
    result<void>           read_piece(std::string_view bytes);
    result<void>           read_trainer(std::string_view bytes);
    result<void>           read_normalizer(std::string_view bytes);
    result<void>           settle_kind();
    result<void>           check_pieces() const;
    [[nodiscard]] token_id control_named(std::string_view name) const noexcept;

    std::string_view              bytes_;
    description&                  out_;
    std::vector<std::string_view> names_;
    std::vector<token_type>       types_;
    sentencepiece_rules           rules_;
    std::string_view              bos_ = "<s>", eos_ = "</s>";
    std::int64_t                  model_type_ = 1;
};

/// piece = 1, score = 2, type = 3
result<void> model_reader::read_piece(std::string_view bytes) {
    const auto       index = names_.size();
    std::string_view name;
    float            score = 0;
    std::int64_t     type  = 1;
    protobuf_reader  m(bytes);
    while (m.next()) {
        if (m.number() == 1 && m.is_text()) name = m.text();
        if (m.number() == 2 && m.is_float()) score = m.real();
        if (m.number() == 3 && m.is_number()) type = m.integer();
    }
    if (m.broken()) return fault(code::format_truncated, "is cut short or no message", element_of(pieces_field, index));
    if (index >= max_tokens) return fault(code::format_limit, "has more tokens than the limit max_tokens", pieces_field).expected_found(max_tokens, index + 1);
    if (name.empty()) return fault(code::format_invalid, "has no text", element_of(pieces_field, index));
    if (type < 1 || type > 6)
        return fault(code::format_invalid, "is not a token type", element_of(types_field, index)).expected_found("1 to 6", std::to_string(type));
    names_.push_back(name);
    types_.push_back(static_cast<token_type>(type));
    out_.scores.push_back(score);
    return {};
}

result<void> model_reader::read_trainer(std::string_view bytes) {
    protobuf_reader m(bytes);
    while (m.next()) {
        if (m.number() == 3 && m.is_number()) model_type_ = m.integer();
        if (m.number() == 24 && m.is_number()) rules_.space_behind = m.integer() != 0;
        if (m.number() == 35 && m.is_number()) out_.byte_fallback = m.integer() != 0;
        if (m.number() == 46 && m.is_text()) bos_ = m.text();
        if (m.number() == 47 && m.is_text()) eos_ = m.text();
    }
    if (m.broken()) return fault(code::format_truncated, "is cut short or no message", "trainer_spec");
    return {};
}

result<void> model_reader::read_normalizer(std::string_view bytes) {
    protobuf_reader m(bytes);
    while (m.next()) {
        if (m.number() == 2 && m.is_text()) rules_.charsmap = m.text();
        if (m.number() == 3 && m.is_number()) rules_.add_dummy_prefix = m.integer() != 0;
        if (m.number() == 4 && m.is_number()) rules_.remove_extra_whitespaces = m.integer() != 0;
        if (m.number() == 5 && m.is_number()) rules_.escape_whitespaces = m.integer() != 0;
    }
    if (m.broken()) return fault(code::format_truncated, "is cut short or no message", "normalizer_spec");
    return {};
}

/// pieces = 1, trainer_spec = 2, normalizer_spec = 3
result<void> model_reader::read_message() {
    protobuf_reader m(bytes_);
    while (m.next()) {
        if (!m.is_text()) continue;
        auto ok = m.number() == 1   ? read_piece(m.text())
                  : m.number() == 2 ? read_trainer(m.text())
                  : m.number() == 3 ? read_normalizer(m.text())
                                    : result<void>{};
        if (!ok) return ok;
    }
    if (m.broken())
        return out_.from
            .fault(names_.empty() ? code::format_unknown : code::format_truncated,
                   names_.empty() ? "is no SentencePiece model" : "is cut short or holds bytes that are no field")
            .at(m.offset());
    if (names_.empty()) return out_.from.fault(code::format_unknown, "has no pieces: it is no SentencePiece model");
    return {};
}

result<void> model_reader::settle_kind() {
    constexpr std::array<std::string_view, 5> known{"", "unigram", "bpe", "word", "char"};
    if (model_type_ != 1 && model_type_ != 2) {
        const bool named = model_type_ >= 0 && model_type_ < static_cast<std::int64_t>(known.size());
        return fault(code::format_unsupported, "does not run", "trainer_spec.model_type")
            .expected_found("unigram or bpe", named ? std::string(known[static_cast<std::size_t>(model_type_)]) : std::to_string(model_type_));
    }
    out_.kind = model_type_ == 1 ? model_kind::unigram : model_kind::sentencepiece;
    return {};
}

/// What SentencePiece itself asks of the pieces.
result<void> model_reader::check_pieces() const {
    std::size_t n_unknown = 0;
    for (std::size_t i = 0; i < types_.size(); ++i) {
        n_unknown += types_[i] == token_type::unknown;
        if (n_unknown > 1) return fault(code::format_invalid, "is a second unknown token", element_of(types_field, i));
        if (types_[i] == token_type::byte && !out_.byte_fallback)
            return fault(code::format_invalid, "is a byte although trainer_spec.byte_fallback is false", element_of(types_field, i));
    }
    if (n_unknown == 0) return fault(code::format_invalid, "have no unknown token", pieces_field);
    return {};
}

token_id model_reader::control_named(std::string_view name) const noexcept {
    for (std::size_t i = 0; i < names_.size(); ++i)
        if (types_[i] == token_type::control && names_[i] == name) return static_cast<token_id>(i);
    return -1;
}

result<void> model_reader::read(const loading& with) {
    if (auto ok = read_message(); !ok) return ok;
    if (with.stop.stop_requested()) return out_.from.cancelled();
    if (auto ok = settle_kind(); !ok) return ok;
    if (auto ok = check_pieces(); !ok) return ok;
    auto words = vocabulary::copy(names_, out_.from);
    if (!words) return std::move(words).error();
    out_.bos = control_named(bos_), out_.eos = control_named(eos_);
    words->set_types(std::move(types_), true);
    out_.words         = *std::move(words);
    out_.inner_symbols = true;
    // SentencePiece adds neither: Llama's and Mistral's models begin with BOS, and those without one, such as T5, end with EOS.
    out_.add_bos = out_.bos >= 0;
    if (out_.bos < 0 && out_.eos >= 0) out_.suffix.push_back(out_.eos);
    return use_rules(rules_, charsmap_field, out_);
}

}  // namespace

result<description> describe_sentencepiece(std::string_view bytes, const std::string& path, const loading& with) {
    description out;
    if (auto ok = model_reader(bytes, path, out).read(with); !ok) return std::move(ok).error();
    return out;
}

}  // namespace plume::text
