#!/usr/bin/env python3
"""Writes the tables of normalisers: what the normalisers of the package `tokenizers` know of each code point.

    python3 tools/make_normaliser_tables.py canonical > src/text/unicode_canonical.inc            canonical decompositions and combining classes
    python3 tools/make_normaliser_tables.py compatibility > src/text/unicode_compatibility.inc    compatibility decompositions
    python3 tools/make_normaliser_tables.py sets > src/text/normaliser_sets.inc                   lower case, accents, BERT's sets
    python3 tools/make_normaliser_tables.py graphemes > src/text/grapheme_breaks.inc              grapheme clusters; needs the package regex

Needs the package tokenizers (the files in the tree: 0.23.3). Its parts hold different versions of Unicode: decompositions and marks of 9.0, the categories that
BERT's normaliser asks of 8.0, lower case of 17.0. Token ids must be those of the models, so each is asked which code points it knows; the values
themselves come from Python's unicodedata, newer than all of them, as Unicode's stability policy keeps what is assigned. Grapheme clusters are those of Unicode 17.
"""
import sys
import unicodedata

POINTS = [point for point in range(0x110000) if not 0xD800 <= point < 0xE000]


def show(kind: str, name: str, items: list[str]) -> None:
    line = ""
    print(f"constexpr {kind} {name}[] = {{  // {len(items)}")
    for item in items:
        item += ", "
        if len(line) + len(item) > 155:
            print("    " + line.rstrip())
            line = ""
        line += item
    print("    " + line.rstrip() + "};")


def runs(points) -> list[list[int]]:
    found: list[list[int]] = []
    for point in points:
        if found and found[-1][1] == point - 1:
            found[-1][1] = point
        else:
            found.append([point, point])
    return found


def distance_runs(mapping: dict[int, int]) -> list[tuple[int, int, int, int]]:
    """Code points with one distance to their image, next to each other or with one left out between: (first, last, step, distance)."""
    found: list[tuple[int, int, int, int]] = []
    for point, image in sorted(mapping.items()):
        if found:
            first, last, step, distance = found[-1]
            gap = point - last
            if image - point == distance and (gap == step or (first == last and gap == 2)):
                found[-1] = (first, point, gap, distance)
                continue
        found.append((point, point, 1, image - point))
    return found


def is_hangul(point: int) -> bool:
    return 0xAC00 <= point < 0xD7A4


def combining_class(nfd, point: int) -> int:
    """The class that the library sorts by: unicodedata's, or 0 where the library does not know the mark yet."""
    if unicodedata.combining(chr(point)) == 0:
        return 0
    for mark in "\u0316\u0301\u0334\u0f71\u05b0":
        for text in ("a" + mark + chr(point), "a" + chr(point) + mark):
            if nfd.normalize_str(text) != unicodedata.normalize("NFD", text):
                assert nfd.normalize_str(text) == text, hex(point)
                return 0
    return unicodedata.combining(chr(point))


HEAD = "// Made by tools/make_normaliser_tables.py from Unicode 9.0.0: do not edit."


def canonical() -> None:
    from tokenizers import normalizers

    nfc, nfd = normalizers.NFC(), normalizers.NFD()
    singles, pairs, others = {}, [], []
    classes: list[list[int]] = []
    for point in POINTS:
        c = chr(point)
        value = combining_class(nfd, point)
        if value and classes and classes[-1][1] == point - 1 and classes[-1][2] == value:
            classes[-1][1] = point
        elif value:
            classes.append([point, point, value])
        if is_hangul(point) or nfd.normalize_str(c) == c:
            continue
        parts = [int(part, 16) for part in unicodedata.decomposition(c).split()]
        assert nfd.normalize_str(c) == unicodedata.normalize("NFD", c)
        if len(parts) == 1:
            singles[point] = parts[0]
        else:
            composes = nfc.normalize_str(nfd.normalize_str(c)) == c
            (pairs if composes else others).append(f"{{0x{point:x}, 0x{parts[0]:x}, 0x{parts[1]:x}}}")
    print(HEAD + " Hangul syllables are left out: they follow a rule.")
    show("class_run", "class_runs", [f"{{0x{a:x}, 0x{b:x}, {v}}}" for a, b, v in classes])
    show("single", "canonical_singles", [f"{{0x{point:x}, 0x{image:x}}}" for point, image in sorted(singles.items())])
    show("canonical_pair", "canonical_pairs", pairs)
    show("canonical_pair", "pairs_not_composed", others)


