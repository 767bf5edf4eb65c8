#pragma once

#include <vector>

#include "support/bad_file.hpp"
#include "support/bad_headers.hpp"
#include "support/bad_hyper_parameters.hpp"
#include "support/bad_tensors.hpp"
#include "support/bad_vocabularies.hpp"
#include "support/mistaken_files.hpp"

// The corpus of named bad files: each is one shape in which a model file can be wrong, made in memory when it is asked for.
//
//     for (const auto& file : plume::test::bad_files()) {
//         const auto bytes = file.make();
//         auto       model = plume::load_memory(std::span<const std::byte>(bytes));
//         if (file.by == refused_by::reader || file.by == refused_by::model) CHECK(!model), CHECK(contains(model.error().message(), file.find));
//         if (file.by == refused_by::nobody) CHECK(model);
//     }

namespace plume::test {

inline std::vector<bad_file> bad_files() {
    std::vector<bad_file> all;
    add_mistaken_files(all);
    add_bad_headers(all);
    add_bad_tensors(all);
    add_bad_hyper_parameters(all);
    add_bad_vocabularies(all);
    return all;
}

}  // namespace plume::test
