#include <algorithm>
#include <array>

#include <plume/core/utf8.hpp>
#include <plume/text/pretokenizers.hpp>

#include "src/text/algorithm.hpp"
#include "src/text/byte_encoder.hpp"
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
    std::size_t      allocated_bytes() const noexcept override {
        return sizeof(*this) + words_.allocated_bytes() + merges_.allocated_bytes() + encoder_.allocated_bytes();
    }

private:
    void load_bytes();

    const text::pretokenizer* pre_ = nullptr;
    merge_table               merges_;
    token_id                  unknown_ = -1;
    std::array<token_id, 256> bytes_{};  // -1: the vocabulary has no token for this byte
    byte_encoder              encoder_;
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
    pre_ = d.pre;
    if (auto ok = words_.build_index(d.from); !ok) return ok;
    unknown_ = d.unknown;
    load_bytes();
    if (auto ok = encoder_.load(*pre_, d.ignore_merges); !ok) return ok;
    return d.merges_by_rank ? merges_.load_by_rank(d, words_, with) : merges_.load(d, words_, with);
}

void byte_level::encode(std::string_view text, workspace& work, std::vector<token_id>& ids) const {
    encoder_.encode(text, {merges_.pairs(), merges_.merged(), bytes_, words_}, work, ids);
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
