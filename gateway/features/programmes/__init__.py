"""Programmes, and importing them."""
