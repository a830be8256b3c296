"""Feedback and pledges."""
