"""A world for the notifications service: its database, the events that it hears, a clock that stands, a letterbox."""

import itertools
import uuid
from collections.abc import Collection, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import lru_cache

import pytest
from sqlalchemy import select

from services.bus import replica
from services.bus.envelope import Envelope, as_json
from services.bus.models import metadata as bus_tables
from services.notifications import events, merges, messages, own_texts, people, sessions, transfer
from services.notifications.causes import (
    bookings,
    changes,
    community,
    coordinators,
    due,
    email_changes,
    evaluations,
    facilitators,
    follow_ups,
    interests,
    materials,
    scheduled_notices,
    sign_ins,
)
from services.notifications.composing.email_layout import EmailLayout
from services.notifications.delivery import sending
from services.notifications.emails import Letter
from services.notifications.models import Base, Message
from services.runtime.database import Transactions
from services.runtime.schemas import load
from tests.contracts.announced import check_outbox

NOW = datetime(2027, 2, 1, 10, 0, tzinfo=UTC)
HEAD_START = timedelta(hours=24)
ZOE = "f3b1c9d2-7a64-4c7f-9a1c-1d2e3f405162"
INTEREST = "5d0c7a1e-2b64-4f0e-9c1d-7e8f9a0b1c20"
LETTERHEAD = EmailLayout(
    "Leeds Academy <academy@mail.example.org>", "https://headrow.example.org", "a secret key of thirty-two characters"
)


class Letterbox:
    """A transport that keeps the letters, or raises what it was told to raise first."""

    doubles = True

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.failures: list[Exception] = []
        self.at_rest = False

    def send(self, letter: Letter) -> None:
        self.at_rest = False
        if self.failures:
            raise self.failures.pop(0)
        self.letters.append(letter)

    def rest(self) -> None:
        self.at_rest = True

    def forget(self, address: str | None, ids: Collection[str]) -> None:
        self.letters = [letter for letter in self.letters if letter.recipient != address and letter.id not in ids]

    @property
    def mails(self) -> list[EmailMessage]:
        return [_parsed(letter.mail) for letter in self.letters]


@lru_cache(maxsize=512)  # a test reads its letters again and again
def _parsed(mail: bytes) -> EmailMessage:
    return message_from_bytes(mail, policy=policy.default)


