"""Sessions as visitors see them: all of them, to be narrowed down in the address; and a page for each."""

from collections.abc import Collection
from typing import Final

from werkzeug.wrappers import Response

from gateway.features.sessions.event_data import event_data
from gateway.parts.cards import TOLD, material_cards, of_session, published_of, session_cards
from gateway.parts.look import look_of
from gateway.parts.own_bookings import LIVE, told_of
from gateway.parts.own_bookings import of_session as bookings_of
from gateway.parts.reading import known
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data, ReadModel, Session
from gateway.projection.rows import BookingRow
from gateway.projection.views import session_view, status_of, topic_in_words
from gateway.web import times
from gateway.web.pages.paging import next_page
from gateway.web.routing import page_routes, url_for

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
    return call.app.pages.show(call, "session.html", lambda: _page(call, thing))


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


def _page(call: Call, thing: Session) -> Data:
    bookings = _own_bookings(call, thing)
    own = next((booking for booking in bookings if booking["state"] in LIVE), None)
    status = status_of(thing, call.now)
    states = {booking["state"] for booking in bookings}
    return {
        **shown(call, thing, states),
        "own": told_of(own, status, call.now) if own and status == "published" else None,
    }


def shown(call: Call, thing: Session, states: Collection[str] = ()) -> Data:
    """Return all that the page of a session shows; `states` are those of the visitor's own bookings of it."""
    settings = call.app.settings
    session = session_view(call.model, thing, call.now, settings.public_url)
    materials = of_session(call, thing.data["slug"], states)
    hidden = {one.data["audience"] for one in published_of(call, thing.data["slug"])}
    hidden -= {one.data["audience"] for one in materials}
    held = sum(hold["left"] for hold in session["held_places"])
    return {
        "session": session,
        "programme_page": call.model.get("programmes", session["programme"]) is not None,
        "sectors": call.model.sector_names,
        "can_book": session["booking"] == "open" or (held > 0 and session["booking"] in ("waiting_list", "full")),
        "started": thing.starts_at <= call.now,
        "materials": material_cards(call, materials),
        "for_booked": thing.starts_at > call.now and "booked" in hidden,
        "others": session_cards(call, _others(call, thing)) if session["booking"] in ("closed", "full") else [],
        "event": event_data(session, look_of(call.model, settings)["site"], settings.public_url),
        "own": None,
        "done": TOLD in call.query(),
    }


def _own_bookings(call: Call, thing: Session) -> list[BookingRow]:
    """Return the visitor's bookings of the session, as far as they matter: registration is asked once, or not at all.

    A live one is told of before the session, and shows what is for those who booked. Who was there sees what is for
    those who were, also if they had cancelled.
    """
    if call.person is None:
        return []
    slug = thing.data["slug"]
    audiences = {material.data["audience"] for material in published_of(call, slug)}
    if "attendees" in audiences and "team" not in call.person["roles"]:
        return bookings_of(call, slug, live_alone=False)
    if "booked" in audiences or status_of(thing, call.now) == "published":
        return bookings_of(call, slug, live_alone=True)
    return []


def _others(call: Call, session: Session) -> list[Session]:
    """Return a few sessions that one could go to instead: of the same programme first, the soonest first."""
    there = [
        other
        for other in call.model.sessions.values()
        if other.starts_at > call.now and other.data["status"] == "published"
    ]
    there.sort(key=lambda other: (other.data["programme"] != session.data["programme"], other.starts_at))
    return [other for other in there if other.data["slug"] != session.data["slug"]][:OTHERS]
