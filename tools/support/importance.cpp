#include "importance.hpp"

#include <cmath>
#include <cstring>

#include <plume/io/gguf.hpp>

namespace plume::tool {
namespace {

constexpr std::string_view sums_end = ".in_sum2", counts_end = ".counts";

result<std::vector<float>> read_floats(const io::gguf& file, const io::tensor_info& t) {
    if (t.type != 0) return file.fault(code::format_invalid, "is not in F32").about("tensor", t.name);
    std::vector<std::byte> scratch;
    const auto             bytes = file.read(t, 0, static_cast<std::size_t>(t.bytes), scratch);
    if (!bytes) return error(bytes.error());
    std::vector<float> values(bytes->size() / sizeof(float));
    std::memcpy(values.data(), bytes->data(), bytes->size());
    for (const float x : values)
        if (!(x >= 0 && std::isfinite(x))) return file.fault(code::format_invalid, "holds what is not a finite number of 0 or more").about("tensor", t.name);
    return values;
}

}  // namespace

result<importance_matrix> read_importance(const std::string& path) {
    const auto file = io::gguf::open(path);
    if (!file) return error(file.error());
    const auto kind = file->text_or("general.type", "");
    if (!kind) return error(kind.error());
    if (*kind != "imatrix")
        return file->fault(code::format_invalid, "is not an importance matrix")
            .about("key", "general.type")
            .expected_found("imatrix", *kind)
            .hint("give a GGUF file of sums of squares, as llama-imatrix writes");
    importance_matrix all;
    for (const auto& t : file->tensors()) {
        if (!t.name.ends_with(sums_end)) continue;
        const auto  name    = t.name.substr(0, t.name.size() - sums_end.size());
        const auto* n       = file->find_tensor(name + std::string(counts_end));
        const auto  experts = t.n_elems / t.dims[0];
        if (n == nullptr || n->n_elems != experts) return file->fault(code::format_invalid, "does not say of how many vectors it is").about("tensor", t.name);
        auto sums = read_floats(*file, t);
        if (!sums) return std::move(sums).error();
        const auto counts = read_floats(*file, *n);
        if (!counts) return error(counts.error());
        const auto columns = static_cast<std::size_t>(t.dims[0]);
        for (std::size_t i = 0; i < sums->size(); ++i) {
            const float vectors = (*counts)[i / columns];
            (*sums)[i]          = vectors > 0 ? (*sums)[i] / vectors : 1.0f;  // an expert that no text reached: all of its inputs alike
        }
        all.emplace(name, *std::move(sums));
    }
    if (all.empty()) return file->fault(code::format_invalid, "holds no importance of any tensor");
    return all;
}

}  // namespace plume::tool
