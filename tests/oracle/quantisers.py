#!/usr/bin/env python3
"""quantisers.py PLUME PEER_BIN MODEL TEXT [--imatrix] [TYPE...]: `plume quantize` against llama.cpp's on the same weights, type by type: the KL divergence of both
files from the unquantised model (MODEL's decoded weights; plume in a16), the squared error of all weights as the importance matrix weighs them, the processor
time of both commands, and llama.cpp's perplexity on our file beside ours. PEER_BIN holds llama-quantize and llama-perplexity. With MODEL from synthetic_model
(--shape tiny --type F32), whose rows 256 divides, the error tells of every type; its perplexity means nothing. TEXT should have some thousands of tokens: on
a few hundred the divergence of one and the same file moves by a tenth and more from text to text."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import gguf
import numpy as np
from gguf.quants import dequantize

from tool import Checks

TYPES = ("Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q2_K_S Q3_K_S Q3_K_M Q3_K_L Q4_K_S Q4_K_M Q5_K_S Q5_K_M Q6_K IQ4_NL IQ4_XS IQ3_M IQ3_S IQ3_XS IQ3_XXS IQ2_M IQ2_S "
         "IQ2_XS IQ2_XXS IQ1_M IQ1_S TQ1_0 TQ2_0").split()
CONTEXT = "128"


def run(*words):
    """Processor seconds and output."""
    began = os.times()
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError((done.stderr or done.stdout).strip().splitlines()[-1])
    ended = os.times()
    return ended.children_user + ended.children_system - began.children_user - began.children_system, done.stdout + done.stderr


def tensors_of(path):
    return {t.name: t for t in gguf.GGUFReader(path).tensors}


def importance_of(path):
    """Mean squares of the inputs of each matrix that was met."""
    if path is None:
        return {}
    found = tensors_of(path)
    return {name.removesuffix(".in_sum2"): t.data / np.maximum(found[name.replace("in_sum2", "counts")].data, 1)
            for name, t in found.items() if name.endswith(".in_sum2")}


def squared_error(tensors, exact, importance):
    """Of the matrices, the costs of an input averaging 1."""
    total = 0.0
    for name, t in tensors.items():
        if t.tensor_type.name == "F32":
            continue
        off = (dequantize(t.data, t.tensor_type).astype(np.float64) - exact[name].data) ** 2
        cost = importance.get(name)
        total += (off * cost.reshape(*cost.shape[:-1], 1, cost.shape[-1]).reshape(-1, cost.shape[-1]) / cost.mean()).sum() if cost is not None else off.sum()
    return total


def main():
    words = [w for w in sys.argv[1:] if w != "--imatrix"]
    plume, peer, model, text = words[0], pathlib.Path(words[1]), words[2], words[3]
    checks, threads = Checks(), str(len(os.sched_getaffinity(0)))
    with tempfile.TemporaryDirectory() as root:
        base, exact, importance, ours, theirs = (pathlib.Path(root, n) for n in ("base.gguf", "exact.logits", "importance.gguf", "ours.gguf", "theirs.gguf"))
        run(plume, "quantize", model, base, "F32", "--quiet")
        run(plume, "perplexity", base, text, "--ctx", CONTEXT, "--activations", "a16", "--save-logits", exact, "--quiet")
        known = []
        if "--imatrix" in sys.argv:
            run(plume, "imatrix", base, text, importance, "--ctx", CONTEXT, "--quiet")
            known = ["--imatrix", importance]
        weights, costs = tensors_of(base), importance_of(importance if known else None)

        def divergence(path):
            out = run(plume, "perplexity", path, text, "--ctx", CONTEXT, "--activations", "a16", "--against", exact, "--quiet")[1]
            return float(re.search(r"^perplexity ([\d.]+)", out, re.M)[1]), float(re.search(r"mean\s+([\d.e-]+)", out)[1])

        for kind in words[4:] or TYPES:
            try:
                our_time = run(plume, "quantize", base, ours, kind, "--quiet", *known)[0]
                their_time = run(peer / "llama-quantize", *known, base, theirs, kind, threads)[0]
            except RuntimeError as e:   # types of few bits that want an importance matrix
                checks.missed += bool(known)
                print(f"{'MISS' if known else '    '} {kind}: {e}", flush=True)
                continue
            (our_perplexity, our_kl), (_, their_kl) = divergence(ours), divergence(theirs)
            a, b = tensors_of(ours), tensors_of(theirs)
            other = [f"{n} {a[n].tensor_type.name} for {b[n].tensor_type.name}" for n in a if a[n].tensor_type != b[n].tensor_type]
            our_error, their_error = squared_error(a, weights, costs), squared_error(b, weights, costs)
            error = our_error / their_error if their_error else 1 + our_error   # weights of that very type lose nothing
            size = ours.stat().st_size / theirs.stat().st_size
            out = run(peer / "llama-perplexity", "-m", ours, "-f", text, "-c", CONTEXT, "-b", CONTEXT, "-t", "1")[1]
            off = abs(float(re.findall(r"\[\d+\]([\d.]+),", out)[-1]) / our_perplexity - 1)
            checks.at_most(f"{kind}: KL {our_kl:.6f}, llama.cpp's {their_kl:.6f}: more by", our_kl - their_kl, max(0.02 * their_kl, 1e-5))
            checks.at_most(f"{kind}: squared error by llama.cpp's", error, 1.02)
            checks.at_most(f"{kind}: processor seconds {our_time:.2f}, llama.cpp's {their_time:.2f}: ratio", our_time / their_time, 1)
            checks.at_most(f"{kind}: llama.cpp's perplexity on our file is off by", off, 0.015)
            print(f"     {kind}: size {size:.4f} of theirs, other types: {', '.join(other[:4]) or 'none'}{' ...' if len(other) > 4 else ''}", flush=True)
    checks.end()


main()
