#include "objects.hpp"

#include <plume/core/utf8.hpp>

namespace plume::jinja {
namespace {

constexpr std::size_t few_entries = 8;  // up to so many are searched one by one

}  // namespace

std::size_t string_object::points() const noexcept {
    if (points_ == static_cast<std::size_t>(-1)) points_ = utf8::count(text.view());
    return points_;
}

std::string_view name(flavour f) noexcept {
    constexpr std::string_view names[] = {"a list", "a tuple", "a range", "a view of keys", "a view of values", "a view of items", "a generator"};
    return names[static_cast<std::size_t>(f)];
}

mapping_object::mapping_object(bool from_data, std::vector<entry> content) : data(from_data), entries(std::move(content)) {
    if (entries.size() <= few_entries) return;
    for (std::size_t i = 0; i < entries.size(); ++i)
        if (entries[i].first.is_string()) index_.emplace(view_of(entries[i].first), i);
}

const value* mapping_object::find(std::string_view key) const noexcept {
    if (entries.size() <= few_entries) {
        for (const auto& [k, v] : entries)
            if (is_string(k, key)) return &v;
        return nullptr;
    }
    const auto at = index_.find(key);
    return at == index_.end() ? nullptr : &entries[at->second].second;
}

}  // namespace plume::jinja
