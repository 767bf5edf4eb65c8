#include <iostream>

#include <plume/plume.hpp>

int main(int argc, char** argv) {
    auto model = plume::load(argc > 1 ? argv[1] : "model.gguf");  // result<model>: a model, or an error that says what to do
    if (!model) return std::cerr << model.error().message() << '\n', 1;
    auto session = model->new_session({.context_tokens = 256});
    if (!session) return std::cerr << session.error().message() << '\n', 1;

    const auto print = [](std::string_view piece) {  // called on this thread, with whole characters
        std::cout << piece << std::flush;
        return true;  // false would stop
    };
    const auto done = plume::generate(*session, "Dear customer,", {.max_tokens = 200, .seed = 1}, print);
    if (!done) return std::cerr << done.error().message() << '\n', 1;
    if (done->reason != plume::stop_reason::end) std::cerr << "\nstopped: " << name(done->reason) << '\n';
}
