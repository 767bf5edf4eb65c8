#!/usr/bin/env python3
"""Compares plume's tokenizers with the original programs, id by id.

    python3 tests/oracle/compare_tokens.py build/release/bin/plume CACHE --data FOLDER --models models [--tokens 10000000] [--only NAME]

CACHE is a folder for what is made anew (vocabularies out of packages, trained ones, converted ones). For each vocabulary of token_vocabularies.py and each
of its files: varied text, every code point alone and between letters, texts with control tokens in them, the round trip. A difference is shrunk to a
small text and shown with both rows of ids. Exits 1 at a difference, or when a vocabulary does not load.
"""

import argparse
import itertools
import os
import subprocess
import sys
import time

os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")

from token_texts import Texts, around_code_points, random_strings
from token_vocabularies import LOADERS, Missing, Places

BETWEEN = b"\n\x01<between two texts>\x01\n"
BATCH_BYTES = 4 << 20


class Refused(Exception):
    """plume ended with an error."""


class Plume:
    def __init__(self, binary, file):
        self.binary, self.file = binary, file

    def call(self, command, data, *options):
        done = subprocess.run([self.binary, command, self.file, "--between", BETWEEN, *options], input=data, capture_output=True)
        if done.returncode:
            notes = [line for line in done.stderr.decode(errors="replace").splitlines() if "note:" not in line]
            raise Refused(" ".join(notes)[-400:] or f"exit code {done.returncode}")
        return done.stdout

    def ids(self, texts, *options):
        """A line of ids for each text, as bytes. An empty text goes first: the tool takes a byte order mark off the beginning of what it reads."""
        lines = self.call("tokenize", BETWEEN.join([b"", *texts]), "--no-bos", *options).split(b"\n")
        assert lines.pop() == b"" and len(lines) == len(texts) + 1, (len(lines), len(texts))
        return lines[1:]

    def texts(self, lines):
        return self.call("detokenize", b"\n".join(lines) + b"\n").split(BETWEEN)


def lines_of(rows):
    return [" ".join(map(str, ids)).encode() for ids in rows]


def originals(encode, texts):
    return lines_of(encode([t.decode("utf-8", "replace") for t in texts]))


def characters(text):
    """A text cut where it may be cut: valid characters whole, broken bytes one by one."""
    out = []
    for c in text.decode("utf-8", "surrogateescape"):
        out.append(c.encode("utf-8", "surrogateescape"))
    return out


