"""Recordings, slides and what else people come back for, to be searched and narrowed down in the address."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway import lists, search
from gateway.call import Call
from gateway.membership import is_member
from gateway.pages.paging import next_page
from gateway.read_model import Data, Thing
from gateway.routing import page_routes, url_for
from gateway.views import sees_material, topic_in_words

routes = page_routes("recordings")
FILTERS: Final[tuple[str, ...]] = ("kind", "topic", "q")
KINDS: Final = {  # what one of them is called, and several
    "recording": ("Recording", "recordings"),
    "slides": ("Slides", "slides"),
    "document": ("Document", "documents"),
    "link": ("Link", "links"),
}
ANY: Final = ("recording or other material", "recordings and other materials")
WAS_THERE: Final = ("attended", "partly_attended")
AT_ONCE: Final = 100  # bookings that are looked through at a time
TRANSCRIPT: Final = ("transcript",)


@routes.route("GET", "/recordings", "Recordings", requires="anyone", query=(*FILTERS, "cursor"))
def show_recordings(call: Call) -> Response:
    """Those that fit, of the latest session first."""
    call.model.require_ready()
    return call.house.pages.show(call, "recordings.html", lambda: _list(call))


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
    """Return materials as the pages' lists show them, with the session that each `is_of`, and a recording's transcript.

    That is another material of the same session, with that word in its title.
    """
    sessions = call.model.sessions
    cards = []
    for material in materials:
        data = material.data
        session = sessions.get(data["session"] or "")
        is_of = {"slug": data["session"], "title": session.data["title"], "at": session.starts_at} if session else None
        cards.append({**data, "is_of": is_of, "called": KINDS[data["kind"]][0], "transcript": _transcript(call, data)})
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


def _list(call: Call) -> Data:
    query = {name: value.strip() for name, value in call.query().items() if value.strip()}
    filters = {name: query[name] for name in FILTERS if name in query}
    there = readable(call)
    page = lists.materials(call.model, there, query)
    topics = {topic for material in there for topic in material.data["topics"]}
    topics |= {filters["topic"]} if "topic" in filters else set()
    return {
        "materials": material_cards(call, page.rows),
        "total": page.total,
        "next": next_page("recordings.show_recordings", page.next, **filters),
        "first": url_for("recordings.show_recordings", **filters) if "cursor" in query else None,
        "filters": dict.fromkeys(FILTERS, "") | filters,
        "narrowed": bool(filters),
        "told_filters": _in_words(filters),
        "what": _what(filters, page.total),
        "kinds": [(kind, called) for kind, (called, _) in KINDS.items()],
        "topics": [(slug, topic_in_words(slug)) for slug in sorted(topics)],
    }


def _what(filters: dict[str, str], total: int) -> str:
    one, several = KINDS[filters["kind"]] if "kind" in filters else ANY
    return one.lower() if total == 1 else several


def _in_words(filters: dict[str, str]) -> str:
    words = {"topic": lambda slug: f"on “{topic_in_words(slug)}”", "q": lambda text: f"with the words “{text}”"}
    return ", ".join(say(filters[name]) for name, say in words.items() if name in filters)
