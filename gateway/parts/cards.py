"""Sessions and materials as lists of the pages show them, and which materials a visitor may see."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from gateway.parts.membership import is_member
from gateway.parts.players import player_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data, Session, Thing
from gateway.projection.rows import SessionView
from gateway.projection.views import HAVE_BOOKED, WERE_THERE, sees_material, session_view
from gateway.web.identity import FACILITATOR, has_role
from services.runtime import search

TOLD: Final = "told"  # in a query: says that the visitor will hear of more
KINDS: Final = {  # what one of them is called, and several
    "recording": ("Recording", "recordings"),
    "slides": ("Slides", "slides"),
    "document": ("Document", "documents"),
    "link": ("Link", "links"),
}
TRANSCRIPT: Final = ("transcript",)


def session_cards(call: Call, sessions: Iterable[Session]) -> list[SessionView]:
    """Return sessions as the pages' lists show them."""
    return [session_view(call.model, session, call.now, call.app.settings.public_url) for session in sessions]


def readable(call: Call) -> list[Thing]:
    """Return the published materials that whoever is looking may see without having been in their sessions."""
    return [material for material in call.model.materials() if _sees(call, material)]


def of_session(call: Call, slug: str, states: Collection[str] = ()) -> list[Thing]:
    """Return a session's published materials that whoever is looking may see; recordings first.

    `states` are those of their own bookings of it. Who waits, or was absent, does not see what is for those who booked.
    Who facilitates it does.
    """
    was_there = not WERE_THERE.isdisjoint(states)
    booked = not HAVE_BOOKED.isdisjoint(states) or facilitates(call, slug)
    theirs = published_of(call, slug)
    seen = [material for material in theirs if _sees(call, material, was_there=was_there, booked=booked)]
    return sorted(seen, key=lambda material: (list(KINDS).index(material.data["kind"]), material.data["title"]))


def facilitates(call: Call, slug: str) -> bool:
    """Say whether the visitor facilitates a session, or is of the team."""
    return call.person is not None and has_role(call.person, FACILITATOR, {"slug": slug})


def published_of(call: Call, slug: str) -> list[Thing]:
    """Return a session's published materials, whoever they are for."""
    return [material for material in call.model.materials() if material.data["session"] == slug]


def material_cards(call: Call, materials: Iterable[Thing]) -> list[Data]:
    """Return materials as the pages' lists show them, with the session that each `is_of`, or the programme.

    One that `plays` does so on a page of ours. A recording has its transcript: another material of the same session,
    with that word in its title.
    """
    sessions = call.model.sessions
    cards = []
    for material in materials:
        data = material.data
        session = sessions.get(data["session"] or "")
        is_of = {"slug": data["session"], "title": session.data["title"], "at": session.starts_at} if session else None
        programme = call.model.get("programmes", data["programme"] or "")
        of_programme = {"slug": data["programme"], "title": programme.data["title"]} if programme else None
        plays = player_of(data["url"], call.app.settings.players) is not None
        more = {"called": KINDS[data["kind"]][0], "transcript": _transcript(call, data), "plays": plays}
        cards.append({**data, **more, "is_of": is_of, "of_programme": of_programme})
    return cards


def _sees(call: Call, material: Thing, **more: Any) -> bool:
    team = _is_for_the_team(call)
    member = not team and call.person is not None and is_member(call)
    return sees_material(material.data, team, member, **more)


def _is_for_the_team(call: Call) -> bool:
    """Say whether a team member is looking. Of somebody whom registration could not tell us of, nothing is known."""
    return call.person is not None and "team" in call.person["roles"]


def _transcript(call: Call, recording: Mapping[str, Any]) -> str | None:
    if recording["kind"] != "recording" or not recording["session"]:
        return None
    beside = [m.data for m in readable(call) if m.data["session"] == recording["session"]]
    found = [m["url"] for m in beside if m["kind"] in ("document", "link") and _is_transcript(m["title"])]
    return found[0] if found else None


def _is_transcript(title: str) -> bool:
    return search.matches(search.index_of([title]), TRANSCRIPT)
