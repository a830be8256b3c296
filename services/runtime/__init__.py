"""What a process needs to run: settings, time, logs, HTTP, its database, and how it refuses. No word of the domain."""
