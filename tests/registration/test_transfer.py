"""What moving an installation protects: nothing of people, bookings and attendance is lost, and nothing comes twice."""

import json
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session as OrmSession

from services.bus import models as bus
from services.bus.models import outbox
from services.registration import my_data
from services.registration.accounts import addresses, employments, people, roles
from services.registration.attendance import recording
from services.registration.models import Attendance, Base, Booking, Person, Role, Sector, Session
from services.registration.places import bookings, questions, sessions
from services.registration.schemas import transfer as schemas
from services.registration.transfer import exporting, importing
from services.registration.voices import interests
from services.runtime.refusals import Invalid
from services.runtime.schemas import load
from tests.registration.conftest import NOW, START, state_of
from tests.registration.rules import check_places

PARTS = ("bookings", "questions", "people")
AFTER = START + timedelta(days=1)
NAMES = ("amina", "ben", "cleo", "dev")
SLUGS = ("march", "may")


def exported(db):
    """Return the whole file, as it is written and read: what is not JSON is found out."""
    db.flush()
    found = {"questions": [], "people": [], "bookings": [], "attendance": []}
    for part in PARTS:
        cursor = None
        while True:
            page = exporting.page(db, part, cursor)
            for name in found:
                found[name] += page.get(name, [])
            cursor = page["next"]
            if cursor is None:
                break
    return json.loads(json.dumps(found))


def imported(db, file, caller, gone=(), now=AFTER):
    return importing.take(db, caller, load(schemas.PeopleFile(), file), gone, now)


@cache
def engine(name):
    """Return an empty database, which nothing is ever committed to."""
    made = create_engine("sqlite://")
    Base.metadata.create_all(made)
    bus.metadata.create_all(made)
    return made


def fresh(name="there"):
    """Return an empty installation that knows the same sessions."""
    db = OrmSession(engine(name), expire_on_commit=False, autoflush=False)
    db.add(Sector(code="hospital", name="Hospitals", workforce=None))
    for slug in SLUGS:
        sessions.keep(db, state_of(slug, START, hours=2, places_in_room=2, places_online=1), NOW)
    db.flush()
    return db


def operator(db):
    made = Person(email="operator@example.org", name="Olu", granted=["operator"], created_at=NOW, version=1)
    db.add(made)
    db.flush()
    return made


def without(file, email):
    return {**file, "people": [row for row in file["people"] if row["email"] != email]}


def faults(refused):
    return [(error["field"], error["code"]) for error in refused.value.errors]


@pytest.fixture
def here(db, told):
    """Two sessions, an operator, and people of whom some have booked."""
    told("march", places_in_room=2, places_online=1)
    told("may", places_in_room=2, places_online=1)
    olu = operator(db)
    for name in NAMES:
        person = people.ensure_account(db, f"{name}@example.org", NOW)
        given = {"name": name.title(), "sector": "hospital", "organisation": "St James", "access_needs": "A ramp"}
        people.change(db, person, person.version, given, NOW)
    addresses.hold(db, one(db, "amina"), email="amina@home.example", at=NOW)
    roles.give(db, one(db, "ben"), "team", NOW, olu)
    interests.register(db, one(db, "cleo"), NOW, session="march")
    item = {"kind": "text", "text": "Diet?", "hint": None, "options": [], "required": False, "facilitators": False}
    questions.ask(db, "march", 0, items=[item], kept_days=30)
    return olu


def one(db, name):
    return db.scalar(select(Person).where(Person.email == f"{name}@example.org"))


def number(db, kind):
    return db.scalar(select(func.count()).select_from(kind))


def told_of(db, what):
    rows = db.scalars(select(outbox.c.envelope).where(outbox.c.type == f"registration.{what}.v1"))
    return [json.loads(row)["data"] for row in rows]


def book(db, name, slug="march", mode="in_room", **said):
    return bookings.book(db, one(db, name), NOW, slug, mode=mode, allow_clash=True, **said)["reference"]


