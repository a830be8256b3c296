"""In the room or online: nobody loses a place while one of the other mode is free, and anyone may change over."""

from datetime import timedelta
from importlib import import_module

import pytest
from sqlalchemy import select, text

from services.registration import moves
from services.registration.errors import BookingClosed, Clash, NotWaiting, SessionFull
from services.registration.models import MODES, Booking, Person, Session
from services.registration.places import admitting, bookings, waiting_list
from services.runtime.refusals import Invalid
from tests.registration.conftest import NOW, START
from tests.registration.events import events


@pytest.fixture
def book(db, person):
    """Have people book the March cohort, each a minute after the last: `book("amina", mode="online")`."""
    made = []

    def book(who, session="march", **said):
        made.append(who)
        return bookings.book(db, person(who), NOW + timedelta(minutes=len(made)), session, **said)["reference"]

    return book


def stands(db, reference):
    booking = db.scalars(select(Booking).where(Booking.reference == reference)).one()
    return f"{booking.state} {booking.mode}"


def shown(db, reference):
    booking = db.scalars(select(Booking).where(Booking.reference == reference)).one()
    return bookings.seen(db, booking, db.get_one(Session, booking.session_slug), NOW)


def change(db, reference, mode, now=NOW, **said):
    booking = db.scalars(select(Booking).where(Booking.reference == reference)).one()
    return moves.move(db, db.get_one(Person, booking.person_id), reference, now, mode=mode, **said)


def told_since(db, reference, version=1):
    return [(e.type.split(".")[1], e.data["cause"], e.data["mode"]) for e in events(db, reference)[version:]]


class TestARoomThatShrinks:
    """Seats taken while others wait, and dropped though places stood empty."""

    @pytest.fixture
    def full(self, told, book):
        """A room of six, full, and two who wait."""
        told(places_in_room=6)
        return [book(f"p{n}") for n in range(8)]

    def test_who_has_no_seat_any_more_has_a_place_online_and_nobody_waits_beside_empty_ones(self, db, told, full):
        session = told(places_in_room=3, places_online=6)
        assert [stands(db, each) for each in full] == (
            ["confirmed in_room"] * 3 + ["confirmed online"] * 3 + ["offered online"] * 2
        )
        assert (session.taken_in_room, session.taken_online, session.changing_in_room) == (3, 5, 5)

    def test_everybody_for_whom_something_changed_is_told_once(self, db, told, full):
        told(places_in_room=3, places_online=6)
        assert [told_since(db, each) for each in full[:3]] == [[]] * 3
        assert [told_since(db, each) for each in full[3:6]] == [[("booking_confirmed", "places_reduced", "online")]] * 3
        assert [told_since(db, each) for each in full[6:]] == [[("place_offered", "other_mode", "online")]] * 2

    def test_they_come_first_when_the_room_is_back_in_the_order_in_which_they_had_their_places(self, db, told, full):
        told(places_in_room=3, places_online=6)
        assert [shown(db, each)["waiting_for"] for each in full[3:6]] == [
            {"mode": "in_room", "position": position} for position in (1, 2, 3)
        ]
        told(places_in_room=5, places_online=6)
        assert [stands(db, each) for each in full[3:6]] == ["confirmed in_room"] * 2 + ["confirmed online"]
        assert told_since(db, full[3], 2) == [("booking_confirmed", "changed_mode", "in_room")]

    def test_who_says_no_to_the_other_mode_keeps_their_position(self, db, told, full):
        told(places_in_room=3, places_online=6)
        first = db.scalars(select(Booking).where(Booking.reference == full[6])).one()
        answer = bookings.decline(db, db.get_one(Person, first.person_id), full[6], NOW)
        assert (answer["state"], answer["mode"], answer["position"]) == ("waiting", "in_room", 4)
        assert told_since(db, full[6], 2) == [("booking_waitlisted", "declined", "in_room")]
        assert stands(db, full[6]) == "waiting in_room", "nobody is asked twice"

    def test_an_offer_of_the_other_mode_that_runs_out_is_a_no(self, db, told, full):
        told(places_in_room=3, places_online=6)
        booking = db.scalars(select(Booking).where(Booking.reference == full[6])).one()
        waiting_list.pass_on_expired(db, booking.offer_expires_at)
        assert [stands(db, each) for each in full[6:]] == ["waiting in_room"] * 2
        assert [shown(db, each)["position"] for each in full[6:]] == [4, 5]

    def test_who_accepts_the_other_mode_waits_no_more(self, db, told, full):
        told(places_in_room=3, places_online=6)
        first = db.scalars(select(Booking).where(Booking.reference == full[6])).one()
        bookings.accept(db, db.get_one(Person, first.person_id), full[6], NOW)
        assert (stands(db, full[6]), shown(db, full[6])["waiting_for"]) == ("confirmed online", None)
        assert db.get_one(Session, "march").changing_in_room == 4  # three who had a seat, and one who is asked

    def test_nobody_loses_a_place_for_the_sake_of_an_offer(self, db, told, full):
        told(places_in_room=3, places_online=4)
        assert [stands(db, each) for each in full[6:]] == ["offered online", "waiting in_room"]
        told(places_in_room=2, places_online=4)
        assert [stands(db, each) for each in full[:6]] == ["confirmed in_room"] * 2 + ["confirmed online"] * 4
        assert [stands(db, each) for each in full[6:]] == ["waiting in_room"] * 2

    def test_without_places_for_all_the_latest_wait_before_all_others(self, db, told, full):
        told(places_in_room=2, places_online=1)
        assert [stands(db, each) for each in full] == (
            ["confirmed in_room"] * 2 + ["confirmed online"] + ["waiting in_room"] * 5
        )
        assert [shown(db, each)["position"] for each in full[3:]] == [2, 3, 4, 5, 6], "one who is online comes first"


