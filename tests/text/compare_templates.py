#!/usr/bin/env python3
"""Compares plume's chat templates with jinja2 3.1.6, with the settings of transformers, over random templates or over files of templates.

    python3 tests/text/compare_templates.py build/release/bin/render_templates random [CASES] [SEED]
    python3 tests/text/compare_templates.py build/release/bin/render_templates files FOLDER...     # *.jinja, over the message sets of template_cases.py

Both must print the same text, or both fail. In random templates no character of private use is written, and strings of the data have some: in plume's
output each of them must be marked as data. Prints every difference, and exits 1 if there was one.
"""
import copy
import datetime
import json
import multiprocessing
import pathlib
import random
import re
import subprocess
import sys

import jinja2
import jinja2.ext
import jinja2.sandbox

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from jinja_generator import Generator  # noqa: E402
from template_cases import SETS  # noqa: E402

NOW = datetime.datetime(2026, 3, 7, 14, 5, 9)
TOO_LARGE = re.compile("more than 64 bits|wider than|numbers|goes? deeper|go too deep|steps|bytes")  # limits that Python does not have
PYTHONS_OWN = re.compile(r"<(generator|built-in|bound|function|class|Macro|Namespace|filter|map|reversed|jinja2|dict_|range|Loop|Template|Undefined|LoopContext)| at 0x|range\(|dict_")
OF_OURS = re.compile("cannot be printed|no real number|'#' in a format")  # Python shows objects, and complex numbers


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_same"), [], [], body).set_lineno(line)

    def _same(self, caller):
        return caller()


def checked(name):
    if isinstance(name, str) and name.startswith("_"):
        raise jinja2.exceptions.SecurityError(name)


class Namespace(jinja2.utils.Namespace):
    """Takes no name that begins with an underscore, as that of transformers."""

    def __init__(*args, **kwargs):
        attributes = dict(*args[1:], **kwargs)
        for name in attributes:
            checked(name)
        jinja2.utils.Namespace.__init__(args[0], attributes)

    def __setitem__(self, name, value):
        checked(name)
        jinja2.utils.Namespace.__setitem__(self, name, value)


def environment() -> jinja2.Environment:
    e = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    e.filters["tojson"] = tojson
    e.globals["raise_exception"] = raise_exception
    e.globals["namespace"] = Namespace
    e.globals["strftime_now"] = NOW.strftime
    return e


def render(case: tuple[str, dict]) -> tuple[str | None, str]:
    source, variables = case
    try:
        text = environment().from_string(source).render(**copy.deepcopy(variables))
        text.encode()
        return text, ""
    except Exception as e:  # whatever jinja2 and what it calls may raise
        return None, f"{type(e).__name__}: {e}"


def variables_of(s: dict) -> dict:
    names = {"messages": s["messages"], "tools": s.get("tools"), "documents": s.get("documents"), "bos_token": "<|bos|>", "eos_token": "<|eos|>"}
    return {**names, "add_generation_prompt": s.get("add_generation_prompt", True), **s.get("variables", {})}


def render_ours(program: str, sets: list[dict], cases: list[tuple[str, int]]) -> list[tuple[str | None, str, list[tuple[int, int]]]]:
    """Of each case the text or None, the error, and the runs of bytes that are data."""
    given = json.dumps({"sets": sets, "cases": cases}).encode()
    out = subprocess.run([program], input=given, stdout=subprocess.PIPE, check=True).stdout
    results, at = [], 0
    while at < len(out):
        end = out.index(b"\n", at)
        kind, size, *rest = out[at:end].decode().split()
        at = end + 1 + int(size)
        content = out[end + 1:at]
        if kind == "error":
            results.append((None, rest[0] + ": " + content.decode(), []))
            continue
        edges = [0, *map(int, rest[1:]), len(content)]
        data = [(edges[i], edges[i + 1]) for i in range(len(edges) - 1) if (i % 2 == 0) == (rest[0] == "d")]
        results.append((content.decode(), "", data))
    if len(results) != len(cases):
        sys.exit(f"{program} gave {len(results)} results for {len(cases)} cases")
    return results


def unmarked(text: str, data: list[tuple[int, int]]) -> bool:
    """Whether a character of private use is not data."""
    raw = text.encode()
    kept = b"".join(raw[a:b] for a, b in data)
    private = lambda b: sum(0xE000 <= ord(c) < 0xF900 for c in b.decode(errors="replace"))  # noqa: E731
    return private(kept) != private(raw)


def private(v, r: random.Random):
    """A value with characters of private use in its strings, where the template sees them as any other letter."""
    if isinstance(v, str):
        return "".join(c + chr(0xE000 + r.randrange(64)) if r.random() < 0.1 else c for c in v)
    if isinstance(v, list):
        return [private(x, r) for x in v]
    return {k: private(x, r) for k, x in v.items()} if isinstance(v, dict) else v


def compare(program: str, sets: list[dict], cases: list[tuple[str, int]], names: list[str]) -> int:
    ours = render_ours(program, sets, cases)
    with multiprocessing.Pool() as pool:
        theirs = pool.map(render, [(source, variables_of(sets[i])) for source, i in cases], chunksize=50)
    n_text = n_error = n_limit = n_own = n_wrong = 0
    for (source, _), (text, error, data), (want, why), name in zip(cases, ours, theirs, names):
        if text == want and not (text is not None and unmarked(text, data)):
            n_text += text is not None
            n_error += text is None
        elif text is None and TOO_LARGE.search(error):
            n_limit += 1
        elif text is None and (PYTHONS_OWN.search(want or "") or OF_OURS.search(error)):
            n_own += 1
        else:
            n_wrong += 1
            what = "a character of the data is marked as the template's" if text == want else "different"
            print(f"--- {name}: {what}\n{source if len(source) < 3000 else '...'}\nplume:  {text!r} {error}\njinja2: {want!r} {why}")
    print(f"{len(cases)} cases: {n_text} equal texts, {n_error} errors in both, {n_limit} beyond a limit of plume, {n_own} print objects of Python, {n_wrong} differences")
    return n_wrong


def main() -> None:
    program, mode, *rest = sys.argv[1:]
    if mode == "random":
        count, seed = int(rest[0]) if rest else 5000, int(rest[1]) if len(rest) > 1 else 1
        sets, cases, names = [], [], []
        for n in range(count):
            g = Generator(seed * 1_000_003 + n)
            if n % 10 == 0:
                sets.append({"messages": [], "variables": private(g.context(), g.r)})
            cases.append((g.template().replace("\ue000", "x"), len(sets) - 1))
            names.append(f"seed {seed}, case {n}")
        sys.exit(compare(program, sets, cases, names) != 0)
    sources = [(p.name, p.read_text()) for folder in rest for p in sorted(pathlib.Path(folder).glob("*.jinja"))]
    cases = [(source, i) for _, source in sources for i in range(len(SETS))]
    sys.exit(compare(program, SETS, cases, [f"{name}, {s['name']}" for name, _ in sources for s in SETS]) != 0)


if __name__ == "__main__":
    main()