def in_another(db, file, run):
    """Run what is to be seen in another installation, with its own operator, who is known by the same address."""
    other = fresh()
    with other:
        return run(other, operator(other), file)


def test_what_is_exported_comes_in_again_without_loss_and_only_once(db, here):
    references = [book(db, name) for name in ("amina", "ben", "cleo")]
    bookings.cancel(db, one(db, "ben"), book(db, "ben", "may", "online"), NOW, reason="Short of staff")
    recording.record(db, here, "march", [{"reference": references[0], "meeting": 1, "present": True}], "list", START)
    recording.record(db, here, "march", [{"reference": references[0], "meeting": 1, "present": False}], "list", AFTER)
    my_data.erase(db, one(db, "dev"), NOW)
    file = exported(db)
    other = fresh()
    with other:
        olu = operator(other)
        olu.id = next(row["id"] for row in file["people"] if row["email"] == "operator@example.org")
        other.flush()
        first = imported(other, file, olu)
        again = exported(other)
        assert {row["id"]: row for row in again["people"] if row["id"] != olu.id} == {
            row["id"]: row for row in file["people"] if row["id"] != olu.id
        }
        assert {name: again[name] for name in ("questions", "bookings", "attendance")} == {
            name: file[name] for name in ("questions", "bookings", "attendance")
        }
        assert first["created"] == {"people": 4, "bookings": 4, "attendance": 2}
        second = imported(other, file, olu)
        assert second["created"] == dict.fromkeys(("people", "bookings", "attendance"), 0)
        assert exported(other) == again
        check_places(other)


def by_sector(session):
    """Return how many places people of each sector have, where there are any."""
    counted = [(mode, sector, n) for mode, of in session.taken_by_sector.items() for sector, n in of.items()]
    return sorted(row for row in counted if row[2])


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("book", "cancel", "attend")),
        st.sampled_from(NAMES),
        st.sampled_from(SLUGS),
        st.sampled_from(("in_room", "online")),
    ),
    max_size=12,
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_was_booked_cancelled_and_attended_is_the_same_there(steps):
    here = fresh("here")
    with here:
        for name in NAMES:
            person = people.ensure_account(here, f"{name}@example.org", NOW)
            people.change(here, person, person.version, {"name": name.title(), "sector": "hospital"}, NOW)
        for what, name, slug, mode in steps:
            step(here, what, one(here, name), slug, mode)
        file = exported(here)

        def run(other, olu, rest):
            imported(other, rest, olu, now=NOW)
            assert without(exported(other), olu.email) == rest
            check_places(other)
            for slug in SLUGS:
                was, now_there = here.get(Session, slug), other.get(Session, slug)
                for counted in ("taken_in_room", "taken_online", "waiting_in_room", "waiting_online"):
                    assert getattr(now_there, counted) == getattr(was, counted)
                assert by_sector(now_there) == by_sector(was)

        in_another(here, file, run)


def step(db, what, person, slug, mode):
    live = db.scalar(
        select(Booking).where(
            Booking.person_id == person.id, Booking.session_slug == slug, Booking.state != "cancelled"
        )
    )
    if what == "book" and live is None:
        bookings.book(db, person, NOW, slug, mode=mode, allow_clash=True)
    elif what == "cancel" and live is not None:
        bookings.cancel(db, person, live.reference, NOW)
    elif what == "attend" and live is not None:
        row = {"reference": live.reference, "meeting": 1, "present": mode == "online"}
        recording.record(db, person, slug, [row], "list", START)
    db.flush()


