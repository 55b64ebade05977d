"""Dead letters: archived, found, grouped."""
