"""What stops a command."""


class CannotRun(Exception):
    """The command cannot do what it is asked; the message says why."""
