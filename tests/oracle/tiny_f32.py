#!/usr/bin/env python3
"""tiny_f32.py PLUME MODEL: logits of a llama with float weights against transformers, in float32 and float64."""

import sys

import numpy as np
import torch

import oracle
from tool import Checks, Plume


def main():
    binary, path = sys.argv[1:]
    plume, checks = Plume(binary, path), Checks()
    single, double = oracle.load(path, torch.float32), oracle.load(path, torch.float64)
    tokens = [1, *np.random.default_rng(7).integers(3, single.config.vocab_size, 99).tolist()]
    got = plume.logits(tokens, "--kv-type", "f32")
    checks.at_most("NMSE of plume against transformers in float32", oracle.nmse(got, oracle.logits(single, tokens)), 1e-6)
    checks.at_most("NMSE of plume against transformers in float64", oracle.nmse(got, oracle.logits(double, tokens)), 1e-6)
    print(f"     transformers in float32 against float64: {oracle.nmse(oracle.logits(single, tokens), oracle.logits(double, tokens)):.4g}")
    checks.end()


main()
