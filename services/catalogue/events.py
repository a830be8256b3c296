"""What the catalogue announces: of each thing its whole public state, whenever that has changed.

A change is announced by its difference: the states of the things that it may touch are taken before and after. So what
changes nothing announces nothing, and what changes two things, a speaker and their session, announces both, once each.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import announce
from services.catalogue import schemas

State = dict[str, Any]

STATES = {
    "city": schemas.CityState(),
    "speakers": schemas.SpeakerState(),
    "programmes": schemas.ProgrammeState(),
    "sessions": schemas.SessionState(),
    "materials": schemas.MaterialState(),
    "topics": schemas.TopicState(),
}


class Thing(Protocol):
    """What the catalogue announces: a row that says what it is called on the bus, and counts its versions."""

    version: int

    @property
    def subject(self) -> str:
        """`sessions/{slug}` and the like."""

    def count_up(self, now: datetime) -> None:
        """Take the next version."""


def state(thing: Thing) -> State:
    """Return all that is told of `thing`, as JSON."""
    dumped: State = STATES[_kind(thing)].dump(thing)
    return dumped


def type_of(thing: Thing, before: State, after: State) -> str | None:
    """Return the type of the event when `thing` goes from one state to another, None where nobody is told.

    The state is empty before there was the thing; its status is None where a thing of its kind has none.
    """
    match _kind(thing), before.get("status"), after.get("status"):
        case "city", _, _:
            return "catalogue.city_described.v1"
        case "speakers", _, _:
            return "catalogue.speaker_changed.v1"
        case "programmes", _, _:
            return "catalogue.programme_published.v1"
        case "sessions", "published", "published" if before["delivery"] != after["delivery"]:
            return "catalogue.session_converted.v1"
        case "sessions", "published", "published":
            return "catalogue.session_changed.v1"
        case "sessions", "cancelled", "published":
            return "catalogue.session_reinstated.v1"
        case "sessions", "published", "draft":
            return "catalogue.session_unpublished.v1"
        case "sessions", _, "published":
            return "catalogue.session_published.v1"
        case "sessions", "published" | None, "cancelled":
            return "catalogue.session_cancelled.v1"
        case "materials", _, "published":
            return "catalogue.material_published.v1"
        case "materials", "published", "withdrawn":
            return "catalogue.material_withdrawn.v1"
        case "topics", _, _:
            return "catalogue.topic_renamed.v1"
    return None


def states(things: Iterable[Thing]) -> dict[Thing, State]:
    """Return the state of each of `things`, to compare with later."""
    return {thing: state(thing) for thing in things}


@contextmanager
def announcing(db: OrmSession, now: datetime, *things: Thing) -> Iterator[None]:
    """Announce, at the end, which of `things` were changed inside; `now` is when."""
    before = states(things)
    yield
    announce_changes(db, now, before, things)


def announce_changes(db: OrmSession, now: datetime, before: dict[Thing, State], things: Sequence[Thing]) -> set[Thing]:
    """Count up the version of each of `things` that is not as `before`, tell of it, and return which they are.

    A thing that was not there before is told of as it is.
    """
    db.flush()
    changed = {thing for thing in things if before.get(thing) != state(thing)}
    for thing in changed & before.keys():
        thing.count_up(now)
    db.flush()
    for thing in things:
        if thing in changed:
            _announce(db, thing, before.get(thing, {}))
    return changed


def tell(db: OrmSession, thing: Thing) -> None:
    """Announce a thing as it is, to whoever does not know it."""
    _announce(db, thing, {})


def _announce(db: OrmSession, thing: Thing, before: State) -> None:
    now = state(thing)
    if type := type_of(thing, before, now):
        was = {"was": before["delivery"]} if type == "catalogue.session_converted.v1" else {}
        announce(db, type, thing.subject, thing.version, {**now, **was})


def _kind(thing: Thing) -> str:
    return thing.subject.partition("/")[0]
