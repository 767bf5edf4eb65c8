"""Shared by tools/check_*.py: the tree, running a compiler or binutils, and the end of a check."""

import argparse
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def arguments(description, *more):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--self-test", action="store_true", help="plant violations and see that each is found")
    parser.add_argument("--compiler", default="g++")
    for name, options in more:
        parser.add_argument(name, **options)
    return parser.parse_args()


def output_of(*command):
    """Standard output of a command that must succeed."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nfailed:\n{done.stderr[-4000:]}")
    return done.stdout


def finish(found, what):
    """Ends a check: one line for each violation, exit status 1 where there is one."""
    for line in found:
        print(line)
    print(f"{what}: {len(found)} violation(s)")
    sys.exit(1 if found else 0)


def expect(name, condition):
    """One planted violation of a self-test."""
    if not condition:
        sys.exit(f"self-test: not found: {name}")
    print(f"found: {name}")
