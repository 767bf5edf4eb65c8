#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <plume/core/dtype.hpp>
#include <plume/core/executor.hpp>
#include <plume/core/notice.hpp>
#include <plume/core/result.hpp>
#include <plume/io/gguf.hpp>
#include <plume/text/marked_text.hpp>

namespace plume {

struct encode_options {
    bool add_bos       = true;   // the tokens that begin a text, where the vocabulary wants them
    bool parse_special = false;  // whether text such as "<|im_end|>" becomes the control token of that name
    bool add_end       = false;  // the tokens that end a text, where the vocabulary wants them: EOS or SEP, for models that read whole texts
};

struct decode_options {
    bool show_special = false;  // control tokens are written by their names
    /// The space goes before . ? ! , n't 'm 's 've 're, as published programs do it for models whose tokenizer_config.json says
    /// clean_up_tokenization_spaces. What encode was given comes back only without it, and text_stream never does it.
    bool clean_spaces = false;
};

struct tokenizer_options {
    /// A name of the list in text/pretokenizers.hpp, for a file whose own pre-tokenizer is missing or not known. Empty: such a file is refused, as another
    /// cutting gives other tokens than the model was trained on.
    std::string fallback_pretokenizer = {};
};

/// Text to token ids and back, as the model's own tokenizer does it. Immutable and shared between threads; a copy shares the tables.
class tokenizer {
public:
    /// From the `tokenizer.*` keys of a GGUF file; tensors are not looked at.
    /// Errors: format_invalid (a table that contradicts itself; with key, index and reason), format_unsupported (a model or pre-tokenizer that does
    /// not run yet; with the list of those that do), cancelled (`stop`).
    static result<tokenizer> from_gguf(const io::gguf& file, const notice_fn& on_notice = {}, std::stop_token stop = {}, const tokenizer_options& options = {});

    /// From a file whose kind is found by what is in it: GGUF, tokenizer.json (Hugging Face), tekken.json (Mistral AI). Errors: as from_gguf, with the
    /// place in the file, and format_unsupported for a step that does not run; file_not_found, file_io; format_unknown for other files.
    static result<tokenizer> from_file(const std::string& path, const tokenizer_options& options = {}, const notice_fn& on_notice = {},
                                       std::stop_token stop = {});
    /// From a folder of a model: its tokenizer.json, tekken.json or tokenizer.model, the first that is there, with what tokenizer_config.json,
    /// special_tokens_map.json and chat_template.jinja say.
    static result<tokenizer> from_folder(const std::string& path, const tokenizer_options& options = {}, const notice_fn& on_notice = {},
                                         std::stop_token stop = {});
    /// From the text of a tokenizer.json or tekken.json; `path` is for errors.
    static result<tokenizer> from_json(std::string_view text, const std::string& path = "memory", const tokenizer_options& options = {},
                                       const notice_fn& on_notice = {}, std::stop_token stop = {});

    /// From the bytes of a `tokenizer.model` of SentencePiece, of kind unigram or bpe. `path` is for errors. Errors: as from_gguf.
    static result<tokenizer> from_sentencepiece(std::string_view bytes, const std::string& path = "memory", const notice_fn& on_notice = {},
                                                std::stop_token stop = {});

    /// The ids of `text`. Invalid UTF-8 becomes U+FFFD, with a notice that gives the first bad offset.
    /// n log n time at most for any text. Errors: out_of_memory; invalid_argument for a text of more than 1 GiB.
    [[nodiscard]] result<std::vector<token_id>> encode(std::string_view text, const encode_options& options = {}, const notice_fn& on_notice = {}) const;

    /// The ids of a rendered prompt. Special tokens are found only where the template wrote all of their bytes: what a message says becomes none, wherever its
    /// parts stand. User-defined tokens that are pieces of text ("<table>", "ø", a run of spaces) count in messages too, for the model was trained on text
    /// that holds them; those that are named like a mark between messages ("<|user|>", "[INST]") do not, since converters give both kinds one type. Text
    /// between special tokens is encoded as a whole, so that ids are those of the same prompt written by one hand.
    /// add_bos: the token that begins a text, where the vocabulary wants one and the template did not print it.
    /// Errors: as above; invalid_argument for runs that do not cover the text. Invalid UTF-8 becomes U+FFFD.
    [[nodiscard]] result<std::vector<token_id>> encode(const marked_text& text, bool add_bos = true, const notice_fn& on_notice = {}) const;

    /// encode() for many texts, on the threads of `workers`: ids[i] is what encode(texts[i]) gives. Notices come afterwards, in the order of the texts.
    /// The first text that has an error decides.
    [[nodiscard]] result<std::vector<std::vector<token_id>>> encode_batch(std::span<const std::string_view> texts, const encode_options& options,
                                                                          executor& workers, const notice_fn& on_notice = {}) const;

    /// The text of `ids`: the inverse of encode where one exists. A leading space that encode added is taken off. token_out_of_range for an id that the
    /// vocabulary does not have.
    [[nodiscard]] result<std::string> decode(std::span<const token_id> ids, const decode_options& options = {}) const;

    /// The bytes of one token as it stands in running text (a space is a space); empty for control tokens unless `show_special`, and for ids out of range.
    [[nodiscard]] std::string token_bytes(token_id id, bool show_special = false) const;

    /// The vocabulary's own name of a token, e.g. "<|im_end|>", for people; empty when out of range.
    [[nodiscard]] std::string_view token_name(token_id id) const noexcept;

    /// The source of the chat template that came with the tokenizer; empty where there is none.
    [[nodiscard]] std::string_view template_source() const noexcept;

    [[nodiscard]] std::size_t vocabulary_size() const noexcept;  // V
    [[nodiscard]] token_id    bos() const noexcept;              // -1 where there is none
    [[nodiscard]] token_id    eos() const noexcept;              // -1 where there is none
    [[nodiscard]] bool        wants_bos() const noexcept;
    [[nodiscard]] bool        is_control(token_id id) const noexcept;
    /// Tokens that end an answer: EOS, and the end-of-turn tokens that the file names or that are known by text ("<|im_end|>", "<|eot_id|>", ...).
    [[nodiscard]] std::span<const token_id> end_tokens() const noexcept;
    [[nodiscard]] std::string_view          kind() const noexcept;          // "SentencePiece BPE", "byte-level BPE"
    [[nodiscard]] std::string_view          pretokenizer() const noexcept;  // "llama-bpe"; empty where there is none

    [[nodiscard]] std::size_t allocated_bytes() const noexcept;  // of the tables

    struct tables;
    explicit tokenizer(std::shared_ptr<const tables> t) noexcept : tables_(std::move(t)) {}

private:
    friend class text_stream;
    std::shared_ptr<const tables> tables_;
};

/// Turns tokens into text as they come and never cuts a character: bytes that begin one are held back until it is whole. One-at-a-time.
class text_stream {
public:
    /// at_start: the first token begins a text, so that a leading space which encode would add is taken off; false for the continuation of a prompt.
    explicit text_stream(tokenizer t, bool show_special = false, bool at_start = true);
    /// What follows `before`, so that decode(before) and the pieces together are decode of all: a space at the start is text, unless it is the one that encode
    /// adds behind the last token of `before`.
    text_stream(tokenizer t, std::span<const token_id> before, bool show_special = false);

    /// The text that `id` completes; may be empty. The view lives until the next call.
    std::string_view push(token_id id);
    /// What is held back at the end: an incomplete character as U+FFFD.
    std::string_view finish();

private:
    tokenizer   tokenizer_;
    std::string held_, out_;
    bool        show_special_;
    bool        at_start_;
};

}  // namespace plume