def test_nobody_is_emailed_about_it_and_the_others_hear_of_all(db, here):
    [book(db, name) for name in ("amina", "ben", "cleo")]

    def run(other, olu, file):
        imported(other, file, olu)
        assert {one["email"] for one in told_of(other, "person_registered")} == {f"{n}@example.org" for n in NAMES}
        booked = told_of(other, "booking_confirmed") + told_of(other, "booking_waitlisted")
        assert [one["cause"] for one in booked] == ["imported"] * 3
        assert len(told_of(other, "interest_registered")) == 1
        for never in ("sign_in_requested", "person_corrected", "email_changed", "coordinator_named"):
            assert told_of(other, never) == []

    in_another(db, exported(db), run)


def test_someone_who_is_known_by_an_address_stays_as_they_are_and_gets_their_bookings(db, here):
    reference = book(db, "amina")

    def run(other, olu, file):
        known = people.ensure_account(other, "amina@home.example", NOW)
        imported(other, file, olu)
        booking = other.scalar(select(Booking).where(Booking.reference == reference))
        assert (booking.person_id, known.name, known.email) == (known.id, None, "amina@home.example")

    in_another(db, exported(db), run)


def test_who_was_erased_stays_erased_by_the_row_and_by_the_list_alike(db, here):
    book(db, "amina"), book(db, "ben")
    file = exported(db)

    def run(other, olu, file):
        imported(other, file, olu)
        my_data.erase(other, one(other, "amina"), AFTER)
        imported(other, file, olu)
        assert one(other, "amina") is None

    def by_list(other, olu, file):
        amina = next(row["id"] for row in file["people"] if row["email"] == "amina@example.org")
        taken = imported(other, file, olu, gone=[amina])
        assert taken["left_out"] == {"people": 1, "bookings": 1, "attendance": 0}
        assert (one(other, "amina"), other.get(Person, amina).name) == (None, None)
        assert number(other, Booking) == 1

    in_another(db, file, run)
    in_another(db, file, by_list)


def test_what_refers_to_nothing_is_named_by_its_path_and_nothing_is_kept(db, here):
    book(db, "amina")
    recording.record(db, here, "march", [{"reference": book(db, "ben"), "meeting": 1, "present": True}], "list", START)
    file = exported(db)
    nobody = "00000000-0000-4000-8000-000000000000"

    def refused(changes):
        def run(other, olu, file):
            with pytest.raises(Invalid) as wrong, other.begin_nested():
                imported(other, {**file, **changes(file)}, olu)
            assert number(other, Booking) == number(other, Role) == 0
            return faults(wrong)

        return in_another(db, file, run)

    first, rest = file["bookings"][0], file["bookings"][1:]
    assert refused(lambda f: {"bookings": [{**first, "session": "june"}, *rest]}) == [
        ("bookings.0.session", "no-such-session")
    ]
    assert refused(lambda f: {"bookings": [{**first, "person": nobody}, *rest]}) == [
        ("bookings.0.person", "no-such-person")
    ]
    assert refused(lambda f: {"attendance": [{**f["attendance"][0], "meeting": 2}]}) == [
        ("attendance.0.meeting", "out-of-range")
    ]
    assert refused(lambda f: {"bookings": [{**first, "state": "gone"}, *rest]}) == [
        ("bookings.0.state", "not-a-choice")
    ]
    assert ("people.1.id", "repeated") in refused(lambda f: {"people": [f["people"][0], *f["people"]]})


def test_too_few_places_here_are_gone_beyond_and_who_waits_here_stays_first(db, here):
    [book(db, name) for name in ("amina", "ben", "cleo")]

    def run(other, olu, file):
        for name in ("eve", "fay", "gil"):
            person = people.ensure_account(other, f"{name}@example.org", NOW)
            people.change(other, person, person.version, {"name": name, "sector": "hospital"}, NOW)
            bookings.book(other, person, NOW, "march", mode="in_room")
        imported(other, file, olu)
        march = other.get(Session, "march")
        assert (march.taken_in_room, march.extra_in_room, march.waiting_in_room) == (2, 2, 2)
        waits = select(Booking.person_id).where(Booking.state == "waiting").order_by(Booking.waiting_number)
        first = other.get(Person, other.scalars(waits).first())
        assert first.email == "gil@example.org"

    in_another(db, exported(db), run)


