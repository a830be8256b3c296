"""Two who do something to the same places at the same moment: one is first, and the other is told so, never broken."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session as OrmSession

from services.bus import models as bus
from services.registration import first_refusal
from services.registration.errors import AlreadyBooked, BookingClosed, Clash, OfferExpired
from services.registration.models import Base, Booking, Change, Person, PlacesAnnounced, Session
from services.registration.places import bookings, figures, waiting_list
from services.runtime.database import Transactions
from services.runtime.refusals import Refusal
from tests.registration.conftest import NOW
from tests.registration.races import PLACES, World, at_once, held_up
from tests.registration.rules import check_places

pytestmark = pytest.mark.patient


@pytest.fixture
def world(make_engine):
    transactions = Transactions(make_engine(Base.metadata, bus.metadata))
    yield World(transactions)
    with OrmSession(transactions.engine) as db:
        check_places(db)


def kind(answer):
    return type(answer) if isinstance(answer, Refusal) else answer["state"]


def test_an_offer_is_accepted_or_it_expires_and_never_both(world):
    world.told("march")
    holders, waiting, behind = (world.people(PLACES, name) for name in ("holder", "waits", "behind"))
    held = {person: world.book(person, "march")["reference"] for person in holders}
    offered = {person: world.book(person, "march")["reference"] for person in waiting}
    later = {person: world.book(person, "march")["reference"] for person in behind}
    for person, reference in held.items():
        world.cancel(person, reference)
    until = NOW + waiting_list.LONGEST_OFFER
    answers = {}

    def accept(some):
        answers.update({who: world.accept(who, offered[who], until - timedelta(microseconds=1)) for who in some})

    def expire():
        for _ in range(PLACES):
            world.do(lambda db: waiting_list.pass_on_expired(db, until, limit=2))

    at_once(lambda: accept(waiting[::2]), lambda: accept(waiting[1::2]), expire, expire)
    kinds = Counter(map(kind, answers.values()))
    assert kinds["confirmed"] + kinds[OfferExpired] == PLACES
    expired = Counter(world.read(select(Booking.reference).join(Change).where(Change.what == "offer_expired")))
    assert set(expired) == {offered[who] for who, answer in answers.items() if kind(answer) is OfferExpired}
    assert set(expired.values()) <= {1}, "an offer expires once, whoever sees it"
    passed_on = world.read(select(Booking.reference).where(Booking.state == "offered"))
    assert set(passed_on) == {later[who] for who in behind[: len(expired)]}, "each went to the next on the waiting list"


@pytest.fixture
def spread(world):
    """Amina has a place in march and one in may; april is the day after march, and there is room everywhere."""
    world.told("april", days=1), world.told("march"), world.told("may", days=2)
    world.people(1, "amina")
    return {slug: world.book("amina0", slug)["reference"] for slug in ("march", "may")}


def one_after_the_other(world, slug, *works):
    """Have all works wait for the session's lock, in this order, and let them go; return what each returned."""
    return held_up(world, lambda db: Session.locked(db, slug), *works)


def test_people_who_swap_sessions_do_not_lock_them_in_a_ring(world):
    world.told("april", days=1), world.told("march")
    sides = {"april": world.people(8, "a"), "march": world.people(8, "m")}
    there = [(who, slug, world.book(who, slug)["reference"]) for slug, crowd in sides.items() for who in crowd]
    other = {"april": "march", "march": "april"}

    def swap(some):
        for who, slug, reference in some:
            for to in (other[slug], slug, other[slug]):
                assert kind(world.move(who, reference, to)) == "confirmed"

    at_once(*(lambda some=there[n::4]: swap(some) for n in range(4)))
    now_there = world.read(select(Booking))
    assert {b.reference: b.session_slug for b in now_there} == {ref: other[slug] for _, slug, ref in there}


def test_two_bookings_of_one_person_that_move_to_one_session_at_once_do_not_both_arrive(world, spread):
    moved = one_after_the_other(
        world, "april", *(lambda ref=ref: world.move("amina0", ref, "april") for ref in spread.values())
    )
    assert [kind(answer) for answer in moved] == ["confirmed", AlreadyBooked]


def test_who_books_the_session_that_their_other_booking_moves_to_has_one_place_there(world, spread):
    came = one_after_the_other(
        world,
        "april",
        lambda: world.book("amina0", "april"),
        lambda: world.move("amina0", spread["march"], "april"),
    )
    assert [kind(answer) for answer in came] == ["confirmed", AlreadyBooked]


def test_a_booking_that_is_cancelled_while_it_moves_frees_the_place_that_it_has(world, spread):
    came = one_after_the_other(
        world,
        "march",
        lambda: world.move("amina0", spread["march"], "april"),
        lambda: world.cancel("amina0", spread["march"]),
    )
    assert kind(came[0]) == "confirmed"
    assert kind(came[1]) in ("cancelled", BookingClosed)


