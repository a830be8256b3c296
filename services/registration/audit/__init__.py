"""Evidence: who signed in, what they may do, and what they saw, took away or changed of other people's data."""
