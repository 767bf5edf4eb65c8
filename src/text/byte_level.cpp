#include <algorithm>
#include <array>

#include <plume/core/checked.hpp>
#include <plume/core/utf8.hpp>
#include <plume/text/pretokenizers.hpp>

#include "src/io/cancelled.hpp"
#include "src/text/algorithm.hpp"
#include "src/text/byte_encoder.hpp"
#include "src/text/byte_names.hpp"

namespace plume::text {
namespace {

constexpr std::string_view merges_key = "tokenizer.ggml.merges";
constexpr std::string_view pre_key    = "tokenizer.ggml.pre";

/// Byte-level byte-pair encoding: a text is cut by a pre-tokenizer, its bytes become tokens, and the merges are made in the file's order.
/// Source: Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, section 2.2.
class byte_level final : public algorithm {
public:
    using algorithm::algorithm;
    result<void> load(const io::gguf& file, const loading& with);

    void encode(std::string_view text, workspace& work, std::vector<token_id>& ids) const override;
    void append_bytes(token_id id, std::string& out) const override;

    std::string_view kind() const noexcept override { return "byte-level BPE"; }
    std::string_view pretokenizer() const noexcept override { return pre_->names[0]; }
    bool             adds_bos() const noexcept override { return pre_->adds_bos; }
    bool             adds_space() const noexcept override { return false; }
    std::size_t      allocated_bytes() const noexcept override {
        return sizeof(*this) + words_.allocated_bytes() + pairs_.allocated_bytes() + encoder_.allocated_bytes() + merged_.capacity() * sizeof(merged_[0]);
    }

private:
    struct merge {
        token_id left, right, whole;
        enum : token_id { left_out = -1, faulty = -2 };  // in `left`
    };

    result<void> load_pretokenizer(const io::gguf& file, const loading& with);
    void         load_bytes();
    merge        find_merge(std::string_view text) const noexcept;
    error        merge_fault(const io::gguf& file, const io::gguf_value& list, std::size_t i) const;
    result<void> load_merges(const io::gguf& file, const loading& with);

