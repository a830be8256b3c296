"""Identity providers: what registration asks of them over HTTP, and what it believes of what they say."""
