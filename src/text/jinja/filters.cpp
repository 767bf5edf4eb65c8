#include "filters.hpp"

#include "program.hpp"

namespace plume::jinja {

std::uint32_t filter_id(std::string_view name) noexcept {
    if (const auto id = find_builtin(scalar_filters(), name); id != unknown_id) return id;
    const auto id = find_builtin(sequence_filters(), name);
    return id == unknown_id ? id : id + static_cast<std::uint32_t>(scalar_filters().size());
}

value run_filter(runtime& r, std::uint32_t id, const value& subject, const arguments& given) {
    if (id == unknown_id) return r.fail("a filter that is not known");
    const auto scalar = scalar_filters();
    return run_builtin(r, id < scalar.size() ? scalar[id] : sequence_filters()[id - scalar.size()], subject, given);
}

}  // namespace plume::jinja
