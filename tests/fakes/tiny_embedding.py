"""Writes tiny random embedders and rerankers as GGUF, and computes in NumPy what they say.

`encoder` is BERT's shape (sees the whole prompt), `causal` is Qwen3's (looks back).
Both have 2 layers and a vocabulary of bytes. `forward` takes the weights that were
written: float64, so the rounding of half floats in llama.cpp's attention and of its
table of GELU is the difference.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import gguf
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Weights = dict[str, Array]
Pooling = Literal["mean", "cls", "last", "rank"]

N_EMBD, N_FF, N_HEAD, HEAD, LAYERS = 64, 128, 4, 16, 2
CONTEXT = 256
N_VOCAB = 261
EPS = 1e-5
FREQUENCY = 10_000.0
BOS, EOS, SEP = 1, 2, 4
FIRST_BYTE = 5

_NUMBERS: dict[Pooling, gguf.PoolingType] = {
    "mean": gguf.PoolingType.MEAN,
    "cls": gguf.PoolingType.CLS,
    "last": gguf.PoolingType.LAST,
    "rank": gguf.PoolingType.RANK,
}


def token_ids(text: str) -> list[int]:
    """A text as bytes, without what the model puts around it."""
    return [FIRST_BYTE + byte for byte in text.encode()]


def encoder(path: Path, pooling: Pooling, seed: int = 1) -> Weights:
    """A BERT; with `rank` it has a classifier of one number."""
    make = _Maker(path, "bert", pooling, seed)
    make.writer.add_layer_norm_eps(EPS)
    make.writer.add_causal_attention(False)
    make.writer.add_token_type_count(2)
    make.tensor("token_types.weight", 2, N_EMBD)
    make.tensor("position_embd.weight", CONTEXT, N_EMBD)
    make.norm("token_embd_norm")
    for i in range(LAYERS):
        block = f"blk.{i}."
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            make.dense(block + name, N_EMBD, N_EMBD)
        make.dense(f"{block}ffn_up", N_FF, N_EMBD)
        make.dense(f"{block}ffn_down", N_EMBD, N_FF)
        make.norm(f"{block}attn_output_norm")
        make.norm(f"{block}layer_output_norm")
    if pooling == "rank":
        make.dense("cls", N_EMBD, N_EMBD)
        make.dense("cls.output", 1, N_EMBD)
    return make.close()


def causal(
    path: Path, pooling: Pooling | None, seed: int = 2, template: str | None = None
) -> Weights:
    """A Qwen3. With `rank` its classifier answers yes and no; without a pooling it writes."""
    make = _Maker(path, "qwen3", pooling, seed)
    make.writer.add_layer_norm_rms_eps(EPS)
    make.writer.add_head_count_kv(N_HEAD)
    make.writer.add_key_length(HEAD)
    make.writer.add_value_length(HEAD)
    make.writer.add_rope_freq_base(FREQUENCY)
    make.scale("output_norm")
    for i in range(LAYERS):
        block = f"blk.{i}."
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            make.tensor(f"{block}{name}.weight", N_EMBD, N_EMBD)
        make.tensor(f"{block}ffn_up.weight", N_FF, N_EMBD)
        make.tensor(f"{block}ffn_gate.weight", N_FF, N_EMBD)
        make.tensor(f"{block}ffn_down.weight", N_EMBD, N_FF)
        for name, size in (
            ("attn_norm", N_EMBD),
            ("ffn_norm", N_EMBD),
            ("attn_q_norm", HEAD),
            ("attn_k_norm", HEAD),
        ):
            make.scale(block + name, size)
    if pooling == "rank":
        make.tensor("cls.output.weight", 2, N_EMBD)
        make.writer.add_classifier_output_labels(["yes", "no"])
    if template is not None:
        make.writer.add_chat_template([{"name": "rerank", "template": template}])
    return make.close()


class _Maker:
    def __init__(self, path: Path, architecture: str, pooling: Pooling | None, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self.weights: Weights = {}
        writer = self.writer = gguf.GGUFWriter(path, architecture)
        writer.add_context_length(CONTEXT)
        writer.add_embedding_length(N_EMBD)
        writer.add_block_count(LAYERS)
        writer.add_feed_forward_length(N_FF)
        writer.add_head_count(N_HEAD)
        writer.add_vocab_size(N_VOCAB)
        if pooling is not None:
            writer.add_pooling_type(_NUMBERS[pooling])
        special = [b"<unk>", b"<s>", b"</s>", b"<pad>", b"<sep>"]
        writer.add_tokenizer_model("llama")
        writer.add_token_list([*special, *(b"<0x%02X>" % byte for byte in range(256))])
        writer.add_token_scores([0.0] * N_VOCAB)
        writer.add_token_types(
            [gguf.TokenType.UNKNOWN, *[gguf.TokenType.CONTROL] * 4, *[gguf.TokenType.BYTE] * 256]
        )
        writer.add_bos_token_id(BOS)
        writer.add_eos_token_id(EOS)
        writer.add_sep_token_id(SEP)
        writer.add_unk_token_id(0)
        writer.add_add_bos_token(True)
        writer.add_add_eos_token(True)
        writer.add_add_sep_token(True)
        writer.add_add_space_prefix(False)
        self.tensor("token_embd.weight", N_VOCAB, N_EMBD, scale=8)

    def tensor(self, name: str, *shape: int, scale: float = 1.0) -> None:
        data = self._rng.standard_normal(shape) / np.sqrt(shape[-1]) * scale
        self._add(name, data)

    def dense(self, name: str, out: int, into: int) -> None:
        self.tensor(f"{name}.weight", out, into)
        self._add(f"{name}.bias", self._rng.standard_normal(out) * 0.1)

    def scale(self, name: str, size: int = N_EMBD) -> None:
        self._add(f"{name}.weight", 1 + self._rng.standard_normal(size) * 0.1)

    def norm(self, name: str) -> None:
        self.scale(name)
        self._add(f"{name}.bias", self._rng.standard_normal(N_EMBD) * 0.1)

    def _add(self, name: str, data: Array) -> None:
        written = data.astype(np.float32)
        self.weights[name] = written.astype(np.float64)
        self.writer.add_tensor(name, written)

    def close(self) -> Weights:
        self.writer.write_header_to_file()
        self.writer.write_kv_data_to_file()
        self.writer.write_tensors_to_file()
        self.writer.close()
        return self.weights


# --- the same in NumPy ---------------------------------------------------------------


def forward(weights: Weights, ids: list[int], pooling: Pooling) -> Array:
    """The vector of a prompt, not normalised; of `rank`, the classifier's numbers."""
    bert = "position_embd.weight" in weights
    states = _bert(weights, ids) if bert else _qwen(weights, ids)
    if pooling == "mean":
        return states.mean(axis=0)
    if pooling == "rank":
        return (
            _bert_class(weights, states[0])
            if bert
            else _softmax(weights["cls.output.weight"] @ states[-1])
        )
    return states[0 if pooling == "cls" else -1]