def test_a_booking_that_moves_while_it_is_cancelled_stays_cancelled(world, spread):
    came = one_after_the_other(
        world,
        "march",
        lambda: world.cancel("amina0", spread["march"]),
        lambda: world.move("amina0", spread["march"], "april"),
    )
    assert [kind(answer) for answer in came] == ["cancelled", BookingClosed]


def test_a_move_and_a_booking_at_once_do_not_put_somebody_in_two_places_at_one_time(world, spread):
    world.told("elsewhere", days=1, programme="talks")

    def before_anything_is_told(db):
        if db.get_bind().dialect.name == "postgresql":
            db.execute(text("LOCK TABLE booking_changes IN EXCLUSIVE MODE"))

    came = held_up(
        world,
        before_anything_is_told,
        lambda: world.move("amina0", spread["march"], "april"),
        lambda: world.book("amina0", "elsewhere"),
    )
    assert [kind(answer) for answer in came] == ["confirmed", Clash]


@pytest.mark.parametrize("places", [PLACES, PLACES // 2])
def test_who_books_while_a_session_goes_online_has_a_place_online_or_waits_for_one(world, places):
    world.told("march")
    early, late = world.people(PLACES, "early"), world.people(PLACES, "late")
    halves = (early[::2] + late[::2], early[1::2] + late[1::2])
    at_once(
        *(lambda some=some: [world.book(who, "march") for who in some] for some in halves),
        lambda: world.told("march", places_in_room=0, places_online=places),
    )
    now_there = world.read(select(Booking).order_by(Booking.id))
    assert {booking.mode for booking in now_there} == {"online"}
    assert Counter(booking.state for booking in now_there) == {"confirmed": places, "waiting": 2 * PLACES - places}


@pytest.mark.parametrize("make_engine", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_a_session_whose_row_is_held_holds_up_neither_the_figures_nor_bookings_of_another(world):
    """SQLite has one writer at a time, and no rows to hold."""
    world.told("march"), world.told("may"), world.people(1, "amina")
    may = select(Session).where(Session.slug == "may")
    with world.transactions.begin() as holds, world.transactions.begin() as refers:
        holds.execute(select(Session).where(Session.slug == "march").with_for_update())
        refers.execute(may.with_for_update(read=True, key_share=True))  # as each new row that refers to it does
        with world.transactions.begin() as db:
            figures.announce(db, NOW)
            assert set(db.scalars(select(PlacesAnnounced.session_slug))) == {"march", "may"}
            assert kind(world.book("amina0", "may")) == "confirmed"


def test_a_place_in_one_session_is_accepted_while_one_comes_free_in_the_other_and_nobody_has_both(world):
    """Some accept in April what they were invited to, while those who hold March give their places up."""
    world.told("march", waiting_list="automatic"), world.told("april", days=30)
    holders, waiting, behind = (world.people(PLACES, name) for name in ("holder", "waits", "behind"))
    held = {person: world.book(person, "march")["reference"] for person in holders}
    for person in (*waiting, *behind):
        world.book(person, "march")
    [team] = world.people(1, "team")
    done = world.do(lambda db: first_refusal.invite(db, db.get_one(Person, team), "march", NOW, "april", 48))
    assert done["invited"] == PLACES
    offers = dict(zip(waiting, (item["offer"] for item in done["items"]), strict=False))
    answers = {}

    def accept(some):
        for who in some:
            mine = offers[who]
            answers[who] = world.do(lambda db, p=who, r=mine: first_refusal.accept(db, world.alone(db, p), r, NOW))

    def decline(some):
        for who in some:
            world.do(lambda db, who=who: bookings.decline(db, world.alone(db, who), offers[who], NOW))

    def give_up():
        for person, reference in held.items():
            world.cancel(person, reference)

    def settle():
        for _ in range(PLACES):
            world.do(lambda db: first_refusal.settle_next(db, NOW))

    at_once(lambda: accept(waiting[:8]), lambda: accept(waiting[8:16]), lambda: decline(waiting[16:]), give_up, settle)
    for _ in range(2 * PLACES):
        world.do(lambda db: first_refusal.settle_next(db, NOW))
    both = select(Booking.person_id).where(Booking.state == "confirmed")
    confirmed = Counter(world.read(both))
    assert set(confirmed.values()) == {1}, "nobody has a place in both"
    accepted = [who for who, answer in answers.items() if kind(answer) == "confirmed"]
    in_april = world.read(both.where(Booking.session_slug == "april"))
    assert set(accepted) == set(in_april), "who was told yes has it"
    waits = world.read(select(Booking.person_id).where(Booking.state == "waiting"))
    assert not set(waits) & set(confirmed), "and waits no longer"