class TestASeatThatComesFreeBeforeTheyAnswer:
    """Someone who was offered the other mode was passed by."""

    @pytest.fixture
    def offered(self, db, told, book):
        """Amina in the room of one, Ben and Carla waiting for it; then one place online, which Ben is offered."""

        def offered(waiting_list):
            told(places_in_room=1, waiting_list=waiting_list)
            references = [book(who) for who in ("amina", "ben", "carla")]
            told(places_in_room=1, places_online=1, waiting_list=waiting_list)
            assert [stands(db, each) for each in references[1:]] == ["offered online", "waiting in_room"]
            assert [shown(db, each)["position"] for each in references] == [None, None, 2]
            return references

        return offered

    def cancel(self, db, reference):
        owner = db.scalars(select(Booking.person_id).where(Booking.reference == reference)).one()
        bookings.cancel(db, db.get_one(Person, owner), reference, NOW)

    def test_is_theirs_and_what_they_were_offered_goes_on(self, db, offered):
        amina, ben, carla = offered("automatic")
        self.cancel(db, amina)
        assert [stands(db, each) for each in (ben, carla)] == ["confirmed in_room", "offered online"]
        assert told_since(db, ben, 2) == [("booking_confirmed", "promoted", "in_room")]
        session = db.get_one(Session, "march")
        assert (session.changing_in_room, session.taken_in_room, session.taken_online) == (1, 1, 1)

    def test_is_offered_to_them_where_places_are_offered(self, db, offered):
        amina, ben, carla = offered("offer")
        self.cancel(db, amina)
        assert [stands(db, each) for each in (ben, carla)] == ["offered in_room", "offered online"]
        assert told_since(db, ben, 2) == [("place_offered", "freed", "in_room")]
        assert shown(db, ben)["waiting_for"] is None

    def test_is_theirs_too_if_they_were_offered_the_other_before_the_upgrade(self, db, offered):
        """They were not counted then."""
        amina, ben, _ = offered("automatic")
        db.get_one(Session, "march").changing_in_room = 0
        db.flush()
        counted = import_module("services.registration.migrations.versions.0016_offers_of_the_other_mode").COUNTED
        for mode in MODES:
            db.execute(text(counted.format(mode=mode)))
        db.expire_all()
        self.cancel(db, amina)
        assert stands(db, ben) == "confirmed in_room"


def test_seats_of_a_new_room_are_offered_to_those_who_wait_online_before_anyone_new(db, told, book):
    told(places_in_room=0, places_online=1)
    references = [book("amina"), book("ben")]
    session = told(places_in_room=1, places_online=1)
    assert [stands(db, each) for each in references] == ["confirmed online", "offered in_room"]
    assert session.left("in_room") == 0


