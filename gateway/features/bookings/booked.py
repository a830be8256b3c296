"""Having registration book a place, when it is one's turn: others who want something else do not wait behind a rush."""

from collections.abc import Mapping
from typing import Any

from gateway.projection.call import Call
from gateway.web.call import Answer


def booked(call: Call, given: Mapping[str, Any], key: str | None) -> Answer:
    """Return what registration answered. Raises a refusal: Unavailable where too many want the same session."""
    session = given.get("session")
    with call.app.turns.taken(session if isinstance(session, str) else "", key):
        return call.registration("book", given=given, key=key)
