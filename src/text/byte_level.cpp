#include <algorithm>
#include <array>

#include <plume/core/checked.hpp>
#include <plume/core/utf8.hpp>
#include <plume/text/pretokenizers.hpp>

#include "src/text/algorithm.hpp"

namespace plume::text {
namespace {

/// GPT-2's names for bytes: a byte that prints (in Latin-1) is its own character, the 68 others are U+0100 to U+0143 in order.
struct byte_names {
    std::array<char16_t, 256>       character{};
    std::array<std::int16_t, 0x144> byte{};  // by character; -1 where it names no byte

    constexpr byte_names() {
        byte.fill(-1);
        char16_t next = 0x100;
        for (int b = 0; b < 256; ++b) {
            const bool prints                            = (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b != 0xad);
            character[static_cast<std::size_t>(b)]       = prints ? static_cast<char16_t>(b) : next++;
            byte[character[static_cast<std::size_t>(b)]] = static_cast<std::int16_t>(b);
        }
    }
};
constexpr byte_names names_of_bytes;
static_assert(names_of_bytes.character[' '] == 0x120 && names_of_bytes.character[0xad] == 0x143);

void append_name(std::string& out, unsigned char byte) { utf8::append(out, names_of_bytes.character[byte]); }

/// Byte-level byte-pair encoding: a text is cut by a pre-tokenizer, its bytes become tokens, and the merges are made in the file's order.
/// Source: Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, section 2.2.
class byte_level final : public algorithm {
public:
    using algorithm::algorithm;
    result<void> load(const description& d, const loading& with);

    void encode(std::string_view text, workspace& work, std::vector<token_id>& ids) const override;
    void append_bytes(token_id id, std::string& out) const override;

    std::string_view kind() const noexcept override { return "byte-level BPE"; }
    std::string_view pretokenizer() const noexcept override { return pre_->names[0]; }
    bool             adds_space() const noexcept override { return false; }
    std::size_t      allocated_bytes() const noexcept override {
        return sizeof(*this) + words_.allocated_bytes() + pairs_.allocated_bytes() + merged_.capacity() * sizeof(merged_[0]);
    }

private:
    struct merge {
        token_id left, right, whole;
        enum : token_id { left_out = -1, faulty = -2 };  // in `left`
    };
    struct pairs {
        const byte_level& model;
        std::uint32_t     rank(const std::vector<symbol>& symbols, std::uint32_t left, std::uint32_t right) const noexcept {
                return model.pairs_.find(static_cast<token_id>(symbols[left].value), static_cast<token_id>(symbols[right].value));
        }
        void join(symbol& left, const symbol&, std::uint32_t rank) const noexcept { left.value = static_cast<std::uint32_t>(model.merged_[rank]); }
    };

    void         load_bytes();
    merge        find_merge(std::string_view text) const noexcept;
    error        merge_fault(const description& d, std::size_t i) const;
    result<void> load_merges(const description& d, const loading& with);
    void         encode_piece(std::string_view piece, workspace& work, std::vector<token_id>& ids) const;

