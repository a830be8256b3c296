"""Pictures of sessions and speakers."""
