"""Writes a tiny random hybrid model (LFM2: short convolutions and attention) as GGUF."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

N_EMBD, N_FF, N_HEAD, HEAD, N_KV, KERNEL = 64, 128, 4, 16, 2, 3
KINDS = ("conv", "attention", "conv", "attention")
N_VOCAB = 260


def write(path: Path) -> None:
    """Random weights with a fixed seed; tokens are the bytes and four control tokens."""
    rng = np.random.default_rng(1)

    def tensor(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return (rng.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)

    writer = gguf.GGUFWriter(path, "lfm2")
    writer.add_context_length(2048)
    writer.add_embedding_length(N_EMBD)
    writer.add_block_count(len(KINDS))
    writer.add_feed_forward_length(N_FF)
    writer.add_head_count(N_HEAD)
    writer.add_head_count_kv([N_KV if kind == "attention" else 0 for kind in KINDS])
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10_000.0)
    writer.add_vocab_size(N_VOCAB)
    writer.add_uint32("lfm2.shortconv.l_cache", KERNEL)
    tokens = [b"<unk>", b"<s>", b"</s>", b"<pad>", *(b"<0x%02X>" % b for b in range(256))]
    kinds = [
        gguf.TokenType.UNKNOWN,
        *[gguf.TokenType.CONTROL] * 3,
        *[gguf.TokenType.BYTE] * 256,
    ]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * N_VOCAB)
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_tensor("token_embd.weight", tensor(N_VOCAB, N_EMBD) * 8)
    writer.add_tensor("token_embd_norm.weight", np.ones(N_EMBD, dtype=np.float32))
    for i, kind in enumerate(KINDS):
        block = f"blk.{i}."
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"{block}{name}.weight", np.ones(N_EMBD, dtype=np.float32))
        writer.add_tensor(f"{block}ffn_gate.weight", tensor(N_FF, N_EMBD))
        writer.add_tensor(f"{block}ffn_up.weight", tensor(N_FF, N_EMBD))
        writer.add_tensor(f"{block}ffn_down.weight", tensor(N_EMBD, N_FF))
        if kind == "conv":
            writer.add_tensor(f"{block}shortconv.conv.weight", tensor(N_EMBD, KERNEL))
            writer.add_tensor(f"{block}shortconv.in_proj.weight", tensor(3 * N_EMBD, N_EMBD))
            writer.add_tensor(f"{block}shortconv.out_proj.weight", tensor(N_EMBD, N_EMBD))
            continue
        for name in ("attn_q_norm", "attn_k_norm"):
            writer.add_tensor(f"{block}{name}.weight", np.ones(HEAD, dtype=np.float32))
        writer.add_tensor(f"{block}attn_q.weight", tensor(N_EMBD, N_EMBD))
        writer.add_tensor(f"{block}attn_k.weight", tensor(N_KV * HEAD, N_EMBD))
        writer.add_tensor(f"{block}attn_v.weight", tensor(N_KV * HEAD, N_EMBD))
        writer.add_tensor(f"{block}attn_output.weight", tensor(N_EMBD, N_EMBD))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
