"""What stops a command."""


class CannotRun(Exception):
    """The command cannot do what it is asked; the message says why."""


class NoMailbox(Exception):
    """There is no mail at this path; the message says why."""
