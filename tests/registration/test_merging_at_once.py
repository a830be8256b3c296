"""Who books, signs in or is booked for while two of their accounts are merged: no place is lost, or given twice."""

from collections import Counter

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus import models as bus
from services.registration.accounts import people, tokens
from services.registration.errors import AlreadyBooked, MergeChanged
from services.registration.merging import undoing
from services.registration.merging.merge import merge
from services.registration.merging.previews import preview
from services.registration.models import LIVE, Base, Booking, Merge, Person
from services.registration.places import bookings
from services.runtime.database import Transactions
from services.runtime.refusals import NotSignedIn, Unavailable
from tests.registration.conftest import NOW
from tests.registration.races import World, at_once, held_up
from tests.registration.rules import check_places

pytestmark = pytest.mark.patient


@pytest.fixture
def world(make_engine):
    transactions = Transactions(make_engine(Base.metadata, bus.metadata))
    world = World(transactions)
    world.told("march", places_in_room=3), world.told("may", days=2, places_in_room=3)
    world.people(2, "amina")
    yield world
    with OrmSession(transactions.engine) as db:
        check_places(db)


def merge_now(world):
    def work(db):
        kept, other = db.get_one(Person, "amina0"), db.get_one(Person, "amina1")
        return merge(db, kept, other, NOW, by=kept, version=preview(db, kept, other)["version"], with_roles=True).id

    return world.do(work)


def with_token(world, person, slug):
    """Book as someone who is signed in, as the service does."""
    token = world.do(lambda db: tokens.issue(db, db.get_one(Person, person), NOW, "Firefox on Windows")[0])

    def work():
        def book(db):
            caller = tokens.signed_in(db, tokens.hash_of(token), NOW, locked=True)
            return bookings.book(db, caller, NOW, slug)

        return world.do(book)

    return work


def owners(world):
    return Counter(world.read(select(Booking.person_id).where(Booking.state.in_(LIVE))))


def test_who_books_by_the_other_account_meanwhile_is_signed_out_and_has_no_place_that_nobody_sees(world):
    book = with_token(world, "amina1", "march")

    def hold(db):
        people.lock(db, db.get_one(Person, "amina1"))

    merged, booked = held_up(world, hold, lambda: merge_now(world), book)
    assert (isinstance(merged, str), isinstance(booked, NotSignedIn)) == (True, True)
    assert not owners(world)


def test_whoever_is_booked_for_meanwhile_is_found_by_the_next_try(world):
    world.people(1, "tess")

    def book_for():
        return world.do(
            lambda db: bookings.book_for(db, db.get_one(Person, "tess0"), NOW, "march", "amina1@example.org")
        )

    def hold(db):
        people.lock(db, db.get_one(Person, "amina1"))

    merged, booked = held_up(world, hold, lambda: merge_now(world), book_for)
    assert isinstance(merged, str)
    if isinstance(booked, Unavailable):  # where rows are locked one by one, the account was found before it was merged
        booked = book_for()
    assert booked["person"].id == "amina0"


def test_accounts_that_both_book_one_session_while_they_are_merged_have_one_place(world):
    works = [with_token(world, who, "march") for who in ("amina0", "amina1")]
    world.book("amina1", "may")
    answers = at_once(*works, lambda: merge_now(world))
    assert all(isinstance(answer, str | dict | NotSignedIn | MergeChanged | AlreadyBooked) for answer in answers), (
        answers
    )
    if isinstance(answers[-1], str):
        assert owners(world)["amina1"] == 0
        march = select(Booking.reference).where(Booking.session_slug == "march", Booking.state.in_(LIVE))
        assert len(world.read(march)) <= 1


def test_two_who_merge_the_same_accounts_at_once_merge_them_once(world):
    world.book("amina1", "march")
    answers = at_once(lambda: merge_now(world), lambda: merge_now(world))
    assert len(world.read(select(Merge.id))) == 1, answers
    assert owners(world) == {"amina0": 1}


def test_it_is_undone_once_whoever_is_quicker(world):
    world.book("amina1", "march")
    id = merge_now(world)

    def undo():
        def work(db):
            row, kept = db.get_one(Merge, id), db.get_one(Person, "amina0")
            undoing.undo(db, row, NOW, by=kept, version=undoing.preview(db, row)["version"])

        return world.do(work)

    answers = at_once(undo, undo)
    assert answers.count(None) == 1
    assert owners(world) == {"amina1": 1}
