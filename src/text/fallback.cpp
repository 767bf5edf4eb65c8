#include "src/text/describe.hpp"

namespace plume::text {

std::string known_pretokenizers() {
    std::string names;
    for (const auto& entry : pretokenizers())
        for (const auto name : entry.names) names += (names.empty() ? "" : ", ") + std::string(name);
    return names;
}

result<void> use_fallback(error why, description& out, const loading& with) {
    if (with.fallback_pretokenizer.empty()) return why;
    out.pre = find_pretokenizer(with.fallback_pretokenizer);
    if (!out.pre)
        return error{code::invalid_argument, "is not known"}
            .about("fallback pre-tokenizer", with.fallback_pretokenizer)
            .hint("these are: " + known_pretokenizers());
    with.note("the file's pre-tokenizer is missing or not known: the fallback cuts the text");
    return {};
}

}  // namespace plume::text
