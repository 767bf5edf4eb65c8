// A small command for text generation, through the public API alone:
//     generate MODEL.gguf "Once upon a time" [--tokens N] [--temperature T] [--seed N] [--context N] [--threads N]
// Ctrl-C ends it as it ends any program; see tools/run.cpp for a command that stops politely.
#include <charconv>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>

#include <plume/plume.hpp>

namespace {

struct settings {
    std::string             model, prompt;
    plume::load_options     load;
    plume::session_options  session;
    plume::generate_options generate;
};

template <class Number>
bool read(std::string_view text, Number& value) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    return problem == std::errc{} && end == text.data() + text.size();
}

bool read(int argc, char** argv, settings& s) {
    if (argc < 3 || argc % 2 == 0) return false;
    s.model  = argv[1];
    s.prompt = argv[2];
    for (int i = 3; i < argc; i += 2) {
        const std::string_view option = argv[i], value = argv[i + 1];
        const bool             good = option == "--tokens"        ? read(value, s.generate.max_tokens)
                                      : option == "--temperature" ? read(value, s.generate.sampling.temperature)
                                      : option == "--seed"        ? read(value, s.generate.seed)
                                      : option == "--context"     ? read(value, s.session.context_tokens)
                                      : option == "--threads"     ? read(value, s.load.threads)
                                                                  : false;
        if (!good) return false;
    }
    return true;
}

int fail(const plume::error& why) {
    std::cerr << "generate: " << why.message() << '\n';
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    settings s;
    if (!read(argc, argv, s)) {
        std::cerr << "usage: generate MODEL.gguf PROMPT [--tokens N] [--temperature T] [--seed N] [--context N] [--threads N]\n";
        return 2;
    }
    // Facts that are not errors, such as a text that was not valid UTF-8.
    const plume::notice_fn tell = [](plume::notice, std::string_view text) { std::cerr << "note: " << text << '\n'; };
    s.load.on_notice = s.session.on_notice = s.generate.on_notice = tell;

    const auto model = plume::load(s.model, s.load);
    if (!model) return fail(model.error());
    auto session = model->new_session(s.session);
    if (!session) return fail(session.error());

    const auto done = plume::generate(*session, s.prompt, s.generate, [](std::string_view piece) { return bool(std::cout << piece << std::flush); });
    if (!done) return fail(done.error());
    std::cerr << "\n[" << done->prompt_tokens << " tokens read, " << done->generated_tokens << " written, ended by: " << name(done->reason) << ", seed "
              << done->seed << "]\n";
    return std::cout ? 0 : 1;
}
