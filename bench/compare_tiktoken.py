#!/usr/bin/env python3
"""Encodes a text with plume and with tiktoken, in turns, on one thread: the same ids, and how many MB/s each does.

    python3 bench/compare_tiktoken.py BUILD VOCABULARIES TEXT        needs the packages tiktoken and gguf

BUILD is a folder with bin/plume and bin/bench_tokenizer (-DPLUME_BENCH=ON); VOCABULARIES has vocab/llama-bpe.gguf (Llama 3), from which tiktoken's
ranks are made too; TEXT is some megabytes of UTF-8.
"""
import json
import os
import statistics
import subprocess
import sys
import time

import gguf
import tiktoken

LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def ranks(path: str) -> dict[bytes, int]:
    """Normal tokens by their bytes; in a GGUF file a byte is spelled by the character that GPT-2 gave it."""
    fields = gguf.GGUFReader(path).fields
    tokens, types = (fields["tokenizer.ggml." + name] for name in ("tokens", "token_type"))
    byte_of, unnamed = {}, 256
    for byte in range(256):
        prints = 0x21 <= byte < 0x7F or (byte >= 0xA1 and byte != 0xAD)
        byte_of[chr(byte if prints else unnamed)] = byte
        unnamed += not prints
    kinds = [int(types.parts[i][0]) for i in types.data]
    texts = [bytes(tokens.parts[i]).decode() for i in tokens.data]
    return {bytes(byte_of[c] for c in text): i for i, text in enumerate(texts) if kinds[i] == 1}


def plume_speed(build: str, vocabularies: str, text: str) -> float:
    out = subprocess.run([f"{build}/bin/bench_tokenizer", "--benchmark_filter=^english$", "--benchmark_format=json"], check=True, capture_output=True,
                         env={**os.environ, "PLUME_TEST_DATA": vocabularies, "PLUME_BENCH_TEXT": text})
    return json.loads(out.stdout)["benchmarks"][0]["MB/s"]


def main() -> int:
    build, vocabularies, path = sys.argv[1:]
    model = f"{vocabularies}/vocab/llama-bpe.gguf"
    encoding = tiktoken.Encoding("llama3", pat_str=LLAMA3, mergeable_ranks=ranks(model), special_tokens={})
    with open(path, encoding="utf-8", newline="") as f:
        text = f.read()
    size = len(text.encode())
    ours, theirs, ids = [], [], []
    for _ in range(5):
        ours.append(plume_speed(build, vocabularies, path))
        begin = time.perf_counter()
        ids = encoding.encode_ordinary(text)
        theirs.append(size / (time.perf_counter() - begin) * 1e-6)
    with open(path, "rb") as f:
        mine = subprocess.run([f"{build}/bin/plume", "tokenize", model, "--no-bos"], stdin=f, check=True, capture_output=True).stdout
    same = [int(i) for i in mine.split()] == ids
    a, b = statistics.median(ours), statistics.median(theirs)
    print(f"plume {a:.1f} MB/s, tiktoken {b:.1f} MB/s, ratio {a / b:.1f}; {len(ids)} ids {'equal' if same else 'DIFFERENT'}")
    return 0 if same else 1


sys.exit(main())
