"""Files that programs keep here."""
