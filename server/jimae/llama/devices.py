"""Graphics cards that llama.cpp was built for: how much of a model they hold."""

from __future__ import annotations

import ctypes
from typing import Final

from jimae.catalogue import memory
from jimae.catalogue.gguf_header import Header

# Kinds of device in ggml-backend.h: a card, and one that shares the machine's memory.
GPU_KINDS: Final = frozenset({1, 2})


def free_gpu_memory() -> int | None:
    """Free bytes of all cards together; None where there is none."""
    # The binding sets the library's environment before anybody loads it.
    from llama_cpp import _ggml

    library = _ggml.libggml
    library.ggml_backend_dev_count.restype = ctypes.c_size_t
    library.ggml_backend_dev_get.restype = ctypes.c_void_p
    library.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
    library.ggml_backend_dev_type.argtypes = [ctypes.c_void_p]
    library.ggml_backend_dev_memory.restype = None
    size = ctypes.POINTER(ctypes.c_size_t)
    library.ggml_backend_dev_memory.argtypes = [ctypes.c_void_p, size, size]
    found: int | None = None
    for index in range(library.ggml_backend_dev_count()):
        device = library.ggml_backend_dev_get(index)
        if library.ggml_backend_dev_type(device) in GPU_KINDS:
            free, total = ctypes.c_size_t(), ctypes.c_size_t()
            library.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
            found = (found or 0) + free.value
    return found


def layers_on_gpu(header: Header, need: memory.Estimate, free: int) -> int:
    """How many layers to put on cards with `free` bytes. Weights and KV cache are taken as
    spread evenly over the layers and the output, which counts as one more."""
    layers = header.block_count or 0
    each = (need.weights + need.kv_cache) // (layers + 1)
    return memory.layers_that_fit(layers, each, need.compute, free)
