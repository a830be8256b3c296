"""What the community is asked in the name of whoever is signed in, and whether they are a member of it."""

from typing import Any

from gateway.projection.call import Call
from gateway.web.call import Answer
from services.runtime.refusals import NotSignedIn, Refusal, Unavailable


def ask(call: Call, method: str, **named: Any) -> Answer:
    """Ask the community in the caller's name. Raises NotSignedIn."""
    call.who()
    return call.community(method, **named)


def require_member(call: Call) -> None:
    """Raise what the community says to someone who is not a member of it: that, or why they were removed."""
    ask(call, "check_member")


def is_member(call: Call) -> bool:
    """Say whether a member reads. One who cannot be asked about now reads as the public.

    Nothing is asked unless something is shown to members only.
    """
    if call.caller is None or not any(m.data["audience"] == "community" for m in call.model.materials()):
        return False
    if call.member is None:
        call.member = _found_out(call)
    return call.member


def _found_out(call: Call) -> bool:
    try:
        return bool(ask(call, "membership").value["member"])
    except Refusal as refusal:
        if refusal.code in (NotSignedIn.code, Unavailable.code):
            return False
        raise