def test_who_chose_between_both_modes_is_not_asked_again(db, told, book):
    told(places_in_room=1, places_online=1)
    references = [book("amina", mode="in_room"), book("ben", mode="in_room")]
    told(places_in_room=1, places_online=2)
    assert [stands(db, each) for each in references] == ["confirmed in_room", "waiting in_room"]


class TestChangingOver:
    """Nobody could change from the room to online."""

    def test_at_once_where_a_place_is_free_and_the_one_that_is_left_goes_on(self, db, told, book):
        told(places_in_room=1, places_online=1)
        amina, ben = book("amina", mode="in_room"), book("ben", mode="in_room")
        assert change(db, amina, "online")["mode"] == "online"
        assert [stands(db, each) for each in (amina, ben)] == ["confirmed online", "confirmed in_room"]
        assert told_since(db, amina) == [("booking_confirmed", "changed_mode", "online")]

    def test_who_has_to_wait_keeps_what_they_have_until_then(self, db, told, book):
        told(places_in_room=1, places_online=1)
        amina, ben = book("amina", mode="in_room"), book("ben", mode="online")
        answer = change(db, amina, "online")
        assert (answer["state"], answer["mode"]) == ("confirmed", "in_room")
        assert answer["waiting_for"] == {"mode": "online", "position": 1}
        carla = book("carla", mode="in_room")
        told(places_in_room=1, places_online=2)
        assert [stands(db, each) for each in (amina, ben, carla)] == [
            "confirmed online", "confirmed online", "confirmed in_room"
        ]  # fmt: skip

    def test_one_can_think_better_of_it(self, db, told, book):
        told(places_in_room=1, places_online=1)
        amina, _ = book("amina", mode="in_room"), book("ben", mode="online")
        change(db, amina, "online")
        assert change(db, amina, "in_room")["waiting_for"] is None
        session = told(places_in_room=1, places_online=2)
        assert (stands(db, amina), session.changing_online) == ("confirmed in_room", 0)

    def test_who_waits_changes_without_losing_their_turn(self, db, told, book):
        told(places_in_room=1, places_online=1)
        book("amina", mode="in_room"), book("ben", mode="online")
        carla, dev = book("carla", mode="in_room"), book("dev", mode="online")
        assert change(db, carla, "online")["position"] == 1
        assert shown(db, dev)["position"] == 2

    def test_a_place_that_clashes_is_taken_knowingly_or_not_at_all(self, db, told, book):
        told("april", places_in_room=5), told(places_in_room=1, places_online=1)
        book("amina", mode="in_room"), book("ben", mode="online")
        carla = book("carla", mode="in_room")
        owner = db.scalars(select(Booking.person_id).where(Booking.reference == carla)).one()
        bookings.book(db, db.get_one(Person, owner), NOW, "april")
        told(places_in_room=1, places_online=2)
        with pytest.raises(Clash):
            change(db, carla, "online")
        assert change(db, carla, "online", allow_clash=True)["state"] == "confirmed"

    def test_what_cannot_be_is_refused_and_nothing_has_changed(self, db, told, book):
        told(places_in_room=1, places_online=1, waiting_list="none")
        amina, _ = book("amina", mode="in_room"), book("ben", mode="online")
        for mode, refusal in (("online", SessionFull), ("in_room", Invalid), (None, Invalid)):
            with pytest.raises(refusal):
                change(db, amina, mode)
        with pytest.raises(BookingClosed):
            change(db, amina, "online", now=START)
        assert stands(db, amina) == "confirmed in_room"


def test_nobody_is_confirmed_into_a_clash_without_being_asked(db, told, book):
    told(places_in_room=1), told("april", places_in_room=1)
    amina, ben = book("amina"), book("ben")
    owner = db.scalars(select(Booking).where(Booking.reference == ben)).one().person_id
    bookings.book(db, db.get_one(Person, owner), NOW, "april")
    told(places_in_room=2)
    assert stands(db, ben) == "offered in_room"
    assert stands(db, amina) == "confirmed in_room"


def test_places_that_are_added_take_in_those_first_who_have_one_beyond_the_capacity(db, told, book, person):
    told(places_in_room=2)
    book("amina"), book("ben")
    tess = person("tess", granted=["team"])
    bookings.book_for(db, tess, NOW, "march", "x@example.org", over_capacity=True, reason="She speaks.")
    waits = book("carla")
    session = told(places_in_room=3)
    assert (session.taken_in_room, session.extra_in_room, stands(db, waits)) == (3, 0, "waiting in_room")


