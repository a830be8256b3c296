"""Catalogue: what the city offers, and when. Read service.py first."""
