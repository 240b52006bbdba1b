"""Weights in another format, by llama.cpp's own quantiser."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from pathlib import Path

import llama_cpp as native

from jimae.errors import JimaeError

# The quantiser tells its progress in its log only: "[  12/ 339] blk.0.attn_q.weight …".
# `enum ggml_log_level`.
_WARN, _ERROR = 3, 4
_TENSOR = re.compile(rb"\[\s*(\d+)/\s*(\d+)\]")


def quantise(
    source: Path,
    target: Path,
    file_type: int,
    progress: Callable[[float], None],
    *,
    pure: bool = False,
) -> None:
    """Write `source` to `target` in another format (`enum llama_ftype`), also if it is
    quantised already. All cores work. `progress` gets 0 to 1. `pure` writes every matrix
    in the format's own type instead of a mixture.

    Takes over llama.cpp's log of this process. Raises JimaeError `requantise_failed`.
    """
    said: list[str] = []

    def listen(level: int, text: bytes, _: object) -> None:
        if found := _TENSOR.search(text):
            progress(int(found[1]) / max(1, int(found[2])))
        elif level in (_WARN, _ERROR):
            said.append(text.decode("utf-8", "replace").strip())

    callback = native.llama_log_callback(listen)
    native.llama_log_set(callback, ctypes.c_void_p(0))
    native.llama_backend_init()
    params = native.llama_model_quantize_default_params()
    params.ftype = file_type
    params.allow_requantize = True
    params.pure = pure
    status = native.llama_model_quantize(
        str(source).encode(), str(target).encode(), ctypes.byref(params)
    )
    if status != 0:
        reason = said[-1] if said else f"status {status}"
        raise JimaeError("requantise_failed", id=source.stem, reason=reason)
