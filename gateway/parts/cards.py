"""Sessions and materials as lists of the pages show them, and which materials a visitor may see."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from gateway.parts.membership import is_member
from gateway.projection.call import Call
from gateway.projection.read_model import Data, Session, Thing
from gateway.projection.rows import SessionView
from gateway.projection.views import sees_material, session_view
from services.runtime import search

TOLD: Final = "told"  # in a query: says that the visitor will hear of more
KINDS: Final = {  # what one of them is called, and several
    "recording": ("Recording", "recordings"),
    "slides": ("Slides", "slides"),
    "document": ("Document", "documents"),
    "link": ("Link", "links"),
}
WAS_THERE: Final = ("attended", "partly_attended")
AT_ONCE: Final = 100  # bookings that are looked through at a time
TRANSCRIPT: Final = ("transcript",)


def session_cards(call: Call, sessions: Iterable[Session]) -> list[SessionView]:
    """Return sessions as the pages' lists show them."""
    return [session_view(call.model, session, call.now, call.app.settings.public_url) for session in sessions]


def readable(call: Call) -> list[Thing]:
    """Return the published materials that whoever is looking may see without having been in their sessions."""
    return [material for material in call.model.materials() if _sees(call, material)]


def of_session(call: Call, slug: str) -> list[Thing]:
    """Return a session's published materials that whoever is looking may see; recordings first."""
    theirs = [material for material in call.model.materials() if material.data["session"] == slug]
    seen = [material for material in theirs if _sees(call, material)]
    hidden = [material for material in theirs if material not in seen and material.data["audience"] == "attendees"]
    if hidden and _was_there(call, slug):
        seen += hidden
    return sorted(seen, key=lambda material: (list(KINDS).index(material.data["kind"]), material.data["title"]))


def material_cards(call: Call, materials: Iterable[Thing]) -> list[Data]:
    """Return materials as the pages' lists show them, with the session that each `is_of`, or the programme.

    A recording has its transcript: another material of the same session, with that word in its title.
    """
    sessions = call.model.sessions
    cards = []
    for material in materials:
        data = material.data
        session = sessions.get(data["session"] or "")
        is_of = {"slug": data["session"], "title": session.data["title"], "at": session.starts_at} if session else None
        programme = call.model.get("programmes", data["programme"] or "")
        of_programme = {"slug": data["programme"], "title": programme.data["title"]} if programme else None
        more = {"called": KINDS[data["kind"]][0], "transcript": _transcript(call, data)}
        cards.append({**data, **more, "is_of": is_of, "of_programme": of_programme})
    return cards


def _sees(call: Call, material: Thing) -> bool:
    team = _is_for_the_team(call)
    return sees_material(material.data, team, member=not team and call.person is not None and is_member(call))


def _is_for_the_team(call: Call) -> bool:
    """Say whether a team member is looking. Of somebody whom registration could not tell us of, nothing is known."""
    return call.person is not None and "team" in call.person["roles"]


def _was_there(call: Call, slug: str) -> bool:
    """Say whether the visitor's own bookings show that they were in the session."""
    cursor: str | None = None
    while call.person is not None:
        page = call.registration("bookings", cursor=cursor, limit=AT_ONCE).value
        if any(booking["session"] == slug and booking["state"] in WAS_THERE for booking in page["items"]):
            return True
        cursor = page["next"]
        if cursor is None:
            break
    return False


def _transcript(call: Call, recording: Mapping[str, Any]) -> str | None:
    if recording["kind"] != "recording" or not recording["session"]:
        return None
    beside = [m.data for m in readable(call) if m.data["session"] == recording["session"]]
    found = [m["url"] for m in beside if m["kind"] in ("document", "link") and _is_transcript(m["title"])]
    return found[0] if found else None


def _is_transcript(title: str) -> bool:
    return search.matches(search.index_of([title]), TRANSCRIPT)
