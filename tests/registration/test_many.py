"""What doing many at once protects: each by the rule for one, none stops another, and looking keeps nothing."""

import pytest
from sqlalchemy import func, select

from services.bus.models import outbox
from services.registration import listed, many
from services.registration.accounts import addresses
from services.registration.errors import BookingClosed, SessionCancelled
from services.registration.models import Booking, Change, Person, Session
from services.registration.places import bookings
from services.runtime.refusals import Invalid, NotFound
from tests.registration.conftest import NOW, START
from tests.registration.meetings import HOUR, meeting
from tests.registration.rules import check_places


@pytest.fixture
def team(person):
    return person("team", granted=["team"])


@pytest.fixture
def booked(db, told, person):
    """Two confirmed bookings of March and two that wait for it, beside April, which has two places."""
    told(), told("april", meetings=[meeting(START + 30 * HOUR)])
    return [bookings.book(db, person(name), NOW, "march")["reference"] for name in ("amina", "ben", "cleo", "dev")]


def wanted(*lines, **said):
    return {"csv": "\n".join(lines), "if_full": "wait", **said}


def codes(told):
    return [(row["problem"] or {}).get("code") for row in told["items"]]


def states(told):
    return [row["state"] for row in told["items"]]


def rows_of(db):
    return tuple(db.scalar(select(func.count()).select_from(kind)) for kind in (Person, Booking, Change, outbox))


def heard(db, what):
    rows = db.scalars(select(outbox.c.type).where(outbox.c.type == f"registration.{what}.v1")).all()
    return len(rows)


# Reading the list


@pytest.mark.parametrize(
    "text",
    [
        "zoe@example.org,Zoë Okafor\nsam@example.org,Sam Lee",
        "Zoë Okafor;zoe@example.org\nSam Lee;sam@example.org",
        "zoe@example.org\tZoë Okafor\nsam@example.org\tSam Lee\n",
        "Zoë Okafor <zoe@example.org>\n\nSam Lee <sam@example.org>",
        "\ufeffName;Team;Email address\nZoë Okafor;A;zoe@example.org\nSam Lee;B;sam@example.org",
        "First name,Surname,E-mail\nZoë,Okafor,Zoe@Example.org\nSam,Lee,sam@example.org",
        '"Email","Name"\n"zoe@example.org","Zoë Okafor"\n"sam@example.org","Sam Lee"',
    ],
)
def test_a_list_is_read_however_it_is_written(text):
    assert [(line.email, line.name, line.fault) for line in listed.read(text)] == [
        ("zoe@example.org", "Zoë Okafor", None),
        ("sam@example.org", "Sam Lee", None),
    ]


def test_what_is_wrong_with_a_line_is_said_of_it_and_no_line_is_left_out():
    lines = listed.read("zoe@example,Zoe\nSam Lee\n\nann@example.org,see www.example.org\nlee@example.org")
    assert [(line.line, line.fault and (line.fault["field"], line.fault["code"])) for line in lines] == [
        (1, ("email", "not-a-mail-domain")),
        (2, ("email", "not-an-email")),
        (4, ("name", "has-a-link")),
        (5, None),
    ]


@pytest.mark.parametrize(
    ("text", "code"), [("", "no-rows"), ("Email,Name\n", "no-rows"), ("a@b.org\n" * 501, "too-many-lines")]
)
def test_an_empty_list_and_one_that_is_too_long_are_refused_as_a_whole(text, code):
    with pytest.raises(Invalid) as refused:
        listed.read(text)
    assert [(error["field"], error["code"]) for error in refused.value.errors] == [("csv", code)]


# Booking a list


def test_looking_says_line_by_line_what_would_happen_and_keeps_nothing(db, told, person, team):
    told(), told("april")
    amina = person("amina")
    already = bookings.book(db, amina, NOW, "march")["reference"]
    bookings.book(db, person("ben"), NOW, "april")
    before = rows_of(db)
    given = wanted(
        "ben@example.org",
        "amina@example.org",
        "new@example.org,Nia New",
        "nobody@example.org",
        "New@example.org,Nia",
        "wrong@",
    )
    seen = many.foresee_list(db, team, "march", given, NOW)
    assert states(seen) == ["confirmed", None, "waiting", None, None, None]
    assert codes(seen) == [None, "already-booked", None, "name-missing", "listed-twice", "not-an-email"]
    assert [row["position"] for row in seen["items"]] == [None, None, 1, None, None, None]
    assert seen["items"][0]["clash"] == {"session": "april", "title": "March cohort"}
    assert [row["reference"] for row in seen["items"]] == [None, already, None, None, None, None]
    assert [row["new_account"] for row in seen["items"]] == [False, False, True, False, False, False]
    assert (seen["done"], seen["refused"]) == (2, 4)
    assert rows_of(db) == before
    check_places(db)


def test_a_list_is_booked_as_it_was_foreseen_and_a_line_that_fails_stops_no_other(db, told, person, team):
    told()
    person("ben")
    given = wanted("wrong@", "ben@example.org", "new@example.org,Nia New", "x@example.org,Xan", "ben@example.org")
    seen, done = (do(db, team, "march", given, NOW) for do in (many.foresee_list, many.book_list))
    same = ("line", "email", "name", "new_account", "state", "mode", "position", "name_used", "problem")
    assert [[row[name] for name in same] for row in done["items"]] == [
        [row[name] for name in same] for row in seen["items"]
    ]
    assert states(done) == [None, "confirmed", "confirmed", "waiting", None]
    assert (heard(db, "booking_confirmed"), heard(db, "booking_waitlisted")) == (2, 1)
    assert db.scalar(select(Person.name).where(Person.email == "new@example.org")) == "Nia New"
    check_places(db)


