#include "talk.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include <plume/core/printable.hpp>

#include "line_input.hpp"
#include "messages.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "suggest.hpp"

namespace plume::tool {
namespace {

using kind = line_input::reading::kind;

std::string_view without_spaces(std::string_view text) {
    constexpr std::string_view spaces = " \t\r\n";
    const auto                 begin  = text.find_first_not_of(spaces);
    return begin == std::string_view::npos ? std::string_view() : text.substr(begin, text.find_last_not_of(spaces) - begin + 1);
}

class talker {
public:
    talker(plume::chat c, talk_options options, interrupt& stop)
        : chat_(std::move(c)),
          options_(std::move(options)),
          stop_(stop),
          terminal_(::isatty(STDIN_FILENO) == 1),
          input_(make_line_input(stop)),
          out_(STDOUT_FILENO, "standard output", stop) {
        options_.generate.on_notice = tell_notices();
    }

    int run() {
        if (!options_.system.empty()) set_system(options_.system);
        if (terminal_ && !options_.quiet) say("/help shows what can be typed besides messages, Ctrl-D leaves");
        bool warned = false;
        while (!leaves_) {
            stop_.rearm();
            const auto in = input_->read("> ");
            if (in.what == kind::end) break;
            if (in.what == kind::failed) {
                say("cannot read standard input, or it holds more than a message may");
                return exit_failure;
            }
            if (in.what == kind::interrupted) {
                if (!terminal_ || in.was_empty || warned) return exit_interrupted;
                warned = true;
                say("once more Ctrl-C, or /exit, leaves");
                continue;
            }
            warned = false;
            if (const auto code = take(in.text)) return *code;
        }
        return out_.exit_code();
    }

private:
    struct command {
        std::string_view name, argument, help;
        void (talker::*call)(std::string_view argument);
    };
    static const command commands_[];

    /// A value: the talk ends with it.
    std::optional<int> take(const std::string& text) {
        if (without_spaces(text).empty()) return std::nullopt;
        failed_ = false;
        if (text.front() == '/' && text.find('\n') == std::string::npos)
            obey(text);
        else
            answer(text);
        if (!out_.alive()) return out_.exit_code();
        if (terminal_) return std::nullopt;
        if (stop_.asked()) return exit_interrupted;
        return failed_ ? std::optional(exit_failure) : std::nullopt;  // nobody is there to mend it
    }

    void obey(std::string_view line) {
        const auto               space = line.find_first_of(" \t");
        const auto               word  = line.substr(1, space == std::string_view::npos ? space : space - 1);
        const auto               rest  = space == std::string_view::npos ? std::string_view() : without_spaces(line.substr(space));
        std::vector<std::string> known;
        for (const auto* c = commands_; c->call != nullptr; ++c) {
            if (c->name == word) return (this->*c->call)(rest);
            known.push_back('/' + std::string(c->name));
        }
        trouble("there is no command '/" + printable(word, 40) + "'" + did_you_mean('/' + std::string(word), known) +
                "; /help shows all; with a space before it, it is a message");
    }

    void trouble(std::string_view line) {
        failed_ = true;
        say(line);
    }

    /// Lets the model answer: to `text`, or to the messages as they are.
    void answer(const std::optional<std::string>& text) {
        progress bar("reading", options_.quiet);
        auto     how         = options_.generate;
        how.seed             = options_.generate.seed + n_answers_++;
        how.stop             = stop_.token();
        how.on_progress      = bar.callback();
        bool       ends_line = true;
        const auto put       = [&](std::string_view piece) {
            bar.done();
            ends_line = piece.ends_with('\n');
            return out_.write_text(piece);
        };
        const auto done = text ? chat_.say(*text, how, put) : chat_.answer(how, put);
        bar.done();
        if (!ends_line) out_.write("\n");
        if (!out_.alive()) return;
        if (!done) return tell(done.error());
        if (done->reason == stop_reason::context_full)
            trouble("cut: the context of " + std::to_string(chat_.session().context_tokens()) + " tokens is full; /clear begins anew, --ctx N gives more room");
        if (done->reason == stop_reason::length && !options_.quiet) say("cut at -n tokens");
        if (done->reason == stop_reason::stopped && terminal_)
            say(done->generated_tokens > 0 ? "stopped; what was said stays in the talk" : "stopped before the answer: the message is taken back");
    }

