"""Random chat templates, from a grammar of their language, over random values. compare_templates.py renders them."""
import random

STRINGS = ["", "a", "Hello, World", "  a b\tc \n", "one\ntwo\n\nthree\n", "Straße ÉCLAIR Σίσυφος ΟΔΟΣ", "42", " 3.50 ", "it's \"so\"", "<a href=\"x\">&</a>", "x\r\ny\x0bz\u2028w",
           "aaa", "a,b,,c", "漢字 😀", "K\u0000\x1f\x7f\u00a0\u200b", "%s and %d", "{} {0} {a}", "\ue000", "-7", "1e3", "tool", "user", "ab ab ab", "key"]
INTEGERS = [0, 1, 2, 3, -1, -2, 7, 10, 100, -5, 5, 4]
RARE_INTEGERS = [9007199254740993, -9223372036854775807, 9223372036854775807, 2147483648, 65, 255]
FLOATS = [0.0, 1.0, 2.5, -0.5, 0.1, 1e16, 1e-5, 123456.789, -0.0, 1e22, 3.0]
NAMES = ["a", "b", "c", "d", "e"]
KEYS = ["a", "b", "name", "role", "content", "items", "k 1"]


def enclosed(method):
    """A filter's result needs parentheses before an operator, a subscript or a call; left out now and then."""

    def wrapped(self, n: int) -> str:
        out = method(self, n)
        return f"({out})" if ("|" in out or out[0] in "+-") and self.r.random() < 0.97 else out

    return wrapped


