"""Bookings: booking a place, moving and cancelling it, its certificate, and the lists of the team."""