class World:
    """What a test says happens, and what came of it."""

    def __init__(self, begin) -> None:
        self.begin = begin
        self.now = NOW
        self.letterbox = Letterbox()
        self._ids = itertools.count(1)

    def hear(
        self, type_: str, subject: str, data: dict, version: int = 1, id_: str | None = None, within=None, handle=None
    ) -> str:
        """Handle an event as the bus would, in a transaction of its own or `within` one. Returns its id."""
        reads, handler = HEARD[type_.partition(".")[2].removesuffix(".v1")]
        id_ = id_ or str(uuid.UUID(int=next(self._ids)))
        told = load(reads(), as_json(data))
        event = Envelope(id_, type_, type_.partition(".")[0], subject, version, self.now, str(uuid.UUID(int=7)), told)
        with nullcontext(within) if within else self.begin() as db:
            (handle or handler)(db, event, self.now)
        return id_

    def person(self, id_=ZOE, happened="registered", version=1, **changed):
        data = {"id": id_, "email": "zoe@example.org", "name": "Zoë Okafor", **changed}
        return self.hear(f"registration.person_{happened}.v1", f"people/{id_}", data, version)

    def erase(self, id_=ZOE, version=9, transport=None, **told):
        def handle(db, event, now):
            people.erase(db, event, transport or self.letterbox, now)

        data = {"id": id_, **told}
        return self.hear("registration.person_erased.v1", f"people/{id_}", data, version, handle=handle)

    def see_off(self, id_=ZOE, version=9):
        """Have somebody erased, and hand over their last emails. Returns these."""
        self.erase(id_, version)
        return self.deliver()

    def session(self, slug="march", happened="published", version=1, within=None, **changed):
        data = {**session_data(), "slug": slug, "version": version, **changed}
        return self.hear(f"catalogue.session_{happened}.v1", f"sessions/{slug}", data, version, within=within)

    def booking(self, happened="booking_confirmed", version=1, id_=None, within=None, **changed):
        data = {**booking_data(happened), "version": version, **changed}
        subject = f"bookings/{data['reference']}"
        return self.hear(f"registration.{happened}.v1", subject, data, version, id_, within)

    def interest(self, happened="registered", version=1, id_=INTEREST, person=ZOE, **named):
        data = {"id": id_, "person": person, "topic": None, "programme": None, "session": None, **named}
        return self.hear(f"registration.interest_{happened}.v1", f"interests/{id_}", data, version)

    def sign_in(self, email="zoe@example.org", code="042042", name=None, good_for=timedelta(minutes=10), id_=None):
        data = {"email": email, "name": name, "code": code, "expires_at": self.now + good_for}
        return self.hear("registration.sign_in_requested.v1", "sign-ins/1", data, id_=id_)

    def email_change(self, happened, version=1, **data):
        given = {"person": ZOE, "email": "zoe@example.org", **data}
        return self.hear(f"registration.{happened}.v1", f"email-changes/{ZOE}", given, version)

    def merge(self, merged, kept=ZOE, version=2, **told):
        until = {"undo_until": self.now + timedelta(days=30), "by": "person"}
        data = {"id": merged, "into": kept, **until, **told}
        return self.hear("registration.person_merged.v1", f"people/{merged}", data, version)

    def part(self, merged, kept=ZOE, version=3, **told):
        data = {"id": merged, "from": kept, "by": "person", **told}
        return self.hear("registration.person_parted.v1", f"people/{merged}", data, version)

    def reassign(self, person, version=2, **changed):
        names = ("reference", "session", "mode", "state", "offer_expires_at")
        known = booking_data("booking_confirmed")
        data = {**{name: known[name] for name in names}, "person": person, **changed}
        return self.hear("registration.booking_reassigned.v1", f"bookings/{data['reference']}", data, version)

    def attendance(self, state="attended", version=2, reference="HR-7K2M9Q", person=ZOE, session="march", **more):
        data = {"reference": reference, "person": person, "session": session, "state": state, **more}
        return self.hear("registration.attendance_recorded.v1", f"bookings/{reference}", data, version)

    def evaluation(self, *moments, subject="programmes/slp", asks=True, version=1):
        data = {"subject": subject, "asks": asks, "moments": list(moments), "version": version}
        return self.hear("registration.evaluation_changed.v1", f"evaluations/{subject}", data, version)

    def material(self, happened="published", version=1, id_="6a171e11-1b85-4bbc-b981-14ee5b66e323", **changed):
        data = {"id": id_, "session": "march", "kind": "recording", "title": "Recording of the day",
                "url": "https://example.org/watch", "minutes": 84, "audience": "everyone", **changed}  # fmt: skip
        return self.hear(f"catalogue.material_{happened}.v1", f"materials/{id_}", data, version)

    def when_due(self) -> None:
        """Have what is due by now told, as the timer does."""
        with self.begin() as db:
            due.tell(db, self.now)

    def deliver_one(self, transport=None, roll=0.0) -> bool:
        """Let a sender take one turn."""
        return sending.deliver_next(self.begin, transport or self.letterbox, LETTERHEAD, lambda: self.now, lambda: roll)

    def deliver(self, transport=None) -> list[EmailMessage]:
        """Let a sender work until there is nothing to do. Returns the mails of this time."""
        already = len(self.letterbox.letters)
        while self.deliver_one(transport):
            pass
        return self.letterbox.mails[already:]

    def later(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)

    def messages(self) -> list[Message]:
        """All message rows, oldest first."""
        with self.begin() as db:
            return list(db.scalars(select(Message).order_by(Message.created_at, Message.urgency, Message.id)))


def session_data() -> dict:
    return {
        "programme": "slp",
        "programme_title": "System Leadership programme",
        "topics": ["systems-thinking"],
        "title": "System Leadership programme: March cohort",
        "status": "published",
        "cancel_reason": None,
        "delivery": "face_to_face",
        "meetings": [times("2027-03-09T09:30:00+00:00", hours=7)],
        "venue": {"name": "Civic meeting rooms", "address": "Leeds city centre", "access": "Step-free, hearing loop"},
        "join_url": None,
    }


def times(starts_at: str, hours: float) -> dict:
    """A meeting, given in any offset."""
    start = datetime.fromisoformat(starts_at)
    return {"starts_at": start.astimezone(UTC).isoformat(), "ends_at": (start + timedelta(hours=hours)).isoformat()}


def booking_data(happened: str) -> dict:
    state, cause, was_confirmed = {
        "booking_confirmed": ("confirmed", "booked", False),
        "booking_waitlisted": ("waiting", "booked", False),
        "place_offered": ("offered", "freed", False),
        "offer_expired": ("cancelled", "expired", False),
        "booking_cancelled": ("cancelled", "cancelled", True),
        "booking_moved": ("confirmed", "moved", True),
    }[happened]
    return {
        "reference": "HR-7K2M9Q",
        "person": ZOE,
        "session": "march",
        "mode": "in_room",
        "state": state,
        "position": 3 if state == "waiting" else None,
        "offer_expires_at": NOW + timedelta(hours=48) if state == "offered" else None,
        "cause": cause,
        "by": "system" if happened in ("place_offered", "offer_expired") else "person",
        "reason": None,
        "was_confirmed": was_confirmed,
    }


