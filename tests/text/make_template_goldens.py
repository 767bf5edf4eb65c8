#!/usr/bin/env python3
"""Writes what jinja2 gives, with the settings of transformers, for chat templates and for small pieces of their language.

    python3 tests/text/make_template_goldens.py FOLDER      # of chat templates; needs transformers and jinja2 3.1.6

tests/golden/text/templates.json: message sets of our own, and for every template of the folder and every set the length and the SHA-256 of the prompt, or
"error" where jinja2 raises. tests/golden/text/jinja.json: pieces of the language with what they print, or null.
"""
import copy
import datetime
import hashlib
import json
import pathlib
import re
import sys

from transformers.utils.chat_template_utils import _compile_jinja_template

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from template_cases import CASES, CONTEXT, SETS  # noqa: E402

GOLDEN = pathlib.Path(__file__).parent.parent / "golden" / "text"
NOW = datetime.datetime(2026, 3, 7, 14, 5, 9)


def render(source: str, variables: dict) -> str | None:
    try:
        template = _compile_jinja_template(source)
        template.environment.globals["strftime_now"] = NOW.strftime
        text = template.render(**copy.deepcopy(variables))  # |indent changes a list
        text.encode()
        return text
    except Exception:  # whatever jinja2 and what it calls may raise
        return None


def variables_of(s: dict) -> dict:
    names = {"messages": s["messages"], "tools": s.get("tools"), "documents": s.get("documents"), "bos_token": "<|bos|>", "eos_token": "<|eos|>"}
    return {**names, "add_generation_prompt": s.get("add_generation_prompt", True), **s.get("variables", {})}


def main() -> None:
    templates = {}
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.jinja")):
        results = []
        for s in SETS:
            text = render(path.read_text(), variables_of(s))
            results.append("error" if text is None else f"{len(text.encode())} {hashlib.sha256(text.encode()).hexdigest()}")
        templates[path.name] = results
        print(f"{path.name}: {sum(r != 'error' for r in results)} prompts, {results.count('error')} errors")
    with open(GOLDEN / "templates.json", "w") as out:
        json.dump({"sets": SETS, "templates": templates}, out, indent=1, ensure_ascii=False)
        out.write("\n")
    cases = [[source, render(source, CONTEXT)] for source in CASES]
    cases = [[source, text] for source, text in cases if not re.search(r"^range\(|<built-in|<function|<class|<Template| at 0x|^b'|j\)$", text or "")]  # Python's own matters
    print(f"{len(cases)} pieces, {sum(text is None for _, text in cases)} of them errors")
    with open(GOLDEN / "jinja.json", "w") as out:
        json.dump({"context": CONTEXT, "cases": cases}, out, indent=0, ensure_ascii=False)
        out.write("\n")


main()
