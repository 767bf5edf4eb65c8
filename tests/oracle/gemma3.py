#!/usr/bin/env python3
"""gemma3.py PLUME MODEL TEXT: Gemma 3 270M in the plume command against transformers on the same file's decoded weights, in float32."""

import math
import pathlib
import sys
import tempfile

import numpy as np
import torch
import transformers

import oracle
from tool import Checks, Plume

BOS = 2
LONG = 2000   # tokens: four windows
PROMPT = "La capitale de la France est"


@torch.no_grad()
def losses(model, chunk):
    """Of the scored positions, without keeping [T, V] in float64."""
    scored = list(oracle.scored(len(chunk)))
    logits = model(torch.tensor([chunk])).logits[0, scored]
    return torch.nn.functional.cross_entropy(logits, torch.tensor([chunk[t + 1] for t in scored]), reduction="none").double().tolist()


@torch.no_grad()
def greedy(model, ids, n):
    out = model.generate(torch.tensor([ids]), max_new_tokens=n, min_new_tokens=n, do_sample=False)
    return out[0, len(ids):].tolist()


def main():
    binary, path, text = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(sys.argv[3]).read_text()
    plume, checks = Plume(binary, str(path)), Checks()
    model = transformers.AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()

    ids = plume.tokenize(text)
    chunks, scored = oracle.chunks(ids, 128, BOS), list(oracle.scored(128))
    divergences, exact = [], []
    for c in chunks:
        want = oracle.log_softmax(oracle.logits(model, c)[scored])
        got = oracle.log_softmax(plume.logits(c)[scored])
        divergences += (np.exp(want) * (want - got)).sum(-1).tolist()
        exact += [-want[i, c[t + 1]] for i, t in enumerate(scored)]
    perplexity = math.exp(np.mean(exact))
    print(f"{len(ids)} tokens, {len(chunks)} chunks, exact perplexity {perplexity:.4f}")
    checks.at_most("default: mean KL divergence", np.mean(divergences), 0.0012)
    checks.at_most("default: perplexity off by", abs(plume.perplexity(sys.argv[3], "--ctx", "128") / perplexity - 1), 0.008)

    with tempfile.NamedTemporaryFile("w", suffix=".txt") as long:
        long.write(text + "\n\n" + text)
        long.flush()
        chunk = oracle.chunks(plume.tokenize(text + "\n\n" + text), LONG, BOS)[0]
        exact = math.exp(np.mean(losses(model, chunk)))
        checks.at_most(f"{LONG} tokens, a16: perplexity {exact:.4f} off by", abs(plume.perplexity(long.name, "--ctx", str(LONG), "--activations", "a16") / exact - 1), 0.0005)

    prompt = plume.tokenize(PROMPT)
    answer = greedy(model, prompt, 60)
    best = plume.logits(prompt + answer, "--activations", "a16")[len(prompt) - 1 : -1].argmax(-1).tolist()
    checks.at_most("a16: greedy tokens of a French prompt that differ", sum(a != b for a, b in zip(best, answer)), 0)
    print("     " + plume.call("detokenize", text=" ".join(map(str, prompt + answer)).encode()))
    checks.end()


main()
