"""Attendance: facilitators, checking in, and who came."""