    const text::pretokenizer* pre_ = nullptr;
    pair_index                pairs_;
    std::vector<token_id>     merged_;  // by rank
    token_id                  unknown_       = -1;
    bool                      ignore_merges_ = false;
    std::array<token_id, 256> bytes_{};  // -1: the vocabulary has no token for this byte
};

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
error byte_level::merge_fault(const description& d, std::size_t i) const {
    const auto text  = d.merges[i];
    const auto space = text.find(' ');
    const auto fault = [&](std::string_view why) { return d.from.fault(code::format_invalid, why).about("key", element_of(d.from.merges, i)); };
    if (space == std::string_view::npos || space == 0 || space + 1 == text.size() || text.find(' ', space + 1) != std::string_view::npos)
        return fault("is not two tokens with a space between").expected_found("LEFT RIGHT", text);
    const auto left = text.substr(0, space), right = text.substr(space + 1);
    if (words_.find(left) < 0) return fault("begins with a text that is no token").expected_found("a token", left);
    if (words_.find(right) < 0) return fault("ends with a text that is no token").expected_found("a token", right);
    return fault("makes a text that is no token").expected_found("a token", std::string(left).append(right));
}

result<void> byte_level::load_merges(const description& d, const loading& with) {
    const auto&           list = d.merges;
    std::vector<merge>    merges(list.size());
    constexpr std::size_t piece   = 4096;  // a large list takes tens of milliseconds
    auto                  look_up = [&](std::size_t p) {
        if (with.stop.stop_requested()) return;
        for (std::size_t i = p * piece; i < std::min(list.size(), (p + 1) * piece); ++i) merges[i] = find_merge(list[i]);
    };
    const std::size_t pieces = div_up(list.size(), piece);
    if (with.workers != nullptr)
        with.workers->parallel_for(
            pieces, [](void* work, std::size_t p) noexcept { (*static_cast<decltype(look_up)*>(work))(p); }, &look_up);
    else
        for (std::size_t p = 0; p < pieces; ++p) look_up(p);
    if (with.stop.stop_requested()) return d.from.cancelled();
    merged_.assign(list.size(), -1);
    std::size_t n_left_out = 0;
    for (std::size_t i = 0; i < merges.size(); ++i) {
        if (merges[i].left == merge::faulty) return merge_fault(d, i);
        n_left_out += merges[i].left == merge::left_out;
        merged_[i] = merges[i].whole;
    }
    const auto fill = [&] {
        for (std::size_t i = 0; i < merges.size(); ++i)
            if (merges[i].left >= 0 && !pairs_.add(merges[i].left, merges[i].right, static_cast<std::uint32_t>(i))) return false;
        return true;
    };
    for (std::size_t attempt = 0; attempt < pair_index::attempts; ++attempt) {
        if (with.stop.stop_requested()) return d.from.cancelled();
        pairs_.reset(list.size(), attempt);
        if (!fill()) continue;
        if (n_left_out > 0) with.note(std::to_string(n_left_out) + " merges are with control tokens: they are left out");
        return {};
    }
    return d.from.fault(code::format_invalid, "has pairs made to collide in every hash function").about("key", d.from.merges);
}

result<void> byte_level::load(const description& d, const loading& with) {
    pre_           = d.pre;
    ignore_merges_ = d.ignore_merges;
    if (auto ok = words_.build_index(d.from); !ok) return ok;
    unknown_ = d.unknown;
    load_bytes();
    return load_merges(d, with);
}

void byte_level::encode(std::string_view text, workspace& work, std::vector<token_id>& ids) const {
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = pre_->piece_end(text, begin);
        encode_piece(text.substr(begin, end - begin), work, ids);
        begin = end;
    }
}

void byte_level::encode_piece(std::string_view piece, workspace& work, std::vector<token_id>& ids) const {
    if (ignore_merges_ && piece.size() <= words_.longest_name()) {
        work.text.clear();
        for (const char c : piece) append_name(work.text, static_cast<unsigned char>(c));
        const auto id = words_.find_mergeable(work.text);
        if (id >= 0 && words_.type(id) == token_type::normal) return ids.push_back(id);
    }
    work.symbols.clear();
    for (const char c : piece) {
        const auto id = bytes_[static_cast<unsigned char>(c)];
        if (id >= 0)
            work.symbols.push_back({0, 0, 0, static_cast<std::uint32_t>(id)});
        else
            ++work.n_left_out;
    }
    if (work.symbols.empty()) return;
    merge_all(work, pairs{*this});
    for (std::uint32_t i = 0; i != no_symbol; i = work.symbols[i].next) ids.push_back(static_cast<token_id>(work.symbols[i].value));
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

result<std::unique_ptr<algorithm>> make_byte_level(description d, const loading& with) {
    auto model = std::make_unique<byte_level>(std::move(d.words));
    if (auto ok = model->load(d, with); !ok) return std::move(ok).error();
    return std::unique_ptr<algorithm>(std::move(model));
}

}  // namespace plume::text