class Generator:
    """Each method gives an expression of the kind in its name; now and then one of another kind."""

    def __init__(self, seed: int):
        self.r = random.Random(seed)
        self.locals: list[str] = []
        self.macros: list[tuple[str, int]] = []
        self.loops = 0
        self.in_block = 0

    def pick(self, *options):
        return self.r.choice(options)

    def chance(self, p: float) -> bool:
        return self.r.random() < p

    # values that the template gets

    def value(self, depth: int = 2):
        r = self.r.random()
        if depth > 0 and r < 0.2:
            kind = self.pick(self.value, lambda _: self.r.choice(STRINGS), lambda _: self.r.choice(INTEGERS))
            return [kind(depth - 1) for _ in range(self.r.randrange(5))]
        if depth > 0 and r < 0.4:
            return {self.r.choice(KEYS): self.value(depth - 1) for _ in range(self.r.randrange(4))}
        if r < 0.65:
            return self.r.choice(STRINGS)
        if r < 0.85:
            return self.r.choice(INTEGERS)
        return self.pick(self.r.choice(FLOATS), True, False, None)

    def context(self) -> dict:
        return {
            "s": self.r.choice(STRINGS), "t": self.r.choice(STRINGS), "i": self.r.choice(INTEGERS), "j": self.r.choice(INTEGERS), "f": self.r.choice(FLOATS),
            "l": [self.r.choice(INTEGERS) for _ in range(self.r.randrange(5))], "w": [self.r.choice(STRINGS) for _ in range(self.r.randrange(5))],
            "m": [self.value(1) for _ in range(self.r.randrange(4))],
            "d": {k: self.value(1) for k in self.r.sample(KEYS, self.r.randrange(5))},
            "u": [{"name": self.r.choice(STRINGS), "age": self.r.choice(INTEGERS), "on": self.chance(0.5), "d": {"k": self.r.choice(INTEGERS)}} for _ in range(self.r.randrange(4))],
            "yes": True, "no": False, "nil": None, "v": self.value(),
        }

    # expressions

    def any(self, n: int) -> str:
        return self.pick(self.text, self.text, self.integer, self.number, self.truth, self.list, self.mapping, self.odd)(n)

    def odd(self, n: int) -> str:
        options = ["nil", "none", "v", "missing", "m", "v.a", "d.name", "(1, 'a')", "()", "u[0].d", "range(3)", "d.items()", "namespace(a=1)"]
        options += self.locals
        return self.r.choice(options)

    def mixed(self, wanted, n: int) -> str:
        """Mostly of the wanted kind."""
        if self.chance(0.06):
            return self.any(n - 1) if n > 0 else self.odd(0)
        return wanted(n)

    def literal(self, s: str) -> str:
        quote = self.pick("'", '"')
        out = s.replace("\\", "\\\\").replace(quote, "\\" + quote).replace("\n", self.pick("\\n", "\n")).replace("\r", "\\r").replace("\0", "\\x00")
        return quote + out + quote

    @enclosed
    def text(self, n: int) -> str:
        if n <= 0:
            return self.pick("s", "t", self.literal(self.r.choice(STRINGS)), self.literal(self.r.choice(STRINGS)))
        t = lambda: self.mixed(self.text, n - 1)  # noqa: E731
        i = lambda: self.mixed(self.integer, n - 2)  # noqa: E731
        k = self.r.randrange(30)
        if k == 0:
            return f"({t()} + {t()})"
        if k == 1:
            return f"({self.any(n - 1)} ~ {self.any(n - 1)})"
        if k == 2:
            return f"({t()} * {self.r.randrange(-1, 4)})"
        if k == 3:
            return f"{t()}[{self.slice(n)}]"
        if k == 4:
            return f"{t()}[{i()}]"
        if k == 5:
            return f"({t()} if {self.truth(n - 1)} else {t()})" if self.chance(0.8) else f"({t()} if {self.truth(n - 1)})"
        if k == 6:
            return f"({t()} {self.pick('or', 'and')} {t()})"
        if k == 7:
            return self.percent(n)
        if k == 8:
            return self.braces(n)
        if k == 9:
            return f"{self.any(n - 1)}|tojson" + self.pick("", "", "(indent=2)", "(ensure_ascii=true)", "(sort_keys=true)", "(separators=(',', ':'))", "(false, '\t')")
        if k == 10:
            return f"{self.sequence(n - 1)}|join" + self.pick("", "(', ')", f"({t()})", "(attribute='name')", "('-', 'd.k')")
        if k == 11:
            return f"{t()}.join({self.words(n - 1)})"
        if k == 12:
            return f"{self.any(n - 1)}|string"
        if k == 13:
            return f"{self.any(n - 1)}|default({t()}{self.pick('', ', true')})"
        if k == 14 and self.macros:
            name, count = self.r.choice(self.macros)
            return f"{name}({', '.join(self.any(n - 2) for _ in range(count))})"
        if k == 15:
            return f"{self.words(n - 1)}|{self.pick('first', 'last', 'max', 'min')}"
        if k == 16:
            return f"{self.mapping(n - 1)}{self.pick('.name', '[' + self.literal(self.r.choice(KEYS)) + ']', '.get(' + self.literal(self.r.choice(KEYS)) + ', ' + t() + ')')}"
        if k < 24:
            filters = ["upper", "lower", "capitalize", "title", "trim", "trim('aH ')", "e", "safe", "indent", f"indent({i()})", "indent(2, true)", "indent('> ', false, true)", f"center({i()})", "center(20)",
                       f"replace({t()}, {t()})", "replace('', '-')", "replace('a', 'bb', 1)", "truncate(5)", "truncate(9, true, '..', 0)", "reverse", "first", "last", "string", "escape", "format(1, 2)", "forceescape"]
            return f"{t()}|{self.r.choice(filters)}"
        methods = ["upper()", "lower()", "capitalize()", "title()", "swapcase()", "strip()", "lstrip()", "rstrip()", "strip('aH\\n ')", "lstrip(t)", "rstrip('o')", f"replace({t()}, {t()})", "replace('', '+', 2)",
                   f"center({i()}, '*')", "ljust(12, '.')", "rjust(12)", f"zfill({i()})", "removeprefix('a')", "removesuffix('d')", "split()[0]", "split('a')[-1]", "rsplit(' ', 1)[0]", "partition(',')[2]",
                   "rpartition('o')[0]", "splitlines()|join('/')", "format(1, a=2)", f"split({t()})|join('/')", f"split({t()}, {i()})|join('/')", f"rsplit({t()}, {i()})|join('/')", "split(none, 1)|join('/')",
                   "splitlines(true)|join('/')", "rsplit()|join('|')", "expandtabs()"]
        return f"{t()}.{self.r.choice(methods)}"

    def slice(self, n: int) -> str:
        part = lambda: self.pick("", "", str(self.r.choice(INTEGERS)), self.mixed(self.integer, n - 2))  # noqa: E731
        return self.pick(f"{part()}:{part()}", f"{part()}:{part()}:{part()}", "::-1", ":2", "1:", "-2:", ":-1", "::2", "5:0:-2")

    def percent(self, n: int) -> str:
        spec = lambda: "%" + self.pick("", "", "-", "0", "+", " ", "#", "-0", "+0") + self.pick("", "", "5", "12") + self.pick("", "", ".0", ".2", ".10") + self.pick(*"sdsdrifegGxXoEu")  # noqa: E731
        count = self.r.randrange(1, 3)
        values = [self.any(n - 1) if self.chance(0.5) else self.pick(self.integer, self.number)(n - 1) for _ in range(count)]
        form = self.literal(" ".join(spec() for _ in range(count)) + self.pick("", "%%", "!"))
        style = self.r.randrange(4)
        if style == 0:
            return f"{form}|format({', '.join(values)})"
        if style == 1:
            return f"('%(a){spec()[1:]}' % {{'a': {values[0]}}})"
        return f"({form} % ({values[0]}{',' if count == 1 else ', ' + values[1]}))" if style == 2 else f"({form} % {values[0]})"

    def braces(self, n: int) -> str:
        spec = lambda: self.pick("", "", "", ":") + self.pick("") if self.chance(0.4) else ":" + self.pick("", "", "<", ">", "^", "=", "*^", "é>", "0") + self.pick("", "", "+", "-", " ") + self.pick("", "", "#") + self.pick("", "0", "") + self.pick("", "7", "12") + self.pick("", "", ",", "_") + self.pick("", "", ".0", ".3") + self.pick("", "", *"sdfeg%xXobGEF")  # noqa: E731
        name = self.pick("", "0", "a", "0", "", "a", "0[0]", "a.b", "1")
        bang = self.pick("", "", "", "", "!r", "!s")
        value = self.any(n - 1) if self.chance(0.5) else self.pick(self.integer, self.number, self.text)(n - 1)
        return f"{self.literal('<{' + name + bang + spec() + '}>' + self.pick('', '{{}}', '{}'))}.format({value}, {self.integer(n - 2)}, a={value})"

    @enclosed
    def integer(self, n: int) -> str:
        if n <= 0:
            return self.pick("i", "j", str(self.r.choice(INTEGERS)), str(self.r.choice(INTEGERS)), "i", "j") if self.chance(0.98) else str(self.r.choice(RARE_INTEGERS))
        i = lambda: self.mixed(self.integer, n - 1)  # noqa: E731
        t = lambda: self.mixed(self.text, n - 1)  # noqa: E731
        k = self.r.randrange(20)
        if k < 6:
            return f"({i()} {self.pick('+', '-', '*', '//', '%')} {i()})"
        if k == 6:
            return f"({i()} ** {self.r.randrange(4)})"
        if k == 7:
            return f"{self.any(n - 1)}|length"
        if k == 8:
            return f"{self.any(n - 1)}|int" + self.pick("", "", "(5)", "(0, 16)")
        if k == 9:
            return f"{self.list(n - 1)}|{self.pick('sum', 'max', 'min', 'first', 'last', 'length', 'count')}"
        if k == 10:
            return f"(-{i()})|abs"
        if k == 11:
            return f"{t()}.{self.pick('find', 'rfind', 'count', 'index', 'rindex')}({t()}{self.pick('', '', ', 1', ', 1, -1', ', -3')})"
        if k == 12:
            return f"{self.list(n - 1)}[{i()}]"
        if k == 13:
            return f"{self.list(n - 1)}.{self.pick('index', 'count')}({i()})"
        if k == 14:
            return f"{t()}|wordcount"
        if k == 15:
            return f"u|{self.pick('sum', 'map')}(attribute='age')" + self.pick("", "|list|length") if self.chance(0.6) else "u|map(attribute='age')|sum"
        if k == 16:
            return f"{self.number(n - 1)}|int"
        if k == 17:
            return f"({i()} if {self.truth(n - 1)} else {i()})"
        if k == 18 and self.loops:
            return "loop." + self.pick("index", "index0", "revindex", "revindex0", "length", "depth", "depth0")
        return self.pick("+", "-") + self.pick("i", "3", "(j)")

    @enclosed
    def number(self, n: int) -> str:
        if n <= 0:
            return self.pick("f", "2.5", "1e3", "0.1", "3.0", "1_0.5")
        k = self.r.randrange(8)
        x = lambda: self.mixed(self.pick(self.number, self.integer), n - 1)  # noqa: E731
        if k < 4:
            return f"({x()} {self.pick('+', '-', '*', '/', '/', '//', '%')} {x()})"
        if k == 4:
            return f"{self.any(n - 1)}|float" + self.pick("", "(1.5)")
        if k == 5:
            return f"{x()}|round" + self.pick("", "(1)", "(2, 'floor')", "(0, 'ceil')", "(method='floor')")
        if k == 6:
            return f"({x()} ** {self.pick('2', '0.5', '-1', '0')})"
        return f"(-{x()})|abs"

    def truth(self, n: int) -> str:
        if n <= 0:
            return self.pick("yes", "no", "true", "false", "i > 2", "s", "l", "not d")
        k = self.r.randrange(16)
        b = lambda: self.truth(n - 1)  # noqa: E731
        a = lambda: self.any(n - 1)  # noqa: E731
        if k == 0:
            return f"({b()} {self.pick('and', 'or')} {b()})"
        if k == 1:
            return f"(not {b()})"
        if k == 2:
            return f"({a()} {self.pick('==', '!=')} {a()})"
        if k == 3:
            return f"({self.integer(n - 1)} {self.pick('<', '<=', '>', '>=', '==', '!=')} {self.pick(self.integer, self.number)(n - 1)})"
        if k == 4:
            return f"({self.text(n - 1)} {self.pick('<', '<=', '>', '>=', '==', '!=')} {self.mixed(self.text, n - 1)})"
        if k == 5:
            return f"({self.integer(n - 2)} < {self.integer(n - 2)} <= {self.integer(n - 2)})"
        if k == 6:
            return f"({self.mixed(self.text, n - 1)} {self.pick('in', 'not in')} {self.mixed(self.text, n - 1)})"
        if k == 7:
            return f"({self.any(n - 1)} {self.pick('in', 'not in')} {self.pick(self.list, self.words, self.mapping)(n - 1)})"
        if k < 11:
            test = self.pick("boolean", "callable", "defined", "divisibleby(2)", "divisibleby 3", "eq(7)", "escaped", "even", "false", "float", "ge(2)", "gt(2)", "in([7, 'a', none])", "integer", "iterable",
                             "le(2)", "lower", "lt(2)", "mapping", "ne(7)", "none", "number", "odd", "sameas(true)", "sequence", "string", "true", "undefined", "upper", "filter", "test", "equalto('a')")
            return f"({a()} is {self.pick('', '', 'not ')}{test})"
        if k == 11:
            return f"{self.text(n - 1)}.{self.pick('startswith', 'endswith')}({self.pick(self.mixed(self.text, n - 1), '(s, t)')}{self.pick('', '', ', 1')})"
        if k == 12:
            return f"{self.text(n - 1)}.is{self.pick('alnum', 'alpha', 'ascii', 'digit', 'lower', 'space', 'upper')}()"
        if k == 13 and self.loops:
            return "loop." + self.pick("first", "last", "changed(i)", "previtem", "nextitem")
        if k == 14:
            return f"({self.sequence(n - 1)} {self.pick('<', '==', '>', '!=')} {self.sequence(n - 1)})"
        return f"({a()} is {self.pick('sameas', 'eq', 'ne', 'in')} {self.pick('none', 'true', 'l', 's', '1')})"

    def sequence(self, n: int) -> str:
        return self.pick(self.list, self.words, self.words, self.objects)(n)

    @enclosed
    def list(self, n: int) -> str:
        if n <= 0:
            return self.pick("l", "l", "[1, 2, 3]", "[]", "(3, 1, 2)")
        k = self.r.randrange(12)
        x = lambda: self.mixed(self.list, n - 1)  # noqa: E731
        if k == 0:
            return "[" + ", ".join(self.pick(self.integer, self.integer, self.any)(n - 1) for _ in range(self.r.randrange(4))) + "]"
        if k == 1:
            return f"({x()} + {x()})"
        if k == 2:
            return f"{x()}[{self.slice(n)}]"
        if k == 3:
            return f"range({self.integer(n - 2)}{self.pick('', ', ' + self.integer(n - 2))})|list"
        if k == 4:
            return f"{x()}|sort" + self.pick("", "(reverse=true)", "(true, true)")
        if k == 5:
            return f"{x()}|unique|list"
        if k == 6:
            return f"{x()}|reverse|list"
        if k == 7:
            return f"{x()}|{self.pick('select', 'reject')}" + self.pick("", "('odd')", "('gt', 1)", "('in', l)", "('divisibleby', 2)", "('none')", "('eq', 1)") + "|list"
        if k == 8:
            return f"{x()}|map(" + self.pick("'abs'", "'string'", "'int'", "'default', 3", "'round', 1", "'float'", "'tojson'") + ")|list"
        if k == 9:
            return f"{x()}|{self.pick('batch', 'slice')}({self.r.randrange(1, 4)}{self.pick('', ', 0')})|list"
        if k == 10:
            return f"({x()} * {self.r.randrange(3)})"
        return f"{self.mapping(n - 1)}.values()|list"

    @enclosed
    def words(self, n: int) -> str:
        if n <= 0:
            return self.pick("w", "w", "['b', 'A', 'c']", "('x', 'y')", "['a']")
        k = self.r.randrange(12)
        x = lambda: self.mixed(self.words, n - 1)  # noqa: E731
        if k == 0:
            return "[" + ", ".join(self.mixed(self.text, n - 1) for _ in range(self.r.randrange(4))) + "]"
        if k == 1:
            return f"{self.text(n - 1)}.{self.pick('split()', 'splitlines()', 'split(s)', 'rsplit(none, 1)')}"
        if k == 2:
            return f"{x()}|sort" + self.pick("", "(reverse=true)", "(case_sensitive=true)")
        if k == 3:
            return f"{x()}|map(" + self.pick("'upper'", "'trim'", "'length'", "'replace', 'a', 'b'", "'first'", "'tojson'", "'title'", "'default', 'x', true") + ")|list"
        if k == 4:
            return f"{self.mapping(n - 1)}|list"
        if k == 5:
            return f"{x()}|unique" + self.pick("", "(true)") + "|list"
        if k == 6:
            return f"{x()}|{self.pick('select', 'reject')}" + self.pick("", "('in', w)", "('string')", "('eq', s)", "('lower')", "('equalto', 'a')") + "|list"
        if k == 7:
            return f"{x()}[{self.slice(n)}]"
        if k == 8:
            return "u|map(attribute='name')" + self.pick("|list", "|sort", "|unique|list")
        if k == 9:
            return f"({x()} + {x()})"
        if k == 10:
            return f"{self.text(n - 1)}|list"
        return f"{x()}|batch(2, {self.text(0)})|map('join', '+')|list"

    @enclosed
    def objects(self, n: int) -> str:
        if n <= 0:
            return self.pick("u", "u", "m")
        x = lambda: self.mixed(self.objects, n - 1)  # noqa: E731
        return self.pick(
            f"{x()}|selectattr('{self.pick('on', 'age', 'name', 'nosuch', 'd.k')}'{self.pick('', ', ' + repr('defined'), ', ' + repr('eq') + ', 30', ', ' + repr('gt') + ', 1')})|list",
            f"{x()}|rejectattr('{self.pick('on', 'age', 'name')}'{self.pick('', ', ' + repr('none'), ', ' + repr('odd'))})|list",
            f"{x()}|sort(attribute='{self.pick('age', 'name', 'age,name', 'd.k', 'on')}'{self.pick('', ', reverse=true')})",
            f"{x()}|map(attribute='{self.pick('d', 'name', 'd.k', 'nosuch')}'{self.pick('', ', default=0', ', default=' + repr('z'))})|list",
            f"{self.mapping(n - 1)}|{self.pick('items', 'dictsort', 'dictsort(by=' + repr('value') + ')', 'dictsort(reverse=true)')}|list",
            f"{self.mapping(n - 1)}.items()|list", f"[{self.mapping(n - 1)}, {self.mapping(n - 1)}]", f"{x()}|unique(attribute='name')|list",
        )

    def mapping(self, n: int) -> str:
        if n <= 0:
            return self.pick("d", "d", "{}", "{'a': 1, 'name': 'n'}", "u[0]")
        k = self.r.randrange(6)
        if k < 3:
            key = lambda: self.pick(self.literal(self.r.choice(KEYS)), self.literal(self.r.choice(KEYS)), self.mixed(self.text, n - 2), self.integer(0), "1.0", "(1, 2)")  # noqa: E731
            return "{" + ", ".join(f"{key()}: {self.any(n - 1)}" for _ in range(self.r.randrange(4))) + "}"
        if k == 3:
            return f"dict({self.pick('', self.mapping(n - 1) + ', ')}a={self.any(n - 1)})"
        if k == 4:
            return f"dict({self.mapping(n - 1)}, **{self.mapping(n - 1)})"
        return f"({self.mapping(n - 1)} if {self.truth(n - 1)} else {self.mapping(n - 1)})"

    # statements

    def block(self, n: int, statement: str) -> str:
        return "{%" + self.pick("", "", "", "-", "+") + " " + statement + " " + self.pick("", "", "", "-", "+") + "%}"

    def body(self, n: int) -> str:
        kept = list(self.locals)
        out = "".join(self.statement(n) for _ in range(self.r.randrange(1, 4)))
        self.locals = kept
        return out

    def target(self) -> str:
        name = self.r.choice(NAMES)
        self.locals.append(name)
        return name

    def statement(self, n: int) -> str:
        k = self.r.randrange(24) if n > 0 else self.r.randrange(8)
        if k < 2:
            return self.pick("x", " y ", "\n", "  \n  ", "\n\n", "text é", " { } ", "\t")
        if k < 8:
            return self.pick("{{", "{{", "{{-") + " " + self.any(max(n, 1)) + " " + self.pick("}}", "}}", "-}}")
        if k < 11:
            out = self.block(n, f"if {self.truth(n)}") + self.body(n - 1)
            if self.chance(0.3):
                out += self.block(n, f"elif {self.truth(n)}") + self.body(n - 1)
            if self.chance(0.5):
                out += self.block(n, "else") + self.body(n - 1)
            return out + self.block(n, "endif")
        if k < 15:
            return self.loop(n)
        if k == 15:
            value = self.any(n)
            return self.block(n, f"set {self.target()} = {value}")
        if k == 16:
            value = f"{self.any(n)}, {self.any(n)}"
            return self.block(n, f"set {self.target()}, {self.target()} = {value}")
        if k == 17:
            body = self.body(n - 1)
            return self.block(n, f"set {self.target()}{self.pick('', '', ' | upper', ' | trim | length')}") + body + self.block(n, "endset")
        if k == 18:
            body = self.block(n, f"filter {self.pick('upper', 'trim', 'indent(2)', 'replace(' + repr('a') + ', s)', 'title|e')}") + self.body(n - 1)
            return body + self.block(n, "endfilter")
        if k == 19:
            return self.macro(n)
        if k == 20:
            value = self.any(n)
            name = self.target()
            return self.block(n, f"with {name} = {value}") + self.body(n - 1) + self.block(n, "endwith")
        if k == 21:
            return self.pick("{# note #}", "{#- note -#}", "{% raw %}{{ x }}{% endraw %}", "{%- raw -%} {% y %} {%- endraw -%}", "{# {{ x }} #}\n", "  {# a #}  \n")
        if k == 22:
            ns = self.r.choice(NAMES)
            self.locals.append(ns)
            value = self.any(n)
            return self.block(n, f"set {ns} = namespace({self.pick('', 'a=1', 'a=l, b=s')})") + self.loop(n, f"{{% set {ns}.{self.pick('a', 'b')} = {value} %}}") + "{{ " + f"{ns}.a ~ {ns}.b" + " }}"
        if self.loops and self.chance(0.7):
            return self.block(n, f"if {self.truth(n - 1)}") + self.block(n, self.pick("break", "continue")) + self.block(n, "endif")
        return self.call(n)

    def loop(self, n: int, extra: str = "") -> str:
        items = self.mixed(self.sequence, n) if self.chance(0.8) else self.mapping(n) + ".items()" if self.chance(0.5) else self.any(n)
        kept = list(self.locals)
        target = f"{self.target()}, {self.target()}" if ".items()" in items and items.endswith(".items()") and self.chance(0.9) else self.target()
        if self.chance(0.05):
            target = f"{self.target()}, {self.target()}"
        condition = f" if {self.truth(n - 1)}" if self.chance(0.2) else ""
        out = self.block(n, f"for {target} in {items}{condition}") + extra
        self.loops += 1
        out += self.body(n - 1)
        self.loops -= 1
        self.locals = kept
        if self.chance(0.2):
            out += self.block(n, "else") + self.body(n - 1)
        return out + self.block(n, "endfor")

    def macro(self, n: int) -> str:
        count = self.r.randrange(3)
        name = f"m{len(self.macros)}"
        kept, loops, macros = list(self.locals), self.loops, list(self.macros)
        self.loops = 0
        parameters = [self.r.choice(["p", "q"]) if False else x for x in ["p", "q"][:count]]
        self.locals += parameters
        signature = ", ".join(p + (f"={self.any(1)}" if i == count - 1 and self.chance(0.4) else "") for i, p in enumerate(parameters))
        body = self.body(n - 1) + self.pick("", "", "{{ caller() if caller is defined else 'none' }}", "{{ varargs|length }}", "{{ kwargs|tojson }}")
        self.locals, self.loops, self.macros = kept, loops, macros
        self.macros.append((name, count))
        return self.block(n, f"macro {name}({signature})") + body + self.block(n, "endmacro")

    def call(self, n: int) -> str:
        if not self.macros:
            return "z"
        name, count = self.r.choice(self.macros)
        given = [self.any(n - 1) for _ in range(max(0, count + self.pick(0, 0, 0, -1, 1)))]
        if self.chance(0.15):
            given.append(f"{self.pick('p', 'q', 'r')}={self.any(n - 1)}")
        if self.chance(0.1):
            given.append(self.pick("*l", "**d", "*[1]"))
        if self.chance(0.5):
            return self.block(n, f"call {name}({', '.join(given)})") + self.body(n - 1) + self.block(n, "endcall")
        return "{{ " + f"{name}({', '.join(given)})" + " }}"

    def template(self) -> str:
        return "".join(self.statement(self.r.randrange(1, 4)) for _ in range(self.r.randrange(1, 5)))
