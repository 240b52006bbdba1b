"""The tables of the GGUF format: value types, tensor types, and what llama.cpp insists on.

Source: the GGUF specification (ggml, docs/gguf.md) and ggml's own type traits.
"""

from __future__ import annotations

from typing import Final

MAGIC: Final = b"GGUF"
VERSIONS: Final = (2, 3)
DEFAULT_ALIGNMENT: Final = 32
MAX_DIMS: Final = 4
MAX_TENSOR_NAME: Final = 63  # bytes; ggml keeps 64 with the terminator

# Value types of metadata.
UINT8, INT8, UINT16, INT16, UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY, UINT64, INT64, FLOAT64 = (
    range(13)
)

SCALAR_FORMATS: Final[dict[int, str]] = {
    UINT8: "<B",
    INT8: "<b",
    UINT16: "<H",
    INT16: "<h",
    UINT32: "<I",
    INT32: "<i",
    FLOAT32: "<f",
    BOOL: "<?",
    UINT64: "<Q",
    INT64: "<q",
    FLOAT64: "<d",
}

# fmt: off
VALUE_NAMES: Final = (
    "uint8", "int8", "uint16", "int16", "uint32", "int32", "float32",
    "bool", "string", "array", "uint64", "int64", "float64",
)
# fmt: on

# Tensor type -> (name, elements in a block, bytes of a block). A type that is
# not here was removed from ggml or is newer than the engine.
TENSOR_TYPES: Final[dict[int, tuple[str, int, int]]] = {
    0: ("F32", 1, 4),
    1: ("F16", 1, 2),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    9: ("Q8_1", 32, 36),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1),
    25: ("I16", 1, 2),
    26: ("I32", 1, 4),
    27: ("I64", 1, 8),
    28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56),
    30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
    40: ("NVFP4", 64, 36),
    41: ("Q1_0", 128, 18),
    42: ("Q2_0", 64, 18),
}

# Keys that llama.cpp reads without asking for their type first: a wrong one
# ends the process, so it must not get that far. Key -> allowed types; for an
# array, (ARRAY, element type).
REQUIRED_TYPES: Final[dict[str, frozenset[int | tuple[int, int]]]] = {
    "general.architecture": frozenset({STRING}),
    "general.alignment": frozenset({UINT32}),
    "tokenizer.ggml.model": frozenset({STRING}),
    "tokenizer.ggml.tokens": frozenset({(ARRAY, STRING)}),
    "tokenizer.ggml.merges": frozenset({(ARRAY, STRING)}),
    "tokenizer.ggml.scores": frozenset({(ARRAY, FLOAT32)}),
    "tokenizer.ggml.token_type": frozenset({(ARRAY, INT32), (ARRAY, UINT32)}),
    "tokenizer.ggml.precompiled_charsmap": frozenset({(ARRAY, INT8), (ARRAY, UINT8)}),
    "tokenizer.chat_template": frozenset({STRING}),
    "split.count": frozenset({UINT16}),
}

TOKENS: Final = "tokenizer.ggml.tokens"
# Arrays that run parallel to the vocabulary.
PER_TOKEN: Final = ("tokenizer.ggml.scores", "tokenizer.ggml.token_type")
# fmt: off
_SPECIAL = (
    "bos", "eos", "eot", "eom", "unknown", "seperator", "padding", "cls", "mask",
    "fim_pre", "fim_suf", "fim_mid", "fim_pad", "fim_rep", "fim_sep",
)
# fmt: on
TOKEN_ID_KEYS: Final = tuple(f"tokenizer.ggml.{name}_token_id" for name in _SPECIAL)
NO_TOKEN: Final = 0xFFFFFFFF
