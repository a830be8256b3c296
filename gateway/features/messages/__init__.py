"""Messages: what was sent, what people can do without, and what the team writes."""
