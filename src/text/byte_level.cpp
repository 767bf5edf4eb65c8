#include <algorithm>
#include <array>

#include <plume/core/utf8.hpp>
#include <plume/text/pretokenizers.hpp>

#include "src/text/algorithm.hpp"
#include "src/text/byte_names.hpp"
#include "src/text/merge_table.hpp"

namespace plume::text {
namespace {

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
    std::size_t      allocated_bytes() const noexcept override { return sizeof(*this) + words_.allocated_bytes() + merges_.allocated_bytes(); }

private:
    struct pairs {
        const byte_level& model;
        std::uint32_t     rank(const std::vector<symbol>& symbols, std::uint32_t left, std::uint32_t right) const noexcept {
                return model.merges_.rank(static_cast<token_id>(symbols[left].value), static_cast<token_id>(symbols[right].value));
        }
        void join(symbol& left, const symbol&, std::uint32_t rank) const noexcept { left.value = static_cast<std::uint32_t>(model.merges_.whole(rank)); }
    };

    void load_bytes();
    void encode_piece(std::string_view piece, workspace& work, std::vector<token_id>& ids) const;

    const text::pretokenizer* pre_ = nullptr;
    merge_table               merges_;
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

result<void> byte_level::load(const description& d, const loading& with) {
    pre_           = d.pre;
    ignore_merges_ = d.ignore_merges;
    if (auto ok = words_.build_index(d.from); !ok) return ok;
    unknown_ = d.unknown;
    load_bytes();
    return d.merges_by_rank ? merges_.load_by_rank(d, words_, with) : merges_.load(d, words_, with);
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
