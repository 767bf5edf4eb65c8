#!/usr/bin/env python3
"""Floors: an include only goes down. Public headers include the standard library and each other. Third-party libraries stay in their rooms."""

import pathlib
import re
import tempfile

from checking import ROOT, arguments, expect, finish

# What lies on which floor: the first prefix that fits counts. Folders of one floor do not see each other; a folder sees itself.
FLOORS = [
    # prefix                   floor  name of the folder that may see itself
    ("include/plume/core/",    0, "core"),
    ("src/core/",              0, "core"),
    ("include/plume/quant/",   1, "quant"),
    ("src/quant/",             1, "quant"),
    ("include/plume/io/",      1, "io"),
    ("src/io/",                1, "io"),
    ("include/plume/kv/layout", 1, "kv/layout"),
    ("src/kv/layout",          1, "kv/layout"),
    ("kernels/cpu/",           3, "kernels/cpu"),
    ("kernels/cuda/",          3, "kernels/cuda"),
    ("kernels/",               2, "kernel table"),
    ("src/dispatch",           3, "dispatch"),
    ("src/fast",               4, "ops"),
    ("src/cpu",                3, "dispatch"),
    ("src/system",             0, "core"),
    ("src/numerics",           0, "core"),
    ("src/guard",              0, "core"),
    ("include/plume/text/",    4, "text"),
    ("src/text/",              4, "text"),
    ("include/plume/sampling/", 4, "sampling"),
    ("src/sampling/",          4, "sampling"),
    ("include/plume/kv/",      4, "kv"),
    ("src/kv/",                4, "kv"),
    ("include/plume/ops/",     4, "ops"),
    ("src/ops",                4, "ops"),
    ("include/plume/models/",  5, "models"),
    ("src/models/",            5, "models"),
    ("src/panel",              4, "ops"),
    ("src/parallel",           4, "ops"),
    ("src/repack",             4, "ops"),
    ("src/scratch",            5, "models"),
    ("src/weights",            5, "models"),
    ("src/forward",            5, "models"),
    ("src/rope",               5, "models"),
    ("src/weight_plan",        5, "models"),
    ("include/plume/",         6, "api"),
    ("src/",                   6, "api"),
    ("tools/",                 7, "tools"),
    ("examples/",              7, "examples"),
    ("bench/",                 7, "bench"),
]

# Who may see another folder of the same floor, and why.
SIDEWAYS = {("io", "quant"),     # the reader takes names and sizes of weight types from THE LIST, so that there is no second one
            ("bench", "tools")}  # the machine's peaks and random weights, so that there is no second code for them either

# Third-party headers and the only places that may include them.
ROOMS = [
    (r"Eigen/|unsupported/Eigen", ("tests/", "tools/", "bench/")),
    (r"CLI/",                     ("tools/",)),
    (r"nlohmann/",                ("tests/", "tools/", "bench/")),
    (r"doctest/",                 ("tests/",)),
    (r"benchmark/",               ("bench/",)),
    (r"xsimd/",                   ()),   # its inline functions would be weak symbols of the kernel objects: a linker could keep one target's copy for all
    (r"cblas\.h|openblas",        ("kernels/cpu/openblas", "bench/")),
    # Besides the kernels: src/system has the floating-point control and CPUID, tools/peaks measures the machine; src/quant/four_lanes has a few operations of
    # the x86-64 baseline for the encoders, which are compiled once and not by target.
    (r"immintrin\.h|[a-z]mmintrin\.h", ("kernels/", "src/system", "src/quant/four_lanes", "tools/peaks.cpp", "tests/")),
]

# Public headers may ask the preprocessor only about the language, never about how plume was built.
ALLOWED_CONDITIONS = re.compile(r"defined\(__cpp_\w+\)|__cplusplus|__cpp_\w+|PLUME_\w+_HPP")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
CONDITION = re.compile(r"^\s*#\s*(?:if|ifdef|ifndef|elif)\b(.*)$", re.M)


def place_of(path):
    for prefix, floor, folder in FLOORS:
        if path.startswith(prefix):
            return floor, folder
    return None


