"""What applications protect: nobody gets a place of such a session by booking or in turn, but by the team's word."""

from datetime import timedelta

import pytest

from services.registration import deciding, handing_on, moves, my_data
from services.registration.errors import ApplicationsClosed, ByApplication, SessionFull
from services.registration.models import Booking
from services.registration.places import admitting, applications, bookings, lookup
from services.runtime.refusals import Invalid, NotFound
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
    return lookup.one(db, person, reference, now)


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


# Deciding


def decided(db, tess, now=NOW, **said):
    plain = {"give": [], "refuse": [], "refuse_rest": False, "over_capacity": False}
    return deciding.decide(db, tess, "march", {**plain, **said}, now)


def states(told):
    return [row["state"] or row["problem"]["code"] for row in told["items"]]


def test_places_are_given_and_the_rest_is_told_that_there_is_none_in_one_go(db, apply, tess):
    people, references = apply(4)
    told = decided(db, tess, give=references[2:], refuse_rest=True, message="Next time, perhaps.")
    assert states(told) == ["confirmed", "confirmed", "cancelled", "cancelled"]
    assert [events(db, reference)[-1].data["cause"] for reference in references] == ["refused"] * 2 + ["admitted"] * 2
    assert events(db, references[0])[-1].data["reason"] == "Next time, perhaps."
    view = seen(db, people[0], references[0])
    assert (view["state"], view["refused"]) == ("cancelled", True)


def test_those_about_whom_nothing_is_decided_stay_applicants(db, apply, tess):
    people, references = apply(3)
    decided(db, tess, give=references[:1], refuse=references[1:2])
    assert seen(db, people[2], references[2])["state"] == "waiting"


def test_more_than_there_are_places_for_get_one_only_over_capacity_and_with_a_reason(db, apply, tess):
    people, references = apply(4)
    told = decided(db, tess, give=references[:3], refuse_rest=True)
    assert states(told) == ["confirmed", "confirmed", "session-full", "cancelled"]
    assert seen(db, people[2], references[2])["state"] == "waiting", "who was to have a place is not turned down"
    with pytest.raises(Invalid) as refused:
        decided(db, tess, give=references[2:3], over_capacity=True)
    assert [error["field"] for error in refused.value.errors] == ["reason"]
    assert states(decided(db, tess, give=references[2:3], over_capacity=True, reason="She speaks.")) == ["confirmed"]


def test_deciding_the_same_again_changes_nothing_and_tells_nobody(db, apply, tess):
    _, references = apply(3)
    said = {"give": references[:2], "refuse": references[2:]}
    first = decided(db, tess, **said)
    before = [len(events(db, reference)) for reference in references]
    assert states(decided(db, tess, **said)) == states(first)
    assert [len(events(db, reference)) for reference in references] == before


def test_nobody_is_given_a_place_and_turned_down_at_once(db, apply, tess):
    _, references = apply(2)
    with pytest.raises(Invalid) as refused:
        decided(db, tess, give=references, refuse=references[1:])
    assert [(error["field"], error["code"]) for error in refused.value.errors] == [("refuse.0", "repeated")]


def test_what_is_foreseen_is_kept_nowhere(db, apply, tess):
    people, references = apply(2)
    given = {"give": references[:1], "refuse": [], "refuse_rest": True, "over_capacity": False}
    assert states(deciding.foresee(db, tess, "march", given, NOW)) == ["confirmed", "cancelled"]
    assert [seen(db, each, reference)["state"] for each, reference in zip(people, references, strict=True)] == [
        "waiting",
        "waiting",
    ]


def test_a_place_of_a_sector_is_held_for_it_when_the_team_decides(db, apply, tess):
    until = NOW + timedelta(days=20)
    _, references = apply(2, held_places=[{"sector": "citizen", "places": 1, "until": until}])
    assert states(decided(db, tess, give=references)) == ["confirmed", "session-full"]


def test_only_of_a_session_that_people_apply_for_is_there_anything_to_decide(db, told, tess):
    told()
    with pytest.raises(NotFound):
        decided(db, tess)
    with pytest.raises(NotFound):
        applications.page(db, "march", None, 10)


def test_the_team_reads_who_came_before_and_who_got_no_place_before(db, apply, told, tess):
    people, references = apply(2)
    told("april", by_application=True)
    turned_down = bookings.book(db, people[0], NOW, "april", allow_clash=True)["reference"]
    plain = {"refuse_rest": False, "over_capacity": False}
    deciding.decide(db, tess, "april", {"give": [], "refuse": [turned_down], **plain}, NOW)
    told("may")
    came = bookings.book(db, people[1], NOW, "may", allow_clash=True)["reference"]
    db.query(Booking).filter_by(reference=came).one().attendance = "attended"
    db.flush()
    rows = applications.page(db, "march", None, 10)["items"]
    assert [(row["reference"], row["refused"], row["attended"]) for row in rows] == [
        (references[0], 1, 0),
        (references[1], 0, 1),
    ]


def test_the_suggestion_counts_those_who_have_a_place_already(db, told, person, tess):
    told(by_application=True, places_in_room=3)
    who = [person("a"), person("b"), person("c", sector="citizen"), person("d", sector="citizen")]
    references = [bookings.book(db, each, NOW, "march")["reference"] for each in who]
    admitting.admit(db, tess, references[0], NOW)
    found = applications.suggestion(db, "march", NOW)
    assert (found["free"], found["references"]) == (2, [references[2], references[1]])
    assert found["sectors"] == [
        {"sector": "citizen", "have": 0, "applied": 2, "suggested": 1},
        {"sector": "hospital", "have": 1, "applied": 1, "suggested": 1},
    ]
    assert applications.suggestion(db, "march", NOW, 1)["references"] == [references[2]]


def test_who_was_turned_down_can_apply_again_and_who_is_erased_leaves_nothing_written(db, apply, tess):
    people, references = apply(1)
    decided(db, tess, refuse=references, message="Amina, not yet.")
    assert bookings.book(db, people[0], NOW, "march")["state"] == "waiting"
    assert my_data.export(db, people[0])["bookings"][0]["refused"] is True
    my_data.erase(db, people[0], NOW)
    assert {booking.reason for booking in db.query(Booking)} == {None}
