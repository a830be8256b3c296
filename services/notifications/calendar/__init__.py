"""Calendars: invites, feeds, and the numbers of meetings in them."""
