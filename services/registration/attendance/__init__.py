"""Attendance: who is expected, who came, and what they get for it."""
