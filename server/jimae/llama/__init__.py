"""The binding to llama.cpp; nothing outside of this package imports llama_cpp."""

import os

# ggml starts a debugger on itself when it aborts unless told not to. It looks when it is loaded.
os.environ.setdefault("GGML_NO_BACKTRACE", "1")
