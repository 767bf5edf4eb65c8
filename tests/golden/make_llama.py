#!/usr/bin/env python3
"""Writes llama.json: logits of Hugging Face transformers, in float64, for the tiny models of tests/support/tiny_model.hpp.

    python3 tests/golden/make_llama.py        # needs torch, transformers, gguf, numpy

The weights come from the same counter-based generator as in C++, so that the file holds options and logits alone.
"""

import json
import pathlib
import re
import sys

import numpy as np
import torch
import transformers

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here.parent / "oracle"))
import oracle
from generated_weights import random_weights

f32, V, T = np.float32, 300, 40
variants = {   # as tiny_options; what is not named has tiny_options' default
    "grouped queries": {},
    "a key for each query, tied": {"heads": 4, "kv_heads": 4, "tied": True, "seed": 2},
    "head size other than D/H": {"heads": 4, "kv_heads": 1, "head": 24, "layers": 3, "seed": 3},
    "biases": {"biases": True, "seed": 4},
    "rope_freqs": {"rope_freqs": True, "rope_base": 500000.0, "seed": 5},
    "linear scaling of RoPE": {"rope_factor": 4.0, "seed": 6},
    "everything": {"d": 90, "heads": 6, "kv_heads": 2, "head": 24, "ffn": 112, "layers": 3, "tied": True, "biases": True, "rope_freqs": True,
                   "rms_epsilon": 0.001953125, "seed": 7},
}
defaults = {"layers": 2, "d": 64, "heads": 4, "kv_heads": 2, "head": 0, "ffn": 96, "tied": False, "biases": False, "rope_freqs": False,
            "rms_epsilon": 1e-5, "rope_base": 10000.0, "rope_factor": 1.0, "seed": 1}


def tiny_tensors(o):
    d, ffn = o["d"], o["ffn"]
    head = o["head"] or d // o["heads"]
    he, ke = o["heads"] * head, o["kv_heads"] * head
    tensors = {}

    def vector(name, n, middle, spread):
        tensors[name] = random_weights(o["seed"], name, (n,), middle, spread)

    def matrix(name, columns, rows):
        spread = f32(1)
        while spread * spread * f32(columns) > 3:
            spread *= f32(0.9375)
        tensors[name] = random_weights(o["seed"], name, (rows, columns), 0, spread)

    matrix("token_embd.weight", d, V)
    if o["rope_freqs"]:
        vector("rope_freqs.weight", head // 2, 2, 0.75)
    for i in range(o["layers"]):
        at = f"blk.{i}."
        for norm in ("attn_norm", "ffn_norm"):
            vector(f"{at}{norm}.weight", d, 1, 0.25)
        for name, columns, rows in (("attn_q", d, he), ("attn_k", d, ke), ("attn_v", d, ke), ("attn_output", he, d),
                                    ("ffn_gate", d, ffn), ("ffn_up", d, ffn), ("ffn_down", ffn, d)):
            matrix(f"{at}{name}.weight", columns, rows)
            if o["biases"]:
                vector(f"{at}{name}.bias", rows, 0, 0.5)
    vector("output_norm.weight", d, 1, 0.25)
    if not o["tied"]:
        matrix("output.weight", d, V)
    return tensors


def keys(o):
    head = {"llama.attention.key_length": o["head"]} if o["head"] else {}
    scaling = {"llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": o["rope_factor"]} if o["rope_factor"] != 1 else {}
    return head | scaling | {
        "llama.context_length": 256, "llama.embedding_length": o["d"], "llama.block_count": o["layers"], "llama.feed_forward_length": o["ffn"],
        "llama.attention.head_count": o["heads"], "llama.attention.head_count_kv": o["kv_heads"], "llama.rope.freq_base": o["rope_base"],
        "llama.attention.layer_norm_rms_epsilon": float(f32(o["rms_epsilon"]))}


def check_exact_rotary():
    """transformers' own llama3 scaling gives the angles that its factors give as rope_freqs, up to float32."""
    scaling = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": 8192}
    config = transformers.LlamaConfig(hidden_size=256, num_attention_heads=4, head_dim=64, max_position_embeddings=131072, rope_parameters=scaling)
    theirs = transformers.models.llama.modeling_llama.LlamaRotaryEmbedding(config)
    plain = 500000.0 ** (-np.arange(0, 64, 2) / 64)
    factors = plain / theirs.inv_freq.double().numpy()
    assert factors.min() > 0.999999 and abs(factors.max() - 32) < 1e-3
    x, positions = torch.zeros(1, 1), torch.arange(T)[None]
    for a, b in zip(theirs(x, positions), oracle.ExactRotary(500000.0, 64, factors)(x.double(), positions)):
        assert (a - b).abs().max() < 1e-5


def main():
    check_exact_rotary()
    tokens = [(11 + 37 * i + 5 * i * i) % V for i in range(T)]
    cases = []
    for name, options in variants.items():
        o = defaults | options
        tensors = tiny_tensors(o)
        exact = oracle.logits(oracle.build(keys(o), tensors, torch.float64), tokens)
        single = oracle.logits(oracle.build(keys(o), tensors, torch.float32), tokens)
        error = oracle.nmse(single, exact)
        print(f"{name}: logits of standard deviation {exact.std():.3f}, float32 against float64 NMSE {error:.2e}")
        assert error < 1e-11
        cases.append({"name": name, "options": options, "sums": [float(f"{s:.12g}") for s in exact.sum(-1)],
                      "squares": [float(f"{s:.12g}") for s in (exact**2).sum(-1)], "last": [float(f"{x:.10g}") for x in exact[-1]]})
    out = {"source": f"transformers {transformers.__version__}, LlamaForCausalLM, float64", "vocabulary": V, "tokens": tokens, "cases": cases}
    text = json.dumps(out, indent=1)
    text = re.sub(r"\[[^\[\]{}]*\]", lambda m: re.sub(r"\s+", " ", m.group()), text)   # a list of numbers on one line
    (here / "llama.json").write_text(text + "\n")


main()