def test_who_is_not_booked_gets_no_account(db, told, team):
    told(places_in_room=1)
    done = many.book_list(db, team, "march", wanted("a@example.org,Ann", "b@example.org,Bea", if_full="refuse"), NOW)
    assert (states(done), codes(done)) == (["confirmed", None], [None, "session-full"])
    assert db.scalar(select(Person).where(Person.email == "b@example.org")) is None
    assert heard(db, "person_registered") == 1


def test_two_addresses_of_one_person_are_one_person(db, told, person, team):
    told()
    addresses.hold(db, person("amina"), email="other@example.org", at=NOW)
    done = many.book_list(db, team, "march", wanted("amina@example.org", "other@example.org"), NOW)
    assert codes(done) == [None, "listed-twice"]
    assert done["items"][1]["problem"]["field"] == "email"


def test_the_same_list_again_books_nobody_twice(db, told, team):
    told(places_in_room=5)
    given = wanted("a@example.org,Ann", "b@example.org,Bea")
    many.book_list(db, team, "march", given, NOW)
    assert codes(many.book_list(db, team, "march", given, NOW)) == ["already-booked"] * 2
    check_places(db)


def test_a_list_for_a_session_that_takes_nobody_is_refused_as_a_whole(db, told, team):
    told(), told("april", status="cancelled"), told("may", places_online=4)
    given = wanted("a@example.org,Ann")
    for slug, when, refusal in (
        ("nowhere", NOW, NotFound),
        ("april", NOW, SessionCancelled),
        ("march", START, BookingClosed),
        ("may", NOW, Invalid),
    ):
        with pytest.raises(refusal):
            many.book_list(db, team, slug, given, when)


# Moving and cancelling several


def test_those_who_fit_are_moved_in_their_order_and_the_others_keep_what_they_have(db, booked, team):
    given = {"references": [booked[1], booked[2], booked[0]], "session": "april"}
    before = rows_of(db)
    seen = many.foresee_moves(db, team, "march", given, NOW)
    assert rows_of(db) == before
    done = many.move(db, team, "march", given, NOW)
    assert done == seen
    assert [(row["reference"], row["was"], row["state"]) for row in done["items"]] == [
        (booked[1], "confirmed", "confirmed"),
        (booked[2], "waiting", "confirmed"),
        (booked[0], "confirmed", None),
    ]
    assert (codes(done), done["done"], done["refused"]) == ([None, None, "session-full"], 2, 1)
    where = {row.reference: (row.session_slug, row.state) for row in db.scalars(select(Booking))}
    assert where == {
        booked[0]: ("march", "confirmed"),
        booked[1]: ("april", "confirmed"),
        booked[2]: ("april", "confirmed"),
        booked[3]: ("march", "confirmed"),
    }
    check_places(db)


def test_nobody_is_given_a_place_that_they_are_about_to_leave(db, booked, team):
    confirmed = heard(db, "booking_confirmed")
    many.cancel(db, team, "march", {"references": booked[:3], "reason": "The room is closed."}, NOW)
    assert heard(db, "booking_confirmed") == confirmed + 1  # for who is left
    assert heard(db, "booking_cancelled") == 3
    assert db.scalars(select(Booking.state).order_by(Booking.id)).all() == [*["cancelled"] * 3, "confirmed"]
    check_places(db)


def test_what_is_cancelled_already_is_said_and_not_announced_again(db, booked, team):
    bookings.cancel(db, team, booked[0], NOW)
    done = many.cancel(db, team, "march", {"references": booked[:2]}, NOW)
    assert (codes(done), heard(db, "booking_cancelled")) == (["booking-closed", None], 2)


def test_a_booking_of_another_session_is_left_alone(db, booked, person, team):
    other = bookings.book(db, person("eve"), NOW, "april")["reference"]
    for done in (
        many.cancel(db, team, "march", {"references": [other, "NO-SUCH"]}, NOW),
        many.move(db, team, "march", {"references": [other, "NO-SUCH"], "session": "april"}, NOW),
    ):
        assert (codes(done), [row["person"] for row in done["items"]]) == (["not-found"] * 2, [None, None])
    assert db.scalar(select(Booking.state).where(Booking.reference == other)) == "confirmed"


def test_a_move_to_nowhere_or_to_the_same_session_is_refused_as_a_whole(db, booked, team):
    for to, refusal in (("nowhere", NotFound), ("march", Invalid)):
        with pytest.raises(refusal):
            many.move(db, team, "march", {"references": booked, "session": to}, NOW)


def test_who_was_foreseen_to_have_a_place_is_not_announced(db, booked, team):
    session = db.get_one(Session, "march")
    version = session.version
    many.foresee_cancellations(db, team, "march", {"references": booked}, NOW)
    assert db.get_one(Session, "march").version == version
    assert "announced" not in db.info or not db.info["announced"][0].startswith("figures/")
