#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <plume/core/result.hpp>

#include "lexer.hpp"
#include "program.hpp"

namespace plume::jinja {

/// Builds the tree. After the first error every token is the end, so that all loops stop.
class parser {
public:
    parser(program& p, std::vector<token> tokens, std::size_t depth) noexcept : program_(p), tokens_(std::move(tokens)), depth_left_(depth) {}

    result<void> run();

private:
    // tokens
    [[nodiscard]] const token&     current() const noexcept { return tokens_[at_]; }
    [[nodiscard]] std::string_view text(const token& t) const noexcept { return std::string_view(program_.source).substr(t.begin, t.size); }
    [[nodiscard]] bool             is(token_kind k) const noexcept { return current().kind == k; }
    [[nodiscard]] bool             is_symbol(std::string_view s) const noexcept { return is(token_kind::symbol) && text(current()) == s; }
    [[nodiscard]] bool             is_name(std::string_view s) const noexcept { return is(token_kind::name) && text(current()) == s; }
    [[nodiscard]] bool             next_is_name(std::string_view s) const noexcept;
    [[nodiscard]] bool             next_is_symbol(std::string_view s) const noexcept;
    token                          take() noexcept;
    bool                           take_symbol(std::string_view s) noexcept;
    bool                           take_name(std::string_view s) noexcept;
    void                           expect(token_kind k, std::string_view what);
    void                           expect_symbol(std::string_view s);
    std::string                    expect_name(std::string_view what);
    [[nodiscard]] bool             ok() const noexcept { return !error_; }

    void  fail(std::size_t place, std::string_view what);
    void  fail_here(std::string_view expected);
    node* make(op kind, std::size_t place);
    bool  deeper();

    // statements (parser.cpp)
    using bodies = std::vector<node*>;
    void  statements(bodies& out, std::initializer_list<std::string_view> ends);
    void  body_until(bodies& out, std::initializer_list<std::string_view> ends);
    void  end_tag(std::string_view name);
    node* statement();
    node* for_statement(std::size_t place);
    node* if_statement(std::size_t place);
    node* set_statement(std::size_t place);
    node* macro_statement(std::size_t place);
    node* call_statement(std::size_t place);
    node* filter_statement(std::size_t place);
    node* generation_statement(std::size_t place);
    node* with_statement(std::size_t place);
    void  print_statement(bodies& out);
    void  signature(node& macro);
    void  macro_body(node& macro, std::string_view end);
    node* target(bool in_for, bool with_attributes);
    bool  is_target(const node& n);

    // expressions (parser_expressions.cpp)
    node* expression(bool with_conditional = true);
    node* tuple_or_expression(bool with_conditional, bool parenthesised, bool in_for = false, bool only_primaries = false, bool with_attributes = false);
    node* disjunction();
    node* conjunction();
    node* negation();
    node* comparison_chain();
    node* sum();
    node* concatenation();
    node* product();
    node* raised();
    node* unary(bool with_filters = true);
    node* primary(bool with_attributes = false);
    node* word(bool with_attributes);
    node* literal_string();
    node* literal_number();
    node* literal_list();
    node* literal_mapping();
    node* postfix(node* n);
    node* subscript(node* n);
    node* subscribed();
    node* filters_and_tests(node* n);
    node* filter(node* n);
    node* filter_chain(node* n);
    node* test(node* n);
    node* call(node* n);
    void  arguments(node& n);
    node* binary(op kind, std::size_t place, node* left, node* right);
    void  unescape(const token& t, std::string& out);

    program&             program_;
    std::vector<token>   tokens_;
    std::size_t          at_ = 0;
    std::size_t          depth_left_;
    std::size_t          loops_ = 0;  // around this place, up to the next macro
    std::vector<node*>   macros_;     // around this place
    std::optional<error> error_;

    /// Counts one level of depth while it lives.
    struct level {
        parser& p;
        bool    entered;
        explicit level(parser& q) : p(q), entered(q.deeper()) {}
        level(const level&)            = delete;
        level& operator=(const level&) = delete;
        ~level() { p.depth_left_ += entered; }
    };
};

}  // namespace plume::jinja
