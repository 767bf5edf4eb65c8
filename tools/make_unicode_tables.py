#!/usr/bin/env python3
"""Writes src/text/unicode_ranges.inc: the general category of every code point, and what is white space and Han.

    python3 tools/make_unicode_tables.py > src/text/unicode_ranges.inc        needs the package regex

The Unicode version is that of Python's unicodedata, or of the package unicodedata2 (pip install unicodedata2==16.0.0) where that is installed;
it is written into the file. The file in the tree is made from 16.0.0, what the regular expressions of the `tokenizers` package 0.23 (Oniguruma) know.
The script Han, which unicodedata does not know, is that of the package regex, without code points that are not assigned in the version above.
"""
import sys

import regex

try:
    import unicodedata2 as unicodedata
except ImportError:
    import unicodedata

CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co Cn".split()  # the order of `enum class category`
# The property White_Space has not changed since Unicode 6.3; unicodedata does not know it, and str.isspace() is wider (it has U+001C to U+001F).
WHITE_SPACE = [(0x09, 0x0D), (0x20, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F),
               (0x205F, 0x205F), (0x3000, 0x3000)]


def category(point: int) -> str:
    return unicodedata.category(chr(point))


def ranges(wanted) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for point in filter(wanted, range(0x110000)):
        if found and found[-1][1] == point - 1:
            found[-1] = (found[-1][0], point)
        else:
            found.append((point, point))
    return found


def write(declaration: str, items: list[str]) -> None:
    print(declaration + " = {")
    line = ""
    for item in items:
        if len(line) + len(item) + 2 > 158:
            print(line.rstrip())
            line = ""
        line += item + ", "
    print(line.rstrip())
    print("};")


def main() -> None:
    runs: list[str] = []
    previous = None
    for point in range(0x110000):
        now = category(point)
        if now != previous:
            runs.append(f"0x{point << 5 | CATEGORIES.index(now):x}")
            previous = now
    is_han = regex.compile(r"\p{Han}")
    pairs = lambda found: [f"{{0x{first:x}, 0x{last:x}}}" for first, last in found]
    print(f"// Made by tools/make_unicode_tables.py from Unicode {unicodedata.unidata_version}: do not edit.")
    print(f"// Where each run of one general category begins: first code point * 32 + category. {len(runs)} runs.")
    write("constexpr std::uint32_t runs[]", runs)
    write("constexpr code_range white_space_ranges[]", pairs(WHITE_SPACE))
    write("constexpr code_range han_ranges[]", pairs(ranges(lambda p: category(p) not in ("Cn", "Cs") and is_han.match(chr(p)))))
    print(f"{len(runs)} runs, Unicode {unicodedata.unidata_version}", file=sys.stderr)


main()
