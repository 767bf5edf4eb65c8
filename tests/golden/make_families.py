#!/usr/bin/env python3
"""Writes families.json: logits of Hugging Face transformers for small random models of every architecture that plume runs.

    python3 tests/golden/make_families.py [CASE...]      # needs torch, transformers, numpy; cases named: only those are made anew

A case says which GGUF keys and tensors a file has; its weights come from the counter-based generator of tests/support/tiny_model.hpp, so that
the golden file holds descriptions and logits alone. Here the same tensors are given to transformers under its own names, and its own configuration
class says what the model does: that the keys mean the same is what the test proves. Names and layouts of tensors are as llama.cpp's converter writes them.
"""

import json
import pathlib
import re
import sys

import numpy as np
import torch
import transformers

from generated_weights import random_weights

here = pathlib.Path(__file__).parent
f32, V, T = np.float32, 300, 45


class Case:
    """One model: sizes, GGUF keys, tensors [name, shape as numpy has it, middle, spread] where "{i}" in a name stands for the layer."""

    def __init__(self, arch, hf_class, config, layers=4, d=64, heads=4, kv=2, head=16, ffn=96, norm="rms", bias=False, qkv_bias=False, tied=False, fused=False,
                 gate=True, fused_gate=False, norms=("attn_norm", "ffn_norm"), qk=None, context=256, keys=None, experts=None, seed=1, sharp=2.5, extra=(),
                 learned=False, head_keys=True, interleaved=False, norm_bias=False, extra_config=None):
        self.__dict__.update(locals())
        del self.__dict__["self"]
        self.tensors = []
        self.keys = {"context_length": context, "embedding_length": d, "block_count": layers, "feed_forward_length": ffn, "attention.head_count": heads}
        if kv != heads:
            self.keys["attention.head_count_kv"] = kv
        if head_keys and head * heads != d:
            self.keys |= {"attention.key_length": head, "attention.value_length": head}
        self.eps = 1e-5 if norm == "layer" else 1e-6
        self.keys["attention.layer_norm_epsilon" if norm == "layer" else "attention.layer_norm_rms_epsilon"] = self.eps
        self.keys |= keys or {}
        self.describe()

    def vector(self, name, n, middle, spread):
        self.tensors.append([name, list(n) if isinstance(n, tuple) else [n], middle, spread])

    def matrix(self, name, rows, columns, sharp=1.0):
        """Of a size that keeps the residual stream near 1, times `sharp`."""
        spread = f32(1)
        while spread * spread * f32(columns) > 3:
            spread *= f32(0.9375)
        self.tensors.append([name, [*rows, columns] if isinstance(rows, tuple) else [rows, columns], 0, float(spread * f32(sharp))])

    def a_norm(self, name, n):
        self.vector(name + ".weight", n, 1, 0.25)
        if self.norm_bias:
            self.vector(name + ".bias", n, 0, 0.25)

    def linear(self, name, rows, columns, bias, sharp=1.0):
        self.matrix(name + ".weight", rows, columns, sharp)
        if bias:
            self.vector(name + ".bias", rows, 0, 0.5)

    def describe(self):
        c, q, k = self, self.heads * self.head, self.kv * self.head
        self.matrix("token_embd.weight", V, c.d)
        if c.learned:
            self.matrix("position_embd.weight", c.context, c.d)
        self.a_norm("output_norm", c.d)
        if not c.tied:
            self.matrix("output.weight", V, c.d)
        at = "blk.{i}."
        for n in c.norms:
            self.a_norm(at + n, c.d)
        if c.fused:
            self.linear(at + "attn_qkv", q + 2 * k, c.d, c.qkv_bias, c.sharp**0.5)
        else:
            for name, rows, sharp in (("attn_q", q, c.sharp), ("attn_k", k, 1.0), ("attn_v", k, 1.0)):
                self.linear(at + name, rows, c.d, c.qkv_bias, sharp)
        self.linear(at + "attn_output", c.d, q, c.bias)
        if c.qk == "per_head":
            for name in ("attn_q_norm", "attn_k_norm"):
                self.vector(at + name + ".weight", c.head, c.sharp**0.5, 0.5)
        elif c.qk == "own_per_head":
            self.vector(at + "attn_q_norm.weight", (c.heads, c.head), c.sharp**0.5, 0.5)
            self.vector(at + "attn_k_norm.weight", (c.kv, c.head), c.sharp**0.5, 0.5)
        elif c.qk == "full_width":
            self.vector(at + "attn_q_norm.weight", q, c.sharp**0.5, 0.5)
            self.vector(at + "attn_k_norm.weight", k, c.sharp**0.5, 0.5)
        if c.experts:
            x = c.experts
            self.linear(at + "ffn_gate_inp", x["n"], c.d, x.get("bias"), 2.0)
            for name, rows, columns in (("gate", x["f"], c.d), ("up", x["f"], c.d), ("down", c.d, x["f"])):
                self.matrix(f"{at}ffn_{name}_exps.weight", (x["n"], rows), columns, 2.0)
                if x.get("bias"):
                    self.vector(f"{at}ffn_{name}_exps.bias", (x["n"], rows), 0, 0.5)
            if x.get("shared"):
                for name, rows, columns in (("gate", x["shared"], c.d), ("up", x["shared"], c.d), ("down", c.d, x["shared"])):
                    self.matrix(f"{at}ffn_{name}_shexp.weight", rows, columns)
                if x.get("shared_gate"):
                    self.matrix(at + "ffn_gate_inp_shexp.weight", 1, c.d, 2.0)
                    self.tensors[-1][1] = [c.d]
        else:
            if c.gate and not c.fused_gate:
                self.linear(at + "ffn_gate", c.ffn, c.d, c.bias)
            self.linear(at + "ffn_up", c.ffn * (2 if c.fused_gate else 1), c.d, c.bias)
            self.linear(at + "ffn_down", c.d, c.ffn, c.bias)
        for name, n, middle, spread in c.extra:
            self.vector(name, n, middle, spread)

    def values(self):
        """GGUF name -> float32 array."""
        out = {}
        for name, shape, middle, spread in self.tensors:
            for full in [name.replace("{i}", str(i)) for i in range(self.layers)] if "{i}" in name else [name]:
                out[full] = random_weights(self.seed, full, tuple(shape), middle, spread)
        return out

    # ---- transformers' side

    def to_hf(self):
        w, state, c = self.values(), {}, self
        whole = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head", "position_embd": "wpe"}
        parts = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
                 "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
                 "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}
        parts |= renames.get(c.arch, {}).get("parts", {})
        whole |= renames.get(c.arch, {}).get("whole", {})
        prefix = renames.get(c.arch, {}).get("prefix", "model.layers.")
        for name, x in w.items():
            stem, kind = name.rsplit(".", 1)
            if stem.startswith("rope_"):
                continue
            if not stem.startswith("blk."):
                if c.arch.startswith("gemma") and stem == "output_norm":
                    x = x - f32(1)
                state[f"{whole[stem]}.{kind}"] = x
                continue
            _, i, part = stem.split(".")
            if c.interleaved and part in ("attn_q", "attn_k"):
                n = c.heads if part == "attn_q" else c.kv
                x = x.reshape(n, c.head // 2, 2, -1).swapaxes(1, 2).reshape(x.shape)
            if c.arch.startswith("gemma") and part.endswith("_norm"):
                x = x - f32(1)
            at = prefix + i + "."
            special = specials.get(c.arch)
            if special and special(c, state, at, part, kind, x, w):
                continue
            state[f"{at}{parts[part]}.{kind}"] = x
        return {n: torch.tensor(np.ascontiguousarray(x)) for n, x in state.items()}

    def model(self):
        config_class = getattr(transformers, self.hf_class.replace("ForCausalLM", "Config").replace("LMHeadModel", "Config"))
        if self.arch == "gemma3":
            config_class = transformers.Gemma3TextConfig
        config = config_class(**(self.hf_config() | self.config))
        config._attn_implementation = config._experts_implementation = "eager"
        torch.set_default_dtype(torch.float64)
        model = getattr(transformers, self.hf_class)(config).eval()
        torch.set_default_dtype(torch.float32)
        state = self.to_hf()
        theirs = model.state_dict()
        if "lm_head.weight" not in state:
            state["lm_head.weight"] = state[[n for n in state if "embed" in n or "wte" in n][0]]
        missing, left = theirs.keys() - state.keys(), state.keys() - theirs.keys()
        assert not missing and not left, (missing, left)
        model.load_state_dict(state, strict=True)
        return model

    def hf_config(self):
        c = self
        base = {"vocab_size": V, "hidden_size": c.d, "intermediate_size": c.ffn, "num_hidden_layers": c.layers, "num_attention_heads": c.heads,
                "num_key_value_heads": c.kv, "max_position_embeddings": c.context, "tie_word_embeddings": c.tied, "pad_token_id": None, "bos_token_id": 1,
                "eos_token_id": 2}
        base["layer_norm_eps" if c.norm == "layer" else "rms_norm_eps"] = c.eps
        if c.head_keys:
            base["head_dim"] = c.head
        return base


def stack(state, name, i, n, x):
    state.setdefault(name, np.zeros((n, *x.shape), f32))[i] = x


def experts_of(block, router):
    """Experts as transformers 5 stacks them: gate_up_proj [n, 2F, D] and down_proj [n, D, F]."""

    def take(c, state, at, part, kind, x, w):
        if part == "ffn_gate_inp":
            state[f"{at}{block}.{router}.{kind}"] = x
        elif part == "ffn_gate_exps":
            state[f"{at}{block}.experts.gate_up_proj"] = np.concatenate((x, w[f"blk.{at.split('.')[2]}.ffn_up_exps.weight"]), 1)
        elif part == "ffn_down_exps":
            state[f"{at}{block}.experts.down_proj"] = x
        elif part == "ffn_up_exps":
            pass
        elif part == "ffn_gate_inp_shexp":
            state[f"{at}{block}.shared_expert_gate.weight"] = x[None]
        elif part.endswith("_shexp"):
            state[f"{at}{block}.shared_expert.{part[4:-6]}_proj.weight"] = x
        else:
            return False
        return True

    return take


def gpt_oss_part(c, state, at, part, kind, x, w):
    layer = at.split(".")[2]
    if part == "attn_sinks":
        state[at + "self_attn.sinks"] = x
    elif part == "ffn_gate_inp":
        state[f"{at}mlp.router.{kind}"] = x
    elif part == "ffn_gate_exps":
        up = w[f"blk.{layer}.ffn_up_exps.{kind}"]
        both = np.stack((x, up), 2).reshape(x.shape[0], 2 * x.shape[1], *x.shape[2:])  # rows alternate
        state[at + "mlp.experts.gate_up_proj" + ("_bias" if kind == "bias" else "")] = both if kind == "bias" else both.swapaxes(1, 2)
    elif part == "ffn_down_exps":
        state[at + "mlp.experts.down_proj" + ("_bias" if kind == "bias" else "")] = x if kind == "bias" else x.swapaxes(1, 2)
    elif part != "ffn_up_exps":
        return False
    return True


def granitemoe_part(c, state, at, part, kind, x, w):
    if part.endswith("_shexp"):
        if part == "ffn_gate_shexp":
            state[at + "shared_mlp.input_linear.weight"] = np.concatenate((x, w[f"blk.{at.split('.')[2]}.ffn_up_shexp.weight"]))
        elif part == "ffn_down_shexp":
            state[at + "shared_mlp.output_linear.weight"] = x
        return True
    return experts_of("block_sparse_moe", "router")(c, state, at, part, kind, x, w)


def granite_part(c, state, at, part, kind, x, w):
    if c.hf_class == "GraniteForCausalLM" or not part.startswith("ffn_") or part == "ffn_norm":
        return False
    if part == "ffn_gate":
        state[at + "shared_mlp.input_linear.weight"] = np.concatenate((x, w[f"blk.{at.split('.')[2]}.ffn_up.weight"]))
    elif part == "ffn_down":
        state[at + "shared_mlp.output_linear.weight"] = x
    return True


def gpt2_part(c, state, at, part, kind, x, w):
    if part in ("attn_qkv", "attn_output", "ffn_up", "ffn_down") and kind == "weight":
        state[at + renames["gpt2"]["parts"][part] + ".weight"] = x.T  # Conv1D
        return True
    return False


def neox_part(c, state, at, part, kind, x, w):
    if part == "attn_qkv":
        state[f"{at}attention.query_key_value.{kind}"] = x.reshape(3, c.heads, c.head, -1).swapaxes(0, 1).reshape(x.shape)
        return True
    return False


def falcon_part(c, state, at, part, kind, x, w):
    if part == "attn_qkv":
        q, k = c.heads * c.head, c.kv * c.head
        groups = (x[:q].reshape(c.kv, c.heads // c.kv * c.head, -1), x[q : q + k].reshape(c.kv, c.head, -1), x[q + k :].reshape(c.kv, c.head, -1))
        state[at + "self_attention.query_key_value.weight"] = np.concatenate(groups, 1).reshape(x.shape)
        return True
    if part == "attn_norm":
        two = f"blk.{at.split('.')[2]}.attn_norm_2.weight" in w
        state[f"{at}{'ln_mlp' if two else 'input_layernorm'}.{kind}"] = x
        return True
    return False


def stablelm_part(c, state, at, part, kind, x, w):
    if part in ("attn_q_norm", "attn_k_norm"):
        for i, row in enumerate(x):
            state[f"{at}self_attn.{part[5]}_layernorm.norms.{i}.weight"] = row
        return True
    return False


specials = {"llama": experts_of("mlp", "gate"), "qwen2moe": experts_of("mlp", "gate"), "qwen3moe": experts_of("mlp", "gate"), "gpt-oss": gpt_oss_part,
            "granite": granite_part, "granitemoe": granitemoe_part, "gpt2": gpt2_part, "gptneox": neox_part, "falcon": falcon_part, "stablelm": stablelm_part,
            "olmoe": experts_of("mlp", "gate")}
post_norms = {"post_attention_norm": "post_attention_layernorm", "post_ffw_norm": "post_feedforward_layernorm"}
renames = {
    "gemma2": {"parts": post_norms | {"ffn_norm": "pre_feedforward_layernorm"}},
    "gemma3": {"parts": post_norms | {"ffn_norm": "pre_feedforward_layernorm"}},
    "olmo2": {"parts": post_norms},
    "exaone4": {"parts": post_norms},
    "glm4": {"parts": {"post_attention_norm": "post_self_attn_layernorm", "post_ffw_norm": "post_mlp_layernorm", "ffn_up": "mlp.gate_up_proj"}},
    "phi3": {"parts": {"attn_qkv": "self_attn.qkv_proj", "ffn_up": "mlp.gate_up_proj"}},
    "gpt-oss": {"parts": {"post_attention_norm": "post_attention_layernorm"}},
    "gpt2": {"prefix": "transformer.h.", "whole": {"token_embd": "transformer.wte", "position_embd": "transformer.wpe", "output_norm": "transformer.ln_f"},
             "parts": {"attn_norm": "ln_1", "ffn_norm": "ln_2", "attn_qkv": "attn.c_attn", "attn_output": "attn.c_proj", "ffn_up": "mlp.c_fc",
                       "ffn_down": "mlp.c_proj"}},
    "gptneox": {"prefix": "gpt_neox.layers.", "whole": {"token_embd": "gpt_neox.embed_in", "output_norm": "gpt_neox.final_layer_norm"},
                "parts": {"attn_output": "attention.dense", "ffn_up": "mlp.dense_h_to_4h", "ffn_down": "mlp.dense_4h_to_h"}},
    "falcon": {"prefix": "transformer.h.", "whole": {"token_embd": "transformer.word_embeddings", "output_norm": "transformer.ln_f"},
               "parts": {"attn_norm_2": "ln_attn", "attn_output": "self_attention.dense", "ffn_up": "mlp.dense_h_to_4h", "ffn_down": "mlp.dense_4h_to_h"}},
    "starcoder2": {"parts": {"ffn_up": "mlp.c_fc", "ffn_down": "mlp.c_proj"}},
    "chatglm": {"parts": {"ffn_up": "mlp.gate_up_proj"}},
    "phi2": {"whole": {"output_norm": "model.final_layernorm"}, "parts": {"attn_output": "self_attn.dense", "ffn_up": "mlp.fc1", "ffn_down": "mlp.fc2"}},
    "seed_oss": {"parts": {"post_attention_norm": "post_attention_layernorm"}},
}


def default_rope(base):
    return {"rope_type": "default", "rope_theta": base}


def cases():
    rope = lambda base, **more: {"rope_parameters": {"rope_type": "default", "rope_theta": base} | more}
    both = ("attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm")
    yarn = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 16}
    yarn_keys = {"rope.scaling.type": "yarn", "rope.scaling.factor": 4.0, "rope.scaling.original_context_length": 16}
    all_cases = {}

    def case(name, *a, **k):
        all_cases[name] = Case(*a, seed=len(all_cases) + 1, **k)

    case("qwen2, biases", "qwen2", "Qwen2ForCausalLM", rope(1e6), qkv_bias=True, keys={"rope.freq_base": 1e6}, head_keys=False)
    case("qwen2, tied, YaRN", "qwen2", "Qwen2ForCausalLM", {"rope_parameters": yarn}, qkv_bias=True, tied=True, keys=yarn_keys, head_keys=False)
    case("qwen3, heads wider than D/H", "qwen3", "Qwen3ForCausalLM", rope(1e6), qk="per_head", head=24, keys={"rope.freq_base": 1e6})
    case("gemma, tied", "gemma", "GemmaForCausalLM", rope(1e4), head=32, kv=1, tied=True)
    case("gemma2, windows, soft caps", "gemma2", "Gemma2ForCausalLM",
         rope(1e4) | {"sliding_window": 9, "attn_logit_softcapping": 3.0, "final_logit_softcapping": 2.0, "query_pre_attn_scalar": 20}, norms=both, tied=True,
         head=24, keys={"attention.sliding_window": 9, "attn_logit_softcapping": 3.0, "final_logit_softcapping": 2.0, "attention.scale": 20**-0.5})
    case("gemma3, two bases, linear scaling", "gemma3", "Gemma3ForCausalLM",
         {"rope_parameters": {"sliding_attention": default_rope(1e4), "full_attention": {"rope_type": "linear", "rope_theta": 1e6, "factor": 8.0}},
          "sliding_window": 11, "query_pre_attn_scalar": 16}, layers=7, norms=both, tied=True, qk="per_head",
         keys={"attention.sliding_window": 11, "rope.freq_base": 1e6, "rope.scaling.type": "linear", "rope.scaling.factor": 8.0})
    case("gemma3, windows by a pattern", "gemma3", "Gemma3ForCausalLM",
         {"rope_parameters": {"sliding_attention": default_rope(2e4), "full_attention": default_rope(1e6)}, "sliding_window": 8, "query_pre_attn_scalar": 16,
          "layer_types": ["sliding_attention", "full_attention", "full_attention", "sliding_attention"]}, norms=both, tied=True, qk="per_head",
         keys={"attention.sliding_window": 8, "rope.freq_base": 1e6, "rope.freq_base_swa": 2e4,
               "attention.sliding_window_pattern": [True, False, False, True]})
    case("phi3, window", "phi3", "Phi3ForCausalLM", rope(1e4) | {"sliding_window": 10}, fused=True, fused_gate=True, head_keys=False,
         keys={"attention.sliding_window": 10, "rope.dimension_count": 16})
    short, long = [1.0 + 0.01 * i for i in range(6)], [1.0 + 0.7 * i for i in range(6)]
    for which, context in (("long", 256), ("short", 256)):
        original = 32 if which == "long" else 64
        case(f"phi3, LongRoPE's {which} factors, partial", "phi3", "Phi3ForCausalLM",
             {"rope_parameters": {"rope_type": "longrope", "rope_theta": 1e4, "short_factor": [float(f32(x)) for x in short], "long_factor": [float(f32(x)) for x in long],
                                  "partial_rotary_factor": 0.75, "original_max_position_embeddings": original},
              "original_max_position_embeddings": original},
             fused=True, fused_gate=True, head_keys=False, keys={"rope.dimension_count": 12, "rope.scaling.original_context_length": original,
             "attention.sliding_window": 0, "rope.scaling.attn_factor": float(np.sqrt(1 + np.log(context / original) / np.log(original)))})
        all_cases[f"phi3, LongRoPE's {which} factors, partial"].values_given = {"rope_factors_short.weight": short, "rope_factors_long.weight": long}
    case("smollm3, every fourth layer without RoPE", "smollm3", "SmolLM3ForCausalLM", rope(2e6) | {"no_rope_layer_interval": 4}, layers=5, tied=True,
         interleaved=True, head_keys=False, keys={"rope.freq_base": 2e6})
    case("granite, multipliers", "granite", "GraniteForCausalLM",
         rope(1e4) | {"embedding_multiplier": 3.0, "residual_multiplier": 0.4, "attention_multiplier": 0.15, "logits_scaling": 4.0}, interleaved=True,
         tied=True, head_keys=False, keys={"embedding_scale": 3.0, "residual_scale": 0.4, "attention.scale": 0.15, "logit_scale": 4.0})
    case("olmo2", "olmo2", "Olmo2ForCausalLM", rope(5e5), norms=("post_attention_norm", "post_ffw_norm"), qk="full_width", head_keys=False,
         keys={"rope.freq_base": 5e5})
    case("olmo3, windows, YaRN in global layers", "olmo2", "Olmo3ForCausalLM",
         {"rope_parameters": {"full_attention": yarn, "sliding_attention": default_rope(1e4)}, "sliding_window": 9}, layers=5,
         norms=("post_attention_norm", "post_ffw_norm"), qk="full_width", head_keys=False,
         keys=yarn_keys | {"attention.sliding_window": 9, "attention.sliding_window_pattern": [True, True, True, False, True]})
    case("mistral, window", "llama", "MistralForCausalLM", rope(1e4) | {"sliding_window": 13}, interleaved=True, head=24,
         keys={"attention.sliding_window": 13})
    case("mixtral", "llama", "MixtralForCausalLM", rope(1e6) | {"num_local_experts": 6, "num_experts_per_tok": 2, "sliding_window": None}, interleaved=True,
         experts={"n": 6, "f": 96}, head_keys=False, keys={"rope.freq_base": 1e6, "expert_count": 6, "expert_used_count": 2})
    case("qwen2moe, shared expert", "qwen2moe", "Qwen2MoeForCausalLM",
         rope(1e6) | {"num_experts": 7, "num_experts_per_tok": 3, "moe_intermediate_size": 48, "shared_expert_intermediate_size": 80, "norm_topk_prob": False},
         qkv_bias=True, experts={"n": 7, "f": 48, "shared": 80, "shared_gate": True}, head_keys=False,
         keys={"rope.freq_base": 1e6, "expert_count": 7, "expert_used_count": 3, "expert_feed_forward_length": 48, "expert_shared_feed_forward_length": 80})
    case("qwen3moe", "qwen3moe", "Qwen3MoeForCausalLM",
         rope(1e6) | {"num_experts": 8, "num_experts_per_tok": 3, "moe_intermediate_size": 32, "norm_topk_prob": True}, qk="per_head",
         experts={"n": 8, "f": 32}, keys={"rope.freq_base": 1e6, "expert_count": 8, "expert_used_count": 3, "expert_feed_forward_length": 32})
    multipliers = {"embedding_multiplier": 3.0, "residual_multiplier": 0.4, "attention_multiplier": 0.15, "logits_scaling": 4.0}
    multiplier_keys = {"embedding_scale": 3.0, "residual_scale": 0.4, "attention.scale": 0.15, "logit_scale": 4.0, "expert_count": 5, "expert_used_count": 2}
    case("granitemoe", "granitemoe", "GraniteMoeForCausalLM", rope(1e4) | multipliers | {"num_local_experts": 5, "num_experts_per_tok": 2}, interleaved=True,
         tied=True, experts={"n": 5, "f": 96}, head_keys=False, keys=multiplier_keys)
    case("granitemoe, shared expert", "granitemoe", "GraniteMoeSharedForCausalLM",
         rope(1e4) | multipliers | {"num_local_experts": 5, "num_experts_per_tok": 2, "shared_intermediate_size": 48}, interleaved=True, tied=True,
         experts={"n": 5, "f": 96, "shared": 48}, head_keys=False, keys=multiplier_keys | {"expert_shared_feed_forward_length": 48})
    case("gpt-oss, sinks, windows, YaRN", "gpt-oss", "GptOssForCausalLM",
         {"rope_parameters": yarn | {"truncate": False, "beta_fast": 32.0, "beta_slow": 1.0}, "sliding_window": 12, "num_local_experts": 6,
          "num_experts_per_tok": 2},
         bias=True, qkv_bias=True, norms=("attn_norm", "post_attention_norm"), experts={"n": 6, "f": 96, "bias": True},
         extra=[("blk.{i}.attn_sinks.weight", 4, 0.5, 1.5)], head=24,
         keys=yarn_keys | {"attention.sliding_window": 12, "expert_count": 6, "expert_used_count": 2, "expert_feed_forward_length": 96})
    case("glm4, half of a head rotated", "glm4", "Glm4ForCausalLM", rope(1e4, partial_rotary_factor=0.5) | {"attention_bias": True}, norms=both, qkv_bias=True,
         fused_gate=True, keys={"rope.dimension_count": 8})
    case("cohere2, windows, global layers without RoPE", "cohere2", "Cohere2ForCausalLM", rope(5e4) | {"sliding_window": 10, "logit_scale": 0.3}, norm="layer",
         norms=("attn_norm",), layers=5, tied=True, head_keys=False,
         keys={"rope.freq_base": 5e4, "attention.sliding_window": 10, "logit_scale": 0.3})
    case("exaone4, windows, global layers without RoPE", "exaone4", "Exaone4ForCausalLM",
         rope(1e6) | {"sliding_window": 10, "sliding_window_pattern": 4, "layer_types": ["sliding_attention"] * 3 + ["full_attention"] * 2}, layers=5, norms=("post_attention_norm", "post_ffw_norm"), qk="per_head",
         head_keys=False, keys={"rope.freq_base": 1e6, "attention.sliding_window": 10, "attention.sliding_window_pattern": [True, True, True, False, False]})
    case("exaone4, RoPE everywhere", "exaone4", "Exaone4ForCausalLM",
         rope(1e6) | {"sliding_window": None, "sliding_window_pattern": 4, "layer_types": ["full_attention"] * 4}, tied=True,
         norms=("post_attention_norm", "post_ffw_norm"), qk="per_head", head_keys=False, keys={"rope.freq_base": 1e6})
    case("mistral3, YaRN, temperature", "mistral3", "Ministral3ForCausalLM",
         {"rope_parameters": yarn | {"mscale": 1.0, "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.3, "beta_fast": 32.0, "beta_slow": 1.0, "type": "yarn",
                                     "max_position_embeddings": 256}, "sliding_window": None},
         interleaved=True, tied=True, head=24, keys=yarn_keys | {"rope.scaling.yarn_log_multiplier": 1.0, "attention.temperature_scale": 0.3})
    case("gpt2", "gpt2", "GPT2LMHeadModel", {}, norm="layer", norm_bias=True, bias=True, qkv_bias=True, fused=True, kv=4, gate=False, learned=True, tied=True,
         context=64)
    case("gptneox, parallel", "gptneox", "GPTNeoXForCausalLM", {"rope_parameters": default_rope(1e4) | {"partial_rotary_factor": 0.25}, "use_parallel_residual": True},
         norm="layer", norm_bias=True, bias=True, qkv_bias=True, fused=True, kv=4, gate=False, head_keys=False,
         keys={"rope.dimension_count": 4, "use_parallel_residual": True})
    case("gptneox, in sequence", "gptneox", "GPTNeoXForCausalLM", {"rope_parameters": default_rope(1e4) | {"partial_rotary_factor": 0.5}, "use_parallel_residual": False},
         norm="layer", norm_bias=True, bias=True, qkv_bias=True, fused=True, kv=4, gate=False, head_keys=False,
         keys={"rope.dimension_count": 8, "use_parallel_residual": False})
    falcon = {"alibi": False, "parallel_attn": True, "bias": False}
    case("falcon, one key for all, one norm", "falcon", "FalconForCausalLM", rope(1e4) | falcon | {"multi_query": True, "new_decoder_architecture": False},
         norm="layer", norm_bias=True, fused=True, kv=1, ffn=256, gate=False, tied=True, norms=("attn_norm",), head_keys=False)
    case("falcon, two norms", "falcon", "FalconForCausalLM", rope(1e4) | falcon | {"num_kv_heads": 2, "new_decoder_architecture": True}, norm="layer",
         norm_bias=True, fused=True, kv=2, ffn=256, gate=False, tied=True, norms=("attn_norm", "attn_norm_2"), head_keys=False)
    case("starcoder2, window", "starcoder2", "Starcoder2ForCausalLM", rope(1e5) | {"sliding_window": 14, "use_bias": True}, norm="layer", norm_bias=True,
         bias=True, qkv_bias=True, gate=False, tied=True, head_keys=False, keys={"rope.freq_base": 1e5, "attention.sliding_window": 14})
    case("stablelm, in sequence", "stablelm", "StableLmForCausalLM",
         rope(1e4, partial_rotary_factor=0.25) | {"use_qkv_bias": True, "use_parallel_residual": False}, norm="layer", norm_bias=True, qkv_bias=True,
         head_keys=False, keys={"rope.dimension_count": 4, "use_parallel_residual": False})
    case("stablelm, parallel, norms of heads", "stablelm", "StableLmForCausalLM",
         rope(1e4, partial_rotary_factor=0.25) | {"use_qkv_bias": False, "use_parallel_residual": True, "qk_layernorm": True}, norm="layer", norm_bias=True,
         qk="own_per_head", norms=("attn_norm",), head_keys=False, keys={"rope.dimension_count": 4, "use_parallel_residual": True})
    case("granite, no RoPE", "granite", "GraniteMoeHybridForCausalLM",
         {"embedding_multiplier": 3.0, "residual_multiplier": 0.4, "attention_multiplier": 0.15, "logits_scaling": 4.0, "position_embedding_type": None,
          "num_local_experts": 0, "num_experts_per_tok": 0, "shared_intermediate_size": 96, "layer_types": ["full_attention"] * 4, "mamba_n_heads": 4},
         interleaved=True, tied=True, head_keys=False,
         keys={"embedding_scale": 3.0, "residual_scale": 0.4, "attention.scale": 0.15, "logit_scale": 4.0, "rope.scaling.finetuned": False})
    command_r = dict(norm="layer", norms=("attn_norm",), tied=True, head_keys=False, keys={"rope.freq_base": 8e6, "logit_scale": 0.3})
    case("command-r", "command-r", "CohereForCausalLM", rope(8e6) | {"logit_scale": 0.3}, **command_r)
    case("command-r, norms of heads", "command-r", "CohereForCausalLM", rope(8e6) | {"logit_scale": 0.3, "use_qk_norm": True}, qk="own_per_head", **command_r)
    case("olmoe", "olmoe", "OlmoeForCausalLM", rope(5e5) | {"num_experts": 8, "num_experts_per_tok": 3, "norm_topk_prob": False}, qk="full_width",
         experts={"n": 8, "f": 96}, head_keys=False, keys={"rope.freq_base": 5e5, "expert_count": 8, "expert_used_count": 3})
    case("chatglm, half of a head rotated", "chatglm", "GlmForCausalLM", rope(1e4, partial_rotary_factor=0.5) | {"attention_bias": True}, qkv_bias=True,
         fused_gate=True, keys={"rope.dimension_count": 8})
    case("seed_oss, biases", "seed_oss", "SeedOssForCausalLM", rope(1e7), norms=("attn_norm", "post_attention_norm"), qkv_bias=True, head=24,
         keys={"rope.freq_base": 1e7})
    case("ernie4_5, heads wider than D/H", "ernie4_5", "Ernie4_5ForCausalLM", rope(5e5), tied=True, head=24, keys={"rope.freq_base": 5e5})
    case("phi2, biases, half of a head rotated", "phi2", "PhiForCausalLM", rope(1e4, partial_rotary_factor=0.5), norm="layer", norm_bias=True, bias=True,
         qkv_bias=True, gate=False, norms=("attn_norm",), head_keys=False, extra=[("output.bias", V, 0, 0.5)], keys={"rope.dimension_count": 8})
    return all_cases


def fix_configs(c):
    """Names that only one configuration class has."""
    if c.arch == "starcoder2":
        c.config |= {"norm_epsilon": c.eps, "hidden_act": "gelu_pytorch_tanh"}
    if c.arch == "falcon":
        c.config |= {"layer_norm_epsilon": c.eps, "ffn_hidden_size": c.ffn}
    if c.arch == "gpt2":
        c.config |= {"layer_norm_epsilon": c.eps, "n_embd": c.d, "n_head": c.heads, "n_layer": c.layers, "n_inner": c.ffn, "n_positions": c.context}
    if c.arch.startswith("gemma"):
        c.config |= {"hidden_activation": "gelu_pytorch_tanh"}


@torch.no_grad()
def logits(model, tokens):
    return model(torch.tensor([tokens])).logits[0].double().numpy()


def digits(x, n):
    return float(f"{x:.{n}g}")


def main():
    path, only = here / "families.json", sys.argv[1:]
    old = {c["name"]: c for c in json.loads(path.read_text())["cases"]} if path.exists() else {}
    tokens = [(11 + 37 * i + 5 * i * i) % V for i in range(T)]
    out = []
    for name, c in cases().items():
        if only and name not in only:
            out += [old[name]] if name in old else []
            continue
        fix_configs(c)
        try:
            want = logits(c.model(), tokens)
        except Exception as e:
            print(f"FAILED {name}: {type(e).__name__} {e}")
            if only:
                raise
            continue
        print(f"{name}: logits of standard deviation {want.std():.3f}")
        assert np.isfinite(want).all() and want.std() > 0.02
        given = {n: [float(x) for x in v] for n, v in getattr(c, "values_given", {}).items()}
        out.append({"name": name, "architecture": c.arch, "class": c.hf_class, "layers": c.layers, "seed": c.seed, "keys": c.keys, "tensors": c.tensors} |
                   ({"given": given} if given else {}) |
                   {"sums": [digits(x, 8) for x in want.sum(-1)], "squares": [digits(x, 8) for x in (want**2).sum(-1)], "last": [digits(x, 7) for x in want[-1]]})
    text = json.dumps({"source": f"transformers {transformers.__version__}, float64 but for what its modules compute in float32", "vocabulary": V,
                       "tokens": tokens, "cases": out}, indent=1)
    for _ in range(2):
        text = re.sub(r"\[[^\[\]{}]*\]", lambda m: re.sub(r"\s+", " ", m.group()), text)   # a list of numbers on one line
    path.write_text(text + "\n")


if __name__ == "__main__":
    main()
