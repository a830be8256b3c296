"""What importing past bookings protects: they count like others, nobody is emailed, and undoing leaves nothing."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from services.bus.models import outbox
from services.registration.attendance import recording
from services.registration.imports import importing
from services.registration.models import Attendance, Booking, Certificate, Change, Person, Session
from services.registration.places import bookings
from services.registration.schemas import LATE
from services.registration.voices import feedback
from services.runtime.refusals import Invalid
from tests.registration.conftest import NOW, START
from tests.registration.meetings import HOUR, meeting
from tests.registration.rules import check_places
from tests.registration.taken_in import counts, wrong

AFTER = START + timedelta(days=60)
HEADS = "Email,Session,State,Mode,Meetings attended,Booked on"


@pytest.fixture
def team(person, told):
    told(), told("twice", meetings=[meeting(START), meeting(START + 24 * HOUR)], places_online=1)
    [person(name) for name in ("amina", "ben", "cleo", "dev")]
    return person("team", granted=["team"])


def text(*lines):
    return "\n".join((HEADS, *lines))


def look(db, team, *lines, now=AFTER):
    return importing.look(db, team, "bookings", text(*lines), now)


def save(db, team, *lines):
    return importing.save(db, team, "bookings", text(*lines), AFTER)


def there(db):
    rows = db.execute(
        select(Person.email, Booking.session_slug, Booking.state, Booking.attendance, Booking.mode)
        .join(Person, Person.id == Booking.person_id)
        .order_by(Booking.session_slug, Person.email)
    )
    return [tuple(row) for row in rows]


def number(db, kind):
    return db.scalar(select(func.count()).select_from(kind))


def said(db, what):
    rows = select(outbox.c.envelope).where(outbox.c.type == f"registration.{what}.v1").order_by(outbox.c.position)
    return [json.loads(row)["data"] for row in db.scalars(rows)]


def test_each_state_is_what_the_booking_came_to(db, team):
    lines = (
        "amina@example.org,march,Attended,,,2027-02-01",
        "ben@example.org,march,no show",
        "cleo@example.org,march,cancelled",
        "dev@example.org,march,booked",
        'amina@example.org,twice,partly attended,online,"2",',
    )
    assert counts(save(db, team, *lines)) == {"add": 5, "change": 0, "same": 0}
    assert there(db) == [
        ("amina@example.org", "march", "confirmed", "attended", "in_room"),
        ("ben@example.org", "march", "confirmed", "absent", "in_room"),
        ("cleo@example.org", "march", "cancelled", None, "in_room"),
        ("dev@example.org", "march", "confirmed", None, "in_room"),
        ("amina@example.org", "twice", "confirmed", "partly_attended", "online"),
    ]
    check_places(db)
    assert number(db, Certificate) == 2
    assert db.scalar(select(Booking.created_at).order_by(Booking.id)).date().isoformat() == "2027-02-01"
    assert counts(look(db, team, *lines)) == {"add": 0, "change": 0, "same": 5}


def test_more_than_the_session_had_places_for_can_have_been_there(db, team):
    save(db, team, *(f"{name}@example.org,march,attended" for name in ("amina", "ben", "cleo")))
    check_places(db)
    assert number(db, Booking) == 3


def test_all_that_is_told_says_that_it_was_imported(db, team):
    save(db, team, "amina@example.org,march,attended", "ben@example.org,march,cancelled")
    assert [told["cause"] for told in said(db, "booking_confirmed") + said(db, "booking_cancelled")] == ["imported"] * 2
    assert [told["imported"] for told in said(db, "attendance_recorded")] == [True]


def test_what_is_wrong_is_said_of_each_line_and_nothing_is_kept(db, team, told):
    told("off", status="cancelled", cancel_reason="ill")
    lines = (
        "zoe@example.org,march,attended",
        "amina@example.org,april,attended",
        "amina@example.org,off,attended",
        "amina@example.org,twice,attended",
        "ben@example.org,twice,partly attended,online",
        "cleo@example.org,twice,attended,online,1",
        "dev@example.org,twice,absent,online,3",
        "amina@example.org,march,maybe",
        "ben@example.org,march,attended,,,2027-12-01",
        "ben@example.org,march,absent",
        "dev@example.org,march,attended,online",
    )
    with db.begin_nested(), pytest.raises(Invalid) as refused:
        save(db, team, *lines)
    assert wrong(refused.value.facts) == [
        (2, "Email", "no-such-account"),
        (3, "Session", "no-such-session"),
        (4, "Session", "session-cancelled"),
        (5, "Mode", "mode-missing"),
        (6, "Meetings attended", "meetings-missing"),
        (7, "Meetings attended", "unlike-state"),
        (8, "Meetings attended", "out-of-range"),
        (9, "State", "not-a-choice"),
        (10, "Booked on", "booked-after-session"),
        (11, "Email", "listed-twice"),
        (12, "Mode", "no-such-places"),
    ]


def test_a_session_has_to_be_over_for_as_long_as_its_people_get_emails(db, team):
    ended = db.get(Session, "march").ends_at
    early = look(db, team, "amina@example.org,march,attended", now=ended + LATE - timedelta(seconds=1))
    assert wrong(early) == [(2, "Session", "session-not-past")]
    assert wrong(look(db, team, "amina@example.org,march,attended", now=ended + LATE)) == []


def test_a_booking_that_is_here_gets_what_was_not_recorded_and_is_never_cancelled(db, team):
    amina = db.scalar(select(Person).where(Person.email == "amina@example.org"))
    bookings.book(db, amina, NOW, "march")
    assert wrong(look(db, team, "amina@example.org,march,cancelled")) == [(2, "State", "booked-otherwise")]
    assert counts(look(db, team, "amina@example.org,march,confirmed")) == {"add": 0, "change": 0, "same": 1}
    made = save(db, team, "amina@example.org,march,attended")
    assert counts(made) == {"add": 0, "change": 1, "same": 0}
    assert there(db) == [("amina@example.org", "march", "confirmed", "attended", "in_room")]
    assert importing.undo(db, team, made["id"], AFTER + HOUR)["kept"] == []
    assert there(db) == [("amina@example.org", "march", "confirmed", None, "in_room")]
    check_places(db)


def test_undoing_leaves_nothing_of_what_was_added_and_then_its_people_can_go(db, team):
    people = importing.save(db, team, "people", "Email,Name\nzoe@example.org,Zoe", AFTER)
    made = save(db, team, "zoe@example.org,march,attended", "amina@example.org,march,cancelled")
    assert importing.undo(db, team, made["id"], AFTER + HOUR)["undone"] == 2
    assert [number(db, kind) for kind in (Booking, Attendance, Certificate, Change)] == [0, 0, 0, 0]
    check_places(db)
    assert [told["cause"] for told in said(db, "booking_cancelled")] == ["imported", "import_undone", "import_undone"]
    assert [told["meetings"] for told in said(db, "attendance_recorded")] == [[{"n": 1, "present": True}], []]
    assert importing.undo(db, team, people["id"], AFTER + HOUR)["kept"] == []


def test_what_was_corrected_or_answered_since_stays(db, team):
    made = save(db, team, *(f"{name}@example.org,march,attended" for name in ("amina", "ben", "cleo")))
    references = db.scalars(select(Booking.reference).order_by(Booking.id)).all()
    marks = [{"reference": references[0], "meeting": 1, "present": False}]
    recording.record(db, team, "march", marks, "list", AFTER + HOUR)
    ben = db.scalar(select(Person).where(Person.email == "ben@example.org"))
    feedback.give(db, ben, references[1], AFTER + HOUR, useful=4, differently=None, next=None)
    undone = importing.undo(db, team, made["id"], AFTER + 2 * HOUR)
    assert [(kept["line"], kept["code"]) for kept in undone["kept"]] == [(2, "changed-since"), (3, "feedback-since")]
    assert [row[0] for row in there(db)] == ["amina@example.org", "ben@example.org"]