def compatibility() -> None:
    from tokenizers import normalizers

    nfkd = normalizers.NFKD()
    singles, places, pool = {}, [], []
    for point in POINTS:
        c = chr(point)
        if not unicodedata.decomposition(c).startswith("<") or nfkd.normalize_str(c) == c:
            continue
        image = [ord(d) for d in nfkd.normalize_str(c)]
        if len(image) == 1:
            singles[point] = image[0]
        else:
            places.append(f"{{0x{point:x}, {len(pool)}, {len(image)}}}")
            pool += image
    print(HEAD)
    long = [run for run in distance_runs(singles) if (run[1] - run[0]) // run[2] >= 2]
    covered = {point for first, last, step, _ in long for point in range(first, last + 1, step)}
    show("distance_run", "compatibility_runs", [f"{{0x{a:x}, 0x{b:x}, {s}, {d}}}" for a, b, s, d in long])
    show("single", "compatibility_singles", [f"{{0x{point:x}, 0x{image:x}}}" for point, image in sorted(singles.items()) if point not in covered])
    show("compatibility_text", "compatibility_texts", places)
    show("char32_t", "compatibility_pool", [f"0x{point:x}" for point in pool])


def sets() -> None:
    from tokenizers import normalizers, pre_tokenizers

    lower, accents = normalizers.Lowercase(), normalizers.StripAccents()
    plain = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
    clean, strip = normalizers.BertNormalizer(**{**plain, "clean_text": True}), normalizers.BertNormalizer(**{**plain, "strip_accents": True})
    single, several = {}, []
    for point in POINTS:
        image = lower.normalize_str(chr(point))
        if len(image) == 1 and image != chr(point):
            single[point] = ord(image)
        elif len(image) != 1:
            several.append(point)
    assert several == [0x130]  # I with a dot, which becomes two: the code knows it
    print("// Made by tools/make_normaliser_tables.py from tokenizers 0.23.3 (lower case of Unicode 17.0.0, marks of 9.0.0, BERT's sets of 8.0.0): do not edit.")
    show("distance_run", "lower_runs", [f"{{0x{a:x}, 0x{b:x}, {s}, {d}}}" for a, b, s, d in distance_runs(single)])
    for name, normaliser in (("mark_ranges", accents), ("bert_mark_ranges", strip), ("bert_removed_ranges", clean)):
        points = [point for point in POINTS if normaliser.normalize_str(chr(point)) == ""]
        show("point_range", name, [f"{{0x{a:x}, 0x{b:x}}}" for a, b in runs(points)])
    cut = pre_tokenizers.BertPreTokenizer()
    points = [point for point in POINTS if len(cut.pre_tokenize_str("a" + chr(point) + "a")) == 3]
    show("point_range", "bert_punctuation_ranges", [f"{{0x{a:x}, 0x{b:x}}}" for a, b in runs(points)])


def graphemes() -> None:
    import regex

    names = ["Control", "Extend", "ZWJ", "Regional_Indicator", "Prepend", "SpacingMark", "L", "V", "T"]
    values = {name: regex.compile(rf"\p{{Grapheme_Cluster_Break={name}}}") for name in names}
    pictograph = regex.compile(r"\p{Extended_Pictographic}")
    linker, consonant = (regex.compile(rf"\p{{Indic_Conjunct_Break={name}}}") for name in ("Linker", "Consonant"))
    found: list[tuple[int, str]] = []
    for point in range(0x110000):
        c = chr(point)
        kind = "none"
        if 0xD800 <= point < 0xE000:
            kind = "control"
        elif linker.match(c):
            kind = "linker"
        elif consonant.match(c):
            kind = "consonant"
        elif pictograph.match(c):
            kind = "pictograph"
        for name, value in values.items():
            if not 0xD800 <= point < 0xE000 and value.match(c):
                assert kind in ("none", "linker") and (kind == "none" or name == "Extend"), (hex(point), kind, name)
                kind = "linker" if kind == "linker" else name.lower()
        if is_hangul(point):
            kind = "none"
        if not found or found[-1][1] != kind:
            found.append((point, kind))
    print("// Made by tools/make_normaliser_tables.py from Unicode 17.0.0: do not edit.")
    print("// Where each run of one kind of grapheme break begins. CR, LF and Hangul syllables are known to the code.")
    short = {"none": "o", "control": "c", "extend": "e", "zwj": "z", "regional_indicator": "r", "prepend": "p", "spacingmark": "s", "l": "l", "v": "v", "t": "t",
             "pictograph": "i", "linker": "k", "consonant": "n"}
    show("std::uint32_t", "break_runs", [f"{short[kind]}(0x{point:x})" for point, kind in found])


{"canonical": canonical, "compatibility": compatibility, "sets": sets, "graphemes": graphemes}[sys.argv[1]]()
