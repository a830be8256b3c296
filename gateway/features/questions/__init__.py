"""Questions of a session: what the team asks of those who book, and what they answered."""
