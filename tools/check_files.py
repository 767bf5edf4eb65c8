#!/usr/bin/env python3
"""Files: none too long, the README's code is examples/quickstart.cpp byte for byte, what the README names is there, no large file, no path of a machine."""

import pathlib
import re
import subprocess
import tempfile

from checking import ROOT, arguments, expect, finish

LINES_ADVISED, LINES_ALLOWED, BYTES_ALLOWED = 500, 600, 1_000_000
SOURCES = (".cpp", ".hpp", ".cu", ".cuh", ".h", ".py", ".sh", ".cmake")
# Long because they are data, written by a program that stands beside them.
GENERATED = re.compile(r"generated|_tables\.|/tables/")
MACHINE_PATH = re.compile(r"(?<![\w.])/(work|home|mnt)/\w")


def tracked(root):
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True)
    if listed.returncode == 0:
        return [root / line for line in listed.stdout.splitlines() if (root / line).is_file()]
    return [path for path in root.rglob("*") if path.is_file() and not path.relative_to(root).as_posix().startswith(("build/", "models/", ".git/"))]


def readme_violations(root):
    readme, example = root / "README.md", root / "examples/quickstart.cpp"
    if not readme.is_file():
        return ["README.md is missing"]
    text, found = readme.read_text(), []
    blocks = re.findall(r"^```cpp\n(.*?)^```$", text, re.M | re.S)
    if not example.is_file():
        found.append("examples/quickstart.cpp is missing")
    elif example.read_text() not in blocks:
        found.append("README.md has no code block that equals examples/quickstart.cpp byte for byte")
    # Links to files, and paths in `code` that begin with a folder of the tree.
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    names = re.findall(r"\]\((?!http)([^)#]+)\)", prose)
    names += re.findall(r"`((?:tools|tests|examples|include|src|kernels|bench)/[\w./-]*\w)[^`]*`", prose)
    found += [f"README.md names {name}, which is not there" for name in names if not (root / name).exists()]
    return found


def violations(root):
    found = readme_violations(root)
    for path in tracked(root):
        name, size = path.relative_to(root).as_posix(), path.stat().st_size
        if size > BYTES_ALLOWED:
            found.append(f"{name} has {size} bytes; no file of the tree is larger than {BYTES_ALLOWED}")
        if path.suffix not in SOURCES and path.suffix not in (".md", ".txt", ".json"):
            continue
        text = path.read_text(errors="replace")
        if MACHINE_PATH.search(text) and not name.startswith(("tests/golden/", "tools/check_files.py")):
            found.append(f"{name} names a path of one machine: {MACHINE_PATH.search(text).group(0)}...")
        if re.search(r"^(<{7}|>{7}) ", text, re.M):
            found.append(f"{name} holds the marks of a merge conflict")
        lines = text.count("\n")
        if path.suffix in SOURCES and not GENERATED.search(name):
            if lines > LINES_ALLOWED:
                found.append(f"{name} has {lines} lines; {LINES_ALLOWED} are allowed, {LINES_ADVISED} advised")
            elif lines > LINES_ADVISED:
                print(f"advice: {name} has {lines} lines; {LINES_ADVISED} are advised")
    return found


def self_test():
    def with_files(files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            good = {"README.md": "```cpp\nint main() {}\n```\n", "examples/quickstart.cpp": "int main() {}\n"}
            for name, text in {**good, **files}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return violations(root)

    expect("nothing in a good tree", not with_files({}))
    expect("a long file", with_files({"src/a.cpp": "\n" * 700}))
    expect("an example that differs from the README", with_files({"examples/quickstart.cpp": "int main() { }\n"}))
    expect("a README that names a missing file", with_files({"README.md": "```cpp\nint main() {}\n```\n`tools/gone.sh`\n"}))
    expect("a large file", with_files({"a.bin": "x" * 1_100_000}))
    expect("a merge conflict", with_files({"src/a.cpp": "<" * 7 + " HEAD\n"}))
    expect("a path of one machine", with_files({"src/a.cpp": "// /" + "work/x\n"}))


if __name__ == "__main__":
    options = arguments(__doc__)
    if options.self_test:
        self_test()
    else:
        finish(violations(ROOT), "files")
