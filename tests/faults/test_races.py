"""Races through two registration processes: everybody gets an answer, and what was answered is what is there."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from services.registration.models import Booking, Person, Session
from services.registration.places.bookings import book
from services.runtime import clock
from tests.faults.audit import opened
from tests.faults.conftest import killed_in_the_end
from tests.faults.crowds import all_at_once, asked_by
from tests.journeys.running import Distributed, eventually
from tests.registration.rules import check_places

pytestmark = pytest.mark.slow
REFUSED = 409
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@pytest.fixture(scope="module")
def system(rabbitmq_server, postgresql_server, tmp_path_factory) -> Iterator[Distributed]:
    """Headrow with two registration processes, shared: each race has sessions and people of its own."""
    folder = tmp_path_factory.mktemp("races")
    with (
        rabbitmq_server.fresh_vhost() as broker,
        postgresql_server.fresh_database() as database,
        killed_in_the_end(Distributed(folder, broker, database, registrations=2)) as system,
    ):
        system.start()
        yield system
        assert set(system.stop().values()) == {0}, "a process did not end in peace: see its log"
        logs = [file.read_text() for file in folder.glob("registration*.log")]
        assert not [log for log in logs if "Traceback" in log], "something was refused by an error"
        with opened(system, "registration") as db:
            assert db.scalar(text(DEADLOCKS)) == 0, "some waited in a ring, and only trying again helped"


def rows_of(system, slug):
    """Return the bookings of a session by their references, and the session; the rules hold for all that there is."""
    with opened(system, "registration") as db:
        check_places(db)
        rows = db.scalars(select(Booking).where(Booking.session_slug == slug))
        return {row.reference: row for row in rows}, db.get_one(Session, slug)


def booked(system, people, slug, **said):
    """Have everybody book, not so many at once that they have to try again, and return their references."""
    asked = [asked_by(who, "/bookings", f"book-{slug}", session=slug, **said) for who in people]
    answers = [one for n in range(0, len(asked), 40) for one in all_at_once(system.port, asked[n : n + 40])]
    assert {status for status, _ in answers} == {201}
    return [answer["reference"] for _, answer in answers]


def seated(system, number, name, slug):
    """Return so many people and the references of their bookings, all made at once behind the service's back."""
    people = system.crowd(number, name)
    with opened(system, "registration") as db:
        theirs = {p.email: p for p in db.scalars(select(Person).where(Person.email.startswith(name)))}
        owners = [theirs[f"{name}{n}@example.org"] for n in range(number)]
        return people, [book(db, owner, clock.now(), slug)["reference"] for owner in owners]


def test_200_cancel_while_200_others_book_the_same_session(system):
    slug, number = "maxims-in-practice", 200
    there, references = seated(system, number, "there", slug)
    new = system.crowd(number, "new")
    cancels = [asked_by(who, f"/bookings/{ref}/cancel", "cancel") for who, ref in zip(there, references, strict=True)]
    books = [asked_by(who, "/bookings", "book", session=slug) for who in new]
    mixed = [one for pair in zip(cancels, books, strict=True) for one in pair]
    answers = all_at_once(system.port, mixed)
    assert Counter(status for status, _ in answers) == {200: number, 201: number}

    rows, session = rows_of(system, slug)
    assert set(rows) == {*references} | {answer["reference"] for _, answer in answers[1::2]}
    assert {rows[reference].state for reference in references} == {"cancelled"}
    assert Counter(row.state for row in rows.values() if row.live) == {"confirmed": 40, "waiting": number - 40}
    assert (session.taken_online, session.waiting_online) == (40, number - 40)
    told = {answer["reference"]: answer["state"] for _, answer in answers[1::2]}
    assert all(rows[reference].state == "confirmed" for reference, state in told.items() if state == "confirmed")


def test_offers_are_accepted_as_they_expire(system):
    slug, places = "leading-across-boundaries", 24
    holders, waiting = system.crowd(places, "holder"), system.crowd(2 * places, "waits")
    held = booked(system, holders, slug, mode="in_room")
    references = booked(system, waiting, slug, mode="in_room")
    cancels = [asked_by(who, f"/bookings/{ref}/cancel", "cancel") for who, ref in zip(holders, held, strict=True)]
    assert {status for status, _ in all_at_once(system.port, cancels)} == {200}
    with opened(system, "registration") as db:
        offered = {row.reference for row in db.scalars(select(Booking).where(Booking.state == "offered"))}
    assert len(offered) == places

    answers = []
    asked = [(who, ref) for who, ref in zip(waiting, references, strict=True) if ref in offered]
    for n in range(3):  # the timer comes round every five seconds, in one of the two processes
        some = asked[n::3]
        with opened(system, "registration") as db:
            soon = clock.now() + timedelta(milliseconds=150)
            mine = Booking.reference.in_([ref for _, ref in some])
            db.execute(update(Booking).where(mine).values(offer_expires_at=soon))
        eventually(lambda soon=soon: clock.now() > soon - timedelta(milliseconds=40))
        accepts = [asked_by(who, f"/bookings/{ref}/accept", "accept") for who, ref in some]
        answers += zip([ref for _, ref in some], all_at_once(system.port, accepts), strict=True)
    assert {status for _, (status, _) in answers} <= {200, REFUSED}
    refused = {ref: answer["type"] for ref, (status, answer) in answers if status == REFUSED}
    assert set(refused.values()) <= {"/problems/offer-expired"}
    eventually(lambda: not _has_offers(system, offered - set(_accepted(answers))))

    rows, session = rows_of(system, slug)
    assert {rows[ref].state for ref in _accepted(answers)} <= {"confirmed"}
    assert session.taken_in_room == places
    again = {ref for ref in refused if rows[ref].state == "offered"}
    assert {rows[ref].expired_offers for ref in refused} <= {1}
    assert all(rows[ref].state == "waiting" for ref in set(refused) - again)


def _accepted(answers):
    return [ref for ref, (status, _) in answers if status == 200]


def _has_offers(system, references):
    """Tell whether the offers that nobody took are still to expire."""
    with opened(system, "registration") as db:
        theirs = select(Booking.reference).where(Booking.reference.in_(references), Booking.expired_offers == 0)
        return db.scalars(theirs).all()


def test_people_swap_two_sessions_in_both_directions_again_and_again(system):
    slugs = ("slp-march-cohort", "slp-june-virtual-cohort")
    people = {"slp-march-cohort": system.crowd(40, "march"), "slp-june-virtual-cohort": system.crowd(70, "june")}

    def references(slug):
        return zip(people[slug], booked(system, people[slug], slug), strict=True)

    here = {who: (slug, ref) for slug in slugs for who, ref in references(slug)}
    seen = Counter()
    for turn in range(4):
        asked = []
        for who, (slug, ref) in here.items():
            to = slugs[1 - slugs.index(slug)]
            asked.append(asked_by(who, f"/bookings/{ref}/move", f"move-{turn}", session=to))
        answers = all_at_once(system.port, asked)
        for (who, (_, ref)), (status, answer) in zip(list(here.items()), answers, strict=True):
            seen[status] += 1
            if status == 200:
                assert (answer["reference"], answer["state"]) == (ref, "confirmed")
                here[who] = answer["session"], ref
            else:
                assert (status, answer["type"]) == (REFUSED, "/problems/session-full")
        rows = {ref: row for slug in slugs for ref, row in rows_of(system, slug)[0].items()}
        assert {ref: rows[ref].session_slug for _, ref in here.values()} == {ref: slug for slug, ref in here.values()}
        assert {row.state for row in rows.values()} == {"confirmed"}
    assert seen[200] > 50