    void tell(const error& why) {
        if (why.code() != code::context_full) return trouble(why.message());
        trouble("the talk needs " + why.found() + " tokens and the context has room for " + std::to_string(chat_.session().context_tokens()) +
                ": the message is taken back; /clear begins anew, --ctx N gives more room");
    }

    void help(std::string_view) {
        std::string text;
        for (const auto* c = commands_; c->call != nullptr; ++c) {
            auto left = "/" + std::string(c->name) + (c->argument.empty() ? "" : " ") + std::string(c->argument);
            text += "  " + left + std::string(left.size() < 16 ? 16 - left.size() : 1, ' ') + std::string(c->help) + '\n';
        }
        text += "Ctrl-C stops an answer; at the empty prompt it leaves, as Ctrl-D does.\n";
        if (const auto keys = input_->keys(); !keys.empty()) text += keys + ".\n";
        [[maybe_unused]] const auto n = ::write(STDERR_FILENO, text.data(), text.size());
    }

    [[nodiscard]] bool has_system() const { return !chat_.messages().empty() && chat_.messages().front().role == "system"; }

    void set_system(std::string_view text) {
        std::vector<message> all(chat_.messages().begin() + (has_system() ? 1 : 0), chat_.messages().end());
        if (!text.empty()) all.insert(all.begin(), message{.role = "system", .content = std::string(text)});
        chat_.set_messages(std::move(all));
    }

    void system(std::string_view text) {
        if (text.empty()) return say(has_system() ? "system prompt: " + printable(chat_.messages().front().content, 4000) : "no system prompt is set");
        set_system(text == "-" ? std::string_view() : text);
        say(text == "-" ? "no system prompt any more" : "from now on with this system prompt; what was said stays, /clear forgets it");
    }

    void clear(std::string_view) {
        chat_.keep_messages(has_system() ? 1 : 0);
        say("forgotten");
    }

    void regen(std::string_view) {
        const auto all = chat_.messages();
        if (all.empty() || all.back().role != "assistant") return trouble("there is no answer to give again");
        const auto last = all.back();
        chat_.keep_messages(all.size() - 1);
        const auto before = chat_.messages().size();
        answer(std::nullopt);
        if (chat_.messages().size() == before) chat_.add(last);  // nothing came of it
    }

    void save(std::string_view path) {
        if (path.empty()) return trouble("/save needs the name of a file");
        const std::string name(path);
        const auto        saved = save_messages(name, {chat_.messages().begin(), chat_.messages().end()}, stop_);
        if (!saved) return trouble(saved.error().message());
        say(std::to_string(chat_.messages().size()) + " messages are in " + printable(name, 400));
    }

    void load(std::string_view path) {
        if (path.empty()) return trouble("/load needs the name of a file");
        auto messages = load_messages(std::string(path), stop_);
        if (!messages) return trouble(messages.error().message());
        const auto n = messages->size();
        chat_.set_messages(*std::move(messages));
        say(std::to_string(n) + " messages; the talk goes on from there");
    }

    void leave(std::string_view) { leaves_ = true; }

    plume::chat                 chat_;
    talk_options                options_;
    interrupt&                  stop_;
    const bool                  terminal_;
    std::unique_ptr<line_input> input_;
    writer                      out_;
    std::uint64_t               n_answers_ = 0;
    bool                        leaves_ = false, failed_ = false;
};

/// THE LIST of what can be typed.
const talker::command talker::commands_[] = {
    {"help", "", "this list", &talker::help},
    {"system", "TEXT", "the system prompt from now on; - for none; alone it shows it", &talker::system},
    {"clear", "", "forget what was said; the system prompt stays", &talker::clear},
    {"regen", "", "answer the last message once more", &talker::regen},
    {"save", "FILE", "write the talk to a file, as JSON messages", &talker::save},
    {"load", "FILE", "go on with a talk from a file", &talker::load},
    {"exit", "", "leave; so does Ctrl-D", &talker::leave},
    {"", "", "", nullptr},
};

}  // namespace

int talk(plume::chat c, talk_options options, interrupt& stop) {
    keep_terminal_settings();
    return talker(std::move(c), std::move(options), stop).run();
}

}  // namespace plume::tool
