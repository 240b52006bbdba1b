"""Finding personal data in Japanese and other texts: pure functions, no I/O."""
