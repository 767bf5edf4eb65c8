#!/usr/bin/env python3
"""tiny_files.py PLUME FOLDER TEXT: perplexity and logits of every GGUF file of a folder against float64 on its decoded weights."""

import pathlib
import sys

import gguf

import oracle
from tool import Checks, Plume

FLOATS = {"F32", "F16", "BF16"}


def main():
    binary, folder, text = sys.argv[1:]
    checks = Checks()
    for path in sorted(pathlib.Path(folder).glob("*.gguf")):
        plume, reader = Plume(binary, str(path)), gguf.GGUFReader(path)
        keys = oracle.fields(reader)
        bos = keys["tokenizer.ggml.bos_token_id"] if keys.get("tokenizer.ggml.add_bos_token", keys["tokenizer.ggml.model"] == "llama") else None
        ids, model = plume.tokenize(pathlib.Path(text).read_text()), oracle.load(path)
        exact = oracle.perplexity(lambda c: oracle.logits(model, c), ids, 128, bos)
        weights = {t.tensor_type.name for t in reader.tensors if t.name.endswith("ffn_up.weight")}
        print(f"{path.name}: {weights}, exact {exact:.4f}")
        off = lambda *options: abs(plume.perplexity(text, "--ctx", "128", *options) / exact - 1)
        checks.at_most(f"{path.name} a16, f32 cache: perplexity off by", off("--activations", "a16", "--kv-type", "f32"), 0.00005 if weights <= FLOATS else 0.0002)
        checks.at_most(f"{path.name} a16: perplexity off by", off("--activations", "a16"), 0.0002)
        checks.at_most(f"{path.name} default: perplexity off by", off(), 0.003)
        first = oracle.chunks(ids, 128, bos)[0]
        want = oracle.logits(model, first)
        for mode in ("a8", "mixed", "a16"):
            print(f"     {mode}: NMSE of the first chunk {oracle.nmse(plume.logits(first, '--activations', mode), want):.3g}")
    checks.end()


main()
