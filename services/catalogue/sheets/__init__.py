"""Moving in: speakers, sessions and materials from CSV files that other programmes wrote, and how that is undone."""
