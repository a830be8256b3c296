"""The catalogue and the places left, in memory: fed by events, begun anew from a snapshot after every gap.

Events of one subject may come late, twice or out of order: each carries the version of its subject, and only a later
one than is known is taken.
"""

import logging
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import chain
from threading import Condition
from typing import Any, cast

from gateway.projection.events import KIND_OF, KINDS, PLACES_CHANGED, REMOVED, ChangedPlaces, SessionPlaces
from gateway.projection.rows import ModePlaces, OverCapacity, SessionRow
from gateway.web import times
from gateway.web.errors import NotReady
from services.bus.envelope import Envelope
from services.runtime.refusals import Invalid
from services.runtime.schemas import load
from services.runtime.search import index_of

log = logging.getLogger(__name__)

Data = dict[str, Any]


@dataclass(frozen=True)
class Thing:
    """Something of the catalogue, as one event told of it."""

    version: int
    data: Mapping[str, Any]
    told_at: datetime | None = None


@dataclass(frozen=True)
class Session(Thing):
    """A session of the catalogue, as one event told of it."""

    data: SessionRow

    @cached_property
    def starts_at(self) -> datetime:
        """When the first meeting starts."""
        return min(meeting["starts_at"] for meeting in self.data["meetings"])

    @cached_property
    def ends_at(self) -> datetime:
        """When the last meeting ends."""
        return max(meeting["ends_at"] for meeting in self.data["meetings"])

    @cached_property
    def months(self) -> frozenset[str]:
        """The months in which it meets, as addresses name them."""
        return frozenset(times.month_of(meeting["starts_at"]) for meeting in self.data["meetings"])

    @property
    def moments(self) -> list[datetime]:
        """When the clock alone changes what is told of it."""
        said = [self.data["booking_opens_at"], self.data["applications_until"]]
        held = [hold["until"] for hold in self.data["held_places"]]
        return [self.starts_at, self.ends_at, *(moment for moment in said if moment), *held]

    @property
    def changed_at(self) -> datetime:
        """When it took on this version, as well as that is known: the same on every gateway."""
        return self.data["changed_at"] or self.told_at or self.starts_at


def thing_of(kind: str, version: int, data: Mapping[str, Any], told_at: datetime | None = None) -> Thing:
    """Read a thing's state as its service tells it. Raises Invalid."""
    loaded = load(KINDS[kind], dict(data))
    return Session(version, loaded, told_at) if kind == "sessions" else Thing(version, loaded, told_at)


def as_session(data: Mapping[str, Any]) -> Session:
    """Read a session as the catalogue holds it now. Raises Invalid."""
    return Session(data["version"], load(KINDS["sessions"], dict(data)))


@dataclass(frozen=True)
class Places:
    """How many places a session has, and has left, by mode; how many people wait; what is held, by sector; and how many
    are `open` to everyone, by mode, as of when.

    `over` counts the places beyond the capacity, which the team alone sees. `catalogue_version` is that of the session
    that the figures follow; None where registration did not tell it.
    """

    version: int
    in_room: ModePlaces
    online: ModePlaces
    waiting: int
    held: dict[str, int] = field(default_factory=dict)
    open: list[Data] = field(default_factory=list)
    over: OverCapacity = field(default_factory=lambda: OverCapacity(in_room=0, online=0))
    catalogue_version: int | None = None

    def open_at(self, now: datetime) -> dict[str, int]:
        """Return how many places are open to everyone, by mode: all that are left, until registration tells."""
        since = [step for step in self.open if step["since"] is None or step["since"] <= now]
        return {mode: since[-1][mode] if since else getattr(self, mode)["left"] for mode in ("in_room", "online")}


def _nothing_of_any_kind() -> dict[str, dict[str, Thing]]:
    return {kind: {} for kind in KINDS}


