"""A merge as pages show it: moments to be written out, and what is wrong with what was confirmed."""

from datetime import datetime
from typing import Final

from gateway.parts.team_views import name_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from services.runtime.refusals import Refusal

CHANGED: Final = "merge-changed"
REFUSED: Final = "merge-refused"
OVER: Final = "merge-over"
NOTHING_PROVEN: Final = "nothing-proven"
STATES: Final = {
    "confirmed": "place booked",
    "waiting": "waiting list",
    "offered": "place offered",
    "cancelled": "cancelled",
    "attended": "attended",
    "partly_attended": "attended part",
    "absent": "absent",
}
LOOK_AGAIN: Final = "Something has changed since you opened this page. Read it again, and confirm if you still want to"


def preview(call: Call, told: Data) -> Data:
    """Return what would come together, ready to be shown."""
    gone = {row["let_go"]["reference"] for row in told["doubled"]}
    accounts = {name: {**told[name], "called": name_of(told[name])} for name in ("kept", "other")}
    return {
        **told,
        **accounts,
        "bookings": [_booking(row) for row in told["bookings"] if row["reference"] not in gone],
        "doubled": [{name: _booking(row[name]) for name in ("stays", "let_go")} for row in told["doubled"]],
        "clashes": [{name: _booking(row[name]) for name in ("one", "other")} for row in told["clashes"]],
        "facilitates": [_title(call, slug) for slug in told["facilitates"]],
        "names": {"kept": told["kept"]["name"], "other": told["other"]["name"]},
    }


def merge(told: Data) -> Data:
    """Return a merge that can be undone, ready to be shown."""
    moments = {name: datetime.fromisoformat(told[name]) for name in ("merged_at", "undo_until")}
    return {**told, **moments, **{name: [_booking(b) for b in told[name]] for name in ("goes_back", "stays", "lost")}}


def is_told_here(refusal: Refusal) -> bool:
    """Say whether the page itself tells what is in the way. Raises the refusal otherwise."""
    if refusal.code not in (CHANGED, REFUSED, OVER):
        raise refusal
    return True


def words_of(refusal: Refusal) -> str:
    """Return what is in the way, in words."""
    return LOOK_AGAIN if refusal.code == CHANGED else refusal.detail


def _booking(row: Data) -> Data:
    state = STATES.get(row["state"], row["state"])
    return {**row, "starts_at": datetime.fromisoformat(row["starts_at"]), "in_words": state}


def _title(call: Call, slug: str) -> str:
    session = call.model.sessions.get(slug)
    return str(session.data["title"]) if session else slug
