"""Sessions as visitors see them: all of them, to be narrowed down in the address; and a page for each."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.sessions.event_data import event_data
from gateway.parts.cards import TOLD, material_cards, of_session, session_cards
from gateway.parts.own_bookings import held, told_of
from gateway.parts.reading import known
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data, ReadModel, Session
from gateway.projection.views import session_view, status_of, topic_in_words
from gateway.web import times
from gateway.web.pages.paging import next_page
from gateway.web.routing import page_routes, url_for
from services.runtime.refusals import NotSignedIn, Refusal, Unavailable

routes = page_routes("sessions")
FILTERS: Final[tuple[str, ...]] = ("when", "topic", "delivery", "month", "q", "programme", "speaker")
DELIVERED: Final = {"face_to_face": "in person", "virtual": "online", "hybrid": "in person and online"}
OTHERS: Final = 3


@routes.route("GET", "/sessions", "Sessions", requires="anyone", query=(*FILTERS, "cursor"))
def show_sessions(call: Call) -> Response:
    """Upcoming ones unless asked otherwise, those that fit."""
    call.model.require_ready()
    return call.app.pages.show(call, "sessions.html", lambda: _list(call))


@routes.route("GET", "/sessions/{slug}", "A session", requires="anyone", query=(TOLD,))
def show_session(call: Call) -> Response:
    """What it is about, when and where it meets, whether there are places, and what to watch or read afterwards."""
    thing = known(call, "sessions", call.path["slug"])
    return call.app.pages.show(call, "session.html", lambda: {**shown(call, thing), "own": _own(call, thing)})


def _list(call: Call) -> Data:
    query = {name: value.strip() for name, value in call.query().items() if value.strip()}
    query = lists.with_topic_of_now(call.model, query)
    filters = {name: query[name] for name in FILTERS if name in query}
    page = lists.sessions(call.model, query, call.now)
    past = filters.get("when") == "past"
    beside = {name: value for name, value in filters.items() if name != "month"}
    return {
        "sessions": session_cards(call, page.rows),
        "total": page.total,
        "next": next_page("sessions.show_sessions", page.next, **filters),
        "first": url_for("sessions.show_sessions", **filters) if "cursor" in query else None,
        "other_time": url_for(
            "sessions.show_sessions", **({**beside, "when": "past"} if not past else _without_when(beside))
        ),
        "past": past,
        "filters": dict.fromkeys(FILTERS, "") | filters,
        "narrowed": any(name != "when" for name in filters),
        "told_filters": _in_words(call.model, filters),
        "choices": _choices(call, filters),
        "topics": bool(lists.topics(call.model)),
        "programme": filters.get("programme") if filters.get("programme", "") in call.model.all("programmes") else None,
        "topic": filters.get("topic") if filters.get("topic") in lists.topics(call.model) else None,
        "programmes": bool(call.model.all("programmes")),
    }


def _without_when(filters: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in filters.items() if name != "when"}


def _in_words(model: ReadModel, filters: dict[str, str]) -> str:
    """Return what the list is narrowed to, to be put after “sessions”; nothing where it is not."""
    programme = model.get("programmes", filters.get("programme", ""))
    speaker = model.get("speakers", filters.get("speaker", ""))
    words = {
        "programme": lambda slug: f"of the programme “{programme.data['title'] if programme else slug}”",
        "topic": lambda slug: f"on “{topic_in_words(slug)}”",
        "delivery": lambda way: DELIVERED[way],
        "month": lambda month: f"in {times.month_in_words(month)}",
        "speaker": lambda slug: f"with {speaker.data['name'] if speaker else slug}",
        "q": lambda text: f"with the words “{text}”",
    }
    return ", ".join(say(filters[name]) for name, say in words.items() if name in filters)


def _choices(call: Call, filters: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Return what can be chosen of topics, ways of delivery and months: those that some session has."""
    when = filters.get("when", "upcoming")
    there = [session for session in call.model.sessions.values() if lists.is_then(session, when, call.now)]
    topics = {topic for session in there for topic in session.data["topics"]}
    months = {month for session in there for month in session.months}
    return {
        "topic": [(slug, topic_in_words(slug)) for slug in _with(topics, filters.get("topic"))],
        "delivery": [(way, words[0].upper() + words[1:]) for way, words in DELIVERED.items()],
        "month": [(month, times.month_in_words(month)) for month in _with(months, filters.get("month"))],
    }


def _with(offered: set[str], chosen: str | None) -> list[str]:
    return sorted(offered | ({chosen} if chosen else set()))


def shown(call: Call, thing: Session) -> Data:
    """Return all that the page of a session shows."""
    settings = call.app.settings
    session = session_view(call.model, thing, call.now, settings.public_url)
    held = sum(hold["left"] for hold in session["held_places"])
    return {
        "session": session,
        "programme_page": call.model.get("programmes", session["programme"]) is not None,
        "sectors": call.model.sector_names,
        "can_book": session["booking"] == "open" or (held > 0 and session["booking"] in ("waiting_list", "full")),
        "started": thing.starts_at <= call.now,
        "materials": material_cards(call, of_session(call, thing.data["slug"])),
        "others": session_cards(call, _others(call, thing)) if session["booking"] in ("closed", "full") else [],
        "event": event_data(session, settings.name, settings.public_url),
        "own": None,
        "done": TOLD in call.query(),
    }


def _own(call: Call, thing: Session) -> Data | None:
    """Return the place that the visitor has, waits for or is offered; None where that cannot be found out now."""
    status = status_of(thing, call.now)
    if call.person is None or status != "published":
        return None
    try:
        booking = held(call, thing.data["slug"])
    except Refusal as refusal:
        if refusal.code not in (NotSignedIn.code, Unavailable.code):
            raise
        return None
    return told_of(booking, status, call.now) if booking else None


def _others(call: Call, session: Session) -> list[Session]:
    """Return a few sessions that one could go to instead: of the same programme first, the soonest first."""
    there = [
        other
        for other in call.model.sessions.values()
        if other.starts_at > call.now and other.data["status"] == "published"
    ]
    there.sort(key=lambda other: (other.data["programme"] != session.data["programme"], other.starts_at))
    return [other for other in there if other.data["slug"] != session.data["slug"]][:OTHERS]
