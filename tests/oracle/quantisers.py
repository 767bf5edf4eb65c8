#!/usr/bin/env python3
"""quantisers.py PLUME PEER_BIN MODEL TEXT [--imatrix] [TYPE...]: `plume quantize` against llama.cpp's on the same weights, type by type: the KL divergence of both
files from the unquantised model (MODEL's decoded weights; plume in a16), the processor time of both commands, and llama.cpp's perplexity on our file beside ours.
PEER_BIN holds llama-quantize and llama-perplexity."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import gguf

from tool import Checks

TYPES = ("Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q2_K_S Q3_K_S Q3_K_M Q3_K_L Q4_K_S Q4_K_M Q5_K_S Q5_K_M Q6_K IQ4_NL IQ4_XS IQ3_M IQ3_S IQ3_XS IQ3_XXS IQ2_M IQ2_S "
         "IQ2_XS IQ2_XXS IQ1_M IQ1_S MXFP4_MOE TQ1_0 TQ2_0").split()
NEED_IMPORTANCE = {"IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ1_M", "IQ1_S", "Q2_K_S"}   # llama-quantize refuses them without
CONTEXT = "128"


def run(*words):
    """Processor seconds and output."""
    began = os.times()
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError((done.stderr or done.stdout).strip().splitlines()[-1])
    ended = os.times()
    return ended.children_user + ended.children_system - began.children_user - began.children_system, done.stdout + done.stderr


def types_of(path):
    return {t.name: t.tensor_type.name for t in gguf.GGUFReader(path).tensors}


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

        def divergence(path):
            out = run(plume, "perplexity", path, text, "--ctx", CONTEXT, "--activations", "a16", "--against", exact, "--quiet")[1]
            return float(re.search(r"^perplexity ([\d.]+)", out, re.M)[1]), float(re.search(r"mean\s+([\d.e-]+)", out)[1])

        for kind in words[4:] or TYPES:
            our_kind = kind.removesuffix("_MOE")
            if kind in NEED_IMPORTANCE and not known:
                continue
            our_time = run(plume, "quantize", base, ours, our_kind, "--quiet", *known)[0]
            their_time = run(peer / "llama-quantize", *known, base, theirs, kind, threads)[0]
            (our_perplexity, our_kl), (_, their_kl) = divergence(ours), divergence(theirs)
            a, b = types_of(ours), types_of(theirs)
            other = [f"{n} {a[n]} for {b[n]}" for n in a if a[n] != b[n]]
            size = ours.stat().st_size / theirs.stat().st_size
            out = run(peer / "llama-perplexity", "-m", ours, "-f", text, "-c", CONTEXT, "-b", CONTEXT, "-t", threads)[1]
            off = abs(float(re.search(r"Final estimate: PPL = ([\d.]+)", out)[1]) / our_perplexity - 1)
            checks.at_most(f"{kind}: KL {our_kl:.6f}, llama.cpp's {their_kl:.6f}: more by", our_kl - their_kl, max(0.02 * their_kl, 1e-5))
            checks.at_most(f"{kind}: processor seconds {our_time:.2f}, llama.cpp's {their_time:.2f}: ratio", our_time / their_time, 1)
            checks.at_most(f"{kind}: llama.cpp's perplexity on our file is off by", off, 0.015)
            print(f"     {kind}: size {size:.4f} of theirs, other types: {', '.join(other[:4]) or 'none'}{' ...' if len(other) > 4 else ''}", flush=True)
    checks.end()


main()
