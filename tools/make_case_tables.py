#!/usr/bin/env python3
"""Writes src/text/jinja/unicode_cases.inc: upper, title and lower case of code points, and which ones Python prints as they are.

    python3 tools/make_case_tables.py > src/text/jinja/unicode_cases.inc

Facts of the Unicode Character Database by way of this Python's str methods; its version is written into the file. Python 3.11 made the one in the tree.
"""
import sys
import unicodedata

POINTS = [point for point in range(0x110000) if not 0xD800 <= point < 0xE000]


def runs(mapping: dict[int, int]):
    """Code points with one distance to their image, next to each other or with one left out between: (first, last, step, distance)."""
    found = []
    for point, image in sorted(mapping.items()):
        if found:
            first, last, step, distance = found[-1]
            gap = point - last
            if image - point == distance and (gap == step or (first == last and gap == 2)):
                found[-1] = (first, point, gap, distance)
                continue
        found.append((point, point, 1, image - point))
    return found


def show(kind: str, name: str, items: list[str]) -> None:
    line = ""
    print(f"constexpr {kind} {name}[] = {{  // {len(items)}")
    for item in items:
        item = "{" + item + "}, "
        if len(line) + len(item) > 155:
            print("    " + line.rstrip())
            line = ""
        line += item
    print("    " + line.rstrip() + "};")


def case(name: str, change, compared_with) -> None:
    single, several = {}, []
    for point in POINTS:
        image = change(chr(point))
        if image == compared_with(chr(point)):
            continue
        if len(image) == 1:
            single[point] = ord(image)
        else:
            several.append(f"0x{point:x}, {{{', '.join(hex(ord(c)) for c in image.ljust(3, chr(0)))}}}")
    show("case_run", f"{name}_runs", [f"0x{a:x}, 0x{b:x}, {s}, {d}" for a, b, s, d in runs(single)])
    show("case_text", f"{name}_texts", several)


def main() -> None:
    print(f"// Made by tools/make_case_tables.py from Unicode {unicodedata.unidata_version}: do not edit.")
    case("upper", str.upper, lambda c: c)
    case("title", str.title, str.upper)
    case("lower", str.lower, lambda c: c)
    hidden, previous = [], None
    for point in range(0x110000):
        if chr(point).isprintable():
            continue
        if previous is not None and point == previous + 1:
            hidden[-1][1] = point
        else:
            hidden.append([point, point])
        previous = point
    show("point_range", "hidden_ranges", [f"0x{a:x}, 0x{b:x}" for a, b in hidden])
    print(f"Unicode {unicodedata.unidata_version}", file=sys.stderr)


main()