def resolve(root, path, quote, name):
    """The path inside the tree that an include names, or None for a header from elsewhere."""
    candidates = [root / "include" / name, root / name, root / "src" / name]
    if quote == '"':
        candidates.insert(0, root / pathlib.Path(path).parent / name)
    for candidate in candidates:
        if candidate.is_file() and root in candidate.resolve().parents:
            return candidate.resolve().relative_to(root).as_posix()
    return None


def violations(root):
    root = root.resolve()
    found = []
    for folder in ("include", "src", "kernels", "tools", "examples", "bench", "tests"):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in (".hpp", ".cpp", ".h", ".cu", ".cuh", ".inc"):
                continue
            path = file.relative_to(root).as_posix()
            text = file.read_text()
            here = place_of(path)
            public = path.startswith("include/")
            for quote, name in INCLUDE.findall(text):
                target = resolve(root, path, quote, name)
                if target is None:
                    for pattern, rooms in ROOMS:
                        if re.match(pattern, name) and not path.startswith(rooms):
                            found.append(f"{path}: includes {name}, which only {' and '.join(rooms)} may")
                    if public and not re.fullmatch(r"[a-z_0-9]+", name):
                        found.append(f"{path}: a public header includes {name}, which is not of the standard library")
                    continue
                if public and not target.startswith("include/plume/"):
                    found.append(f"{path}: a public header includes {target}")
                there = place_of(target)
                if here is None or there is None:
                    continue
                if path.startswith("examples/") and there != (6, "api") and not target.startswith("examples/"):
                    found.append(f"{path}: an example includes {target}; examples use the API alone")
                if there[0] > here[0] or (there[0] == here[0] and there[1] != here[1] and (here[1], there[1]) not in SIDEWAYS):
                    found.append(f"{path} ({here[1]}, floor {here[0]}): includes {target} ({there[1]}, floor {there[0]})")
            if public:
                for condition in CONDITION.findall(text):
                    rest = ALLOWED_CONDITIONS.sub("", condition)
                    if re.search(r"[A-Za-z_]\w{2,}", re.sub(r"//.*|defined", "", rest)):
                        found.append(f"{path}: a public header depends on{condition.rstrip()}")
    return found


def self_test():
    planted = {
        "core looks up":                  ("src/core/a.cpp", "#include <plume/io/b.hpp>\n", "include/plume/io/b.hpp"),
        "text sees sampling":             ("src/text/a.cpp", "#include <plume/sampling/b.hpp>\n", "include/plume/sampling/b.hpp"),
        "a kernel sees the API":          ("kernels/cpu/a.hpp", "#include <plume/model.hpp>\n", "include/plume/model.hpp"),
        "a public header includes Eigen": ("include/plume/core/a.hpp", "#include <Eigen/Core>\n", None),
        "a public header includes src":   ("include/plume/a.hpp", '#include "src/b.hpp"\n', "src/b.hpp"),
        "a build option in a header":     ("include/plume/a.hpp", "#if defined(PLUME_FAST)\n#endif\n", None),
        "an example sees the reader":     ("examples/a.cpp", "#include <plume/io/b.hpp>\n", "include/plume/io/b.hpp"),
        "CLI11 outside the tools":        ("src/a.cpp", "#include <CLI/CLI.hpp>\n", None),
    }
    for name, (path, text, other) in planted.items():
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for file, content in ((path, text), (other, "")):
                if file:
                    (root / file).parent.mkdir(parents=True, exist_ok=True)
                    (root / file).write_text(content)
            expect(name, violations(root))
    with tempfile.TemporaryDirectory() as folder:   # and what is right is left alone
        root = pathlib.Path(folder)
        for file, content in (("include/plume/io/b.hpp", "#include <plume/core/c.hpp>\n#include <vector>\n#if defined(__cpp_exceptions)\n#endif\n"),
                              ("include/plume/core/c.hpp", "")):
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(content)
        expect("nothing in a good tree", not violations(root))


if __name__ == "__main__":
    options = arguments(__doc__)
    if options.self_test:
        self_test()
    else:
        finish(violations(ROOT), "floors")
