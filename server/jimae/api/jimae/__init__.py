"""Our own API: what no other has."""
