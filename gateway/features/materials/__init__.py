"""Recordings, slides and other materials."""
