"""jimae."""
