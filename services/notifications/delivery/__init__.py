"""How an email is sent: when, by which way, and what came of it."""
