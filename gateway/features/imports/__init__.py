"""Moving in: what another programme kept, brought in by files that are checked, taken whole, and can be undone."""
