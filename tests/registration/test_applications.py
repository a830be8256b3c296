"""What applications protect: nobody gets a place of such a session by booking or in turn, but by the team's word."""

from datetime import timedelta

import pytest

from services.registration import handing_on, moves
from services.registration.errors import ApplicationsClosed, ByApplication, SessionFull
from services.registration.places import admitting, bookings
from tests.registration.conftest import NOW, START
from tests.registration.events import events

UNTIL = NOW + timedelta(days=7)


@pytest.fixture
def tess(person):
    return person("tess", granted=["team"])


@pytest.fixture
def apply(db, told, person):
    """Have people apply for a session of two places: `apply(3)` returns (people, references)."""

    def make(number, **said):
        told(by_application=True, applications_until=UNTIL, **said)
        people = [person(f"p{n}") for n in range(number)]
        return people, [bookings.book(db, each, NOW, "march", if_full="refuse")["reference"] for each in people]

    return make


def seen(db, person, reference, now=NOW):
    return bookings.one(db, person, reference, now)


def test_who_applies_waits_in_no_line_though_places_are_free(db, apply):
    people, references = apply(1)
    view = seen(db, people[0], references[0])
    assert (view["state"], view["position"], view["application"]) == ("waiting", None, True)
    [told] = events(db, references[0])
    assert (told.data["cause"], told.data["position"]) == ("applied", None)


def test_applications_close(db, apply, person):
    apply(1)
    bookings.book(db, person("early"), UNTIL - timedelta(seconds=1), "march")
    with pytest.raises(ApplicationsClosed) as refused:
        bookings.book(db, person("late"), UNTIL, "march")
    assert refused.value.facts == {"closed_at": UNTIL.isoformat()}


def test_applications_without_a_closing_time_are_taken_until_the_session_starts(db, told, person):
    told(by_application=True)
    last = START - timedelta(minutes=1)
    assert bookings.book(db, person("last"), last, "march")["state"] == "waiting"


def test_a_place_that_comes_free_goes_to_nobody_by_itself(db, apply, tess):
    people, references = apply(3)
    for reference in references[:2]:
        admitting.admit(db, tess, reference, NOW)
    bookings.cancel(db, people[0], references[0], NOW)
    assert seen(db, people[2], references[2])["state"] == "waiting"
    assert admitting.admit(db, tess, references[2], NOW)["state"] == "confirmed"
    assert events(db, references[2])[-1].data["cause"] == "admitted"


def test_the_team_gives_no_more_places_than_there_are(db, apply, tess):
    _, references = apply(3)
    for reference in references[:2]:
        admitting.admit(db, tess, reference, NOW)
    assert admitting.foresee(db, tess, references[2], NOW) == {
        "free": False,
        "mode": "in_room",
        "ahead": 0,
        "people": [],
    }
    with pytest.raises(SessionFull):
        admitting.admit(db, tess, references[2], NOW)


def test_anyone_the_team_books_has_a_place_also_after_the_closing_time(db, told, tess):
    told(by_application=True, applications_until=UNTIL)
    made = bookings.book_for(db, tess, UNTIL, "march", "new@example.org", "New")
    assert made["state"] == "confirmed"


def test_nobody_moves_past_those_who_applied_but_the_team_may_move_them(db, told, person, tess):
    told(by_application=True)
    told("april")
    amina = person()
    reference = bookings.book(db, amina, NOW, "april", allow_clash=True)["reference"]
    with pytest.raises(ByApplication):
        moves.move(db, amina, reference, NOW, "march", allow_clash=True)
    assert moves.move(db, tess, reference, NOW, "march", allow_clash=True)["state"] == "confirmed"


def test_who_asks_for_the_other_mode_still_waits_for_the_team(db, told, person):
    told(by_application=True, places_online=1)
    amina = person()
    reference = bookings.book(db, amina, NOW, "march", mode="in_room")["reference"]
    changed = moves.move(db, amina, reference, NOW, mode="online")
    assert (changed["state"], changed["mode"], changed["position"]) == ("waiting", "online", None)


def test_who_has_a_place_changes_over_to_a_free_one_or_not_at_all(db, told, person, tess):
    told(by_application=True, places_online=1)
    people = [person(f"p{n}") for n in range(2)]
    references = [bookings.book(db, each, NOW, "march", mode="in_room")["reference"] for each in people]
    for reference in references:
        admitting.admit(db, tess, reference, NOW)
    assert moves.move(db, people[0], references[0], NOW, mode="online")["mode"] == "online"
    with pytest.raises(SessionFull):
        moves.move(db, people[1], references[1], NOW, mode="online")


def test_a_place_that_the_team_gave_is_not_handed_on(db, apply, tess):
    people, references = apply(1, hand_on="always")
    admitting.admit(db, tess, references[0], NOW)
    with pytest.raises(ByApplication):
        handing_on.hand_on(db, people[0], references[0], NOW, "colleague@example.org")


def test_where_places_are_given_in_order_again_those_who_applied_get_them_in_theirs(db, apply, told):
    people, references = apply(3)
    told(by_application=False)
    states = [seen(db, each, reference)["state"] for each, reference in zip(people, references, strict=True)]
    assert states == ["confirmed", "confirmed", "waiting"]
    assert seen(db, people[2], references[2])["position"] == 1


def test_places_that_are_added_or_let_go_stay_free_for_the_team_to_give(db, apply, told, tess):
    people, references = apply(3, places_in_room=1)
    admitting.admit(db, tess, references[0], NOW)
    session = told(by_application=True, places_in_room=3)
    assert (session.left("in_room"), session.waiting("in_room")) == (2, 2)
    assert seen(db, people[1], references[1])["state"] == "waiting"
