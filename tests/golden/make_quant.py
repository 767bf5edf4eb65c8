"""Writes tests/golden/quant.json: what the `gguf` package's dequantiser makes of pseudo-random blocks of every weight format.

    python make_quant.py > quant.json
    python make_quant.py --grids     # prints the IQ grids as src/quant/iq*_grid.hpp hold them

Block bytes come from a counter, so that the C++ test makes the same: byte stream of a format = splitmix64((type << 40 | kind << 32) + i) for
words i = 0, 1, ..., little-endian. Kind 0 ("sane") then has the exponents of its scales moved near 1, kind 1 ("wild") is left as it came.
Weights are compared by their bits; a NaN counts as 0x7fc00000, +0 and -0 differ.
"""
import json
import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import quants

# Byte offsets of the halves of a block.
HALVES = {
    "F16": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2],
    "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0], "IQ3_S": [0], "IQ3_XXS": [0], "IQ2_S": [0], "IQ2_XS": [0], "IQ2_XXS": [0],
    "IQ1_S": [0], "IQ1_M": [], "MXFP4": [], "TQ1_0": [52], "TQ2_0": [64], "F32": [], "BF16": [],
}
QUANTISERS = ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0")   # of the package: their error on the sane Q6_K weights is noted
BLOCKS = 2048
SHOWN = 64


def splitmix64(x):
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def blocks_of(name, kind):
    size = gguf.GGML_QUANT_SIZES[Type[name]][1]
    n = BLOCKS * size
    start = (int(Type[name]) << 40) + (kind << 32)
    b = splitmix64(np.arange(start, start + (n + 7) // 8, dtype=np.uint64)).view(np.uint8)[:n].reshape(BLOCKS, size).copy()
    if kind == 0:
        for at in HALVES[name]:
            b[:, at + 1] = b[:, at + 1] & 0x8F | 0x20   # 2^-7 .. 2^-4, either sign
        if name == "IQ1_M":
            b[:, 55] = b[:, 55] & 0x8F | 0x20
        if name == "MXFP4":
            b[:, 0] = 120 + b[:, 0] % 8
        if name == "BF16":
            b[:, 1] = b[:, 1] & 0x83 | 0x3C
        if name == "F32":
            b[:, 3] = b[:, 3] & 0x83 | 0x3C
    return b


def float_bits(name, b):
    w = quants.dequantize(b, Type[name]).astype(np.float32, copy=False).ravel()
    return np.where(np.isnan(w), np.uint32(0x7FC00000), w.view(np.uint32))


def fingerprint(bits):
    i = np.arange(bits.size, dtype=np.uint64)
    with np.errstate(over="ignore"):
        return int(np.sum(splitmix64(bits.astype(np.uint64) | i << np.uint64(32)), dtype=np.uint64))


def golden():
    out = {"blocks": BLOCKS, "formats": {}}
    for name in HALVES:
        entry = {"type": int(Type[name]), "weights": gguf.GGML_QUANT_SIZES[Type[name]][0], "block_bytes": gguf.GGML_QUANT_SIZES[Type[name]][1]}
        for kind, kind_name in enumerate(("sane", "wild")):
            bits = float_bits(name, blocks_of(name, kind))
            entry[kind_name] = {"fingerprint": "%016x" % fingerprint(bits), "first": "".join("%08x" % x for x in bits[:SHOWN])}
        if name in QUANTISERS:
            w = quants.dequantize(blocks_of("Q6_K", 0), Type.Q6_K).astype(np.float32).reshape(-1, 32)
            back = quants.dequantize(quants.quantize(w, Type[name]), Type[name])
            entry["squared_error"] = float(np.sum((back.astype(np.float64) - w) ** 2))
        out["formats"][name] = entry
    return out


def grids():
    """An entry's magnitude indices, 2 or 3 bits each, the first weight in the lowest bits: always 16 or 12 bits."""
    for name in ("IQ1_S", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S"):
        q = getattr(quants, name)
        q.init_grid()
        grid = q.grid.reshape(q.grid_shape)
        index = np.array([[q.grid_map.index(int(v)) for v in row] for row in grid])
        width = 2 if q.grid_shape[1] == 8 else 3
        words = (index << (width * np.arange(q.grid_shape[1]))).sum(axis=1)
        print("// " + name, len(words))
        for at in range(0, len(words), 18):
            print("    " + " ".join("0x%04x," % w for w in words[at:at + 18]))


if __name__ == "__main__":
    if "--grids" in sys.argv:
        grids()
    else:
        with np.errstate(all="ignore"):
            print(json.dumps(golden(), indent=1))
