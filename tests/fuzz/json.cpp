#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <plume/core/json.hpp>
#include <plume/core/utf8.hpp>

// Any bytes as a JSON text. What is read must be whole: sizes, kinds, names that are found again.

namespace {

using namespace plume;

[[noreturn]] void wrong() { std::abort(); }

void visit(const json::value& v) {
    if (const auto s = v.string(); s && utf8::first_invalid(*s) != std::string_view::npos) wrong();
    if (v.number().has_value() == v.number_text().empty()) wrong();
    std::size_t n = 0;
    for (const auto e : v.elements()) visit(e), ++n;
    for (const auto& m : v.members()) {
        const auto found = v.find(m.key);
        if (!found || found->offset() != m.value.offset()) wrong();
        visit(m.value);
        ++n;
    }
    if (n != v.size()) wrong();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto d = json::document::parse({reinterpret_cast<const char*>(data), size}, {.depth = 100});
    if (d)
        visit(d->root());
    else if (d.error().message().empty())
        wrong();
    return 0;
}
