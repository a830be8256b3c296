"""Interests and suggestions: what people ask for."""
