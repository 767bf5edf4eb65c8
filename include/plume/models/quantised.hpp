#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <plume/core/result.hpp>
#include <plume/io/gguf.hpp>

namespace plume {

/// How much each input of a matrix matters: the mean square of what it was multiplied with. By the name of the tensor; of stacked experts one list behind the
/// other. A tensor that is not in it is encoded without.
using importance_matrix = std::map<std::string, std::vector<float>, std::less<>>;

struct quantise_options {
    /// A weight type ("Q8_0", "F16"), for every matrix, or a mix ("Q4_K_M"), which gives more bits to what needs them: see type_names().
    std::string type;
    struct rule {
        std::string pattern, type;  // '*' stands for any text; a pattern without one may stand anywhere in a tensor's name
    };
    std::vector<rule>        rules;  // the first that fits a tensor decides
    const importance_matrix* importance = nullptr;
};

/// All that quantise_options::type takes.
[[nodiscard]] std::vector<std::string_view> quantise_type_names();

/// A model's file with its matrices in other weight types, encoded while they are read: nothing is held. Vectors, norms and routers stay as they are; a matrix
/// whose rows are not whole blocks of its type gets the nearest type with blocks of 32, or F16. Errors: invalid_argument for a name that is no type or of one
/// that cannot be encoded, for a rule that fits no tensor, and for an importance of another length than a matrix has inputs.
[[nodiscard]] result<io::gguf> quantised(const io::gguf& file, const quantise_options& options);

}  // namespace plume