    const text::pretokenizer* pre_ = nullptr;
    pair_index                pairs_;
    std::vector<token_id>     merged_;  // by rank
    token_id                  unknown_ = -1;
    std::array<token_id, 256> bytes_{};  // -1: the vocabulary has no token for this byte
    byte_encoder              encoder_;
};

result<void> byte_level::load_pretokenizer(const io::gguf& file, const loading& with) {
    const auto known = [] {
        std::string names;
        for (const auto& entry : pretokenizers())
            for (const auto name : entry.names) names += (names.empty() ? "" : ", ") + std::string(name);
        return names;
    };
    std::string_view name;
    if (file.find(pre_key)) {
        auto given = file.text(pre_key);
        if (!given) return std::move(given).error();
        name = *given;
        pre_ = find_pretokenizer(name);
        if (pre_) return {};
    }
    if (!with.fallback_pretokenizer.empty()) {
        pre_ = find_pretokenizer(with.fallback_pretokenizer);
        if (!pre_)
            return error{code::invalid_argument, "is not known"}.about("fallback pre-tokenizer", with.fallback_pretokenizer).hint("these are: " + known());
        if (with.on_notice)
            with.on_notice(notice::vocabulary_odd, name.empty() ? "the file names no pre-tokenizer: the fallback cuts the text"
                                                                : "the file's pre-tokenizer is not known: the fallback cuts the text");
        return {};
    }
    if (!file.find(pre_key))
        return file.fault(code::format_unsupported, "is missing: without it nobody can say how this vocabulary cuts text")
            .about("key", pre_key)
            .hint("convert the model again with a current converter, or name one in tokenizer_options::fallback_pretokenizer: " + known());
    return file.fault(code::format_unsupported, "does not run yet")
        .about("pre-tokenizer", name)
        .hint("name another in tokenizer_options::fallback_pretokenizer if you know that it cuts alike; these run: " + known());
}

void byte_level::load_bytes() {
    std::string name;
    for (std::size_t b = 0; b < 256; ++b) {
        name.clear();
        append_name(name, static_cast<unsigned char>(b));
        bytes_[b] = words_.find_mergeable(name);
        if (bytes_[b] < 0) bytes_[b] = unknown_;
    }
}

/// "LEFT RIGHT", which makes LEFTRIGHT: the three ids.
byte_level::merge byte_level::find_merge(std::string_view text) const noexcept {
    constexpr merge faulty{merge::faulty, -1, -1};
    const auto      space = text.find(' ');
    if (space == std::string_view::npos || space == 0 || space + 1 == text.size() || text.find(' ', space + 1) != std::string_view::npos) return faulty;
    const auto left = text.substr(0, space), right = text.substr(space + 1);
    char       whole[max_token_bytes];
    if (text.size() - 1 > sizeof whole) return faulty;
    std::copy(right.begin(), right.end(), std::copy(left.begin(), left.end(), whole));
    const token_id ids[] = {words_.find(left), words_.find(right), words_.find({whole, text.size() - 1})};
    if (std::find(std::begin(ids), std::end(ids), -1) != std::end(ids)) return faulty;
    for (const auto id : ids)
        if (!words_.mergeable(id)) return {merge::left_out, -1, -1};  // text must never become a control token
    return {ids[0], ids[1], ids[2]};
}

/// What is wrong with a merge.
error byte_level::merge_fault(const io::gguf& file, const io::gguf_value& list, std::size_t i) const {
    const auto text  = list.text(i).value_or(std::string_view{});
    const auto space = text.find(' ');
    const auto fault = [&](std::string_view why) { return file.fault(code::format_invalid, why).about("key", element_of(merges_key, i)); };
    if (space == std::string_view::npos || space == 0 || space + 1 == text.size() || text.find(' ', space + 1) != std::string_view::npos)
        return fault("is not two tokens with a space between").expected_found("LEFT RIGHT", text);
    const auto left = text.substr(0, space), right = text.substr(space + 1);
    if (words_.find(left) < 0) return fault("begins with a text that is no token").expected_found("a token", left);
    if (words_.find(right) < 0) return fault("ends with a text that is no token").expected_found("a token", right);
    return fault("makes a text that is no token").expected_found("a token", std::string(left).append(right));
}

result<void> byte_level::load_merges(const io::gguf& file, const loading& with) {
    auto found = file.array(merges_key, io::value_type::string);
    if (!found) return std::move(found).error();
    const auto& list = **found;
    if (list.size() >= max_merges)
        return file.fault(code::format_limit, "has more merges than the limit max_merges").about("key", merges_key).expected_found(max_merges, list.size());
    std::vector<merge>    merges(list.size());
    constexpr std::size_t piece   = 4096;  // a large list takes tens of milliseconds
    auto                  look_up = [&](std::size_t p) {
        if (with.stop.stop_requested()) return;
        for (std::size_t i = p * piece; i < std::min(list.size(), (p + 1) * piece); ++i) merges[i] = find_merge(list.text(i).value_or(std::string_view{}));
    };
    const std::size_t pieces = div_up(list.size(), piece);
    if (with.workers != nullptr)
        with.workers->parallel_for(
            pieces, [](void* work, std::size_t p) noexcept { (*static_cast<decltype(look_up)*>(work))(p); }, &look_up);
    else
        for (std::size_t p = 0; p < pieces; ++p) look_up(p);
    if (with.stop.stop_requested()) return io::cancelled(file);
    merged_.assign(list.size(), -1);
    std::size_t n_left_out = 0;
    for (std::size_t i = 0; i < merges.size(); ++i) {
        if (merges[i].left == merge::faulty) return merge_fault(file, list, i);
        n_left_out += merges[i].left == merge::left_out;
        merged_[i] = merges[i].whole;
    }
    const auto fill = [&] {
        for (std::size_t i = 0; i < merges.size(); ++i)
            if (merges[i].left >= 0 && !pairs_.add(merges[i].left, merges[i].right, static_cast<std::uint32_t>(i))) return false;
        return true;
    };
    for (std::size_t attempt = 0; attempt < pair_index::attempts; ++attempt) {
        if (with.stop.stop_requested()) return io::cancelled(file);
        pairs_.reset(list.size(), attempt);
        if (!fill()) continue;
        if (n_left_out > 0 && with.on_notice)
            with.on_notice(notice::vocabulary_odd, std::to_string(n_left_out) + " merges are with control tokens: they are left out");
        return {};
    }
    return file.fault(code::format_invalid, "has pairs made to collide in every hash function").about("key", merges_key);
}

result<void> byte_level::load(const io::gguf& file, const loading& with) {
    if (auto ok = load_pretokenizer(file, with); !ok) return ok;
    auto adds_space = file.flag_or("tokenizer.ggml.add_space_prefix", false);
    if (!adds_space) return std::move(adds_space).error();
    if (*adds_space && with.on_notice) with.on_notice(notice::vocabulary_odd, "tokenizer.ggml.add_space_prefix is not used for byte-level BPE");
    if (auto ok = words_.build_index(file); !ok) return ok;
    auto unknown = find_unknown(file, words_);
    if (!unknown) return std::move(unknown).error();
    unknown_ = *unknown;
    load_bytes();
    if (auto ok = encoder_.load(*pre_, pre_->ignore_merges); !ok) return ok;
    return load_merges(file, with);
}

void byte_level::encode(std::string_view text, workspace& work, std::vector<token_id>& ids) const {
    encoder_.encode(text, {pairs_, merged_, bytes_, words_}, work, ids);
}

void byte_level::append_bytes(token_id id, std::string& out) const {
    const auto        name = words_.name(id);
    const std::size_t size = out.size();
    if (words_.type(id) != token_type::normal) {
        out += name;  // added tokens stand in the vocabulary as they stand in text
        return;
    }
    for (std::size_t i = 0; i < name.size();) {
        const auto c    = utf8::decode_one(name.substr(i));
        const int  byte = c.valid && c.code_point < names_of_bytes.byte.size() ? names_of_bytes.byte[c.code_point] : -1;
        if (byte < 0) {  // not a name made of bytes: taken as it stands
            out.resize(size);
            out += name;
            return;
        }
        out += static_cast<char>(static_cast<unsigned char>(byte));
        i += c.size;
    }
}

}  // namespace

result<std::unique_ptr<algorithm>> load_byte_level(const io::gguf& file, vocabulary words, const loading& with) {
    auto model = std::make_unique<byte_level>(std::move(words));
    if (auto ok = model->load(file, with); !ok) return std::move(ok).error();
    return std::unique_ptr<algorithm>(std::move(model));
}

}  // namespace plume::text
