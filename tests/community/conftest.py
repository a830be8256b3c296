"""A world for the community service: its database, the events that it hears, and a clock that stands."""

import itertools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session as OrmSession

from services.bus import models as bus
from services.bus import replica
from services.bus.envelope import Envelope, as_json
from services.community import bookings, events, merges, people, sessions, topics
from services.community.models import Base
from services.runtime.schemas import load
from tests.contracts.announced import check_outbox

NOW = datetime(2027, 2, 1, 10, 0, tzinfo=UTC)
START = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)


def _keep_booking(db: OrmSession, event: Envelope) -> None:
    bookings.read_ahead(db, [event])
    bookings.count(db, [bookings.keep(db, event)])
    replica.let_go(db)


HEARD = {
    "city_described": (events.CityRead, people.keep_sectors),
    "session": (events.SessionRead, sessions.keep),
    "topic_renamed": (events.TopicRead, topics.keep),
    "person": (events.PersonRead, people.keep),
    "person_erased": (events.ErasedRead, people.erase),
    "person_merged": (events.MergedRead, merges.merge),
    "person_parted": (events.PartedRead, merges.part),
    "booking_reassigned": (events.ReassignedRead, merges.reassign),
    "booking": (events.BookingRead, _keep_booking),
    "attendance_recorded": (events.AttendanceRead, bookings.keep_attendance),
}


def id_of(who: str) -> str:
    """Return the id of a person by a short name."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, who))


class World:
    """What a test says happens. Versions count up by themselves, for each subject."""

    def __init__(self, db: OrmSession) -> None:
        self.db = db
        self.now = NOW
        self._versions: dict[str, int] = {}
        self._ids = itertools.count(1)

    def hear(self, what: str, subject: str, data: dict, version: int | None = None) -> None:
        """Handle an event as the bus would: `what` is one of HEARD."""
        reads, handler = HEARD[what]
        version = version or self._versions.get(subject, 0) + 1
        self._versions[subject] = max(version, self._versions.get(subject, 0))
        told = load(reads(), as_json(data))
        id_ = str(uuid.UUID(int=next(self._ids)))
        handler(self.db, Envelope(id_, what, "test", subject, version, self.now, None, told))
        self.db.flush()

    def city(self, **workforce: int | None) -> None:
        sectors = [{"code": code, "name": code.title(), "workforce": number} for code, number in workforce.items()]
        self.hear("city_described", "city", {"sectors": sectors})

    def person(self, who: str, sector="hospital", organisation="General Hospital", version=None, **changed) -> str:
        """Have registration tell of a person, or of what changed of them. Returns their id."""
        data = {"id": id_of(who), "email": f"{who}@example.org", "name": who.title(), "sector": sector,
                "organisation": organisation, **changed}  # fmt: skip
        self.hear("person", f"people/{id_of(who)}", data, version)
        return id_of(who)

    def erase(self, who: str) -> None:
        self.hear("person_erased", f"people/{id_of(who)}", {"id": id_of(who)})

    def session(self, slug="march", starts_at=START, meetings=1, version=None, **changed) -> str:
        """Have the catalogue tell of a session, of meetings a day apart. Returns its slug."""
        days = [starts_at + timedelta(days=n) for n in range(meetings)]
        told = [{"starts_at": day, "ends_at": day + timedelta(hours=7)} for day in days]
        data = {"slug": slug, "programme": "slp", "programme_title": "System Leadership", "title": slug.title(),
                "topics": [], "delivery": "face_to_face", "status": "published", "meetings": told,
                **changed}  # fmt: skip
        self.hear("session", f"sessions/{slug}", data, version)
        return slug

    def topic(self, old: str, new: str | None, version=None) -> None:
        """Have the catalogue tell what a topic is called now."""
        self.hear("topic_renamed", f"topics/{old}", {"old": old, "new": new}, version)

    def booking(self, who: str, session="march", state="confirmed", version=None, mode="in_room", reference=None):
        """Have registration tell of a booking. Returns its reference."""
        reference = reference or reference_of(who, session)
        data = {"reference": reference, "person": id_of(who), "session": session, "mode": mode, "state": state}
        self.hear("booking", f"bookings/{reference}", data, version)
        return reference

    def attendance(self, who: str, session="march", *present: bool, state="attended", version=None, reference=None):
        """Have registration tell who was at which meetings: `attendance("amina", "march", True, False)`."""
        reference = reference or reference_of(who, session)
        meetings = [{"n": n, "present": there} for n, there in enumerate(present or (True,), start=1)]
        data = {"reference": reference, "person": id_of(who), "session": session, "meetings": meetings, "state": state}
        self.hear("attendance_recorded", f"bookings/{reference}", data, version)

    def merge(self, merged: str, kept: str, version=None, for_ever=False) -> None:
        """Have registration tell that an account is a part of another, with its bookings."""
        until = None if for_ever else self.now + timedelta(days=30)
        data = {"id": id_of(merged), "into": id_of(kept), "undo_until": until}
        self.hear("person_merged", f"people/{id_of(merged)}", data, version)

    def part(self, merged: str, kept: str, version=None, **changed) -> None:
        """Have registration tell that it is one by itself again."""
        data = {"id": id_of(merged), "from": id_of(kept), "email": f"{merged}@example.org", "name": merged.title(),
                "sector": "hospital", "organisation": "General Hospital", **changed}  # fmt: skip
        self.hear("person_parted", f"people/{id_of(merged)}", data, version)

    def reassign(self, booked: str, who: str, session="march", *present: bool, state="confirmed", version=None) -> None:
        """Have registration tell whose the booking is now that somebody made."""
        reference = reference_of(booked, session)
        meetings = [{"n": n, "present": there} for n, there in enumerate(present, start=1)]
        data = {"reference": reference, "person": id_of(who), "session": session, "mode": "in_room", "state": state,
                "attendance": "attended" if any(present) else None, "meetings": meetings}  # fmt: skip
        self.hear("booking_reassigned", f"bookings/{reference}", data, version)

    def attended(self, session: str, *people: str) -> None:
        """Have these people, told of already, book and attend a session, told of already."""
        for who in people:
            self.booking(who, session)
            self.attendance(who, session)


def reference_of(who: str, session: str) -> str:
    """Return a reference as registration makes them, the same for the same two."""
    letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
    number = uuid.uuid5(uuid.NAMESPACE_OID, f"{who}/{session}").int
    drawn = "".join(letters[number >> 5 * n & 31] for n in range(10))
    return f"{drawn[:5]}-{drawn[5:]}"


@pytest.fixture
def db(make_engine) -> Iterator[OrmSession]:
    engine = make_engine(Base.metadata, bus.metadata)
    with OrmSession(engine, expire_on_commit=False, autoflush=False) as db:
        yield db
        check_outbox(db)


@pytest.fixture
def world(db) -> World:
    """An empty one, in which nothing has been told of."""
    return World(db)


@pytest.fixture
def make_world(make_engine):
    """Return what makes an empty world, as often as it is asked: each is undone."""
    engine = make_engine(Base.metadata, bus.metadata)

    @contextmanager
    def make() -> Iterator[World]:
        with engine.connect() as connection, connection.begin() as outer:
            how = {"expire_on_commit": False, "autoflush": False, "join_transaction_mode": "create_savepoint"}
            with OrmSession(connection, **how) as db:
                yield World(db)
            outer.rollback()

    return make