def _bert(w: Weights, ids: list[int]) -> Array:
    x = (
        w["token_embd.weight"][ids]
        + w["token_types.weight"][0]
        + w["position_embd.weight"][: len(ids)]
    )
    x = _layer_norm(w, "token_embd_norm", x)
    for i in range(LAYERS):
        block = f"blk.{i}."
        q, k, v = (_heads(_dense(w, block + name, x)) for name in ("attn_q", "attn_k", "attn_v"))
        mixed = _attend(q, k, v, np.zeros((len(ids), len(ids))))
        x = _layer_norm(w, f"{block}attn_output_norm", x + _dense(w, f"{block}attn_output", mixed))
        inside = _gelu(_dense(w, f"{block}ffn_up", x))
        x = _layer_norm(w, f"{block}layer_output_norm", x + _dense(w, f"{block}ffn_down", inside))
    return x


def _bert_class(w: Weights, state: Array) -> Array:
    return _dense(w, "cls.output", np.tanh(_dense(w, "cls", state)))


def _qwen(w: Weights, ids: list[int]) -> Array:
    x = w["token_embd.weight"][ids]
    mask = np.triu(np.full((len(ids), len(ids)), -np.inf), 1)
    for i in range(LAYERS):
        block = f"blk.{i}."
        h = _rms(x) * w[f"{block}attn_norm.weight"]
        q, k, v = (
            _heads(h @ w[f"{block}{name}.weight"].T) for name in ("attn_q", "attn_k", "attn_v")
        )
        q = _rotate(_rms(q) * w[f"{block}attn_q_norm.weight"])
        k = _rotate(_rms(k) * w[f"{block}attn_k_norm.weight"])
        x = x + _attend(q, k, v, mask) @ w[f"{block}attn_output.weight"].T
        h = _rms(x) * w[f"{block}ffn_norm.weight"]
        gate = h @ w[f"{block}ffn_gate.weight"].T
        up = h @ w[f"{block}ffn_up.weight"].T
        x = x + (gate / (1 + np.exp(-gate)) * up) @ w[f"{block}ffn_down.weight"].T
    return _rms(x) * w["output_norm.weight"]


def _dense(w: Weights, name: str, x: Array) -> Array:
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def _heads(x: Array) -> Array:
    """(tokens, width) to (heads, tokens, head width)."""
    return x.reshape(len(x), N_HEAD, HEAD).transpose(1, 0, 2)


def _attend(q: Array, k: Array, v: Array, mask: Array) -> Array:
    mixed = _softmax(q @ k.transpose(0, 2, 1) / np.sqrt(HEAD) + mask) @ v
    return mixed.transpose(1, 0, 2).reshape(q.shape[1], N_EMBD)


def _rotate(x: Array) -> Array:
    """Rotary positions, halves of a head against each other (NeoX)."""
    half = HEAD // 2
    angles = np.arange(x.shape[1])[:, None] * FREQUENCY ** (-np.arange(half) / half)
    a, b = x[..., :half], x[..., half:]
    cos, sin = np.cos(angles), np.sin(angles)
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1)


def _layer_norm(w: Weights, name: str, x: Array) -> Array:
    centred = x - x.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPS)
    return scaled * w[f"{name}.weight"] + w[f"{name}.bias"]


def _rms(x: Array) -> Array:
    scaled: Array = x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + EPS)
    return scaled


def _gelu(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def _softmax(x: Array) -> Array:
    raised = np.exp(x - x.max(axis=-1, keepdims=True))
    shares: Array = raised / raised.sum(axis=-1, keepdims=True)
    return shares
