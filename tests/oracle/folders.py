#!/usr/bin/env python3
"""folders.py PLUME [CASE...]: Hugging Face folders made by transformers with random weights: plume's logits of the folder, and of the file that `plume convert` makes
of it, against transformers in float64."""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file

import oracle
from tool import Checks, Plume

SMALL = dict(vocab_size=320, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=256)
LLAMA3 = dict(rope_type="llama3", rope_theta=500000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64)

ROPE = dict(rope_type="default", rope_theta=10000.0)
YARN = dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=64)
LONGROPE = dict(rope_type="longrope", rope_theta=10000.0, partial_rotary_factor=0.75, short_factor=[1 + 0.01 * i for i in range(6)], long_factor=[1 + 0.7 * i for i in range(6)])
MINISTRAL = YARN | dict(original_max_position_embeddings=16, mscale=1.0, mscale_all_dim=1.0, llama_4_scaling_beta=0.3)
GPT_OSS = dict(num_key_value_heads=2, head_dim=24, sliding_window=16, num_local_experts=6, num_experts_per_tok=2, rope_parameters=YARN | dict(truncate=False))
GRANITE = dict(num_key_value_heads=2, embedding_multiplier=3.0, residual_multiplier=0.4, attention_multiplier=0.15, logits_scaling=4.0)
GRANITE4 = GRANITE | dict(num_local_experts=0, num_experts_per_tok=0, shared_intermediate_size=80, layer_types=["full_attention"] * 2, mamba_n_heads=4)
FULL, SLIDING = "full_attention", "sliding_attention"
EYE = dict(model_type="pixtral", hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, head_dim=16, image_size=28, patch_size=14)
CASES = {
    "llama": ("Llama", dict(num_key_value_heads=2)),
    "llama-tied": ("Llama", dict(num_key_value_heads=4, tie_word_embeddings=True)),
    "llama-biases": ("Llama", dict(num_key_value_heads=1, attention_bias=True, mlp_bias=True)),
    "llama-wide-heads": ("Llama", dict(num_key_value_heads=2, head_dim=32)),
    "llama-3": ("Llama", dict(num_key_value_heads=2, rope_parameters=LLAMA3)),
    "llama-linear": ("Llama", dict(num_key_value_heads=2, rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=2.0))),
    "mistral": ("Mistral", dict(num_key_value_heads=2, sliding_window=None)),
    "mistral-window": ("Mistral", dict(num_key_value_heads=2, sliding_window=24)),
    "mixtral": ("Mixtral", dict(num_key_value_heads=2, num_local_experts=5, num_experts_per_tok=2, sliding_window=None)),
    "qwen2": ("Qwen2", dict(num_key_value_heads=2)),
    "qwen3": ("Qwen3", dict(num_key_value_heads=2, head_dim=32)),
    "qwen2moe": ("Qwen2Moe", dict(num_key_value_heads=2, num_experts=7, num_experts_per_tok=3, moe_intermediate_size=48, shared_expert_intermediate_size=80,
                                  norm_topk_prob=False)),
    "qwen3moe": ("Qwen3Moe", dict(num_key_value_heads=2, head_dim=16, num_experts=8, num_experts_per_tok=3, moe_intermediate_size=32, norm_topk_prob=True)),
    "gemma": ("Gemma", dict(num_key_value_heads=1, head_dim=32)),
    "gemma2": ("Gemma2", dict(num_key_value_heads=2, head_dim=24, sliding_window=16, query_pre_attn_scalar=20, attn_logit_softcapping=3.0,
                              final_logit_softcapping=2.0, num_hidden_layers=3)),
    "gemma3": ("Gemma3", dict(num_key_value_heads=2, head_dim=32, sliding_window=16, num_hidden_layers=7, query_pre_attn_scalar=32)),
    "gemma3-pattern": ("Gemma3", dict(num_key_value_heads=2, head_dim=16, sliding_window=16, num_hidden_layers=3, query_pre_attn_scalar=12,
                                      layer_types=[SLIDING, FULL, SLIDING])),
    "phi3": ("Phi3", dict(num_key_value_heads=2, pad_token_id=0)),
    "phi3-partial": ("Phi3", dict(num_key_value_heads=2, pad_token_id=0, rope_parameters=ROPE | dict(partial_rotary_factor=0.5), sliding_window=20)),
    "phi3-longrope": ("Phi3", dict(num_key_value_heads=2, pad_token_id=0, original_max_position_embeddings=32, rope_parameters=LONGROPE)),
    "phi3-longrope-short": ("Phi3", dict(num_key_value_heads=2, pad_token_id=0, original_max_position_embeddings=128, rope_parameters=LONGROPE)),
    "smollm3": ("SmolLM3", dict(num_key_value_heads=2, num_hidden_layers=5, pad_token_id=0)),
    "granite": ("Granite", dict(num_key_value_heads=2, embedding_multiplier=3.0, residual_multiplier=0.4, attention_multiplier=0.15, logits_scaling=4.0)),
    "olmo2": ("Olmo2", dict(num_key_value_heads=2)),
    "olmo3": ("Olmo3", dict(num_key_value_heads=2, sliding_window=16, num_hidden_layers=5)),
    "glm4": ("Glm4", dict(num_key_value_heads=2, head_dim=16, attention_bias=True, pad_token_id=0)),
    "cohere2": ("Cohere2", dict(num_key_value_heads=2, sliding_window=16, num_hidden_layers=5, logit_scale=0.3, pad_token_id=0)),
    "exaone4": ("Exaone4", dict(num_key_value_heads=2, sliding_window=16, sliding_window_pattern=4, num_hidden_layers=5,
                                layer_types=[SLIDING, SLIDING, SLIDING, FULL, FULL])),
    "starcoder2": ("Starcoder2", dict(num_key_value_heads=2, sliding_window=16)),
    "stablelm": ("StableLm", dict(num_key_value_heads=2, use_qkv_bias=True)),
    "stablelm-norms": ("StableLm", dict(num_key_value_heads=2, qk_layernorm=True, use_parallel_residual=True)),
    "gpt2": ("GPT2", dict(n_embd=64, n_layer=2, n_head=4, n_positions=256)),
    "qwen2-yarn": ("Qwen2", dict(num_key_value_heads=2, rope_parameters=YARN | dict(beta_fast=16.0, beta_slow=2.0))),
    "qwen2-yarn-sharpened": ("Qwen2", dict(num_key_value_heads=2, rope_parameters=YARN | dict(attention_factor=1.3))),
    "ministral3": ("Ministral3", dict(num_key_value_heads=2, head_dim=24, rope_parameters=MINISTRAL)),
    "ministral3-tied": ("Ministral3", dict(num_key_value_heads=2, head_dim=16, sliding_window=24, rope_parameters=MINISTRAL | dict(mscale=0.7, mscale_all_dim=0.4), tie_word_embeddings=True)),
    "mistral3-seeing": ("Mistral3", dict(text_config=SMALL | dict(model_type="ministral3", num_key_value_heads=2, head_dim=24, rope_parameters=MINISTRAL))),
    "mistral3-seeing-untied": ("Mistral3", dict(text_config=SMALL | dict(model_type="ministral3", num_key_value_heads=2, head_dim=24, rope_parameters=MINISTRAL),
                                                tie_word_embeddings=False)),
    "mistral3-seeing-mistral": ("Mistral3", dict(text_config=SMALL | dict(model_type="mistral", num_key_value_heads=2, head_dim=24), tie_word_embeddings=False)),
    "gpt-oss": ("GptOss", GPT_OSS | dict(num_hidden_layers=3)),
    "gpt-oss-mxfp4": ("GptOss", GPT_OSS | dict(num_hidden_layers=3, tie_word_embeddings=True)),
    "gptneox": ("GPTNeoX", dict()),
    "gptneox-in-sequence": ("GPTNeoX", dict(use_parallel_residual=False, attention_bias=False, rope_parameters=ROPE | dict(partial_rotary_factor=0.5))),
    "falcon-7b": ("Falcon", dict(new_decoder_architecture=False, multi_query=True)),
    "falcon-heads": ("Falcon", dict(new_decoder_architecture=False, multi_query=False, bias=True)),
    "falcon-40b": ("Falcon", dict(new_decoder_architecture=True, num_kv_heads=2)),
    "falcon-11b": ("Falcon", dict(new_decoder_architecture=True, num_kv_heads=2, num_ln_in_parallel_attn=1, ffn_hidden_size=96, tie_word_embeddings=False)),
    "granite4": ("GraniteMoeHybrid", GRANITE4 | dict(position_embedding_type="rope")),
    "granite4-unrotated": ("GraniteMoeHybrid", GRANITE4),
    "granitemoe": ("GraniteMoe", GRANITE | dict(num_local_experts=5, num_experts_per_tok=2)),
    "granitemoe-shared": ("GraniteMoeShared", GRANITE | dict(num_local_experts=5, num_experts_per_tok=2, shared_intermediate_size=48)),
    "command-r": ("Cohere", dict(num_key_value_heads=2, logit_scale=0.3, pad_token_id=0)),
    "command-r-plus": ("Cohere", dict(num_key_value_heads=2, use_qk_norm=True, pad_token_id=0)),
    "olmoe": ("Olmoe", dict(num_key_value_heads=2, num_experts=6, num_experts_per_tok=2)),
    "chatglm": ("Glm", dict(num_key_value_heads=2, head_dim=16, pad_token_id=0)),
    "seed_oss": ("SeedOss", dict(num_key_value_heads=2, head_dim=24)),
    "seed_oss-biases": ("SeedOss", dict(num_key_value_heads=2, head_dim=24, attention_out_bias=True, mlp_bias=True)),
    "phi2": ("Phi", dict(num_key_value_heads=2, rope_parameters=ROPE | dict(partial_rotary_factor=0.5))),
    "ernie4_5": ("Ernie4_5", dict(num_key_value_heads=2, head_dim=24)),
    "ernie4_5-biases": ("Ernie4_5", dict(num_key_value_heads=2, head_dim=24, use_bias=True, tie_word_embeddings=False)),
}


