"""Has a process kill itself at one step of its work on a booking, the first time that it comes to it.

The process is told by HEADROW_TEST_DIES_AT: one of STEPS, with which service it is a step of.
"""

import functools
import os
import signal
from collections.abc import Callable
from typing import Any

from services.bus import grouped
from services.bus.broker import BrokerConnection
from services.bus.calls import Call
from services.bus.inbox import Inbox
from services.bus.relay import Relay
from services.bus.rpc_server import RpcServer
from services.registration.places import bookings, group
from services.runtime.database import Transactions

DIES_AT = "HEADROW_TEST_DIES_AT"
BOOKED = b"registration.booking_confirmed"
GROUP = "a group "  # how those steps begin that are of several bookings at once

# Step -> the service, what its process does next, and whether it dies before that or after it.
STEPS: dict[str, tuple[str, Any, str, bool]] = {
    "the call has come": ("registration", bookings, "book", True),
    GROUP + "has come": ("registration", group, "book", True),
    GROUP + "is written": ("registration", group, "book", False),
    GROUP + "is committed": ("registration", grouped, "answer", False),
    "the booking is written": ("registration", bookings, "book", False),
    "the answer is written": ("registration", Call, "_answer", False),
    "the booking is committed": ("registration", Transactions, "run", False),
    "the answer is to be sent": ("registration", RpcServer, "reply", True),
    "the event is to be published": ("registration", Relay, "_publish", True),
    "the event is published": ("registration", Relay, "_publish", False),
    "the event is marked": ("registration", Relay, "_mark_and_find", False),
    "the event has come": ("notifications", Inbox, "_store", True),
    "the event is stored": ("notifications", BrokerConnection, "ack_up_to", True),
    "the event is acknowledged": ("notifications", BrokerConnection, "ack_up_to", False),
    "the event is handled": ("notifications", Inbox, "_attempt_all", False),
    "what was handled is committed": ("notifications", Inbox, "work", False),
}


def prepare(step: str) -> None:
    """Have this process die at a step, once it has begun to work on a booking."""
    begun: list[bool] = []

    def die(args: Any) -> None:
        if any(begun) and args[-1]:  # the relay and the inbox look again and again, and mostly there is nothing to do
            os.kill(os.getpid(), signal.SIGKILL)

    _, owner, name, first = STEPS[step]
    _wrap(owner, name, **{"before" if first else "after": die})
    for booking in (bookings, group):
        _wrap(booking, "book", before=lambda args: begun.append(True))
    _wrap(Inbox, "_store", before=lambda args: begun.extend(BOOKED in message.body for message in args[1]))


def _wrap(
    owner: Any, name: str, before: Callable[[Any], None] | None = None, after: Callable[[Any], None] | None = None
) -> None:
    method = getattr(owner, name)

    @functools.wraps(method)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if before:
            before(args)
        result = method(*args, **kwargs)
        if after:
            after(args)
        return result

    setattr(owner, name, wrapped)
