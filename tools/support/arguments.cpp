#include "arguments.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <sstream>
#include <utility>

#include <unistd.h>
#include <CLI/CLI.hpp>

#include <plume/core/printable.hpp>

#include "output.hpp"
#include "suggest.hpp"

namespace plume::tool {
namespace {

constexpr const char* rare_group = "rare";

/// Two columns, defaults in the text; what is rare only when all is asked for.
class help_text : public CLI::Formatter {
public:
    std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
        std::ostringstream out;
        out << "usage: " << name;
        for (const auto* o : positionals(app)) out << ' ' << (o->get_required() ? o->get_name(true) : '[' + o->get_name(true) + ']');
        out << " [options]\n\n" << app->get_description() << "\n\n";
        for (const auto* o : positionals(app)) line(out, o->get_name(true), o->get_description());
        for (const auto* o : app->get_options([](const CLI::Option* option) { return option->nonpositional(); })) {
            if (o->get_group() == rare_group && mode != CLI::AppFormatMode::All) continue;
            const auto type = o->get_type_name();
            line(out, o->get_name(false, true) + (type.empty() ? "" : " " + type), o->get_description());
        }
        return out.str();
    }

private:
    static std::vector<const CLI::Option*> positionals(const CLI::App* app) {
        return app->get_options([](const CLI::Option* option) { return option->get_positional(); });
    }
    /// Left column, right column broken between words.
    static void line(std::ostream& out, const std::string& left, std::string_view right) {
        constexpr std::size_t column = 26, width = 100 - column;
        out << "  " << left << (left.size() + 3 < column ? std::string(column - 2 - left.size(), ' ') : "\n" + std::string(column, ' '));
        while (right.size() > width) {
            const auto space = right.rfind(' ', width);
            if (space == std::string_view::npos) break;
            out << right.substr(0, space) << '\n' << std::string(column, ' ');
            right.remove_prefix(space + 1);
        }
        out << right << '\n';
    }
};

std::string with_default(const std::string& help, const std::string& value) { return value.empty() ? help : help + " [" + value + "]"; }

[[noreturn]] void refuse(const std::string& option, const std::string& wanted, const std::string& got) {
    throw CLI::ValidationError("option " + option, "must be " + wanted + ", not '" + printable(got, 40) + "'");
}

std::string first_name(const std::string& names) { return names.substr(names.rfind(',') == std::string::npos ? 0 : names.rfind(',') + 1); }

template <class Number>
std::optional<Number> parse_whole(std::string_view text) {
    Number value{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::string short_real(double value) {
    std::array<char, 32> text;
    return std::string(text.data(), std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 6).ptr);
}

std::optional<std::int64_t> to_integer(std::string_view text) { return parse_whole<std::int64_t>(text); }

std::optional<std::uint64_t> to_number(std::string_view text) { return parse_whole<std::uint64_t>(text); }

std::optional<double> to_real(std::string_view text) {
    const auto value = parse_whole<double>(text);
    return value && !std::isnan(*value) ? value : std::nullopt;
}

struct arguments::parser {
    explicit parser(const std::string& summary) : app(summary) {}
    CLI::App app;

    CLI::Option* value(const std::string& names, const std::string& type, const std::function<void(const std::string&)>& take, const std::string& help) {
        return app.add_option_function<std::string>(names, take, help)->type_name(type);
    }
};

arguments::arguments(std::string_view command, std::string_view summary, std::string_view program)
    : command_(std::string(program) + std::string(command)), parser_(std::make_unique<parser>(std::string(summary))) {
    auto& app = parser_->app;
    app.name(command_);
    app.formatter(std::make_shared<help_text>());
    app.set_help_flag("-h,--help", "show this text");
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

arguments::~arguments() = default;

void arguments::positional(const std::string& name, std::string& value, const std::string& help, bool required) {
    parser_
        ->value(
            name, "", [&value](const std::string& word) { value = word; }, help)
        ->required(required);
}

void arguments::flag(const std::string& names, bool& value, const std::string& help) {
    parser_->app.add_flag_callback(
        names, [&value] { value = true; }, help);
}

void arguments::text(const std::string& names, const std::string& type, std::optional<std::string>& value, const std::string& help) {
    parser_->value(
        names, type, [&value](const std::string& word) { value = word; }, help);
}

void arguments::text(const std::string& names, const std::string& type, std::string& value, const std::string& help) {
    parser_->value(
        names, type, [&value](const std::string& word) { value = word; }, help);
}

void arguments::texts(const std::string& names, const std::string& type, std::vector<std::string>& values, const std::string& help) {
    // One value for each time it is given: the parser's own reading of "[a,b]" as a list must not touch a text.
    parser_->app
        .add_option_function<std::vector<std::string>>(
            names, [&values](const std::vector<std::string>& words) { values = words; }, help)
        ->type_name(type)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false);
}

void arguments::number(const std::string& names, std::size_t& value, std::size_t least, std::size_t most, const std::string& help) {
    const auto take = [&value, least, most, name = first_name(names)](const std::string& word) {
        const auto n = to_number(word);
        if (!n || *n < least || *n > most) refuse(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most), word);
        value = static_cast<std::size_t>(*n);
    };
    parser_->value(names, "N", take, value == 0 ? help : with_default(help, std::to_string(value)));
}

void arguments::number(const std::string& names, std::optional<std::uint64_t>& value, const std::string& help) {
    const auto take = [&value, name = first_name(names)](const std::string& word) {
        value = to_number(word);
        if (!value) refuse(name, "a whole number from 0 to 18446744073709551615", word);
    };
    parser_->value(names, "N", take, help);
}

void arguments::custom(const std::string& names, const std::string& type, std::function<std::optional<std::string>(std::string_view)> take,
                       const std::string& help) {
    const auto read = [take = std::move(take), name = first_name(names)](const std::string& word) {
        if (const auto wanted = take(word)) refuse(name, *wanted, word);
    };
    parser_->value(names, type, read, help);
}

void arguments::rare(const std::string& name) {
    auto& app = parser_->app;
    app.get_option(name)->group(rare_group);
    if (app.get_help_all_ptr() == nullptr) app.set_help_all_flag("--help-all", "show all options");
}

void arguments::choice(const std::string& names, std::vector<std::string_view> choices, std::function<void(std::size_t)> chosen, const std::string& help) {
    std::string list;
    for (auto c : choices) list.append(list.empty() ? "" : ", ").append(c);
    const auto take = [choices = std::move(choices), chosen = std::move(chosen), list, name = first_name(names)](const std::string& word) {
        const auto at = std::find(choices.begin(), choices.end(), word);
        if (at == choices.end()) refuse(name, "one of " + list, word);
        chosen(static_cast<std::size_t>(at - choices.begin()));
    };
    parser_->value(names, "NAME", take, help);
}

std::optional<int> arguments::parse(int argc, char** argv, const interrupt& stop) {
    auto& app = parser_->app;
    // A misspelt option is the likelier cause than whatever else went wrong, since its value then counts as a positional.
    const auto misspelt = [&]() -> std::optional<int> {
        for (const auto& word : app.remaining()) {
            if (word.size() < 2 || word[0] != '-') continue;
            std::vector<std::string> known;
            for (const auto* o : app.get_options([](const CLI::Option* option) { return option->nonpositional(); })) {
                for (const auto& name : o->get_lnames()) known.push_back("--" + name);
                for (const auto& name : o->get_snames()) known.push_back("-" + name);
            }
            const auto name = word.substr(0, word.find('='));
            return usage(command_, "there is no option '" + printable(name, 60) + "'" + did_you_mean(name, known));
        }
        return std::nullopt;
    };
    try {
        app.parse(argc, argv);
        return std::nullopt;
    } catch (const CLI::CallForHelp&) {
        return print(app.help(), stop);
    } catch (const CLI::CallForAllHelp&) {
        return print(app.help("", CLI::AppFormatMode::All), stop);
    } catch (const CLI::ExtrasError&) {
        if (auto code = misspelt()) return code;
        return usage(command_, "too many arguments: '" + printable(app.remaining().front(), 60) + "' has no place here");
    } catch (const CLI::ParseError& e) {
        if (auto code = misspelt()) return code;
        return usage(command_, printable(e.what(), 400));
    }
}

void compute_options::add_threads(arguments& a) { a.number("-t,--threads", threads, 1, 1024, "threads to work with [all that may be used]"); }
void compute_options::add_cpu_target(arguments& a) { a.text("--cpu-target", "NAME", cpu_target, "scalar, avx2, avx512, avx512vnni, amx [the best here]"); }
void compute_options::add_ctx(arguments& a) { a.number("-c,--ctx", ctx, 1, longest_context, "room for tokens [the model's own, at most 4096]"); }
void compute_options::add_no_mmap(arguments& a) { a.flag("--no-mmap", no_mmap, "read the file instead of mapping it"); }

void compute_options::add_activations(arguments& a) {
    using enum plume::activations;
    static constexpr std::array all{a8, mixed, a16};
    a.choice(
        "--activations", {name(a8), name(mixed), name(a16)}, [this](std::size_t i) { activations = all[i]; }, "precision: a8, mixed, a16 [mixed]");
    a.flag("--fast", fast, "float weights in bf16 where it is faster; results differ between machines");
}

void compute_options::add_kv_type(arguments& a) {
    static constexpr std::array all{plume::kv_type::f16, plume::kv_type::f32, plume::kv_type::q8_0};
    a.choice(
        "--kv-type", {name(all[0]), name(all[1]), name(all[2])}, [this](std::size_t i) { kv_type = all[i]; },
        "precision of the context: f16, f32, q8_0 (8 bits) [f16]");
}

load_options compute_options::load(const interrupt& stop) const {
    load_options options;
    options.map         = !no_mmap;
    options.threads     = threads;
    options.cpu_target  = cpu_target;
    options.activations = activations;
    options.fast        = fast;
    options.stop        = stop.token();
    // What is odd about a vocabulary is for `plume check`, not for every run.
    options.on_notice = [tell = tell_notices()](notice what, std::string_view text) {
        if (what != notice::vocabulary_odd) tell(what, text);
    };
    return options;
}

session_options compute_options::session() const {
    session_options options;
    options.context_tokens = ctx;
    options.kv_type        = kv_type;
    options.on_notice      = tell_notices();
    return options;
}

}  // namespace plume::tool
