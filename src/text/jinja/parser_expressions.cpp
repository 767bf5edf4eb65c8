#include <charconv>

#include <plume/core/utf8.hpp>

#include "parser.hpp"
#include "place.hpp"

// The grammar of expressions is jinja2's, its oddities included: filters bind tighter than all operators, ** groups to the left, -2 ** 2 is 4.

namespace plume::jinja {

node* parser::binary(op kind, std::size_t place, node* left, node* right) {
    auto* n  = make(kind, place);
    n->parts = {left, right};
    return n;
}

/// One expression, or a tuple where commas follow. An empty tuple needs parentheses.
node* parser::tuple_or_expression(bool with_conditional, bool parenthesised, bool in_for, bool only_primaries, bool with_attributes) {
    const level l(*this);
    const auto  place = current().begin;
    const auto  ended = [&] {
        return is(token_kind::print_end) || is(token_kind::block_end) || is_symbol(")") || (in_for && (only_primaries ? is_name("in") : is_name("recursive")));
    };
    std::vector<node*> parts;
    bool               is_tuple = false;
    while (ok()) {
        if (!parts.empty()) expect_symbol(",");
        if (ended()) break;
        parts.push_back(only_primaries ? primary(with_attributes) : expression(with_conditional));
        if (!is_symbol(",")) break;
        is_tuple = true;
    }
    if (!is_tuple && !parts.empty()) return parts[0];
    if (!is_tuple && !parenthesised) fail_here("an expression");
    auto* n  = make(op::tuple, place);
    n->parts = std::move(parts);
    return n;
}

node* parser::expression(bool with_conditional) {
    const level l(*this);
    if (!l.entered) return make(op::none, current().begin);
    auto place = current().begin;
    auto n     = disjunction();
    if (!with_conditional) return n;
    while (take_name("if")) {
        auto* c = make(op::conditional, place);
        c->parts.push_back(n);
        c->parts.push_back(disjunction());
        c->parts.push_back(take_name("else") ? expression() : nullptr);
        n     = c;
        place = current().begin;
    }
    return n;
}

node* parser::disjunction() {
    auto* left = conjunction();
    if (!is_name("or")) return left;
    auto* n = make(op::any_of, current().begin);
    n->parts.push_back(left);
    while (take_name("or")) n->parts.push_back(conjunction());
    return n;
}

node* parser::conjunction() {
    auto* left = negation();
    if (!is_name("and")) return left;
    auto* n = make(op::all_of, current().begin);
    n->parts.push_back(left);
    while (take_name("and")) n->parts.push_back(negation());
    return n;
}

node* parser::negation() {
    if (!is_name("not")) return comparison_chain();
    const level l(*this);
    auto*       n = make(op::negation, take().begin);
    n->parts.push_back(l.entered ? negation() : n);
    return n;
}

node* parser::comparison_chain() {
    auto* left = sum();
    node* n    = nullptr;
    while (ok()) {
        constexpr std::pair<std::string_view, comparison> symbols[] = {{"==", comparison::equal},  {"!=", comparison::unequal},
                                                                       {"<", comparison::less},    {"<=", comparison::less_equal},
                                                                       {">", comparison::greater}, {">=", comparison::greater_equal}};
        const auto                                        place     = current().begin;
        std::optional<comparison>                         found;
        for (const auto& [symbol, meant] : symbols)
            if (is_symbol(symbol)) found = meant;
        if (is_name("in")) found = comparison::in;
        if (is_name("not") && next_is_name("in")) {
            take();
            found = comparison::not_in;
        }
        if (!found) break;
        take();
        if (n == nullptr) {
            n = make(op::compare, place);
            n->parts.push_back(left);
        }
        n->comparisons.push_back(*found);
        n->parts.push_back(sum());
    }
    return n != nullptr ? n : left;
}

node* parser::sum() {
    auto* left  = concatenation();
    bool  joins = false;  // left is an addition of this chain: more terms go into it, so that long sums do not go deep
    while (is_symbol("+") || is_symbol("-")) {
        const auto kind  = is_symbol("+") ? op::add : op::subtract;
        const auto place = take().begin;
        auto*      right = concatenation();
        if (kind == op::add && joins)
            left->parts.push_back(right);
        else
            left = binary(kind, place, left, right);
        joins = kind == op::add;
    }
    return left;
}

node* parser::concatenation() {
    auto* left = product();
    if (!is_symbol("~")) return left;
    auto* n = make(op::concatenate, current().begin);
    n->parts.push_back(left);
    while (take_symbol("~")) n->parts.push_back(product());
    return n;
}

node* parser::product() {
    auto* left = raised();
    while (is_symbol("*") || is_symbol("/") || is_symbol("//") || is_symbol("%")) {
        const auto kind  = is_symbol("*") ? op::multiply : is_symbol("/") ? op::divide : is_symbol("//") ? op::floor_divide : op::modulo;
        const auto place = take().begin;
        left             = binary(kind, place, left, raised());
    }
    return left;
}

node* parser::raised() {
    auto* left = unary();
    while (is_symbol("**")) {
        const auto place = take().begin;
        left             = binary(op::power, place, left, unary());
    }
    return left;
}

node* parser::unary(bool with_filters) {
    const level l(*this);
    if (!l.entered) return make(op::none, current().begin);
    node* n = nullptr;
    if (is_symbol("-") || is_symbol("+")) {
        n = make(is_symbol("-") ? op::negate : op::plus, current().begin);
        take();
        n->parts.push_back(unary(false));
    } else {
        n = primary();
    }
    n = postfix(n);
    return with_filters ? filters_and_tests(n) : n;
}

node* parser::primary(bool with_attributes) {
    const auto place = current().begin;
    if (is(token_kind::name)) return word(with_attributes);
    if (is(token_kind::string)) return literal_string();
    if (is(token_kind::integer) || is(token_kind::number)) return literal_number();
    if (take_symbol("(")) {
        auto* n = tuple_or_expression(true, true);
        expect_symbol(")");
        return n;
    }
    if (is_symbol("[")) return literal_list();
    if (is_symbol("{")) return literal_mapping();
    fail_here("an expression");
    return make(op::none, place);
}

node* parser::word(bool with_attributes) {
    const auto t = take();
    const auto s = text(t);
    if (s == "none" || s == "None") return make(op::none, t.begin);
    if (s == "true" || s == "True" || s == "false" || s == "False") {
        auto* n = make(op::boolean, t.begin);
        n->flag = s == "true" || s == "True";
        return n;
    }
    auto* n = make(op::name, t.begin);
    n->text = s;
    for (auto* m : macros_) {
        m->takes_rest |= s == "varargs";
        m->takes_names |= s == "kwargs";
        m->takes_caller |= s == "caller";
    }
    if (!with_attributes || !take_symbol(".")) return n;
    auto* a = make(op::attribute_target, t.begin);
    a->text = expect_name("the name of an attribute");
    a->parts.push_back(n);
    return a;
}

/// One string, or several that stand beside each other.
node* parser::literal_string() {
    auto* n = make(op::string, current().begin);
    n->id   = static_cast<std::uint32_t>(program_.n_constants++);
    while (is(token_kind::string)) unescape(take(), n->text);
    return n;
}

/// What a string literal means in Python, with jinja2's detour by way of ASCII: a backslash before another character stays.
void parser::unescape(const token& t, std::string& out) {
    constexpr std::string_view letters = "\\'\"abfnrtv", meant = "\\'\"\a\b\f\n\r\t\v";
    const auto                 s = text(t).substr(1, t.size - 2);
    for (std::size_t i = 0; i < s.size();) {
        if (s[i] != '\\') {
            out += s[i++];
            continue;
        }
        const auto place = t.begin + 1 + i;
        const char c     = s[i + 1];  // there is one: the string would not have ended otherwise
        i += 2;
        if (const auto known = letters.find(c); known != std::string_view::npos) {
            out += meant[known];
            continue;
        }
        if (c == '\n') continue;
        const bool        octal = c >= '0' && c <= '7';
        const std::size_t width = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
        if (!octal && width == 0) {
            if (c == 'N') return fail(place, "characters by name are not supported");
            out += '\\';
            --i;
            if (static_cast<unsigned char>(c) < 0x80) continue;
            // The character itself was written as an escape before the backslash was looked at.
            const auto point = utf8::decode_one(s.substr(i));
            char       digits[9];
            const auto end = std::to_chars(digits, digits + sizeof digits, static_cast<std::uint32_t>(point.code_point), 16).ptr;
            const auto n = static_cast<std::size_t>(end - digits), padded = point.code_point < 0x100 ? std::size_t{2} : point.code_point < 0x10000 ? 4 : 8;
            out += point.code_point < 0x100 ? 'x' : point.code_point < 0x10000 ? 'u' : 'U';
            out.append(padded - n, '0').append(digits, n);
            i += point.size;
            continue;
        }
        if (octal) --i;
        std::size_t n = 0;
        while (octal && n < 3 && i + n < s.size() && s[i + n] >= '0' && s[i + n] <= '7') ++n;
        if (!octal) n = std::min(width, s.size() - i);
        std::uint32_t point = 0;
        const auto    read  = std::from_chars(s.data() + i, s.data() + i + n, point, octal ? 8 : 16);
        if ((!octal && n < width) || read.ptr != s.data() + i + n || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
            return fail(place, "an escape that is no character");
        utf8::append(out, point);
        i += n;
    }
}

node* parser::literal_number() {
    const bool  whole = is(token_kind::integer);
    const auto  t     = take();
    std::string s;
    for (const char c : text(t))
        if (c != '_') s += c;
    auto* n = make(whole ? op::integer : op::number, t.begin);
    if (!whole) {
        if (std::from_chars(s.data(), s.data() + s.size(), n->number).ec != std::errc{}) fail(t.begin, "a number beyond the range of double");
        return n;
    }
    const char letter = s.size() > 2 ? static_cast<char>(s[1] | 0x20) : '0';
    const int  base   = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
    const auto first  = s.data() + (base == 10 ? 0 : 2);
    if (std::from_chars(first, s.data() + s.size(), n->integer, base).ec != std::errc{}) fail(t.begin, "an integer of more than 64 bits");
    return n;
}

node* parser::literal_list() {
    auto* n = make(op::list, take().begin);
    while (ok() && !is_symbol("]")) {
        if (!n->parts.empty()) expect_symbol(",");
        if (is_symbol("]")) break;
        n->parts.push_back(expression());
    }
    expect_symbol("]");
    return n;
}

node* parser::literal_mapping() {
    auto* n = make(op::mapping, take().begin);
    while (ok() && !is_symbol("}")) {
        if (!n->parts.empty()) expect_symbol(",");
        if (is_symbol("}")) break;
        n->parts.push_back(expression());
        expect_symbol(":");
        n->parts.push_back(expression());
    }
    expect_symbol("}");
    return n;
}

node* parser::postfix(node* n) {
    while (ok()) {
        if (is_symbol(".") || is_symbol("["))
            n = subscript(n);
        else if (is_symbol("("))
            n = call(n);
        else
            break;
    }
    return n;
}

node* parser::subscript(node* n) {
    const auto place = current().begin;
    if (take_symbol(".")) {
        if (is(token_kind::integer)) return binary(op::item, place, n, literal_number());
        auto* a = make(op::attribute, place);
        a->text = expect_name("the name of an attribute");
        a->parts.push_back(n);
        return a;
    }
    take();  // [
    std::vector<node*> parts;
    while (ok() && !is_symbol("]")) {
        if (!parts.empty()) expect_symbol(",");
        parts.push_back(subscribed());
    }
    expect_symbol("]");
    if (parts.size() == 1) return binary(op::item, place, n, parts[0]);
    for (const auto* part : parts)  // a slice is no value: only an item itself can have it
        if (part->kind == op::slice) fail(part->at, "a slice beside other subscripts");
    auto* t  = make(op::tuple, place);
    t->parts = std::move(parts);
    return binary(op::item, place, n, t);
}

/// An index or a slice.
node* parser::subscribed() {
    const auto place = current().begin;
    node*      start = is_symbol(":") ? nullptr : expression();
    if (!take_symbol(":")) return start != nullptr ? start : make(op::none, place);
    const auto given = [&] { return !is_symbol(":") && !is_symbol("]") && !is_symbol(","); };
    auto*      n     = make(op::slice, place);
    n->parts         = {start, given() ? expression() : nullptr, nullptr};
    if (take_symbol(":") && given()) n->parts[2] = expression();
    return n;
}

node* parser::filters_and_tests(node* n) {
    while (ok()) {
        if (is_symbol("|")) {
            take();
            n = filter(n);
        } else if (is_name("is")) {
            n = test(n);
        } else if (is_symbol("(")) {
            n = call(n);
        } else {
            break;
        }
    }
    return n;
}

/// One filter, whose bar is taken.
node* parser::filter(node* n) {
    auto* f = make(op::filter, current().begin);
    f->text = expect_name("the name of a filter");
    f->parts.push_back(n);
    if (is_symbol("(")) arguments(*f);
    return f;
}

node* parser::filter_chain(node* n) {
    while (ok() && take_symbol("|")) n = filter(n);
    return n;
}

node* parser::test(node* n) {
    const auto place   = take().begin;  // is
    const bool negated = take_name("not");
    auto*      t       = make(op::test, current().begin);
    t->text            = expect_name("the name of a test");
    t->parts.push_back(n);
    const bool literal =
        is(token_kind::name) || is(token_kind::string) || is(token_kind::integer) || is(token_kind::number) || is_symbol("[") || is_symbol("{");
    if (is_symbol("(")) {
        arguments(*t);
    } else if (literal && !is_name("else") && !is_name("or") && !is_name("and")) {
        if (is_name("is")) fail(current().begin, "tests cannot be chained with 'is'");
        t->parts.push_back(postfix(primary()));
        t->n_arguments = 1;
    }
    if (!negated) return t;
    auto* no = make(op::negation, place);
    no->parts.push_back(t);
    return no;
}

node* parser::call(node* n) {
    auto* c = make(op::call, current().begin);
    c->parts.push_back(n);
    arguments(*c);
    return c;
}

/// The arguments of a call in parentheses, behind the part that is there already.
void parser::arguments(node& n) {
    expect_symbol("(");
    bool  first = true;
    node *list = nullptr, *mapping = nullptr;
    while (ok() && !is_symbol(")")) {
        if (!std::exchange(first, false)) {
            expect_symbol(",");
            if (is_symbol(")")) break;
        }
        const auto place = current().begin;
        if (mapping != nullptr || (list != nullptr && is_symbol("*"))) fail(place, "an argument behind '**', or a second '*'");
        if (take_symbol("*")) {
            list = expression();
        } else if (take_symbol("**")) {
            mapping = expression();
        } else if (is(token_kind::name) && next_is_symbol("=")) {
            n.names.emplace_back(text(take()));
            take();  // =
            n.parts.push_back(expression());
        } else {
            if (!n.names.empty() || list != nullptr) fail(place, "an argument without a name after one with a name, or after '*'");
            n.parts.push_back(expression());
            ++n.n_arguments;
        }
    }
    expect_symbol(")");
    n.takes_rest  = list != nullptr;
    n.takes_names = mapping != nullptr;
    for (auto* last : {list, mapping})
        if (last != nullptr) n.parts.push_back(last);
}

}  // namespace plume::jinja
