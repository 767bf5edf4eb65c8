#include <iostream>
#include <iterator>
#include <string>

#include <plume/core/json.hpp>
#include <plume/text/chat_template.hpp>

// Renders chat templates for the scripts that compare them with jinja2 (tests/text/compare_templates.py). Standard input is one JSON text:
//   {"sets": [inputs, ...], "cases": [[source, number of a set], ...]}
// where inputs have the names of chat_template::inputs. For each case one line and as many bytes as it says, in its order:
//   text BYTES t|d FLIP FLIP ...    what was printed; whether its first byte is the template's or data, and where that changes
//   error BYTES CODE                the error's words

namespace {

using namespace plume;

constexpr chat_template::time now{.year = 2026, .month = 3, .day = 7, .hour = 14, .minute = 5, .second = 9};

chat_template::inputs inputs_of(const json::value& set) {
    chat_template::inputs in;
    in.messages_json = set.find("messages");
    in.tools         = set.find("tools");
    in.documents     = set.find("documents");
    in.variables     = set.find("variables");
    in.bos           = "<|bos|>";
    in.eos           = "<|eos|>";
    in.now           = now;
    if (const auto add = set.find("add_generation_prompt")) in.add_generation_prompt = add->boolean().value_or(true);
    return in;
}

void show(const result<marked_text>& r) {
    if (!r) {
        std::cout << "error " << r.error().message().size() << ' ' << name(r.error().code()) << '\n' << r.error().message();
        return;
    }
    std::cout << "text " << r->text.size() << (r->runs.empty() || r->runs[0].from_template ? " t" : " d");
    for (std::size_t i = 1; i < r->runs.size(); ++i) std::cout << ' ' << r->runs[i].begin;
    std::cout << '\n' << r->text;
}

}  // namespace

int main() {
    const std::string all{std::istreambuf_iterator<char>(std::cin), {}};
    const auto        given = json::document::parse(all);
    if (!given) {
        std::cerr << given.error().message() << '\n';
        return 2;
    }
    std::vector<chat_template::inputs> sets;
    for (const auto set : given->root().find("sets")->elements()) sets.push_back(inputs_of(set));
    for (const auto c : given->root().find("cases")->elements()) {
        auto       part   = c.elements().begin();
        const auto source = *(*part).string();
        ++part;
        const auto t = chat_template::parse(source);
        show(t ? t->render(sets.at(static_cast<std::size_t>(*(*part).integer()))) : result<marked_text>(t.error()));
    }
}