class TestLettingOneIn:
    """There was no way to give a place to one person who waits."""

    @pytest.fixture
    def waiting(self, told, book):
        told(places_in_room=1)
        return [book(who) for who in ("amina", "ben", "carla")][1:]

    @pytest.fixture
    def tess(self, person):
        return person("tess", granted=["team"])

    def test_beyond_the_capacity_with_a_reason(self, db, waiting, tess):
        answer = admitting.admit(db, tess, waiting[1], NOW, over_capacity=True, reason="She came from far away.")
        assert (answer["state"], answer["person"].name) == ("confirmed", "Carla")
        assert told_since(db, waiting[1]) == [("booking_confirmed", "admitted", "in_room")]
        assert events(db, waiting[1])[-1].data["reason"] == "She came from far away."
        session = db.get_one(Session, "march")
        assert (session.extra_in_room, session.waiting_in_room, shown(db, waiting[0])["position"]) == (1, 1, 1)
        assert db.info["announced"] == ("figures/march", session.version), "the page that follows waits for these"

    def test_within_it_where_the_place_is_free_and_nobody_can_be_asked(self, db, told, waiting, tess):
        late = START - timedelta(hours=1)
        told(places_in_room=2, waiting_list="offer", now=late)
        assert admitting.admit(db, tess, waiting[1], late)["state"] == "confirmed"
        assert db.get_one(Session, "march").extra_in_room == 0

    def test_what_it_would_mean_is_told_before_and_nothing_has_happened(self, db, told, waiting, tess):
        ben, carla = waiting
        names = [{"reference": ben, "name": "Ben"}]
        there = {"free": False, "mode": "in_room", "ahead": 1, "people": names}
        assert admitting.foresee(db, tess, carla, NOW) == there
        assert admitting.foresee(db, tess, ben, NOW) == {**there, "ahead": 0, "people": []}
        late = START - timedelta(hours=1)
        told(places_in_room=2, waiting_list="offer", now=late)
        assert admitting.foresee(db, tess, carla, late) == {**there, "free": True}
        assert [stands(db, one) for one in waiting] == ["waiting in_room"] * 2

    def test_who_wants_to_change_to_that_mode_is_ahead_too(self, db, told, book, tess):
        told(places_in_room=1, places_online=9)
        book("amina", mode="in_room")
        ben = book("ben", mode="online")
        moves.move(db, db.scalars(select(Person).where(Person.name == "Ben")).one(), ben, NOW, mode="in_room")
        carla = book("carla", mode="in_room")
        seen = admitting.foresee(db, tess, carla, NOW)
        assert (seen["ahead"], [one["name"] for one in seen["people"]]) == (1, ["Ben"])

    def test_of_many_who_are_ahead_the_first_are_named(self, db, told, book, tess):
        told(places_in_room=1)
        last = [book(f"p{n}") for n in range(14)][-1]
        seen = admitting.foresee(db, tess, last, NOW)
        assert (seen["ahead"], [one["name"] for one in seen["people"]]) == (12, [f"P{n}" for n in range(1, 11)])

    def test_a_place_that_was_held_until_just_now_has_gone_to_them_already(self, db, told, book, tess):
        until = NOW + timedelta(days=7)
        told(places_in_room=1, held_places=[{"sector": "citizen", "places": 1, "until": until}])
        amina = book("amina")
        for act in (admitting.foresee, admitting.admit):
            with pytest.raises(NotWaiting):
                act(db, tess, amina, until)

    def test_not_without_a_word_why_and_not_who_does_not_wait(self, db, waiting, tess):
        with pytest.raises(SessionFull):
            admitting.admit(db, tess, waiting[0], NOW)
        with pytest.raises(Invalid):
            admitting.admit(db, tess, waiting[0], NOW, over_capacity=True)
        admitting.admit(db, tess, waiting[0], NOW, over_capacity=True, reason="A speaker.")
        with pytest.raises(NotWaiting):
            admitting.admit(db, tess, waiting[0], NOW, over_capacity=True, reason="A speaker.")
