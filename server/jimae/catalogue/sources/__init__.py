"""Where the bytes of a model file can come from: one module for each kind of place."""
