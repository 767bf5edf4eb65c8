#!/usr/bin/env python3
"""Compares the cuts of every pre-tokenizer with those of the package `tokenizers`, and makes tests/golden/text/pretokenizers.json.

    python3 tests/text/compare_pretokenizers.py build/release/bin/test_text [NAME ...]      all, or those of these names
    python3 tests/text/compare_pretokenizers.py build/release/bin/test_text --golden        writes the golden file

Each list of patterns is compared on at least a million pieces of random text, and on every code point between letters, digits, spaces and marks, and alone.
The patterns come from the program under test; pre-tokenizers whose published form is not a list of patterns stand below as they are published.
"""
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import unicodedata

from tokenizers import Regex, pre_tokenizers as pre

GPT2 = pre.ByteLevel(add_prefix_space=False, use_regex=True)
GPT2_PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
NUMBERS_BY_3 = pre.Split(Regex("[0-9][0-9][0-9]"), "isolated")
PUBLISHED = {  # by first name
    "gpt-2": [GPT2],
    "smollm": [pre.Digits(individual_digits=True), GPT2],
    "falcon": [pre.Punctuation("contiguous"), GPT2, pre.Digits(individual_digits=False), NUMBERS_BY_3],
}
HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "..", "golden", "text", "pretokenizers.json")
PARTS = ["the", "Hello", " world", "couldn't", "I'LL", "'ſ", "'s", "'S", "ß", "été", "ЯблокоЯ", "HTTPServer", "iPhone", "ǅ", "ʰ", "今日は", "我想", "한국어", "ㄅㄆ", "नमस्ते", "ไทย", "ก็",
         "e\u0301", "\u0301", "\u200d", "\u200c", "😶\u200d🌫️", "🚀", "1", "12", "123", "1234567", "٣٤", "½", "Ⅷ", "²", "3.14", "1,000,000", " ", "  ", "   ", "    ", "\t", "\n", "\n\n", "\r\n", " \n",
         "\u00a0", "\u3000", "\u2028", "\x85", "\x00", "\x1c", ".", ",", "!", "?", "...", "!!!", "#include", "<sentinel:12>", "IMGIMGABZ", "_", "__", "//", "/\n", "$", "+=", "`", "^", "~", "|", "€", "«", "»",
         "“", "”", "…", "。", "，", "！", "、", "।", "۔", "،", "(", ")", "[", "]", "{", "}", "\\", "-", "'", '"', "a", "B", "x1", "\ue000", "\U0010ffff", "\ufdd0", "\u0378", "A今", "今A"]


def components(entry: dict):
    published = PUBLISHED.get(entry["names"][0])
    return pre.Sequence(published or [pre.Split(Regex(p), "isolated") for p in entry["patterns"]])


def ends(entry: dict, cutter, text: str) -> list[int]:
    """Where the pieces end, in bytes of UTF-8. ByteLevel's pieces have a character for a byte."""
    by_byte = entry["names"][0] in PUBLISHED
    found, size = [], 0
    for piece, _ in cutter.pre_tokenize_str(text):
        size += len(piece) if by_byte else len(piece.encode())
        found.append(size)
    return found


# Numbers since Unicode 17: the step Digits asks Rust's standard library, which knows them; the regular expressions do not, and neither does plume.
NEWER_NUMBERS = {chr(p) for p in (*range(0x11DE0, 0x11DEA), *range(0x16FF4, 0x16FF7))}


def random_texts(rng: random.Random, n_pieces: int):
    count = 0
    while count < n_pieces:
        kind = rng.randrange(4)
        parts = []
        few = rng.sample(PARTS, 5)
        for _ in range(rng.randrange(1, 120)):
            if kind == 0:
                parts.append(rng.choice(PARTS))
            elif kind == 1:
                parts.append(rng.choice(few))
            elif kind == 2:
                parts.append(rng.choice(PARTS) if rng.random() < 0.8 else chr(rng.choice([rng.randrange(0x300, 0xd800), rng.randrange(0xe000, 0x30000)])))
            else:
                parts.append(rng.choice(few) * rng.randrange(1, 9))
        text = "".join(c for c in "".join(parts) if c not in NEWER_NUMBERS)
        count += max(1, len(text) // 4)
        yield text


def texts(rng: random.Random):
    """All that is compared: random texts, every code point alone and between letters, and the assigned ones in other places too."""
    yield from random_texts(rng, 1_300_000)
    points = [chr(p) for p in range(0x110000) if not 0xd800 <= p < 0xe000]
    yield from points
    assigned = [c for c in points if unicodedata.category(c) not in ("Cn", "Co")]
    for form, some in (("a{0}b ", points), ("1{0}2 '{0}T {0}.{0}{0}x\n{0}", assigned)):
        for i in range(0, len(some), 1000):
            yield "".join(form.format(c) for c in some[i:i + 1000])


def published_list(program: str) -> list[dict]:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "list.json")
        subprocess.run([program, "-tc=every pre-tokenizer is found*"], check=True, env={**os.environ, "PLUME_PRETOKENIZER_LIST": path}, stdout=subprocess.DEVNULL)
        with open(path, encoding="utf-8") as f:
            entries = json.load(f)
    seen, out = set(), []
    for entry in entries:
        if tuple(entry["patterns"]) not in seen:
            seen.add(tuple(entry["patterns"]))
            out.append(entry)
    return out


def compare(program: str, entry: dict) -> bool:
    cutter = components(entry)
    n = 0
    with tempfile.NamedTemporaryFile() as f:
        put = lambda data: f.write(struct.pack("<I", len(data)) + data)
        put(entry["names"][0].encode())
        for text in texts(random.Random(11)):
            found = ends(entry, cutter, text)
            put(text.encode())
            f.write(struct.pack(f"<{len(found) + 1}I", len(found), *found))
            n += len(found)
        f.flush()
        done = subprocess.run([program, "-tc=cuts equal those of tokenizers in the file*"], env={**os.environ, "PLUME_PRETOKENIZER_CASES": f.name},
                              stdout=subprocess.PIPE, text=True, errors="replace")
    lines = [line for line in done.stdout.splitlines() if "MESSAGE" in line]
    print("\n".join(lines) if lines else done.stdout)
    print(f"{entry['names'][0]}: {n} pieces of tokenizers, {'equal' if done.returncode == 0 else 'DIFFERENT'}", flush=True)
    return done.returncode == 0


def golden(entries: list[dict]) -> None:
    rng = random.Random(3)
    some = ["".join(rng.choice(PARTS) for _ in range(12)) for _ in range(40)]
    some += [" ".join(PARTS[i:i + 12]) for i in range(0, len(PARTS), 12)]
    some += ["", " ", "   ", "\n", "  \n  x", "x   \n", "1234567890", "abc 1234567x 12345, 1234567", "a  b", "the end  ", "A今A今A", "\u0301\u0301A\u0301", " " * 700 + "x", "'S'ſ'Ll", "x ' s"]
    rows = [json.dumps({"name": e["names"][0], "ends": [ends(e, components(e), t) for t in some]}, separators=(",", ":")) for e in entries]
    with open(GOLDEN, "w", encoding="ascii") as f:
        f.write('{"texts":' + json.dumps(some) + ',\n"groups":[\n' + ",\n".join(rows) + "\n]}\n")


def main() -> int:
    program, wanted = sys.argv[1], sys.argv[2:]
    entries = published_list(program)
    if wanted == ["--golden"]:
        golden(entries)
        return 0
    chosen = [e for e in entries if not wanted or set(wanted) & set(e["names"])]
    return 0 if chosen and all([compare(program, e) for e in chosen]) else 1


sys.exit(main())
