"""What inviting a waiting list to another session protects: the order, one place each, and no place promised twice."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.bus.outbox import trial
from services.registration import first_refusal, moves, my_data
from services.registration.errors import (
    AlreadyBooked,
    BookingClosed,
    ByApplication,
    Clash,
    OfferExpired,
    SessionCancelled,
)
from services.registration.models import LIVE, Booking, Invitation, Person, Session
from services.registration.places import admitting, bookings, lookup, sessions, waiting_list
from services.runtime.refusals import Invalid, NotFound
from tests.examples import examples
from tests.registration.conftest import NOW, START, state_of
from tests.registration.events import events
from tests.registration.meetings import HOUR, meeting
from tests.registration.rules import check_places

LATER = {"meetings": [meeting(START + 24 * 30 * HOUR)]}
WEEK = 7 * 24
NAMES = ("amina", "ben", "cleo", "dev")


@pytest.fixture
def team(person):
    return person("team", granted=["team"])


@pytest.fixture
def waits(db, told, person):
    """March is full, and four wait for it; June, of the same programme, has two places. Returns them by name."""
    told(places_in_room=1), told("june", places_in_room=2, **LATER)
    bookings.book(db, person("holder"), NOW, "march")
    people = {name: person(name) for name in NAMES}
    return {name: (who, bookings.book(db, who, NOW, "march")["reference"]) for name, who in people.items()}


@pytest.fixture
def invite(db, team):
    def now(at=NOW, to="june", hours=WEEK, slug="march"):
        return first_refusal.invite(db, team, slug, at, to, hours)

    return now


def offers(db, slug="june"):
    """Return who is offered a place, as `{name: reference}`, in the order in which they were asked."""
    theirs = select(Booking).where(Booking.session_slug == slug, Booking.state == "offered").order_by(Booking.id)
    return {_name(db, booking): booking.reference for booking in db.scalars(theirs)}


def _name(db, booking):
    return db.get_one(Person, booking.person_id).email[:-12]


def state_of_wait(db, waits, name):
    return db.scalar(select(Booking.state).where(Booking.reference == waits[name][1]))


def position(db, waits, name):
    return lookup.one(db, *waits[name], NOW)["position"]


def settle(db, now=NOW):
    for _ in range(9):
        first_refusal.settle_next(db, now)


# Who is asked


def test_as_many_as_there_are_places_are_asked_in_the_order_of_the_list(db, waits, invite):
    done = invite()
    assert [(item["person"].email[:-12], item["invited"], item["why"]) for item in done["items"]] == [
        ("amina", True, None),
        ("ben", True, None),
        ("cleo", False, "no_place_left"),
        ("dev", False, "no_place_left"),
    ]
    assert (done["invited"], done["places"], done["until"]) == (2, {"in_room": 2, "online": 0}, NOW + timedelta(days=7))
    assert list(offers(db)) == ["amina", "ben"]
    assert [position(db, waits, name) for name in NAMES] == [1, 2, 3, 4], "nobody loses their place on the list"
    [told] = events(db, offers(db)["amina"])
    assert (told.type, told.data["cause"], told.data["by"]) == ("registration.place_offered.v1", "invited", "team")
    assert (told.data["instead_of"], told.data["session"]) == ("march", "june")
    assert lookup.one(db, waits["amina"][0], told.data["reference"], NOW)["instead_of"] == "march"
    check_places(db)


def test_the_list_of_bookings_says_whose_waiting_list_is_asked_first_while_that_lasts(db, waits, invite):
    def first(slug="june", now=NOW):
        return lookup.page_of_session(db, slug, now, None, 10)["first_refusal"]

    assert first() == []
    invite()
    until = NOW + timedelta(days=7)
    assert (first(), first("march")) == ([{"session": "march", "until": until}], [])
    assert first(now=until) == []


def test_a_dry_run_says_who_would_be_asked_and_asks_nobody(db, waits, team):
    done = first_refusal.foresee(db, team, "march", NOW, "june", WEEK)
    assert [(item["invited"], item["offer"]) for item in done["items"]] == [(True, None)] * 2 + [(False, None)] * 2
    assert (offers(db), db.scalars(select(Invitation)).all()) == ({}, [])
    assert Session.locked(db, "june").invited_until is None


def test_who_cannot_be_asked_is_passed_over_and_it_is_said_why(db, told, person, waits, invite):
    told("april", programme="other", **LATER)
    bookings.book(db, waits["amina"][0], NOW, "june")
    bookings.book(db, waits["ben"][0], NOW, "april")
    told("june", places_in_room=3, **LATER)
    done = invite()
    assert [item["why"] for item in done["items"]] == ["already_booked", "clash", None, None]
    assert list(offers(db)) == ["cleo", "dev"]


def test_nobody_is_asked_about_a_mode_that_they_do_not_want(db, told, person, invite):
    told(places_in_room=1, places_online=1), told("june", places_in_room=0, places_online=5, **LATER)
    for name, mode in (("a", "in_room"), ("b", "online")):
        bookings.book(db, person(name), NOW, "march", mode=mode)
    for name, said in (
        ("c", {"mode": "in_room"}),
        ("d", {"mode": "in_room", "either": True}),
        ("e", {"mode": "online"}),
    ):
        bookings.book(db, person(name), NOW, "march", **said)
    assert [(item["mode"], item["why"]) for item in invite()["items"]] == [
        ("in_room", "no_such_mode"),
        ("online", None),
        ("online", None),
    ]


def test_places_that_are_held_for_a_sector_are_offered_to_its_people_alone(db, told, person, invite):
    held = [{"sector": "citizen", "places": 1, "until": NOW + 24 * HOUR}]
    told(places_in_room=0, places_online=1)
    told("june", places_in_room=0, places_online=1, held_places=held, **LATER)
    for name, sector in (("a", "hospital"), ("b", "hospital"), ("c", "citizen")):
        bookings.book(db, person(name, sector=sector), NOW, "march")
    assert [item["why"] for item in invite()["items"]] == ["no_place_left", None]


def test_someone_who_was_erased_is_not_asked(db, waits, invite):
    my_data.erase(db, waits["amina"][0], NOW)
    invite()
    assert list(offers(db)) == ["ben", "cleo"]


@pytest.mark.parametrize(
    ("to", "said", "code"),
    [
        ("march", {}, "same-session"),
        ("nothing", {}, "unknown-name"),
        ("june", {"programme": "other"}, "other-programme"),
        ("june", {"status": "draft"}, "unknown-name"),
    ],
)
def test_a_session_that_they_cannot_be_invited_to_is_refused_at_its_field(db, told, waits, invite, to, said, code):
    told("june", **{**LATER, **said})
    with pytest.raises(Invalid) as refused:
        invite(to=to)
    assert [(error["field"], error["code"]) for error in refused.value.errors] == [("to", code)]


def test_a_session_that_is_off_or_about_to_begin_is_refused(db, told, waits, invite):
    with pytest.raises(BookingClosed):
        invite(at=START + 24 * 30 * HOUR - 2 * HOUR)
    told("june", status="cancelled", cancel_reason="Ill", **LATER)
    with pytest.raises(SessionCancelled):
        invite()
    with pytest.raises(NotFound):
        invite(slug="nothing")


@pytest.mark.parametrize("slug", ["march", "june"])
def test_where_the_team_gives_the_places_there_is_no_list_to_invite_and_no_place_to_offer(
    db, told, waits, invite, slug
):
    told(slug, by_application=True, **({"places_in_room": 2, **LATER} if slug == "june" else {"places_in_room": 1}))
    with pytest.raises(ByApplication):
        invite()


def test_first_refusal_ends_before_it_is_too_late_for_offers(db, told, waits, invite):
    begins = NOW + timedelta(days=3)
    told("june", meetings=[meeting(begins)], places_in_room=1)
    assert invite()["until"] == begins - waiting_list.SHORTEST_OFFER


def test_a_list_whose_session_is_over_can_be_invited(db, waits, invite):
    after = START + 24 * HOUR
    invite(at=after)
    done = first_refusal.accept(db, waits["amina"][0], offers(db)["amina"], after)
    assert (done["state"], state_of_wait(db, waits, "amina")) == ("confirmed", "cancelled")


# What people answer


def test_whoever_accepts_waits_no_longer(db, waits, invite):
    invite()
    done = first_refusal.accept(db, waits["amina"][0], offers(db)["amina"], NOW)
    assert (done["session"], done["state"]) == ("june", "confirmed")
    ended = events(db, waits["amina"][1])[-1]
    assert (ended.type, ended.data["cause"]) == ("registration.booking_cancelled.v1", "accepted_other")
    assert events(db, done["reference"])[-1].data["instead_of"] == "march"
    assert [position(db, waits, name) for name in NAMES[1:]] == [1, 2, 3]
    assert list(offers(db)) == ["ben"], "nobody else is asked because of that"
    check_places(db)


def test_whoever_declines_stays_on_the_list_and_the_next_is_asked(db, waits, invite):
    invite()
    bookings.decline(db, waits["amina"][0], offers(db)["amina"], NOW + HOUR)
    assert list(offers(db)) == ["ben", "cleo"]
    assert position(db, waits, "amina") == 1
    assert events(db, offers(db)["cleo"])[0].data["by"] == "system"
    bookings.decline(db, waits["ben"][0], offers(db)["ben"], NOW + HOUR)
    bookings.decline(db, waits["cleo"][0], offers(db)["cleo"], NOW + HOUR)
    assert list(offers(db)) == ["dev"], "whoever said no is not asked again"


@pytest.mark.parametrize("leave", ["cancel", "move"])
def test_whoever_gives_up_a_place_there_is_not_asked_about_it(db, told, team, waits, invite, leave):
    told("july", meetings=[meeting(START + 24 * 60 * HOUR)])
    booked = bookings.book(db, waits["amina"][0], NOW - HOUR, "june")["reference"]
    invite()
    assert list(offers(db)) == ["ben"]
    if leave == "cancel":
        bookings.cancel(db, waits["amina"][0], booked, NOW + HOUR)
    else:
        moves.move(db, team, booked, NOW + HOUR, "july")
    assert list(offers(db)) == ["ben", "cleo"]
    assert position(db, waits, "amina") == 1


def test_who_gave_a_place_up_before_the_invitation_is_asked(db, waits, invite):
    booked = bookings.book(db, waits["amina"][0], NOW - HOUR, "june")["reference"]
    bookings.cancel(db, waits["amina"][0], booked, NOW - HOUR)
    invite()
    assert list(offers(db)) == ["amina", "ben"]


def test_an_offer_that_runs_out_is_the_next_person_s_and_costs_nobody_their_place_on_the_list(db, waits, invite):
    invite()
    lapsed = offers(db)["amina"]
    until = NOW + waiting_list.LONGEST_OFFER
    waiting_list.pass_on_expired(db, until)
    assert list(offers(db)) == ["cleo", "dev"]
    assert [position(db, waits, name) for name in NAMES] == [1, 2, 3, 4]
    told = events(db, lapsed)[-1]
    assert (told.type, told.data["state"]) == ("registration.offer_expired.v1", "cancelled")
    with pytest.raises(OfferExpired):
        first_refusal.accept(db, waits["amina"][0], lapsed, until)


def test_after_first_refusal_a_place_is_for_whoever_books(db, person, waits, invite):
    invite(hours=2)
    after = NOW + 3 * HOUR
    bookings.decline(db, waits["amina"][0], offers(db)["amina"], after)
    assert list(offers(db)) == ["ben"], "who was asked before still has time to answer"
    assert bookings.book(db, person("zoe"), after, "june")["state"] == "confirmed"
    assert Session.locked(db, "june").invited_until is None


def test_while_first_refusal_lasts_nobody_else_gets_an_offered_place_or_one_that_comes_free(db, person, waits, invite):
    invite()
    zoe = bookings.book(db, person("zoe"), NOW, "june")
    assert zoe["state"] == "waiting"
    bookings.decline(db, waits["amina"][0], offers(db)["amina"], NOW)
    assert lookup.one(db, person_of(db, zoe), zoe["reference"], NOW)["position"] == 1
    assert list(offers(db)) == ["ben", "cleo"]


def person_of(db, booking):
    row = db.scalars(select(Booking).where(Booking.reference == booking["reference"])).one()
    return db.get(Person, row.person_id)


def test_when_nobody_is_left_to_ask_the_next_is_whoever_waits_there(db, person, waits, invite):
    invite()
    zoe = bookings.book(db, person("zoe"), NOW, "june")
    for name in NAMES:
        bookings.decline(db, waits[name][0], offers(db)[name], NOW)
    assert lookup.one(db, person_of(db, zoe), zoe["reference"], NOW)["state"] == "confirmed"


def test_places_that_are_added_are_offered_to_those_who_come_first(db, told, waits, invite):
    invite()
    told("june", places_in_room=3, **LATER)
    assert list(offers(db)) == ["amina", "ben", "cleo"]


def test_asked_for_again_it_lasts_as_long_as_is_said_then_and_nobody_is_asked_twice(db, waits, invite):
    invite()
    bookings.decline(db, waits["amina"][0], offers(db)["amina"], NOW)
    done = invite(hours=24)
    assert (done["invited"], done["until"]) == (0, NOW + timedelta(days=1))
    assert [item["person"].email[:-12] for item in done["items"]] == ["dev"]
    assert len(db.scalars(select(Invitation)).all()) == 1


def test_a_new_invitation_asks_those_again_who_said_no_to_the_last(db, waits, invite):
    invite(hours=2)
    for name in ("amina", "ben"):
        bookings.decline(db, waits[name][0], offers(db)[name], NOW + 3 * HOUR)
    invite(at=NOW + 4 * HOUR)
    assert list(offers(db)) == ["amina", "ben"]


def test_booking_the_session_oneself_is_to_accept(db, waits, invite):
    invite()
    done = first_refusal.book(db, waits["amina"][0], NOW, "june", access_needs="A ramp.")
    assert (done["state"], done["access_needs"]) == ("confirmed", "A ramp.")
    assert state_of_wait(db, waits, "amina") == "cancelled"
    with pytest.raises(AlreadyBooked):
        first_refusal.book(db, waits["amina"][0], NOW, "june")
    assert first_refusal.book(db, waits["dev"][0], NOW, "june")["state"] == "waiting", "they were not asked yet"


def test_what_they_need_goes_with_them(db, told, person, invite):
    told(places_in_room=1), told("june", places_in_room=2, **LATER)
    bookings.book(db, person("holder"), NOW, "march")
    bookings.book(db, person("amina"), NOW, "march", access_needs="A ramp.")
    assert (
        db.scalar(select(Booking.access_needs).where(Booking.reference == invite()["items"][0]["offer"])) == "A ramp."
    )


def test_a_clash_that_came_since_is_asked_about(db, told, waits, invite):
    invite()
    told("april", programme="other", **LATER)
    bookings.book(db, waits["amina"][0], NOW, "april")
    with pytest.raises(Clash):
        first_refusal.accept(db, waits["amina"][0], offers(db)["amina"], NOW)
    assert state_of_wait(db, waits, "amina") == "waiting"
    done = first_refusal.accept(db, waits["amina"][0], offers(db)["amina"], NOW, allow_clash=True)
    assert done["state"] == "confirmed"


# One place each


def free_march(db):
    holder = select(Booking).where(Booking.session_slug == "march", Booking.state == "confirmed").order_by(Booking.id)
    booking = db.scalars(holder).first()
    bookings.cancel(db, db.get(Person, booking.person_id), booking.reference, NOW)


def test_whoever_gets_a_place_where_they_waited_is_offered_no_other(db, waits, invite):
    invite()
    offer = offers(db)["amina"]
    free_march(db)
    assert state_of_wait(db, waits, "amina") == "confirmed"
    with pytest.raises(OfferExpired):
        first_refusal.accept(db, waits["amina"][0], offer, NOW)
    settle(db)
    assert list(offers(db)) == ["ben", "cleo"], "their place is passed on"
    ended = events(db, offer)[-1]
    assert (ended.type, ended.data["cause"]) == ("registration.booking_cancelled.v1", "got_other")
    assert ended.data["instead_of"] == "march"
    check_places(db)


def test_whoever_is_offered_both_holds_the_one_that_they_accept(db, told, waits, invite):
    told(places_in_room=1, waiting_list="offer")
    invite()
    free_march(db)
    assert state_of_wait(db, waits, "amina") == "offered"
    first_refusal.accept(db, waits["amina"][0], offers(db)["amina"], NOW)
    assert state_of_wait(db, waits, "amina") == "cancelled"
    assert state_of_wait(db, waits, "ben") == "offered", "the place in March is passed on"
    check_places(db)


def test_whoever_chose_the_other_way_to_take_part_waits_no_longer_either(db, told, waits, invite):
    told("june", places_in_room=2, places_online=2, **LATER)
    invite()
    moves.move(db, waits["amina"][0], offers(db)["amina"], NOW, mode="online")
    settle(db)
    assert state_of_wait(db, waits, "amina") == "cancelled"


def test_whoever_takes_a_place_in_a_third_session_instead_waits_no_longer_either(db, told, waits, invite):
    told("july", meetings=[meeting(START + 24 * 60 * HOUR)], places_in_room=2)
    invite()
    moves.move(db, waits["amina"][0], offers(db)["amina"], NOW, "july")
    settle(db)
    assert state_of_wait(db, waits, "amina") == "cancelled"
    assert list(offers(db)) == ["ben", "cleo"]


def test_whoever_is_let_in_over_capacity_where_they_waited_is_offered_no_other(db, team, waits, invite):
    invite()
    admitting.admit(db, team, waits["amina"][1], NOW, over_capacity=True, reason="She speaks.")
    settle(db)
    assert list(offers(db)) == ["ben", "cleo"]


def test_whoever_stops_waiting_may_still_accept(db, waits, invite):
    invite()
    bookings.cancel(db, *waits["amina"], NOW)
    settle(db)
    assert first_refusal.accept(db, waits["amina"][0], offers(db)["amina"], NOW)["state"] == "confirmed"


def test_erasing_someone_who_is_asked_passes_their_place_on(db, waits, invite):
    invite()
    my_data.erase(db, waits["amina"][0], NOW)
    settle(db)
    assert list(offers(db)) == ["ben", "cleo"]
    check_places(db)


def test_a_session_with_fewer_places_takes_offers_back_and_leaves_people_on_their_list(db, told, waits, invite):
    invite()
    told("june", places_in_room=1, **LATER)
    assert list(offers(db)) == ["amina"]
    assert Session.locked(db, "june").waiting("in_room") == 0, "they wait for March, and not for June"
    assert position(db, waits, "ben") == 2
    check_places(db)


def test_a_session_that_is_called_off_ends_it_also_if_it_is_called_back(db, told, waits, invite):
    invite()
    told("june", status="cancelled", cancel_reason="Ill", **LATER)
    assert offers(db) == {}
    told("june", **LATER)
    assert offers(db) == {}
    live = select(Booking).where(Booking.session_slug == "june", Booking.state.in_(LIVE))
    assert db.scalars(live).all() == []
    assert [position(db, waits, name) for name in NAMES] == [1, 2, 3, 4]


@pytest.mark.one_database
@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(("yes", "no", "lapse", "free"))), max_size=14))
def test_whatever_people_answer_no_place_is_promised_twice_and_the_order_is_kept(db, waits, team, answers):
    with trial(db):
        first_refusal.invite(db, team, "march", NOW, "june", WEEK)
        now = NOW
        for n, answer in answers:
            now = answered(db, waits[NAMES[n]][0], answer, now)
            settle(db, now)
            check_places(db)
            theirs = {waits[name][0].id: name for name in NAMES}
            asked = select(Booking.person_id).where(Booking.instead_of_id.is_not(None)).order_by(Booking.id)
            order = [theirs[id] for id in db.scalars(asked)]
            assert order == sorted(order), "in the order of the list, and each once"
            confirmed = db.scalars(select(Booking.person_id).where(Booking.state == "confirmed")).all()
            assert len(confirmed) == len({*confirmed}), "nobody has a place in both"


def answered(db, who, answer, now):
    """Have someone answer an offer, or let all run out, or free a place in March; return when it is then."""
    offered = select(Booking).where(Booking.person_id == who.id, Booking.state == "offered")
    offer = db.scalar(offered.where(Booking.session_slug == "june"))
    if answer == "yes" and offer:
        first_refusal.accept(db, who, offer.reference, now)
    elif answer == "no" and offer:
        bookings.decline(db, who, offer.reference, now)
    elif answer == "lapse":
        now += timedelta(hours=49)
        waiting_list.pass_on_expired(db, now)
    elif answer == "free":
        free_one(db, now)
    return now


def free_one(db, now):
    held = select(Booking).where(Booking.session_slug == "march", Booking.state == "confirmed").order_by(Booking.id)
    if booking := db.scalars(held).first():
        bookings.cancel(db, db.get(Person, booking.person_id), booking.reference, now)


def test_the_copy_of_a_session_is_kept_while_it_is_invited_to(db, waits, invite):
    invite()
    sessions.keep(db, {**state_of("june", START + 24 * 30 * HOUR, hours=7, places_in_room=2), "version": 9}, NOW)
    assert Session.locked(db, "june").invited_until == NOW + timedelta(days=7)
