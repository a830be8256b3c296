"""Coordinators of organisations: who they are, what people let them see, and who they nominate."""
