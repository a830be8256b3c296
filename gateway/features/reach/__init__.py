"""Reach: how many people the programme reaches, from where."""
