#!/usr/bin/env python3
"""smollm2.py PLUME MODEL TEXT: SmolLM2 in the plume command against transformers on the same file's decoded weights, in float32."""

import json
import math
import pathlib
import sys

import numpy as np
import torch
import transformers

import oracle
from tool import Checks, Plume

MODES = {   # options: limits of the perplexity's deviation and of the mean KL divergence
    (): (0.007, 0.0014),
    ("--activations", "a8"): (0.012, 0.0027),
    ("--activations", "a16"): (0.0002, 1e-5),
    ("--activations", "a16", "--kv-type", "f32"): (0.0002, 1e-5),
}


def main():
    binary, path, text = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
    plume, checks = Plume(binary, str(path)), Checks()
    model = transformers.AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
    ids = plume.tokenize(pathlib.Path(text).read_text())
    chunks, scored = oracle.chunks(ids, 128), list(oracle.scored(128))
    exact = [oracle.log_softmax(oracle.logits(model, c)[scored]) for c in chunks]
    loss_of = lambda p, c: -sum(p[i, c[t + 1]] for i, t in enumerate(scored)) / len(scored)
    exact_perplexity = math.exp(np.mean([loss_of(p, c) for p, c in zip(exact, chunks)]))
    print(f"{len(ids)} tokens, {len(chunks)} chunks, exact perplexity {exact_perplexity:.4f}")

    for options, (perplexity_limit, divergence_limit) in MODES.items():
        name = " ".join(options) or "default"
        divergences, same = [], 0
        for want, c in zip(exact, chunks):
            got = oracle.log_softmax(plume.logits(c, *options)[scored])
            divergences += (np.exp(want) * (want - got)).sum(-1).tolist()
            same += (want.argmax(-1) == got.argmax(-1)).sum()
        checks.at_most(f"{name}: mean KL divergence", np.mean(divergences), divergence_limit)
        print(f"     {name}: the same first choice in {100 * same / len(divergences):.2f} % of {len(divergences)} positions")
        checks.at_most(f"{name}: perplexity off by", abs(plume.perplexity(text, "--ctx", "128", *options) / exact_perplexity - 1), perplexity_limit)

    golden = json.loads((pathlib.Path(__file__).parent.parent / "golden/smollm2.json").read_text())
    for case in golden["cases"]:
        checks.at_most(f"ids of the prompt {case['kind']} that differ", float(plume.tokenize(case["prompt"], "--parse-special") != case["ids"]), 0)
        forced = case["ids"] + case["answer"]
        for options in MODES:
            best = plume.logits(forced, *options)[len(case["ids"]) - 1 : -1].argmax(-1)   # equal to free greedy tokens up to the first difference
            different = [i for i, (a, b) in enumerate(zip(best, case["answer"])) if a != b]
            gap = math.log(case["p_first"][different[0]] / case["p_second"][different[0]]) if different else 0.0
            exact_mode = "a16" in options
            checks.at_most(f"{case['kind']}, {' '.join(options) or 'default'}: first difference {different[:1]}, its gap", gap, 0 if exact_mode else 0.3)
    checks.end()


main()
