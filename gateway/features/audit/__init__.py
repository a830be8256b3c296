"""The audit record: who signed in, what they may do, and what they did with the data of others."""
