"""What the team's pages of one session share: what it is, and all the rows of its lists."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data, Session
from gateway.projection.views import held_of, status_of
from gateway.web.call import Answer
from services.runtime.refusals import NotFound

STATES: Final = {
    "confirmed": "Has a place",
    "waiting": "Waiting",
    "offered": "Place offered",
    "cancelled": "Cancelled",
    "attended": "Was there",
    "partly_attended": "Was there for a part",
    "absent": "Was not there",
}
TO_FIND: Final = {**STATES, "cancelled_late": "Cancelled late"}  # what a list of bookings can be asked for
APPLICATIONS: Final = {"waiting": "Applied", "cancelled": "Not given a place"}
FIGURES: Final = "figures/"  # how registration names the figures of a session
COLOURS: Final = {
    **{"confirmed": "green", "waiting": "yellow", "offered": "blue", "cancelled": "grey"},
    **{"attended": "aqua-green", "partly_attended": "purple", "absent": "red", "cancelled_late": "orange"},
}


def session_of(call: Call) -> Data:
    """Return the session that the address names, as the team's pages show it. Raises NotFound, NotReady.

    It is `facilitated` where whoever looks is not of the team: then less of it can be opened.
    """
    call.model.require_ready()
    session = call.model.sessions.get(call.path["slug"])
    if session is None:
        raise NotFound("There is no such session, or it is not published yet.")
    return {**seen(call, session), "facilitated": "team" not in call.who()["roles"]}


def seen(call: Call, session: Session) -> Data:
    """Return a session with its places: how many are taken, held, free and over, and how many people wait."""
    data, places = session.data, call.model.places(session.data)
    held = [{**hold, "sector_name": sector_name(call, hold["sector"])} for hold in held_of(session, places, call.now)]
    modes: dict[str, dict[str, Any]] = {
        "in_room": {**places.in_room, "over": places.over["in_room"]},
        "online": {**places.online, "over": places.over["online"]},
    }
    capacity = sum(mode["capacity"] for mode in modes.values())
    left = sum(mode["left"] for mode in modes.values())
    free = sum(places.open_at(call.now).values())
    return {
        **data,
        "status": status_of(session, call.now),
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "modes": {name: mode for name, mode in modes.items() if mode["capacity"] or mode["over"]},
        "held": held,
        "capacity": capacity,
        "taken": capacity - left,
        "kept": left - free,
        "free": free,
        "over": sum(mode["over"] for mode in modes.values()),
        "waiting": places.waiting,
    }


def follow_figures(call: Call, answer: Answer | None) -> None:
    """Have the page that follows wait for the figures of a session, where registration says that they are to come."""
    if answer is not None and answer.announced is not None and answer.announced[0].startswith(FIGURES):
        call.announced = answer.announced


def sector_name(call: Call, code: str | None) -> str:
    """Return what a sector is called."""
    return "Not said" if code is None else call.model.sector_names.get(code, code)


def programme_titles(call: Call) -> dict[str, str]:
    """Return what each programme is called, by its slug, in the order of their titles."""
    titles = {slug: str(thing.data["title"]) for slug, thing in call.model.all("programmes").items()}
    return dict(sorted(titles.items(), key=lambda item: item[1]))


def bookings_of(call: Call, state: str | None = None) -> list[Data]:
    """Return all bookings of the session that the address names, or those in one state. Raises NotFound."""
    return bookings_and_who_is_first(call, state)[0]


def bookings_and_who_is_first(call: Call, state: str | None = None) -> tuple[list[Data], list[Data]]:
    """Return those bookings, and whose waiting lists are asked first for the session's places, as `{title, until}`.

    Raises NotFound.
    """
    pages = list(_pages(call, "session_bookings", slug=call.path["slug"], state=state))
    rows = [booking_seen(call, booking) for page in pages for booking in page["items"]]
    lists_asked = pages[0].get("first_refusal", [])  # an older registration does not tell it
    return rows, [_asked_first(call, one) for one in lists_asked]


def _asked_first(call: Call, one: Data) -> Data:
    session = call.model.sessions.get(one["session"])
    title = session.data["title"] if session else one["session"]
    return {"title": title, "until": datetime.fromisoformat(one["until"])}


def booking_seen(call: Call, booking: Data) -> Data:
    """Return a booking with what the team's pages say of it."""
    person = booking["person"]
    expires_at = booking["offer"]["expires_at"] if booking["offer"] else None
    return {
        **{"over_capacity": False, "application": False, "refused": False},  # an older registration does not tell them
        **booking,
        **state_seen(booking),
        "shown_name": name_of(person),
        "sector_name": sector_name(call, person["sector"]),
        "created_at": datetime.fromisoformat(booking["created_at"]),
        "answer_by": datetime.fromisoformat(expires_at) if expires_at else None,
    }


def state_seen(booking: Data) -> Data:
    """Return how a booking stands, in words and by a colour."""
    late = booking.get("cancelled_late")  # an older registration does not tell it
    stands = "cancelled_late" if late else booking["state"]
    words = APPLICATIONS[stands] if _is_application(booking) else TO_FIND[stands]
    return {"state_in_words": words, "colour": COLOURS[stands]}


def _is_application(booking: Data) -> bool:
    """Tell whether the team has yet to decide about it, or gave it no place."""
    return bool(booking.get({"waiting": "application", "cancelled": "refused"}.get(booking["state"], "")))


def name_of(person: Data) -> str:
    """Return what somebody is called in a list of the team's."""
    return str(person["name"] or person["email"] or "Somebody who was erased")


def name_without_address(person: Data, reference: str) -> str:
    """Return what somebody is called in a list of those who see no addresses."""
    return str(person["name"] or f"Booking {reference}")


def name_shown(person: Data, reference: str) -> str:
    """Return what somebody is called in a list that tells addresses to the team alone."""
    return name_of(person) if "email" in person else name_without_address(person, reference)


def where_of(call: Call, person: Data) -> str:
    """Return where somebody works."""
    said = (person["organisation"], sector_name(call, person["sector"]) if person["sector"] else None)
    return ", ".join(text for text in said if text)


def all_rows(call: Call, method: str, **named: Any) -> Iterator[Data]:
    """Return all rows of a list of registration's, one after the other."""
    for page in _pages(call, method, **named):
        yield from page["items"]


def _pages(call: Call, method: str, **named: Any) -> Iterator[Data]:
    return lists.pages(lambda cursor: call.registration(method, cursor=cursor, limit=lists.MOST, **named).value)
