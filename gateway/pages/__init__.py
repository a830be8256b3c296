"""The web pages: what the API offers, for people, without JavaScript."""
