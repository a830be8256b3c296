"""The `headrow` command."""