@dataclass
class State:
    """All that is known at one time; of what was removed, by kind and name, the version in which it was."""

    things: dict[str, dict[str, Thing]] = field(default_factory=_nothing_of_any_kind)
    removed: dict[tuple[str, str], int] = field(default_factory=dict)
    places: dict[str, Places] = field(default_factory=dict)

    def put(self, kind: str, name: str, thing: Thing) -> bool:
        """Take in `thing`, unless a later version of it is known; say whether anything changed."""
        if self.version_of(kind, name) >= thing.version:
            return False
        self.things[kind][name] = thing
        return True

    def remove(self, kind: str, name: str, version: int) -> bool:
        """Take the thing away, unless a later version of it is known; say whether anything changed."""
        if self.version_of(kind, name) >= version:
            return False
        self.removed[kind, name] = version
        self.things[kind].pop(name, None)
        return True

    def version_of(self, kind: str, name: str) -> int:
        """Return the version that is known last, in which the thing may have been removed; 0 where none is."""
        known = self.things.get(kind, {}).get(name)
        return max(known.version if known else 0, self.removed.get((kind, name), 0))

    def put_places(self, session: str, places: Places) -> bool:
        """Take in `places`, unless later ones are known; say whether anything changed."""
        known = self.places.get(session)
        if known is not None and known.version >= places.version:
            return False
        self.places[session] = places
        return True

    def take_in(self, type_: str, subject: str, version: int, data: Data, told_at: datetime | None = None) -> bool:
        """Take in what an event tells; say whether anything changed. Raises Invalid."""
        if type_ == PLACES_CHANGED:
            rows = load(ChangedPlaces(), data)["changed"]
            changed = [self.put_places(row["session"], places_of(row)) for row in rows]
            return any(changed)
        name = subject.rpartition("/")[2]
        if type_ in REMOVED:
            return self.remove(REMOVED[type_], name, version)
        kind = KIND_OF.get(type_)
        return kind is not None and self.put(kind, name, thing_of(kind, version, data, told_at))


def places_of(row: Data) -> Places:
    """Return the places of one session as registration tells them (loaded)."""
    named = {name: row[name] for name in ("version", "waiting", "held", "open", "over", "catalogue_version")}
    return Places(**row["places"], **named)


