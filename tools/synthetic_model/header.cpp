#include "header.hpp"

namespace plume::tool::synthetic {
namespace {

void put_element(std::string& out, io::value_type type, const io::gguf_value& value, std::size_t i) {
    using enum io::value_type;
    switch (type) {
        case u8:
        case i8:
            return put(out, static_cast<std::int8_t>(*value.integer(i)));
        case u16:
        case i16:
            return put(out, static_cast<std::int16_t>(*value.integer(i)));
        case u32:
        case i32:
            return put(out, static_cast<std::int32_t>(*value.integer(i)));
        case i64:
            return put(out, *value.integer(i));
        case u64:
            return put(out, *value.count(i));
        case f32:
            return put(out, static_cast<float>(*value.real(i)));
        case f64:
            return put(out, *value.real(i));
        case boolean:
            return put(out, static_cast<std::uint8_t>(*value.flag(i)));
        case string:
            return put_text(out, *value.text(i));
        case array:
            return;  // arrays of arrays: gguf does not open such a file
    }
}

}  // namespace

void metadata::copy(const io::gguf_entry& entry) {
    begin(entry.key, entry.value.type());
    if (entry.value.type() != io::value_type::array) return put_element(bytes_, entry.value.type(), entry.value, 0);
    put(bytes_, static_cast<std::uint32_t>(entry.value.element_type()));
    put(bytes_, std::uint64_t{entry.value.size()});
    for (std::size_t i = 0; i < entry.value.size(); ++i) put_element(bytes_, entry.value.element_type(), entry.value, i);
}

}  // namespace plume::tool::synthetic
