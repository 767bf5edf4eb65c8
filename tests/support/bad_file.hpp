#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <plume/core/printable.hpp>

#include "support/tiny_model.hpp"

namespace plume::test {

enum class refused_by {
    reader,  // opening the file fails
    model,   // the file opens, loading the model fails
    maybe,   // it may fail or load, at either place
    nobody,  // odd, but right: it must load
};

struct bad_file {
    std::string                  name;
    refused_by                   by;
    std::string                  find;  // must occur in the message of the error, where an error is due
    std::function<byte_string()> make;
};

/// The model that all others are spoilt copies of.
inline const gguf_writer& sound_model(tiny_vocabulary vocabulary = tiny_vocabulary::sentencepiece) {
    const auto        make          = [](tiny_vocabulary v) { return tiny_model({.d = 32, .ffn = 48, .vocabulary = v, .tokens = 300, .tied = true}); };
    static const auto sentencepiece = make(tiny_vocabulary::sentencepiece), byte_level = make(tiny_vocabulary::byte_level);
    return vocabulary == tiny_vocabulary::sentencepiece ? sentencepiece : byte_level;
}

/// Adds sound_model() after `change`.
inline void add(std::vector<bad_file>& all, std::string name, refused_by by, std::string find, std::function<void(gguf_writer&)> change,
                tiny_vocabulary vocabulary = tiny_vocabulary::sentencepiece) {
    all.push_back({std::move(name), by, std::move(find), [change = std::move(change), vocabulary] {
                       auto w = sound_model(vocabulary);
                       change(w);
                       return w.build().data;
                   }});
}

/// Adds the bytes of sound_model() after `change`.
inline void add_bytes(std::vector<bad_file>& all, std::string name, refused_by by, std::string find, std::function<void(gguf_bytes&)> change) {
    all.push_back({std::move(name), by, std::move(find), [change = std::move(change)] {
                       auto file = sound_model().build();
                       change(file);
                       return file.data;
                   }});
}

inline byte_string bytes_of_text(std::string_view text) {
    byte_string b;
    append(b, text.data(), text.size());
    return b;
}

template <class T>
byte_string bytes_of_number(T value) {
    byte_string b;
    append(b, value);
    return b;
}

}  // namespace plume::test
