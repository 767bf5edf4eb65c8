#include <plume/core/utf8.hpp>

#include "line_input.hpp"

#if PLUME_HAVE_LIBEDIT

#include <array>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <histedit.h>
#include <langinfo.h>
#include <poll.h>
#include <unistd.h>

#include "input.hpp"

namespace plume::tool {
namespace {

constexpr std::string_view paste_end = "\x1b[201~";

/// libedit measures and draws characters by the C library's locale.
void want_utf8() {
    std::setlocale(LC_CTYPE, "");
    if (std::string_view(::nl_langinfo(CODESET)) != "UTF-8") std::setlocale(LC_CTYPE, "C.UTF-8");
}

bool terminal_moves_its_cursor() {
    const char* term = std::getenv("TERM");
    return term != nullptr && *term != '\0' && std::string_view(term) != "dumb" && ::isatty(STDERR_FILENO) == 1;
}

/// A line that can be edited, with the messages of this talk to go back to. Nothing of it is written to a file.
class line_editor final : public line_input {
public:
    explicit line_editor(const interrupt& stop) : stop_(stop), editor_(::el_init("plume", stdin, stderr, stderr)), history_(::history_winit()) {
        if (!good()) return;
        HistEventW event;
        ::history_w(history_, &event, H_SETSIZE, 500);
        ::history_w(history_, &event, H_SETUNIQUE, 1);
        ::el_wset(editor_, EL_CLIENTDATA, this);
        ::el_wset(editor_, EL_HIST, history_w, history_);
        ::el_wset(editor_, EL_EDITOR, L"emacs");
        ::el_wset(editor_, EL_SIGNAL, 0);
        ::el_wset(editor_, EL_GETCFN, next_character);
        ::el_wset(editor_, EL_PROMPT, show_prompt);
        ::el_wset(editor_, EL_ADDFN, L"plume-paste", L"take a paste as it is", take_paste);
        ::el_wset(editor_, EL_ADDFN, L"plume-newline", L"begin a new line", begin_line);
        ::el_wset(editor_, EL_BIND, L"\\e[200~", L"plume-paste", nullptr);
        ::el_wset(editor_, EL_BIND, L"\\e^M", L"plume-newline", nullptr);
        ::el_wset(editor_, EL_BIND, L"\\e^J", L"plume-newline", nullptr);
        ::el_wset(editor_, EL_BIND, L"^R", L"em-inc-search-prev", nullptr);
    }
    ~line_editor() override {
        if (history_ != nullptr) ::history_wend(history_);
        if (editor_ != nullptr) ::el_end(editor_);
    }
    [[nodiscard]] bool good() const { return editor_ != nullptr && history_ != nullptr; }

    reading read(const std::string& prompt) override {
        prompt_.clear();
        for (const char c : prompt) prompt_ += static_cast<wchar_t>(c);  // ours, ASCII
        seen_  = kind::text;
        empty_ = true;
        ::el_wset(editor_, EL_PREP_TERM, 1);  // before the prompt: what is typed from then on reaches the editor as keys (libedit alone does it after)
        put("\x1b[?2004h");                   // the terminal frames what is pasted
        ::el_resize(editor_);
        int            n    = 0;
        const wchar_t* line = ::el_wgets(editor_, &n);
        put("\x1b[?2004l");
        if (line == nullptr || n <= 0) {
            put("\n");
            return {.what = seen_ == kind::text ? kind::end : seen_, .text = {}, .was_empty = empty_};
        }
        reading r{.what = kind::text};
        for (int i = 0; i < n; ++i) utf8::append(r.text, static_cast<char32_t>(line[i]));
        HistEventW event;
        if (r.text.find_first_not_of(" \t\n") != std::string::npos) ::history_w(history_, &event, H_ENTER, line);
        if (r.text.ends_with('\n')) r.text.pop_back();
        return r;
    }

    std::string keys() const override { return "Alt-Enter begins a new line; the arrow keys go back to what was typed; what is pasted is one message"; }

private:
    using kind = reading::kind;

    static line_editor& of(EditLine* editor) {
        void* self = nullptr;
        ::el_wget(editor, EL_CLIENTDATA, &self);
        return *static_cast<line_editor*>(self);
    }
    static void     put(std::string_view text) { [[maybe_unused]] const auto n = ::write(STDERR_FILENO, text.data(), text.size()); }
    static wchar_t* show_prompt(EditLine* editor) { return of(editor).prompt_.data(); }

    /// One character for libedit: 1, 0 at the end of the input, -1 where Ctrl-C or an error ends the line.
    static int next_character(EditLine* editor, wchar_t* out) {
        auto& self = of(editor);
        while (true) {
            if (!self.bytes_.empty() && utf8::incomplete_tail(self.bytes_) < self.bytes_.size()) {
                const auto c = utf8::decode_one(self.bytes_);
                *out         = static_cast<wchar_t>(c.code_point);
                self.bytes_.erase(0, c.size);
                return 1;
            }
            if (!self.stop_.wait_for(STDIN_FILENO, POLLIN)) {
                const auto* line = ::el_wline(editor);
                if (self.seen_ != kind::interrupted) self.empty_ = line->lastchar == line->buffer;  // libedit may ask again, with the line gone
                self.seen_ = kind::interrupted;
                self.bytes_.clear();
                return -1;
            }
            std::array<char, 4096> piece;
            const auto             n = ::read(STDIN_FILENO, piece.data(), piece.size());
            if (n == 0) return 0;
            if (n > 0) self.bytes_.append(piece.data(), static_cast<std::size_t>(n));
            if (n < 0 && errno != EINTR && errno != EAGAIN) {
                self.seen_ = kind::failed;
                return -1;
            }
        }
    }

    /// Everything up to the mark that ends a paste goes into the line, newlines too; other control characters do not.
    static unsigned char take_paste(EditLine* editor, wint_t) {
        std::wstring text;
        for (std::size_t matched = 0; matched < paste_end.size();) {
            wchar_t   c = 0;
            const int n = next_character(editor, &c);
            if (n <= 0) return CC_EOF;
            if (c == static_cast<wchar_t>(paste_end[matched])) {
                ++matched;
                continue;
            }
            for (std::size_t i = 1; i < matched; ++i) text += static_cast<wchar_t>(paste_end[i]);  // it only looked like the mark
            matched = c == L'\x1b' ? 1 : 0;
            if (c == L'\r') c = L'\n';
            const bool control = (c < 0x20 && c != L'\n' && c != L'\t') || (c >= 0x7f && c < 0xa0);
            if (!control) text += c;
        }
        return insert(editor, text);
    }
    static unsigned char begin_line(EditLine* editor, wint_t) { return insert(editor, L"\n"); }
    static unsigned char insert(EditLine* editor, const std::wstring& text) {
        return text.empty() || ::el_winsertstr(editor, text.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
    }

    const interrupt& stop_;
    EditLine*        editor_;
    HistoryW*        history_;
    std::wstring     prompt_;
    std::string      bytes_;  // read, and not yet a whole character
    kind             seen_  = kind::text;
    bool             empty_ = true;
};

}  // namespace

std::unique_ptr<line_input> make_line_editor(const interrupt& stop) {
    if (!terminal_moves_its_cursor()) return nullptr;
    want_utf8();
    auto editor = std::make_unique<line_editor>(stop);
    if (!editor->good()) return nullptr;
    return editor;
}

}  // namespace plume::tool

#else

namespace plume::tool {

std::unique_ptr<line_input> make_line_editor(const interrupt&) { return nullptr; }

}  // namespace plume::tool

#endif