NO_INTERESTS = {"unwanted": [{"topic": "interests", "since": "2026-05-04T09:30:00+00:00"}], "undeliverable": None}


def choosing(file, **emails):
    """Return the file with what these people chose, as the gateway adds it."""
    chosen = {f"{name}@example.org": said for name, said in emails.items()}
    return {**file, "people": [{**row, "emails": chosen.get(row["email"])} for row in file["people"]]}


def test_what_someone_chose_is_told_once_when_they_are_new(db, here):
    dead = {"unwanted": [], "undeliverable": {"since": "2026-06-01T12:00:00+00:00", "status": "5.1.1"}}
    file = choosing(exported(db), amina=NO_INTERESTS, ben=dead)

    def run(other, olu, file):
        imported(other, file, olu)
        imported(other, file, olu)
        told = {row["email"]: row for row in told_of(other, "choices_imported")}
        assert len(told_of(other, "choices_imported")) == 2
        for name, said in (("amina", NO_INTERESTS), ("ben", dead)):
            row = told[f"{name}@example.org"]
            assert {name: row[name] for name in said} == said
            assert row["person"] == one(other, name).id

    in_another(db, file, run)


def test_nothing_is_told_of_the_choices_of_someone_who_is_here_or_was_erased(db, here):
    file = choosing(exported(db), amina=NO_INTERESTS, ben=NO_INTERESTS)

    def run(other, olu, file):
        people.ensure_account(other, "amina@home.example", NOW)
        ben = next(row["id"] for row in file["people"] if row["email"] == "ben@example.org")
        imported(other, file, olu, gone=[ben])
        assert told_of(other, "choices_imported") == []

    in_another(db, file, run)


@pytest.mark.parametrize(
    ("emails", "field", "code"),
    [
        ({"unwanted": [{"topic": "interests"}]}, "unwanted.0.since", "missing"),
        ({"undeliverable": {"since": "soon", "status": "5.1.1"}}, "undeliverable.since", "not-a-time"),
    ],
)
def test_a_choice_that_cannot_be_read_is_named_by_its_path(db, here, emails, field, code):
    file = choosing(exported(db), amina=emails)
    n = next(n for n, row in enumerate(file["people"]) if row["email"] == "amina@example.org")

    def run(other, olu, file):
        with pytest.raises(Invalid) as wrong:
            imported(other, file, olu)
        assert faults(wrong) == [(f"people.{n}.emails.{field}", code)]

    in_another(db, file, run)


def test_no_secret_is_in_the_file(db, here):
    text = json.dumps(exported(db))
    for never in ("hash", "seed", "token", "digits", "subject", "differently", "note"):
        assert f'"{never}"' not in text


def test_every_column_of_what_moves_is_in_the_file_or_left_out_for_a_reason():
    apart = {  # its own name in the file, worked out anew, or of this database alone
        Person: {"organisation_key", "search_key", "shares_with", "granted"},
        Booking: {"id", "person_id", "session_slug", "instead_of_id"},
        Attendance: {"id", "booking_id"},
    }
    shown = {Person: schemas.PersonInFile, Booking: schemas.BookingInFile, Attendance: schemas.AttendanceInFile}
    for kind, schema in shown.items():
        assert {column.key for column in kind.__table__.columns} - apart[kind] <= {*schema._declared_fields}


def test_employments_come_along(db, here):
    person = one(db, "amina")
    people.change(db, person, person.version, {"organisation": "Elm Court"}, AFTER)
    file = exported(db)
    row = next(row for row in file["people"] if row["id"] == person.id)
    assert [job["organisation"] for job in row["employments"]] == ["St James", "Elm Court"]
    assert employments.work_of(person)["organisation"] == row["organisation"]
