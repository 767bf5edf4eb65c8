// write_tiny_model FILE [vocabulary|chat]: a small random model as a GGUF file, for tests of programs; or its vocabulary alone, without tensors; or one with a
// chat template and byte-level BPE.
#include <fstream>
#include <iostream>
#include <string_view>

#include "support/tiny_model.hpp"

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    using namespace plume::test;
    constexpr std::size_t tokens = 512;  // room for all letters of its text: every text comes back as it was
    gguf_writer           file;
    if (argc > 2 && std::string_view(argv[2]) == "vocabulary") {
        file.set("general.architecture", "llama");
        add_tiny_vocabulary(file, tiny_vocabulary::sentencepiece, tokens, "");
    } else if (argc > 2 && std::string_view(argv[2]) == "chat") {
        file = tiny_model({.context = 4096, .vocabulary = tiny_vocabulary::byte_level, .tokens = tokens});
        file.set("tokenizer.chat_template",
                 "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{{ note }}{% if add_generation_prompt %}"
                 "<|im_start|>assistant\n{% endif %}");
    } else {
        file = tiny_model({.tokens = tokens});
    }
    const auto    bytes = file.build().data;
    std::ofstream out(argv[1], std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out) std::cerr << "cannot write " << argv[1] << '\n';
    return out ? 0 : 1;
}
