"""What people complained of in the systems before this one: a scenario for each, named after the complaint."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.registration.errors import NothingOffered, OfferExpired, SessionFull
from services.registration.models import Booking, Change, Session
from services.registration.places import bookings, figures, lookup, waiting_list
from services.registration.places.waiting_list import LONGEST_OFFER, SHORTEST_OFFER
from tests.registration.conftest import NOW, START
from tests.registration.rules import check_places

MOMENT = timedelta(microseconds=1)


def announced(db):
    """Return what was announced of bookings: (type, whose), in order."""
    events = [Envelope.from_json(row) for row in db.scalars(select(outbox.c.envelope).order_by(outbox.c.position))]
    return [(e.type.split(".")[1], e.data["person"]) for e in events if e.subject.startswith("bookings/")]


def states(db):
    """Return the state of each booking by who has it."""
    return dict(db.execute(select(Booking.person_id, Booking.state)).all())


def timers(db, now):
    waiting_list.pass_on_expired(db, now)
    waiting_list.release_held(db, now)


@pytest.fixture
def offered(db, told, person):
    """Amina has cancelled the only place; it is on offer to Ben, and Carol waits behind him: (ben, carol, refs)."""
    told(places_in_room=1, waiting_list="offer")
    amina, ben, carol = (person(name) for name in ("amina", "ben", "carol"))
    references = [bookings.book(db, who, NOW, "march")["reference"] for who in (amina, ben, carol)]
    bookings.cancel(db, amina, references[0], NOW)
    assert states(db) == {amina.id: "cancelled", ben.id: "offered", carol.id: "waiting"}
    return ben, carol, references[1:]


# "A waiting list whose offers revive after a cancellation"


def test_an_offer_does_not_come_back_to_life_after_the_session_is_cancelled(db, told, offered):
    ben, carol, (his, hers) = offered
    told(status="cancelled", cancel_reason="The speaker is ill.", waiting_list="offer", places_in_room=1)
    before = announced(db)
    for now in (NOW, NOW + LONGEST_OFFER - MOMENT, NOW + LONGEST_OFFER, START):
        timers(db, now)
        for verb in (bookings.accept, bookings.decline):
            with pytest.raises(NothingOffered):
                verb(db, ben, his, now)
            with pytest.raises(NothingOffered):
                verb(db, carol, hers, now)
    assert set(states(db).values()) == {"cancelled"}
    assert announced(db) == before, "and nobody is told a word of it"


def test_an_offer_does_not_come_back_with_its_old_time_if_the_cancelled_session_is_called_back(db, told, offered):
    ben, carol, (his, _) = offered
    told(status="cancelled", cancel_reason="The speaker is ill.", waiting_list="offer", places_in_room=1)
    then = NOW + LONGEST_OFFER
    told(status="published", waiting_list="offer", places_in_room=1, now=then)
    timers(db, then + timedelta(hours=1))
    assert {ben.id: "offered", carol.id: "waiting"}.items() <= states(db).items()
    assert db.scalar(select(Booking.offer_expires_at).where(Booking.reference == his)) == then + LONGEST_OFFER


def test_an_offer_does_not_come_back_to_life_after_its_owner_cancelled_it(db, offered, person):
    ben, carol, (his, hers) = offered
    bookings.cancel(db, ben, his, NOW)
    bookings.cancel(db, carol, hers, NOW)
    timers(db, NOW + LONGEST_OFFER)
    with pytest.raises(NothingOffered):
        bookings.accept(db, ben, his, NOW)
    assert {ben.id: "cancelled", carol.id: "cancelled"}.items() <= states(db).items()
    assert bookings.book(db, person("dan"), NOW, "march")["state"] == "confirmed"


def test_an_offer_that_expired_is_not_the_offer_that_came_later(db, offered):
    """Who waits again after an offer ran out gets another one in their turn, and not the old one extended."""
    ben, carol, (his, hers) = offered
    timers(db, NOW + LONGEST_OFFER)
    with pytest.raises(OfferExpired):
        bookings.accept(db, ben, his, NOW + LONGEST_OFFER)
    bookings.decline(db, carol, hers, NOW + LONGEST_OFFER)
    again = lookup.one(db, ben, his, NOW + LONGEST_OFFER)
    assert (again["state"], again["offer"]) == ("offered", {"expires_at": NOW + 2 * LONGEST_OFFER})


# "Offers sent after the start"


@pytest.mark.parametrize("left", [SHORTEST_OFFER, timedelta(minutes=30), timedelta(0), -timedelta(hours=1)])
def test_no_offer_is_sent_after_the_start_or_in_the_last_two_hours(db, told, person, left):
    told(places_in_room=1, waiting_list="offer")
    amina, ben = person("amina"), person("ben")
    held, waits = (bookings.book(db, who, NOW, "march")["reference"] for who in (amina, ben))
    bookings.cancel(db, amina, held, START - left)
    timers(db, START - left)
    told(places_in_room=3, waiting_list="offer", now=START - left)
    assert lookup.one(db, ben, waits, START - left)["state"] == "waiting"
    assert "place_offered" not in [what for what, _ in announced(db)]


def test_just_before_the_last_two_hours_an_offer_still_leaves_time_to_come(db, told, person):
    told(places_in_room=1, waiting_list="offer")
    amina, ben = person("amina"), person("ben")
    held, waits = (bookings.book(db, who, NOW, "march")["reference"] for who in (amina, ben))
    now = START - SHORTEST_OFFER - MOMENT
    bookings.cancel(db, amina, held, now)
    assert lookup.one(db, ben, waits, now)["offer"] == {"expires_at": START - MOMENT}


def test_an_offer_that_expires_inside_the_last_two_hours_is_not_sent_on(db, told, offered):
    ben, carol, (_, hers) = offered
    told(
        places_in_room=1,
        waiting_list="offer",
        meetings=[{"starts_at": NOW + LONGEST_OFFER + SHORTEST_OFFER, "ends_at": NOW + timedelta(days=3)}],
    )
    timers(db, NOW + LONGEST_OFFER)
    assert lookup.one(db, carol, hers, NOW + LONGEST_OFFER)["state"] == "waiting"
    assert announced(db)[-1] == ("offer_expired", ben.id)


def test_a_session_that_is_brought_forward_sends_no_offer_once_it_has_begun(db, told, person):
    told(places_in_room=1, waiting_list="offer")
    amina, ben = person("amina"), person("ben")
    bookings.book(db, amina, NOW, "march"), bookings.book(db, ben, NOW, "march")
    begun = [{"starts_at": NOW + timedelta(hours=1), "ends_at": NOW + timedelta(hours=2)}]
    told(places_in_room=2, waiting_list="offer", meetings=begun, now=NOW + timedelta(hours=1))
    assert states(db)[ben.id] == "waiting"


# "Capacity checked at the form and not at the booking"


def test_capacity_holds_at_the_booking_and_not_at_the_form(db, told, person):
    told(places_in_room=1)
    amina, ben = person("amina"), person("ben")
    seen = [figures.of_session(told(places_in_room=1), NOW)["places"]["in_room"]["left"] for _ in (amina, ben)]
    assert seen == [1, 1], "both saw the last place, and both fill in the form"
    assert bookings.book(db, amina, NOW, "march")["state"] == "confirmed"
    late = bookings.book(db, ben, NOW, "march")
    assert (late["state"], late["position"]) == ("waiting", 1)
    check_places(db)


def test_who_saw_the_last_place_and_would_not_wait_is_refused_and_has_nothing(db, told, person):
    told(places_in_room=1)
    amina, ben = person("amina"), person("ben")
    bookings.book(db, amina, NOW, "march", if_full="refuse")
    with pytest.raises(SessionFull):
        bookings.book(db, ben, NOW, "march", if_full="refuse")
    assert states(db) == {amina.id: "confirmed"}


def test_capacity_holds_at_the_booking_if_it_shrank_after_the_form_was_seen(db, told, person):
    told(places_in_room=2)
    bookings.book(db, person("amina"), NOW, "march")
    told(places_in_room=1)
    assert bookings.book(db, person("ben"), NOW, "march")["state"] == "waiting"
    check_places(db)


# "A cancelled seat that tells everybody the meeting is off"


@pytest.mark.parametrize("kind", ["offer", "automatic"])
def test_a_cancelled_seat_tells_only_the_one_whose_it_is(db, told, person, kind):
    told(places_in_room=3, waiting_list=kind)
    amina, *others = [person(name) for name in ("amina", "ben", "carol")]
    hers, *_ = [bookings.book(db, who, NOW, "march")["reference"] for who in (amina, *others)]
    before = len(announced(db))
    bookings.cancel(db, amina, hers, NOW)
    assert announced(db)[before:] == [("booking_cancelled", amina.id)]
    assert {who.id: "confirmed" for who in others}.items() <= states(db).items()
    assert db.get_one(Session, "march").status == "published"


def test_a_cancelled_seat_tells_its_owner_and_the_next_in_line_and_nobody_behind(db, told, person):
    told(places_in_room=2, waiting_list="automatic")
    amina, ben, carol, dan = [person(name) for name in ("amina", "ben", "carol", "dan")]
    hers, *_ = [bookings.book(db, who, NOW, "march")["reference"] for who in (amina, ben, carol, dan)]
    before = len(announced(db))
    bookings.cancel(db, amina, hers, NOW)
    assert announced(db)[before:] == [("booking_cancelled", amina.id), ("booking_confirmed", carol.id)]


def test_a_cancelled_session_tells_each_once(db, told, person):
    told(places_in_room=2)
    crowd = [person(name) for name in ("amina", "ben", "carol")]
    for who in crowd:
        bookings.book(db, who, NOW, "march")
    before = len(announced(db))
    told(status="cancelled", cancel_reason="The speaker is ill.")
    assert sorted(announced(db)[before:]) == sorted(("booking_cancelled", who.id) for who in crowd)
    assert set(db.scalars(select(Change.cause).where(Change.state == "cancelled"))) == {"session_cancelled"}


# "Face-to-face runs that have to be torn down and rebuilt to go online"


def test_a_session_goes_online_without_being_torn_down(db, told, person):
    told(places_in_room=2)
    crowd = [person(name) for name in ("amina", "ben", "carol")]
    references = [bookings.book(db, who, NOW, "march")["reference"] for who in crowd]
    told(places_in_room=0, places_online=3)
    shown = [lookup.one(db, who, reference, NOW) for who, reference in zip(crowd, references, strict=True)]
    assert [(each["state"], each["mode"]) for each in shown] == [("confirmed", "online")] * 3
    assert "booking_cancelled" not in {what for what, _ in announced(db)}
    told(places_in_room=2, places_online=0)
    assert [lookup.one(db, who, ref, NOW)["state"] for who, ref in zip(crowd, references, strict=True)] == [
        "confirmed",
        "confirmed",
        "waiting",
    ]
    check_places(db)