def make(kind, options, dtype):
    config_class = getattr(transformers, kind + ("TextConfig" if kind == "Gemma3" else "Config"))
    model_class = getattr(transformers, kind + {"GPT2": "LMHeadModel", "Mistral3": "ForConditionalGeneration"}.get(kind, "ForCausalLM"))
    sizes = {"GPT2": {"vocab_size": SMALL["vocab_size"]}, "Mistral3": {"vision_config": EYE}}.get(kind, SMALL)
    torch.manual_seed(11)
    config = config_class(**{**sizes, **options})
    config._experts_implementation = "eager"   # the others know no float64
    model = model_class(config).double()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.ndim > 1:
                p.copy_(torch.randn_like(p) * (3.0 if "q_proj" in name or "k_proj" in name else 1.0) / p.shape[1] ** 0.5)
            elif ("norm" in name or ".ln_" in name) and "bias" not in name:
                p.copy_(torch.rand_like(p) * 0.5 + (0.0 if kind.startswith("Gemma") else 0.75))
            else:
                p.copy_(torch.randn_like(p) * 0.3)
    return model.to(dtype)


def pack_experts(folder):
    """Puts random experts in MXFP4 in the place of those of a gpt-oss folder, as the published models have them."""
    files = sorted(folder.glob("*.safetensors"))
    random = np.random.default_rng(13)
    for file in files:
        tensors = load_file(file)
        for name in [n for n in tensors if n.endswith(("gate_up_proj", "down_proj"))]:
            n, d, rows = tensors.pop(name).shape
            tensors[name + "_blocks"] = torch.tensor(random.integers(0, 256, (n, rows, d // 32, 16), np.uint8))
            tensors[name + "_scales"] = torch.tensor(random.integers(122, 127, (n, rows, d // 32), np.uint8))
        save_file(tensors, file, {"format": "pt"})
    index = folder / "model.safetensors.index.json"
    if index.exists():
        places = {name: file.name for file in files for name in load_file(file)}
        index.write_text(json.dumps(json.loads(index.read_text()) | {"weight_map": places}))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"quantization_config": {"quant_method": "mxfp4"}}))


def load_exact(kind, folder):
    """In float64, to which transformers does not unpack MXFP4: in a step of its own."""
    if "quantization_config" not in json.loads((folder / "config.json").read_text()):
        return kind.from_pretrained(folder, dtype=torch.float64, experts_implementation="eager").eval()   # not model.double(): bfloat16 has rounded its frequencies
    unpacked = kind.from_pretrained(folder, dtype=torch.float32, quantization_config=transformers.Mxfp4Config(dequantize=True))
    config = kind.config_class.from_pretrained(folder)
    del config.quantization_config
    config._experts_implementation = "eager"
    exact = kind(config).double()
    exact.load_state_dict(unpacked.state_dict())
    return exact.eval()


def main():
    binary, checks = sys.argv[1], Checks()
    tokens = [1, *np.random.default_rng(7).integers(3, SMALL["vocab_size"], 99).tolist()]
    for name, (kind, options) in CASES.items():
        if sys.argv[2:] and name not in sys.argv[2:]:
            continue
        for dtype, shards in ((torch.float32, "5GB"), (torch.bfloat16, "50KB")):
            label = f"{name} {str(dtype)[6:]}"
            with tempfile.TemporaryDirectory() as root:
                folder, out = pathlib.Path(root, name), pathlib.Path(root, "out.gguf")
                model = make(kind, options, dtype)
                model.save_pretrained(folder, max_shard_size=shards)
                if name.endswith("mxfp4"):
                    pack_experts(folder)
                exact = load_exact(type(model), folder)
                done = subprocess.run([binary, "convert", folder, out, "--quiet"], capture_output=True, text=True)
                if done.returncode:
                    print(f"MISS {label}: {done.stderr}")
                    checks.missed += 1
                    continue
                check = subprocess.run([binary, "check", folder], capture_output=True, text=True)
                if check.returncode:
                    print(f"MISS {label}: {check.stderr.strip()}")
                    checks.missed += 1
                    continue
                options_ = ("--kv-type", "f32", "--activations", "a16")
                got, same = Plume(binary, str(folder)).logits(tokens, *options_), Plume(binary, str(out)).logits(tokens, *options_)
                checks.at_most(f"{label}: NMSE against transformers in float64", oracle.nmse(got, oracle.logits(exact, tokens)), 1e-6)
                checks.at_most(f"{label}: logits of the converted file that differ", float((got != same).sum()), 0)
    checks.end()


if __name__ == "__main__":
    main()
