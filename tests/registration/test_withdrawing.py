"""A session that becomes a draft again: nobody who booked is left with a place in it, however they meet."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus import models as bus
from services.registration import moves
from services.registration.accounts import facilitators
from services.registration.attendance import arriving
from services.registration.errors import HasBookings, HasFacilitators, SessionCancelled
from services.registration.models import Base, Booking, Session
from services.registration.outcomes import turnout
from services.registration.places import bookings, withdrawing
from services.registration.voices import interests
from services.runtime.database import Transactions
from services.runtime.refusals import Invalid, NotFound, Refusal
from tests.registration.conftest import NOW, START
from tests.registration.races import World, at_once, held_up
from tests.registration.rules import check_places

pytestmark = pytest.mark.patient
LATER = NOW + withdrawing.AWHILE


def test_a_session_that_is_let_go_of_is_not_found_by_whoever_books(db, told, person):
    told()
    assert withdrawing.withdraw(db, "march", NOW) == {"withdrawn": True}
    for early in (lambda: bookings.book(db, person(), NOW, "march"), lambda: _book_for(db, person("t"))):
        with pytest.raises(NotFound):
            early()


def _book_for(db, caller):
    return bookings.book_for(db, caller, NOW, "march", "new@example.org")


def test_should_nothing_come_of_it_the_session_can_be_booked_again_after_a_while(db, told, person):
    told()
    withdrawing.withdraw(db, "march", NOW)
    told(title="Meanwhile the catalogue tells of something else")
    with pytest.raises(NotFound):
        bookings.book(db, person(), LATER - timedelta(seconds=1), "march")
    assert bookings.book(db, person("ben"), LATER, "march")["state"] == "confirmed"


@pytest.mark.parametrize("then", ["confirmed", "waiting", "cancelled", "moved"])
def test_a_session_that_anyone_has_or_had_booked_is_not_let_go_of(db, told, person, then):
    told(places_in_room=1, programme="slp")
    if then == "waiting":
        bookings.book(db, person("first"), NOW, "march")
    who = person()
    reference = bookings.book(db, who, NOW, "march")["reference"]
    if then == "cancelled":
        bookings.cancel(db, who, reference, NOW)
    if then == "moved":
        told("april")
        moves.move(db, who, reference, NOW, "april", allow_clash=True)
    with pytest.raises(HasBookings):
        withdrawing.withdraw(db, "march", NOW)


def test_a_session_that_someone_facilitates_is_not_let_go_of(db, told, person):
    told()
    facilitators.name(db, person("team", granted=["team"]), "march", NOW, "fay@example.org")
    with pytest.raises(HasFacilitators):
        withdrawing.withdraw(db, "march", NOW)


def test_nobody_is_named_for_a_session_that_is_let_go_of(db, told, person):
    told()
    withdrawing.withdraw(db, "march", NOW)
    with pytest.raises(NotFound):
        facilitators.name(db, person("team", granted=["team"]), "march", NOW, "fay@example.org")


def test_a_cancelled_session_is_not_let_go_of(db, told):
    told(status="cancelled", cancel_reason="Ill")
    with pytest.raises(SessionCancelled):
        withdrawing.withdraw(db, "march", NOW)


def test_what_was_not_heard_of_or_is_a_draft_here_is_none_to_let_go_of(db, told):
    assert withdrawing.withdraw(db, "unheard-of", NOW) == {"withdrawn": False}
    told(), told(status="draft")
    assert withdrawing.withdraw(db, "march", NOW) == {"withdrawn": False}


def test_a_draft_can_be_done_nothing_with_until_it_is_published_again(db, told, person):
    told()
    withdrawing.withdraw(db, "march", NOW)
    told(status="draft")
    team = person("team", granted=["team"])
    for act in (
        lambda: bookings.book(db, person(), LATER, "march"),
        lambda: facilitators.name(db, team, "march", LATER, "fay@example.org"),
        lambda: arriving.add(db, team, "march", START + timedelta(hours=1), 1, email="late@example.org"),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(Invalid):
        interests.register(db, team, NOW, session="march")
    when = START + timedelta(days=1)
    over = turnout.turnout(db, when, None, 20, by="session", first=None, last=None, programme=None)
    assert over["items"] == []
    told()
    assert bookings.book(db, person("ben"), NOW, "march")["state"] == "confirmed"


def test_what_was_booked_before_late_news_of_a_draft_is_cancelled_and_told(db, told, person):
    told()
    withdrawing.withdraw(db, "march", NOW)
    reference = bookings.book(db, person(), LATER, "march")["reference"]
    told(status="draft")
    booking = db.scalar(select(Booking).where(Booking.reference == reference))
    assert booking.state == "cancelled"
    assert Session.locked(db, "march").taken("in_room") == 0
    told()
    assert booking.state == "confirmed", "it is called back with the session"


@pytest.fixture
def world(make_engine):
    transactions = Transactions(make_engine(Base.metadata, bus.metadata))
    yield World(transactions)
    with OrmSession(transactions.engine) as db:
        check_places(db)


def _withdraw(world, slug="march"):
    return world.do(lambda db: withdrawing.withdraw(db, slug, NOW))


def test_of_a_booking_and_letting_go_the_one_that_has_the_lock_first_wins(world):
    world.told("march")
    world.people(2)
    books, lets_go = (lambda: world.book("p0", "march")), (lambda: _withdraw(world))
    booked, kept = held_up(world, lambda db: Session.locked(db, "march"), books, lets_go)
    assert (booked["state"], type(kept)) == ("confirmed", HasBookings)
    world.told("may")
    gone, refused = held_up(
        world,
        lambda db: Session.locked(db, "may"),
        lambda: _withdraw(world, "may"),
        lambda: world.book("p1", "may"),
    )
    assert (gone, type(refused)) == ({"withdrawn": True}, NotFound)


def test_however_many_book_while_a_session_is_let_go_of_either_all_are_refused_or_it_stays(world):
    for round_ in range(5):
        slug = f"round-{round_}"
        world.told(slug)
        people = world.people(6, f"r{round_}-")
        *booked, gone = at_once(
            *(lambda who=who, slug=slug: world.book(who, slug) for who in people),
            lambda slug=slug: _withdraw(world, slug),
        )
        won = [answer for answer in booked if not isinstance(answer, Refusal)]
        assert isinstance(gone, HasBookings) == bool(won)
