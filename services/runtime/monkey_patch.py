"""Makes this process green. Called once, by the command, before anything else is imported.

The one warning that is silenced is eventlet's about its own future; decision 0001 says why we stand on it all the same.
"""

import warnings

_done = False


def monkey_patch() -> None:
    """Have sockets, sleeps, locks and psycopg2 give way to other green threads while they wait."""
    global _done
    if _done:
        return
    _done = True
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
        import eventlet

        eventlet.monkey_patch()