def _session(db, event, now):
    session = sessions.keep(db, event)
    if session is not None:
        scheduled_notices.plan(db, session, now)
        changes.tell(db, event, session, now)
        facilitators.session_changed(db, event, session, now)
    interests.tell(db, event, HEAD_START, now)


def _person(db, event, now):
    people.keep(db, event, now)


def _booking(db, event, now):
    bookings.read_ahead(db, [event])
    messages.queue_all(db, [bookings.tell(db, event, LETTERHEAD.public_url, now)])
    replica.let_go(db)
    evaluations.booked(db, event, now)


def _attendance(db, event, now):
    follow_ups.keep_attendance(db, event, now)
    evaluations.came(db, event, now)


def _reassigned(db, event, now):
    merges.reassign(db, event, LETTERHEAD.public_url, now)


def _city(db, event, now):
    own_texts.keep_site(db, event)


HEARD = {
    "city_described": (events.CityRead, _city),
    "person_registered": (events.PersonRead, _person),
    "person_changed": (events.PersonRead, _person),
    "person_erased": (events.ErasedRead, None),
    "session_published": (events.SessionRead, _session),
    "session_changed": (events.SessionRead, _session),
    "session_converted": (events.SessionRead, _session),
    "session_cancelled": (events.SessionRead, _session),
    "session_reinstated": (events.SessionRead, _session),
    "session_unpublished": (events.SessionRead, _session),
    "booking_confirmed": (events.BookingRead, _booking),
    "booking_waitlisted": (events.BookingRead, _booking),
    "place_offered": (events.BookingRead, _booking),
    "offer_expired": (events.BookingRead, _booking),
    "booking_cancelled": (events.BookingRead, _booking),
    "booking_moved": (events.BookingRead, _booking),
    "attendance_recorded": (events.AttendanceRead, _attendance),
    "feedback_given": (events.FeedbackRead, follow_ups.keep_feedback),
    "evaluation_changed": (events.EvaluationRead, evaluations.keep),
    "evaluation_answered": (events.EvaluationAnsweredRead, lambda db, event, _: evaluations.keep_answer(db, event)),
    "introduction_proposed": (events.ProposalRead, community.tell_of_proposal),
    "introduction_accepted": (events.AcceptanceRead, community.tell_of_acceptance),
    "tables_published": (events.TablesRead, community.tell_of_tables),
    "sat_together": (events.SatTogetherRead, community.tell_of_tablemates),
    "member_left": (events.LeftRead, lambda db, event, _: community.drop_what_is_for_members(db, event)),
    "member_removed": (events.RemovedRead, community.tell_of_removal),
    "member_let_in": (events.RemovedRead, community.tell_of_removal),
    "choices_imported": (events.ChoicesImportedRead, lambda db, event, _: transfer.take(db, event)),
    "coordinator_named": (events.CoordinatorRead, coordinators.tell),
    "facilitator_named": (events.FacilitatorRead, facilitators.tell),
    "facilitator_taken_back": (events.TakenBackRead, facilitators.take_back),
    "material_published": (events.MaterialRead, materials.keep),
    "material_withdrawn": (events.MaterialRead, materials.keep),
    "interest_registered": (events.InterestRead, lambda db, event, _now: interests.keep(db, event)),
    "interest_withdrawn": (events.InterestRead, lambda db, event, _now: interests.keep(db, event)),
    "sign_in_requested": (events.SignInRead, sign_ins.send_code),
    "account_unused": (events.UnusedRead, sign_ins.tell_of_disuse),
    "sign_in_guessed": (events.GuessedRead, sign_ins.tell_of_guesses),
    "identity_linked": (events.IdentityLinkedRead, sign_ins.tell_of_identity),
    "second_factor_guessed": (events.GuessedRead, sign_ins.tell_of_factor_guesses),
    "email_change_asked": (events.EmailAskedRead, email_changes.tell_new_address),
    "addresses_changed": (events.AddressesChangedRead, email_changes.tell_addresses),
    "email_changed": (events.EmailChangedRead, email_changes.tell_old_address),
    "email_change_undone": (events.EmailUndoneRead, email_changes.tell_both),
    "merge_asked": (events.MergeAskedRead, merges.send_code),
    "person_merged": (events.MergedRead, merges.merge),
    "person_parted": (events.PartedRead, merges.part),
    "booking_reassigned": (events.ReassignedRead, _reassigned),
    "person_corrected": (events.CorrectedRead, email_changes.tell_corrected),
}


@pytest.fixture
def empty_world(make_engine) -> Iterator[World]:
    """Nobody is known, and no session."""
    transactions = Transactions(make_engine(Base.metadata, bus_tables))
    yield World(transactions.begin)
    with transactions.begin() as db:
        check_outbox(db)


@pytest.fixture
def world(empty_world) -> World:
    """Zoë is known, and the March session."""
    empty_world.person()
    empty_world.session()
    return empty_world
