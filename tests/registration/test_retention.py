"""What registration lets go of by itself: no sooner than its time, no later, and in batches."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from services.bus import keeping
from services.bus.models import outbox
from services.registration import retention
from services.registration.accounts import facilitators, roles, sign_in, tokens, unused
from services.registration.models import Booking
from services.registration.places import bookings
from services.runtime.retention import period
from tests.registration.conftest import NOW, START
from tests.registration.events import told_types
from tests.registration.kept import let_go

DAY = timedelta(days=1)
WARNED, ERASED = period("unused_warned"), period("unused_erased")


def run(db, now, *names):
    """Apply the rules of these names, or all; return what is announced."""
    db.execute(delete(outbox))  # as if it were published
    let_go(db, now, *names)
    return told_types(db)


def needs_of(db, booking):
    return db.get(Booking, booking.id, populate_existing=True).access_needs


@pytest.fixture
def asked(db, person, told):
    session = told()
    bookings.book(db, person(), NOW, "march", access_needs="A hearing loop")
    db.flush()
    return session, db.scalars(select(Booking)).one()


def test_access_needs_go_a_month_after_the_session(db, asked):
    session, booking = asked
    over = session.ends_at + period("access_needs")
    run(db, over - DAY, "access_needs")
    assert needs_of(db, booking) == "A hearing loop"
    run(db, over, "access_needs")
    assert needs_of(db, booking) is None


def test_whoever_does_not_use_their_account_is_warned_once_and_erased_a_month_later(db, person):
    amina = person()
    assert run(db, NOW + WARNED - DAY) == []
    assert run(db, NOW + WARNED) == ["registration.account_unused.v1"]
    assert run(db, NOW + ERASED - DAY) == []
    assert run(db, NOW + ERASED) == ["registration.person_erased.v1"]
    assert amina.email is None


def test_nobody_is_erased_before_they_had_a_month_after_the_warning(db, person):
    person()
    late = NOW + 2 * ERASED
    assert run(db, late) == ["registration.account_unused.v1"]
    assert run(db, late + period("warning") - DAY) == []
    assert run(db, late + period("warning")) == ["registration.person_erased.v1"]


def test_whoever_signs_in_after_the_warning_keeps_their_account(db, person):
    amina = person()
    run(db, NOW + WARNED)
    sign_in.admit(db, amina, NOW + WARNED + DAY)
    db.flush()
    db.refresh(amina)
    assert run(db, NOW + ERASED, "unused_warned", "unused_erased") == []
    assert amina.warned_at is None


def test_whoever_is_there_uses_their_account(db, person):
    amina = person()
    token, _ = tokens.issue(db, amina, NOW)
    db.flush()
    later = NOW + 20 * DAY
    tokens.signed_in(db, tokens.hash_of(token), later)
    tokens.see(db, amina, later)
    db.refresh(amina)
    assert amina.last_used_at == later


@pytest.mark.parametrize("why", ["a role", "a place", "a session to facilitate"])
def test_it_is_in_use_where_there_is(db, person, told, why):
    amina = person()
    session = told(meetings=[{"starts_at": NOW + ERASED + DAY, "ends_at": NOW + ERASED + 2 * DAY}])
    if why == "a role":
        roles.give(db, amina, "team", NOW)
    elif why == "a place":
        bookings.book_for(db, amina, NOW, session.slug, email=amina.email)
    else:
        tess = person("tess")
        roles.give(db, tess, "team", NOW)
        facilitators.name(db, tess, session.slug, NOW, email=amina.email)
    db.flush()
    assert run(db, NOW + ERASED, "unused_warned", "unused_erased") == []


def test_a_first_run_over_years_is_done_in_batches(db, person):
    people = [person(f"p{n}") for n in range(5)]
    rule = keeping.Rule("unused_warned", type(people[0]), unused.to_warn, unused.warn, batch=2)
    assert keeping.count(db, rule, NOW + WARNED) == 5
    assert keeping.let_go(db, [rule], NOW + WARNED)
    assert keeping.count(db, rule, NOW + WARNED) == 3


def test_no_rule_is_of_a_period_that_there_is_not():
    assert all(rule.since(START) < START for rule in retention.RULES)
