"""What a model wrote to an answer's parts: one file per family of models."""
