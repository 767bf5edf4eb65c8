"""Calls the plume command."""

import os
import subprocess
import tempfile

import numpy as np


class Plume:
    def __init__(self, binary, model):
        self.binary, self.model = binary, model

    def call(self, command, *arguments, text=None):
        done = subprocess.run([self.binary, command, self.model, *arguments], input=text, capture_output=True)
        if done.returncode:
            raise SystemExit(f"plume {command}: {done.stderr.decode()}")
        return done.stdout.decode()

    def tokenize(self, text, *options):
        return [int(i) for i in self.call("tokenize", *options, text=text.encode()).split()]

    def logits(self, tokens, *options):
        """[T, V] float32."""
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "logits")
            self.call("logits", "--tokens", ",".join(map(str, tokens)), "--out", out, *options)
            return np.fromfile(out, "<f4").reshape(len(tokens), -1)

    def perplexity(self, path, *options):
        return float(self.call("perplexity", path, *options).split()[1])


class Checks:
    """Prints each figure beside its limit and remembers whether one was missed."""

    def __init__(self):
        self.missed = 0

    def at_most(self, what, figure, limit):
        good = figure <= limit   # false for NaN
        self.missed += not good
        print(f"{'ok  ' if good else 'MISS'} {what}: {figure:.4g} (limit {limit:.4g})", flush=True)

    def end(self):
        raise SystemExit(1 if self.missed else 0)
