#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace plume::text {

/// Reads the fields of one protobuf message, in place: no allocation, no recursion, every length checked against what is left. Groups, which are long
/// deprecated, are refused; a message inside a message is a text, to be read by a reader of its own. Source: the Protocol Buffers encoding specification.
///
///     protobuf_reader message(bytes);
///     while (message.next()) if (message.number() == 1 && message.is_text()) use(message.text());
///     if (message.broken()) ...
class protobuf_reader {
public:
    explicit protobuf_reader(std::string_view bytes) noexcept : rest_(bytes), all_(bytes) {}

    /// Goes to the next field; false at the end and where the bytes are no message.
    [[nodiscard]] bool next() noexcept {
        if (broken_ || rest_.empty()) return false;
        field_begin_             = all_.size() - rest_.size();
        const std::uint64_t head = varint();
        wire_                    = static_cast<std::uint32_t>(head & 7);
        number_                  = head >> 3;
        broken_                  = broken_ || number_ == 0 || number_ >= (std::uint64_t{1} << 29);
        switch (wire_) {
            case 0:
                value_ = varint();
                break;
            case 1:
                value_ = fixed(8);
                break;
            case 5:
                value_ = fixed(4);
                break;
            case 2:
                text_ = take(varint());
                break;
            default:
                broken_ = true;
        }
        return !broken_;
    }

    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    [[nodiscard]] bool          is_number() const noexcept { return wire_ == 0; }
    [[nodiscard]] bool          is_float() const noexcept { return wire_ == 5; }
    [[nodiscard]] bool          is_text() const noexcept { return wire_ == 2; }
    // Of a field whose kind has been asked for.
    [[nodiscard]] std::int64_t     integer() const noexcept { return static_cast<std::int64_t>(value_); }
    [[nodiscard]] float            real() const noexcept { return std::bit_cast<float>(static_cast<std::uint32_t>(value_)); }
    [[nodiscard]] std::string_view text() const noexcept { return text_; }
    /// Where the last field begins, in the bytes of the message.
    [[nodiscard]] std::size_t offset() const noexcept { return field_begin_; }
    /// A length or a number leads behind the end, or is none.
    [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
    std::uint64_t varint() noexcept {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto byte = fixed(1);
            if (broken_) return 0;
            value |= (byte & 0x7f) << shift;
            if (byte < 0x80) return value;
        }
        broken_ = true;
        return 0;
    }
    std::uint64_t fixed(std::size_t bytes) noexcept {
        const auto    part  = take(bytes);
        std::uint64_t value = 0;
        for (std::size_t i = part.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(part[i]);
        return value;
    }
    std::string_view take(std::uint64_t bytes) noexcept {
        if (broken_ || bytes > rest_.size()) {
            broken_ = true;
            return {};
        }
        const auto part = rest_.substr(0, static_cast<std::size_t>(bytes));
        rest_.remove_prefix(part.size());
        return part;
    }

    std::string_view rest_, all_, text_;
    std::uint64_t    number_ = 0, value_ = 0;
    std::size_t      field_begin_ = 0;
    std::uint32_t    wire_        = 0;
    bool             broken_      = false;
};

}  // namespace plume::text
