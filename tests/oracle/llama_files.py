#!/usr/bin/env python3
"""llama_files.py PLUME SOURCES [CASE...]: the folders of folders.py through llama.cpp: it reads what `plume convert` wrote, plume reads what llama.cpp's own
converter wrote, and all give the same logits. SOURCES is a checkout of llama.cpp; the Python package llama_cpp (its low-level half) runs the library,
LLAMA_CPP_LIB_PATH says which."""

import ctypes
import math
import pathlib
import subprocess
import sys
import tempfile

import llama_cpp
import numpy as np
import torch

import oracle
from folders import CASES, FULL, MINISTRAL, ROPE, SMALL, YARN, make, pack_experts
from tool import Checks, Plume

CONVERT = """
import runpy, sys
sys.path.insert(0, sys.argv[1])
sys.path.insert(0, sys.argv[1] + "/gguf-py")
import conversion
def without_vocabulary(self):
    self.gguf_writer.add_tokenizer_model("none")
    self.gguf_writer.add_vocab_size(self.hparams["vocab_size"])
load = conversion.get_model_class
def get_model_class(*arguments, **named):
    found = load(*arguments, **named)
    for one in found.__mro__:
        if "set_vocab" in vars(one):
            one.set_vocab = without_vocabulary
    return found
conversion.get_model_class = get_model_class
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0] + "/convert_hf_to_gguf.py", run_name="__main__")
"""
# What llama.cpp cannot express or does not read, left out of the case; None: the case is about nothing else.
LEFT_OUT = {
    "mistral-window": dict(sliding_window=None),   # no key for it in this architecture
    "gemma2": dict(query_pre_attn_scalar=24),      # always the width of a head, but for 27B
    "gemma3-pattern": None,                        # always every sixth
    "phi3-partial": dict(sliding_window=None),     # switched off
    "exaone4": dict(sliding_window=None, layer_types=[FULL] * 5),   # only in models of 64 layers
    "starcoder2": dict(sliding_window=None),       # no key
    "qwen2-yarn": dict(rope_parameters=YARN),      # beta_fast and beta_slow are not read
    "ministral3-tied": dict(sliding_window=None, rope_parameters=MINISTRAL),   # mscale is not read
    "gpt-oss": dict(rope_parameters=YARN | dict(factor=1.0, truncate=False)),   # rounds the ends of YaRN to whole pairs: here they play no part
    "gpt-oss-mxfp4": dict(rope_parameters=YARN | dict(factor=1.0, truncate=False), tie_word_embeddings=False),   # and wants a head of its own
    "gptneox-in-sequence": dict(attention_bias=True),   # wants biases
    "falcon-heads": dict(bias=False),              # knows none
    "falcon-11b": dict(ffn_hidden_size=256),       # its converter always writes 4 D
    "command-r-plus": None,                        # norms of heads only in models of 64 layers
    "olmoe": dict(num_key_value_heads=4),          # wants norms of D weights for queries and keys
    "phi2": dict(num_key_value_heads=4),           # its converter always writes as many as heads
    "chatglm": dict(rms_norm_eps=1e-5),            # its converter always writes that
    "seed_oss-biases": None,                       # no such biases
    "ernie4_5-biases": None,                       # the same
}
QUANTISED = {"gpt-oss-mxfp4": (0.015, 0.01)}       # llama.cpp rounds activations to 8 bits for such weights: limits of the perplexity and the NMSE


@llama_cpp.llama_log_callback
def silent(level, text, data):
    pass


def llama_logits(path, tokens):
    """[T, V] float32 by llama.cpp, keys and values in F32, or None where it does not load the file."""
    options = llama_cpp.llama_model_default_params()
    options.n_gpu_layers = 0
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), options)
    if not model:
        return None
    options = llama_cpp.llama_context_default_params()
    options.n_ctx = options.n_batch = options.n_ubatch = 128
    options.n_threads = options.n_threads_batch = 2
    options.type_k = options.type_v = llama_cpp.GGML_TYPE_F32
    options.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
    context = llama_cpp.llama_init_from_model(model, options)
    batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
    batch.n_tokens = len(tokens)
    for i, token in enumerate(tokens):
        batch.token[i], batch.pos[i], batch.n_seq_id[i], batch.logits[i] = token, i, 1, True
        batch.seq_id[i][0] = 0
    assert llama_cpp.llama_decode(context, batch) == 0
    V = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    got = np.ctypeslib.as_array(llama_cpp.llama_get_logits(context), (len(tokens), V)).copy()
    llama_cpp.llama_batch_free(batch)
    llama_cpp.llama_free(context)
    llama_cpp.llama_model_free(model)
    return got


def perplexity(logits, tokens):
    log = oracle.log_softmax(logits.astype(np.float64))
    return math.exp(-np.mean([log[t, tokens[t + 1]] for t in range(len(tokens) - 1)]))


def main():
    binary, sources, checks = sys.argv[1], sys.argv[2], Checks()
    llama_cpp.llama_log_set(silent, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    tokens = [1, *np.random.default_rng(7).integers(3, SMALL["vocab_size"], 99).tolist()]
    options = ("--kv-type", "f32", "--activations", "a16")
    for name, (kind, settings) in CASES.items():
        left_out = LEFT_OUT.get(name, {})
        if left_out is None or sys.argv[3:] and name not in sys.argv[3:]:
            continue
        with tempfile.TemporaryDirectory() as root:
            folder, ours, theirs = pathlib.Path(root, name), pathlib.Path(root, "ours.gguf"), pathlib.Path(root, "theirs.gguf")
            make(kind, settings | left_out, torch.float32).save_pretrained(folder)
            if name.endswith("mxfp4"):
                pack_experts(folder)
            subprocess.run([binary, "convert", folder, ours, "--quiet"], check=True)
            want = Plume(binary, str(folder)).logits(tokens, *options)

            got = llama_logits(ours, tokens)
            if got is None:
                print(f"MISS {name}: llama.cpp does not load plume's file")
                checks.missed += 1
            else:
                off = abs(perplexity(got, tokens) / perplexity(want, tokens) - 1)
                limits = QUANTISED.get(name, (0.0002, 1e-6))
                checks.at_most(f"{name}: llama.cpp on plume's file: perplexity off by", off, limits[0])
                checks.at_most(f"{name}: llama.cpp on plume's file: NMSE", oracle.nmse(got, want), limits[1])

            done = subprocess.run([sys.executable, "-c", CONVERT, sources, folder, "--outfile", theirs, "--outtype", "f32"], capture_output=True, text=True)
            if done.returncode:
                print(f"     {name}: llama.cpp's converter: {done.stderr.strip().splitlines()[-1][:200]}")
                continue
            try:
                got = Plume(binary, str(theirs)).logits(tokens, *options)
            except SystemExit as e:
                print(f"MISS {name}: plume does not load the file of llama.cpp's converter: {e}")
                checks.missed += 1
                continue
            checks.at_most(f"{name}: plume on the file of llama.cpp's converter: NMSE to the folder", oracle.nmse(got, want), 1e-10)
    checks.end()


if __name__ == "__main__":
    main()
