"""Notifications: tells people about their places in time, by mail and in their calendars."""
