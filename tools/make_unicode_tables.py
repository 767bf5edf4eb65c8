#!/usr/bin/env python3
"""Writes src/text/unicode_ranges.inc: which code points are letters, numbers and white space.

    python3 tools/make_unicode_tables.py > src/text/unicode_ranges.inc

Letters are general category L*, numbers N*, white space the property White_Space (what \\s means in the patterns of tokenizers).
The Unicode version is that of Python's unicodedata, or of the package unicodedata2 (pip install unicodedata2==16.0.0) where that is installed;
it is written into the file. The file in the tree is made from 16.0.0, what the regular expressions of the `tokenizers` package 0.23 know.
"""
import sys

try:
    import unicodedata2 as unicodedata
except ImportError:
    import unicodedata

# The property White_Space has not changed since Unicode 6.3; unicodedata does not know it, and str.isspace() is wider (it has U+001C to U+001F).
WHITE_SPACE = {*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}


def kind(point: int) -> str:
    if point in WHITE_SPACE:
        return "s"
    category = unicodedata.category(chr(point))[0]
    return {"L": "l", "N": "n"}.get(category, "o")


def main() -> None:
    starts, previous = [], None
    for point in range(0x110000):
        now = kind(point)
        if now != previous:
            starts.append((point, now))
            previous = now
    print(f"// Made by tools/make_unicode_tables.py from Unicode {unicodedata.unidata_version}: do not edit.")
    print(f"// Where each run of one class begins: o other, l letter, n number, s white space. {len(starts)} runs.")
    line = ""
    for point, now in starts:
        item = f"{now}(0x{point:x}), "
        if len(line) + len(item) > 158:
            print(line.rstrip())
            line = ""
        line += item
    print(line.rstrip())
    print(f"{len(starts)} runs, Unicode {unicodedata.unidata_version}", file=sys.stderr)


main()
