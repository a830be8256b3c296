"""Evaluation: what people are asked before a session, on the day and months later, and what the team reads of it."""