def shrink(differs, text):
    """A text of which no part can be left out without losing the difference (up to a bounded number of tries)."""
    parts, size = characters(text), None
    size = max(1, len(parts) // 2)
    for _ in range(200):
        shorter = [parts[:i] + parts[i + size:] for i in range(0, len(parts), size)]
        bad = next((i for i, d in enumerate(differs([b"".join(p) for p in shorter])) if d), None) if len(parts) > 1 else None
        if bad is not None:
            parts = shorter[bad]
        elif size == 1:
            break
        size = max(1, min(size if bad is not None else size // 2, len(parts) // 2))
    return b"".join(parts)


class Comparison:
    """One vocabulary's files against the original. A file that plume refuses is left out from then on."""

    def __init__(self, binary, vocabulary, files, shown):
        self.vocabulary, self.shown = vocabulary, shown
        self.plumes = {file: Plume(binary, file) for file in files}
        self.refused, self.differences, self.seen, self.lost = {}, dict.fromkeys(files, 0), {file: set() for file in files}, dict.fromkeys(files, 0)
        self.n_tokens = self.n_texts = self.n_points = 0

    def running(self):
        return [(file, plume) for file, plume in self.plumes.items() if file not in self.refused]

    def compare(self, pairs, encode, options=()):
        pairs = [(kind, text) for kind, text in pairs if not any(a in text for a in self.vocabulary.apart)]
        texts = [t for _, t in pairs]
        want = originals(encode, texts)
        self.n_texts += len(texts)
        self.n_tokens += sum(line.count(b" ") + 1 for line in want if line)
        for file, plume in self.running():
            try:
                got = plume.ids(texts, *options)
            except Refused as why:
                self.refused[file] = why
                continue
            for (kind, text), ours, theirs in zip(pairs, got, want):
                if ours != theirs:
                    self.differences[file] += 1
                    if len(self.seen[file]) < self.shown:
                        self.show(file, plume, kind, text, encode, options)

    def show(self, file, plume, kind, text, encode, options):
        def differs(texts):
            return [a != b for a, b in zip(plume.ids(texts, *options), originals(encode, texts))]
        least = shrink(differs, text)
        if least in self.seen[file]:
            return
        self.seen[file].add(least)
        points = " ".join(f"{ord(c):04X}" for c in least.decode("utf-8", "replace"))
        print(f"    DIFFERENT {os.path.basename(file)} {kind} {' '.join(options)}: {least!r} = {least.decode('utf-8', 'replace')!r} U+{points}\n"
              f"      {self.vocabulary.original}: {originals(encode, [least])[0].decode()}\n      plume: {plume.ids([least], *options)[0].decode()}", flush=True)

    def round_trip(self, seed, n):
        """Counts the random strings of valid UTF-8 that do not come back."""
        strings = random_strings(seed, n)
        while texts := list(itertools.islice(strings, 200_000)):
            for file, plume in self.running():
                lost = [(a, b) for a, b in zip(texts, plume.texts(plume.ids(texts))) if a != b]
                for text, back in lost[:2] if not self.lost[file] else []:
                    print(f"    LOST {os.path.basename(file)} {text!r} came back as {back!r}", flush=True)
                self.lost[file] += len(lost)


def batches(pairs):
    held, size = [], 0
    for kind, text in pairs:
        held.append((kind, text))
        size += len(text) + 8
        if size > BATCH_BYTES:
            yield held
            held, size = [], 0
    if held:
        yield held


def run(arguments, vocabulary, n_tokens):
    """Compares one vocabulary; n_tokens are the original's, each file of plume's is compared on all of them."""
    c = Comparison(arguments.plume, vocabulary, [f for f in vocabulary.files if f.endswith(arguments.files)], arguments.show)
    texts = iter(Texts(vocabulary.name, vocabulary.specials))
    n_bytes = 64 << 10
    while c.n_tokens < n_tokens and c.running():
        some, size = [], 0
        while size < n_bytes:
            some.append(next(texts))
            size += len(some[-1][1])
        c.compare(some, vocabulary.encode)
        n_bytes = BATCH_BYTES // 2
    if vocabulary.encode_special and c.running():
        some = [(kind + " with special tokens", text) for kind, text in itertools.islice(Texts(vocabulary.name + " special", vocabulary.specials * 3), max(300, n_tokens // 200))
                if kind in ("special strings", "mixed", "English", "repeated", "white space")]
        c.compare(some, vocabulary.encode_special, ["--parse-special"])
    if arguments.code_points != "none" and c.running():
        n_varied = c.n_tokens, c.n_texts
        for some in batches(around_code_points(1 if arguments.code_points == "all" else 97)):
            c.compare(some, vocabulary.encode)
        c.n_points = (c.n_texts - n_varied[1]) // 2
        c.n_tokens, c.n_texts = n_varied   # the tokens that count are those of varied text
    if vocabulary.invertible and c.running():
        c.round_trip(vocabulary.name, arguments.strings)
    return c


def parse():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("plume")
    p.add_argument("cache")
    p.add_argument("--data", default=os.environ.get("PLUME_TEST_DATA"), help="the folder that holds vocab/*.gguf (default: PLUME_TEST_DATA)")
    p.add_argument("--models", default="models", help="the folder that holds SmolLM2's GGUF file")
    p.add_argument("--tokens", type=int, default=10_000_000, help="over all vocabularies")
    p.add_argument("--only", action="append", help="a vocabulary's name, or its beginning with *; may be repeated")
    p.add_argument("--files", default="", help="only files whose name ends so: .gguf, .json, .model")
    p.add_argument("--code-points", choices=("all", "some", "none"), default="all")
    p.add_argument("--strings", type=int, default=1_000_000, help="random strings of the round trip, a file")
    p.add_argument("--show", type=int, default=3, help="differences to show for a file")
    p.add_argument("--quick", action="store_true", help="--tokens 50000 a vocabulary --code-points some --strings 2000")
    p.add_argument("--list", action="store_true")
    return p.parse_args()


def wanted(names, only):
    if not only:
        return list(names)
    chosen = [n for n in names if any(n == o or o.endswith("*") and n.startswith(o[:-1]) for o in only)]
    return chosen or sys.exit(f"no such vocabulary; there are: {', '.join(names)}")


def main():
    arguments = parse()
    names = wanted(LOADERS, arguments.only)
    if arguments.list:
        return print("\n".join(names))
    each = -(-arguments.tokens // len(names))
    if arguments.quick:
        each, arguments.code_points, arguments.strings = 50_000, "some", 2000
    os.makedirs(arguments.cache, exist_ok=True)
    places = Places(arguments.cache, arguments.data, arguments.models)
    n_tokens = n_points = n_files = n_vocabularies = n_differences = n_lost = 0
    failed = []
    for name in names:
        began = time.monotonic()
        try:
            vocabulary = LOADERS[name](places)
        except Missing as why:
            failed.append(name)
            print(f"{name}: not compared: {why}", flush=True)
            continue
        c = run(arguments, vocabulary, each)
        n_vocabularies += bool(c.running())
        n_tokens, n_points = n_tokens + c.n_tokens * bool(c.running()), n_points + c.n_points * bool(c.running())
        print(f"{name} ({vocabulary.original}): {c.n_tokens} tokens of {c.n_texts} varied texts, {c.n_points} code points twice [{time.monotonic() - began:.0f} s]", flush=True)
        for file in c.plumes:
            if file in c.refused:
                failed.append(os.path.basename(file))
                print(f"  REFUSED {os.path.basename(file)}: {c.refused[file]}", flush=True)
                continue
            bad = c.differences[file], c.lost[file]
            n_files, n_differences, n_lost = n_files + 1, n_differences + bad[0], n_lost + bad[1]
            print(f"  {'MISS' if any(bad) else 'ok  '} {os.path.basename(file)}: {bad[0]} differences"
                  + (f", {bad[1]} of {arguments.strings} strings lost" if vocabulary.invertible else ""), flush=True)
    print(f"{n_vocabularies} vocabularies, {n_files} files, {n_tokens} tokens of varied text, {n_points} code points alone and between letters: {n_differences} differences, {n_lost} strings lost"
          + (f"; not compared: {', '.join(failed)}" if failed else ""))
    sys.exit(1 if n_differences or n_lost or failed else 0)


main()
