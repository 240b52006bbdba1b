"""The core: which sequence runs when, on which cells of the KV cache. No I/O."""
