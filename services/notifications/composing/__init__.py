"""How an email is written: its words, its layout, and what goes with it."""
