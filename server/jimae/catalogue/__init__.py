"""Which models there are, where their files come from, and whether a file can be trusted."""
