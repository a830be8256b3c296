"""Accounts: signing in, details, roles, and the address of the calendar."""
