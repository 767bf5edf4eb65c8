#include <set>
#include <string>

#include "blocks.hpp"

using namespace plume;
using namespace plume::quant;

static_assert(format_index<f32> == 0 && format_index<tq2_0> + 1 == all_formats::size);
static_assert(float_format<f32> && float_format<f16> && float_format<bf16> && !float_format<q8_0>);
static_assert(encodable<f16> && encodable<bf16> && encodable<q4_0> && encodable<q4_1> && encodable<q5_0> && encodable<q5_1> && encodable<q8_0> &&
              encodable<q4_k> && encodable<q6_k> && encodable<q3_k> && encodable<iq2_xxs>);

TEST_CASE("every type has one number and one name, and is found by them") {
    std::set<int>         numbers;
    std::set<std::string> names;
    for (const format_info& f : formats()) {
        CHECK(numbers.insert(f.gguf_type).second);
        CHECK(names.insert(std::string(f.name)).second);
        CHECK(find_format(f.gguf_type) == &f);
        CHECK(find_format(f.name) == &f);
        std::string lower(f.name);
        for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
        CHECK(find_format(lower) == &f);
        const auto type = find_type(f.gguf_type);
        REQUIRE(type);
        CHECK((type->runs && type->name == f.name && type->weights == f.weights && type->block_bytes == f.block_bytes));
    }
    for (const type_info& t : other_types) {
        CHECK(numbers.insert(t.gguf_type).second);
        CHECK(names.insert(std::string(t.name)).second);
        CHECK(find_format(t.gguf_type) == nullptr);
        const auto type = find_type(t.gguf_type);
        REQUIRE(type);
        CHECK((!type->runs && type->name == t.name && type->weights > 0 && type->block_bytes > 0));
    }
    CHECK(numbers.size() == 40);
    for (const int unknown : {-1, 4, 5, 42, 1000}) {
        CHECK_FALSE(find_type(unknown));
        CHECK(find_format(unknown) == nullptr);
    }
    CHECK(find_format("") == nullptr);
    CHECK(find_format("Q4_") == nullptr);
    CHECK(find_format("Q4_K ") == nullptr);
}

TEST_CASE("the runtime table says what the formats say") {
    std::size_t i = 0;
    all_formats::for_each([&]<class F>(std::type_identity<F>) {
        const format_info& f = formats()[i];
        CHECK(i == format_index<F>);
        ++i;
        CHECK((f.gguf_type == F::gguf_type && f.name == F::name && f.weights == F::weights && f.block_bytes == sizeof(typename F::block)));
        CHECK(f.is_float == (F::weights == 1));
        CHECK((f.decode != nullptr && (f.unpack == nullptr) == f.is_float && (f.encode != nullptr) == encodable<F>));
        if constexpr (code_format<F>) {
            CHECK((f.codes == F::codes && f.offset == F::offset && f.table == F::table));
            const bool empty = f.table == std::array<std::int8_t, 16>{};
            CHECK(f.codes.has_table() == !empty);
            if (f.codes.has_table()) CHECK(f.offset == 0);
            if (!f.codes.has_table())  // every value fits a signed byte, which the integer kernels rely on
                CHECK((-f.offset >= -128 && (1 << f.codes.bits) - 1 - f.offset <= 127));
            if (f.codes.scale == scale_layout::per_256_sub_32 || f.codes.scale == scale_layout::per_256_sub_16) CHECK(f.weights == 256);
        }
    });
    CHECK(i == formats().size());
}
