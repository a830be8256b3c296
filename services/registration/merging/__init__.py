"""Two accounts of one person become one, and two again: docs/decisions/0032."""
