"""Sessions: the catalogue that everyone reads, and how the team edits it."""
