"""Batches: requests of a file, answered when nobody waits."""
