"""The audit log: who used what, when, on which model, and the proof that nobody touched it."""
