#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <plume/model.hpp>

#include "interrupt.hpp"

namespace plume::tool {

inline constexpr std::size_t any_size        = std::numeric_limits<std::int32_t>::max();
inline constexpr std::size_t longest_context = std::size_t{1} << 26;  // the library's limit

/// The options of one subcommand. Numbers are read strictly: the whole word, in range, no NaN, nothing that wraps; help shows the defaults.
/// Wrong usage becomes one line on stderr and exit code 2, with a suggestion where an option is misspelt.
class arguments {
public:
    arguments(std::string_view command, std::string_view summary, std::string_view program = "plume ");
    ~arguments();

    void positional(const std::string& name, std::string& value, const std::string& help, bool required = true);
    void flag(const std::string& names, bool& value, const std::string& help);
    void text(const std::string& names, const std::string& type, std::optional<std::string>& value, const std::string& help);
    void text(const std::string& names, const std::string& type, std::string& value, const std::string& help);
    void texts(const std::string& names, const std::string& type, std::vector<std::string>& values, const std::string& help);  // may be repeated

    void number(const std::string& names, std::size_t& value, std::size_t least, std::size_t most, const std::string& help);
    void number(const std::string& names, std::optional<std::uint64_t>& value, const std::string& help);  // any

    /// `take` reads the word and says what it wanted when it could not: "a number from 0 to 1".
    void custom(const std::string& names, const std::string& type, std::function<std::optional<std::string>(std::string_view)> take, const std::string& help);

    /// One of `names`; `chosen` gets its index.
    void choice(const std::string& names, std::vector<std::string_view> choices, std::function<void(std::size_t)> chosen, const std::string& help);

    /// Shown by --help-all alone.
    void rare(const std::string& name);

    /// Reads the words after the subcommand's name. A value: the command ends here with this exit code (help was asked, or wrong usage told).
    [[nodiscard]] std::optional<int> parse(int argc, char** argv, const interrupt& stop);

    [[nodiscard]] const std::string& command() const noexcept { return command_; }  // "plume run"

private:
    struct parser;
    std::string             command_;
    std::unique_ptr<parser> parser_;
};

/// What a command was started with.
struct invocation {
    int        argc;  // argv[0] is the subcommand's name
    char**     argv;
    interrupt& stop;
};

/// Options that many commands share.
struct compute_options {
    std::size_t        threads = 0;
    std::string        cpu_target;
    plume::activations activations = plume::activations::mixed;
    bool               fast        = false;
    plume::kv_type     kv_type     = plume::kv_type::f16;
    std::size_t        ctx         = 0;
    bool               no_mmap     = false;

    void add_threads(arguments& a);
    void add_cpu_target(arguments& a);
    void add_activations(arguments& a);  // and --fast
    void add_kv_type(arguments& a);
    void add_ctx(arguments& a);
    void add_no_mmap(arguments& a);

    /// Load options with these values, the stop token and notices on stderr (but for what is odd about a vocabulary).
    [[nodiscard]] load_options    load(const interrupt& stop) const;
    [[nodiscard]] session_options session() const;
};

/// Strict readers of numbers, for values inside other texts: the whole text, or nothing.
[[nodiscard]] std::optional<std::uint64_t> to_number(std::string_view text);
[[nodiscard]] std::optional<std::int64_t>  to_integer(std::string_view text);
[[nodiscard]] std::optional<double>        to_real(std::string_view text);  // may be infinite, never NaN

/// For help: the shortest text of a number, "0.8".
[[nodiscard]] std::string short_real(double value);

}  // namespace plume::tool
