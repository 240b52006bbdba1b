"""Completions of a text: the older endpoint, which editors and evaluations use."""
