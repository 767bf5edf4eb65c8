#!/usr/bin/env python3
"""Public headers: each compiles alone, and all together without exceptions, without a warning; and no float arithmetic of plume stands in any of them
(an embedder's fast-math copy of an inline function may be the one that the linker keeps)."""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import tempfile

from checking import ROOT, arguments, expect, finish, output_of

FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wno-sign-conversion", "-Wnon-virtual-dtor", "-Werror"]
FLOAT_ARITHMETIC = re.compile(r"\b(add|sub|mul|div|sqrt|cvt\w+2|min|max)(ss|sd|ps|pd)\b")


def headers(root):
    return sorted(path.relative_to(root / "include").as_posix() for path in (root / "include").rglob("*.hpp"))


def complaint(compiler, root, included, *extra):
    """What the compiler says to a file that includes these headers, each twice, or an empty text."""
    text = "".join(f"#include <{header}>\n" * 2 for header in included)
    done = subprocess.run([compiler, *FLAGS, *extra, "-fsyntax-only", "-x", "c++", "-I", str(root / "include"), "-"], input=text, capture_output=True, text=True)
    return done.stderr[:2000] if done.returncode else ""


def alone_violations(compiler, root):
    found = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, said in zip(headers(root), pool.map(lambda header: complaint(compiler, root, [header]), headers(root))):
            if said:
                found.append(f"{header} alone:\n{said}")
    said = complaint(compiler, root, headers(root), "-fno-exceptions")
    return found + ([f"all headers without exceptions:\n{said}"] if said else [])


def float_violations(root):
    """Every inline function of the headers is emitted (GCC's -fkeep-inline-functions) and those of plume are read for float instructions."""
    with tempfile.TemporaryDirectory() as folder:
        source, compiled = pathlib.Path(folder, "all.cpp"), pathlib.Path(folder, "all.o")
        source.write_text("".join(f"#include <{header}>\n" for header in headers(root)))
        output_of("g++", "-std=c++20", "-O1", "-fkeep-inline-functions", "-c", source, "-o", compiled, "-I", root / "include")
        found, function = [], ""
        for line in output_of("objdump", "-dC", "--no-show-raw-insn", compiled).splitlines():
            start = re.match(r"[0-9a-f]+ <(.*)>:$", line)
            if start:
                function = start.group(1)
            elif function.startswith("plume::") and FLOAT_ARITHMETIC.search(line):
                found.append(f"a public header has float arithmetic: {function}: {line.strip()}")
        return found


def self_test(compiler):
    def tree(text):
        folder = tempfile.TemporaryDirectory()
        path = pathlib.Path(folder.name, "include/plume/a.hpp")
        path.parent.mkdir(parents=True)
        path.write_text("#pragma once\n" + text)
        return folder, pathlib.Path(folder.name)

    folder, root = tree("namespace plume { inline std::string name() { return {}; } }\n")
    expect("a header without its include", alone_violations(compiler, root))
    folder, root = tree("namespace plume { inline void f() { throw 1; } }\n")
    expect("a throw without exceptions", alone_violations(compiler, root))
    folder, root = tree("namespace plume { inline float f(float a, float b) { return a * b; } }\n")
    expect("float arithmetic in a header", float_violations(root))
    expect("nothing in a good header", not alone_violations(compiler, root))


if __name__ == "__main__":
    options = arguments(__doc__)
    if options.self_test:
        self_test(options.compiler)
    else:
        finish(alone_violations(options.compiler, ROOT) + float_violations(ROOT), "headers")
