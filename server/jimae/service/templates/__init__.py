"""Prompts with blanks to fill (定型プロンプト): shipped ones, one's own, and those of groups."""
