"""The HTTP edge: validates what comes in, converts, and writes what goes out."""
