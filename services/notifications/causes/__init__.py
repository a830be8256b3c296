"""Why an email is written: an event, a time that has come, or the team."""
