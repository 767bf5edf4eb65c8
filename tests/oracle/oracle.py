"""Numbers from elsewhere: a GGUF file of the llama architecture as a model of Hugging Face transformers.

Shared by the scripts of this folder and by tests/golden/make_llama.py. The weights are decoded by the `gguf` package,
the forward pass is LlamaForCausalLM's, so nothing here comes from plume.
"""

import math

import gguf
import numpy as np
import torch
import transformers
from gguf.quants import dequantize


def fields(reader):
    return {name: field.contents() for name, field in reader.fields.items()}


def permute(w, n_heads):
    """Rows of a query or key projection from half-split RoPE pairs (transformers) to interleaved ones (GGUF)."""
    return w.reshape(n_heads, 2, w.shape[0] // n_heads // 2, -1).swapaxes(1, 2).reshape(w.shape)


def unpermute(w, n_heads):
    return w.reshape(n_heads, w.shape[0] // n_heads // 2, 2, -1).swapaxes(1, 2).reshape(w.shape)


class ExactRotary(torch.nn.Module):
    """Angles in float64: transformers' own are float32 whatever the model's type."""

    def __init__(self, base, head_dim, factors, linear=1.0):
        super().__init__()
        frequency = base ** (-torch.arange(0, head_dim, 2, dtype=torch.float64) / head_dim) / linear
        self.frequency = frequency if factors is None else frequency / torch.tensor(np.asarray(factors, np.float64))

    def forward(self, x, position_ids):
        angle = position_ids[..., None].double() * self.frequency
        angle = torch.cat((angle, angle), -1)
        return angle.cos().to(x.dtype), angle.sin().to(x.dtype)


class ExactNorm(torch.nn.Module):
    """RMSNorm in the model's own type: transformers' own is float32 inside."""

    def __init__(self, weight, eps):
        super().__init__()
        self.weight, self.eps = weight, eps

    def forward(self, x):
        return self.weight * x * torch.rsqrt((x * x).mean(-1, keepdim=True) + self.eps)


def make_exact(model):
    """Float64 throughout, where transformers would compute norms in float32 (SDPA's softmax is in the type of its input)."""
    for layer in model.model.layers:
        for name in ("input_layernorm", "post_attention_layernorm"):
            norm = getattr(layer, name)
            setattr(layer, name, ExactNorm(norm.weight, norm.variance_epsilon))
    model.model.norm = ExactNorm(model.model.norm.weight, model.model.norm.variance_epsilon)


def build(keys, tensors, dtype):
    """LlamaForCausalLM of GGUF keys {name: value} and decoded tensors {name: float32 array}; rope_freqs.weight divides the frequencies."""
    key = lambda name, otherwise=None: keys.get("llama." + name, otherwise)
    heads, width = key("attention.head_count"), key("embedding_length")
    kv_heads, head_dim = key("attention.head_count_kv", heads), key("attention.key_length", width // heads)
    assert key("rope.dimension_count", head_dim) == head_dim and key("rope.scaling.type", "none") in ("none", "linear")
    base, factors, linear = key("rope.freq_base", 10000.0), tensors.get("rope_freqs.weight"), key("rope.scaling.factor", 1.0)
    rope = {"rope_type": "linear", "rope_theta": base, "factor": linear} if linear != 1 else {"rope_type": "default", "rope_theta": base}
    qkv_bias = "blk.0.attn_q.bias" in tensors
    config = transformers.LlamaConfig(
        vocab_size=tensors["token_embd.weight"].shape[0], hidden_size=width, intermediate_size=key("feed_forward_length"),
        num_hidden_layers=key("block_count"), num_attention_heads=heads, num_key_value_heads=kv_heads, head_dim=head_dim,
        rms_norm_eps=key("attention.layer_norm_rms_epsilon"), rope_parameters=rope,
        max_position_embeddings=key("context_length"), tie_word_embeddings="output.weight" not in tensors,
        attention_bias=qkv_bias, mlp_bias="blk.0.ffn_up.bias" in tensors, attn_implementation="sdpa", pad_token_id=None)
    model = transformers.LlamaForCausalLM(config).to(dtype).eval()
    parts = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
             "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}
    whole = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight", "output.weight": "lm_head.weight"}
    state = {}
    for name, w in tensors.items():
        if name == "rope_freqs.weight":
            continue
        if name.startswith("blk."):
            _, layer, part, kind = name.split(".")
            if part in ("attn_q", "attn_k"):
                w = unpermute(w, heads if part == "attn_q" else kv_heads)
            state[f"model.layers.{layer}.{parts[part]}.{kind}"] = w
        else:
            state[whole[name]] = w
    if config.tie_word_embeddings:
        state["lm_head.weight"] = state["model.embed_tokens.weight"]
    missing = model.state_dict().keys() ^ state.keys()
    assert not missing or all(name.endswith("o_proj.bias") for name in missing), missing   # a llama with biases on q, k, v alone
    state |= {name: np.zeros(model.state_dict()[name].shape, np.float32) for name in missing}
    model.load_state_dict({name: torch.tensor(w) for name, w in state.items()}, strict=True)
    if dtype == torch.float64 or factors is not None:
        model.model.rotary_emb = ExactRotary(base, head_dim, factors, linear)
    if dtype == torch.float64:
        make_exact(model)
    return model


def load(path, dtype=torch.float64):
    reader = gguf.GGUFReader(path)
    tensors = {}
    for t in reader.tensors:
        tensors[t.name] = np.array(dequantize(t.data, t.tensor_type), np.float32)
        assert tensors[t.name].shape == tuple(reversed(t.shape.tolist()))
    return build(fields(reader), tensors, dtype)


@torch.no_grad()
def logits(model, tokens):
    """[T, V] in the model's type."""
    return model(torch.tensor([list(tokens)])).logits[0].numpy()


def log_softmax(x):
    x = np.asarray(x, np.float64)
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def nmse(got, want):
    got, want = np.asarray(got, np.float64), np.asarray(want, np.float64)
    return ((got - want) ** 2).sum() / (want**2).sum()


def chunks(ids, size, bos=None):
    """The perplexity protocol: whole chunks of `size`, the first token of each overwritten by BOS where the model wants one."""
    cut = [ids[i : i + size] for i in range(0, len(ids) - size + 1, size)]
    return [[bos, *c[1:]] if bos is not None else list(c) for c in cut]


def scored(size):
    return range(size // 2, size - 1)   # positions whose prediction counts


def perplexity(logits_of, ids, size=128, bos=None):
    total = [-log_softmax(logits_of(c))[p, c[p + 1]] for c in chunks(ids, size, bos) for p in scored(size)]
    return math.exp(sum(total) / len(total))