class ReadModel:
    """What the gateway knows. `revision` rises with every change, `moments` are when the clock changes something."""

    def __init__(self) -> None:
        self.revision = 0
        self.ready = False
        self._whole = False  # since the last snapshot no event was missed
        self._behind = False
        self._state = State()
        self._next: State | None = None
        self._indexes: dict[str, str] = {}
        self._moments: list[datetime] | None = None
        self._news = Condition()

    @property
    def fresh(self) -> bool:
        """Whether no event was missed since the last snapshot, and none is known to wait."""
        return self._whole and not self._behind

    def hear_all(self, events: Sequence[Envelope], behind: bool) -> None:
        """Take in events that came together; with `behind`, more of them may wait. What cannot be read is left out."""
        figures = [event for event in events if event.type == PLACES_CHANGED]
        for event in (event for event in events if event.type != PLACES_CHANGED):
            self._hear(event)
        newest = _newest(figures) if len(figures) > 1 else None
        for event in figures if newest is None or not self._hear(newest) else ():
            self._hear(event)
        self._behind = behind

    def _hear(self, event: Envelope) -> bool:
        try:
            self.hear(event.type, event.subject, event.version, event.data, event.time)
        except (Invalid, LookupError, TypeError) as error:
            log.warning("%s %s cannot be read (%s)", event.type, event.id, error)
            return False
        return True

    def hear(self, type_: str, subject: str, version: int, data: Data, told_at: datetime | None = None) -> None:
        """Take in an event. Raises Invalid."""
        changed = self._state.take_in(type_, subject, version, data, told_at)
        if self._next is not None:
            self._next.take_in(type_, subject, version, data, told_at)
        if changed and type_ != PLACES_CHANGED:
            self._forget_what_followed_from((KIND_OF | REMOVED)[type_], subject.rpartition("/")[2])
        self.revision += changed
        self._tell_those_who_wait()

    def wait_for(self, subject: str, version: int, seconds: float) -> bool:
        """Wait until this version of a thing of the catalogue is known, or a later one; say whether it is by then.

        Of `places/{slug}`, it is that version of the session, and the figures that registration has made of it; of
        `figures/{slug}`, that version of the figures.
        """
        with self._news:
            return self._news.wait_for(lambda: self._knows(subject, version), seconds)

    def _knows(self, subject: str, version: int) -> bool:
        kind, _, name = subject.partition("/")
        if kind == "places":
            return self._knows(f"sessions/{name}", version) and self._has_figures_of(name, version)
        if kind == "figures":
            return name in self._state.places and self._state.places[name].version >= version
        return self._state.version_of(kind, name or kind) >= max(version, 1)

    def _has_figures_of(self, session: str, version: int) -> bool:
        """Say whether the places are those of that version of the session; an older registration does not tell."""
        places = self._state.places.get(session)
        return places is not None and (places.catalogue_version is None or places.catalogue_version >= version)

    def _tell_those_who_wait(self) -> None:
        with self._news:
            self._news.notify_all()

    @property
    def state(self) -> State:
        """All that is known now."""
        return self._state

    def begin_with(self, state: State) -> None:
        """Answer from what was known once, until there is a snapshot."""
        if not self.ready:
            self._take_over(state)

    @contextmanager
    def snapshot(self) -> Iterator["State"]:
        """Fill an empty state, which replaces what is known once that has been done.

        What is not in a snapshot is gone: a withdrawal may have been missed, or a backup restored.
        """
        self._whole = False
        self._next = State()
        try:
            yield self._next
            self._take_over(self._next)
        finally:
            self._next = None
        self._whole = True
        self._tell_those_who_wait()

    def _take_over(self, state: State) -> None:
        self._state = state
        self.ready = True
        self.revision += 1
        self._indexes.clear()
        self._moments = None

    def _forget_what_followed_from(self, kind: str, name: str) -> None:
        if kind == "sessions":
            self._indexes.pop(name, None)
            self._moments = None
        elif kind == "speakers":
            self._indexes.clear()

    def require_ready(self) -> None:
        """Raises NotReady before the first snapshot has come."""
        if not self.ready:
            raise NotReady

    @property
    def sessions(self) -> Mapping[str, Session]:
        """All sessions by name."""
        return cast(Mapping[str, Session], self._state.things["sessions"])

    @property
    def city(self) -> Mapping[str, Any] | None:
        """The city, if it has been described."""
        thing = self._state.things["city"].get("city")
        return thing.data if thing else None

    @property
    def sectors(self) -> list[Data]:
        """The city's sectors; none before it has been described."""
        return self.city["sectors"] if self.city else []

    @property
    def sector_names(self) -> dict[str, str]:
        """The names of the city's sectors by their code."""
        return {sector["code"]: sector["name"] for sector in self.sectors}

    def all(self, kind: str) -> Mapping[str, Thing]:
        """Return everything of one kind by name. Withdrawn materials are among them: see `materials`."""
        return self._state.things[kind]

    def get(self, kind: str, name: str) -> Thing | None:
        """Return one thing."""
        return self._state.things[kind].get(name)

    def materials(self) -> list[Thing]:
        """Return the published materials."""
        return [thing for thing in self._state.things["materials"].values() if thing.data["status"] == "published"]

    def places(self, session: SessionRow) -> Places:
        """Return a session's places; of a draft, and until registration has told of them, as many as are planned."""
        known = self._state.places.get(session["slug"]) if session["status"] != "draft" else None
        if known is not None:
            return known
        room, online = session["places_in_room"], session["places_online"]
        return Places(0, {"capacity": room, "left": room}, {"capacity": online, "left": online}, 0)

    def index(self, session: Session) -> str:
        """Return what a search looks through for a session: title, summary, speakers' names and topics."""
        slug = session.data["slug"]
        if slug not in self._indexes:
            names = [speaker["name"] for speaker in self.speakers_of(session.data)]
            texts = [session.data["title"], session.data["summary"], *names, *session.data["topics"]]
            self._indexes[slug] = index_of(texts)
        return self._indexes[slug]

    def speakers_of(self, session: SessionRow) -> list[Data]:
        """Return a session's speakers, under the names that they have now."""
        return [{**told, **(self._latest_speaker(told["slug"]))} for told in session["speakers"]]

    def _latest_speaker(self, slug: str) -> Mapping[str, Any]:
        thing = self.get("speakers", slug)
        return thing.data if thing else {}

    def span(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Return the last moment up to `now`, and the next one after it, at which the clock changes an answer."""
        if self._moments is None:
            self._moments = sorted(set(chain.from_iterable(s.moments for s in self.sessions.values())))
        after = bisect_right(self._moments, now)
        since = self._moments[after - 1] if after else None
        return since, self._moments[after] if after < len(self._moments) else None


def _newest(figures: Sequence[Envelope]) -> Envelope | None:
    """Return one event that tells of each session what the newest of these tells: the figures before count no more.

    None where they are not what they should be.
    """
    rows: dict[Any, Data] = {}
    try:
        for row in (row for event in figures for row in event.data["changed"]):
            known = rows.setdefault(row["session"], row)
            if known["version"] < row["version"]:
                rows[row["session"]] = row
    except (LookupError, TypeError):
        return None
    return replace(figures[-1], data={"changed": list(rows.values())})


def load_places(row: Data) -> tuple[str, Places]:
    """Read one row of registration's snapshot. Raises Invalid."""
    loaded = load(SessionPlaces(), row)
    return loaded["session"], places_of(loaded)
