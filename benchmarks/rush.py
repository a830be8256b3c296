"""A rush: thousands want the few places of one session as soon as they can be booked, and others go on meanwhile.

Everybody is answered truthfully: as many are confirmed as there are places, and everyone else has a position on the
waiting list, counted from 1 without gaps; the database says the same. How long that takes, how many were sent away for
a moment first, and what people feel of it who want something else.
"""

import json
import random
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from sqlalchemy import select

from benchmarks import crowd, load, processes, seed
from benchmarks.crowd import BUSY, Attempt, Outcome, Person
from benchmarks.load import Broken
from benchmarks.processes import Site
from benchmarks.report import Table, figure
from services.registration.models import Booking, Session

ALL_WITHIN, EACH_WITHIN = 15.0, 5.0  # seconds: from the opening to the last answer, and for any one answer
TIMES = 3.0  # what those who want something else feel of it: their p99 during the rush ÷ before
WANTED = "book the session that opens"
BOOKED, LISTED, READ = "book other sessions", "GET /sessions", "GET /sessions/{slug}, signed in"
WARM_UP = 20  # people
BESIDE = (BOOKED, LISTED, READ)


@dataclass(frozen=True)
class Amount:
    """How many people want how many places, and within how many seconds they come, most of them early.

    Beside them others come for so many `seconds` before and during it: `beside` of them a second for each thing.
    """

    people: int
    places: int
    come_within: float
    seconds: float
    beside: float


AMOUNTS = {
    "full": Amount(10_000, 60, 10.0, 30.0, 10.0),
    "quick": Amount(1_000, 60, 3.0, 10.0, 10.0),
    "tiny": Amount(40, 6, 0.5, 1.0, 10.0),
}


def measure(amount: Amount) -> Iterator[Table]:
    """Yield what became of the rush, and what others felt of it. Raises Broken, also where an answer was not true."""
    tokens: list[str] = []
    others = _number_of_others(amount)

    def fill(site: Site) -> None:
        seed.add_sessions(site, seed.SESSIONS["full" if amount.people > 1000 else "tiny"], hot=amount.places)
        tokens.extend(seed.add_people(site, WARM_UP + 2 * others + amount.people))

    with processes.distributed(fill) as site:
        seed.wait_until_known(site)
        left = iter(tokens)
        first, before, during = (list(islice(left, number)) for number in (WARM_UP, others, others))
        crowd.put_on(site.port, _others(site, first, amount))
        calm = crowd.put_on(site.port, _others(site, before, amount))
        began = site.read()
        outcome = crowd.put_on(site.port, [*_rushing(left, amount), *_others(site, during, amount)])
        busy_with_other = site.others_since(began)
        used = site.cpu() - began.processes
        check(site, outcome.of(WANTED), amount)
    yield _answers(outcome, amount, busy_with_other, used)
    yield _felt(calm, outcome)


def _number_of_others(amount: Amount) -> int:
    return int(amount.seconds * amount.beside)


def _rushing(tokens: Iterable[str], amount: Amount) -> Iterator[Person]:
    """Yield those who want the session: fewer and fewer a second, twice as many at first as on average."""
    chance = random.Random(1)
    for token in tokens:
        at = amount.come_within * (1 - chance.random() ** 0.5)
        yield Person(WANTED, at, _booking(token, seed.HOT))


def _others(site: Site, tokens: Sequence[str], amount: Amount) -> Iterator[Person]:
    """Yield those who want something else, evenly spread."""
    slugs = cycle(seed.slugs_of(site))
    for number, (token, slug) in enumerate(zip(tokens, slugs, strict=False)):
        at = number / amount.beside
        yield Person(BOOKED, at, _booking(token, slug))
        yield Person(LISTED, at, load.get("/api/v1/sessions"))
        yield Person(READ, at, load.get(f"/sessions/{slug}", Authorization=f"Bearer {token}"))


def _booking(token: str, slug: str) -> str:
    return load.post(
        "/api/v1/bookings",
        {"session": slug, "mode": "online", "access_needs": None},
        Authorization=f"Bearer {token}",
        Idempotency_Key=str(uuid.uuid4()),
    )


def check(site: Site, people: Sequence[Person], amount: Amount) -> None:
    """Raise Broken unless everybody was told the truth, and no more than that is in the database."""
    failed = [person for person in people if person.status != "201"]
    if failed:
        raise Broken(f"{len(failed)} of {len(people)} came to no booking, such as {failed[0].status}: {failed[0].body}")
    told = {booking["reference"]: booking for booking in (json.loads(person.body) for person in people)}
    if len(told) != len(people):
        raise Broken(f"{len(people)} people were told of {len(told)} bookings")
    confirmed = [booking for booking in told.values() if booking["state"] == "confirmed"]
    positions = sorted(booking["position"] for booking in told.values() if booking["state"] == "waiting")
    if len(confirmed) != amount.places or positions != list(range(1, len(people) - amount.places + 1)):
        raise Broken(f"{len(confirmed)} were confirmed, and {len(positions)} told positions up to {positions[-1:]}")
    _check_database(site, {reference: (one["state"], one["position"]) for reference, one in told.items()})


def _check_database(site: Site, told: dict[str, tuple[str, int | None]]) -> None:
    """Raise Broken unless registration holds what people were told: one booking for each, and every place counted."""
    with site.databases["registration"].look() as db:
        there = db.scalars(select(Booking).where(Booking.session_slug == seed.HOT)).all()
        session = db.get_one(Session, seed.HOT)
        counted = session.taken_online, session.waiting_online
    waiting = sorted((booking for booking in there if booking.state == "waiting"), key=lambda one: one.waiting_number)
    position = {booking.reference: number for number, booking in enumerate(waiting, 1)}
    held = {booking.reference: (booking.state, position.get(booking.reference)) for booking in there}
    if held != told:
        wrong = [f"{name}: told {told.get(name)}, is {held.get(name)}" for name in told | held]
        raise Broken(f"people were not told what is so: {[each for each in wrong if each][:3]}")
    if len({booking.person_id for booking in there}) != len(there):
        raise Broken("someone has two bookings of one session")
    if counted != (len(there) - len(waiting), len(waiting)):
        raise Broken(f"the session counts {counted} taken and waiting")


def _answers(outcome: Outcome, amount: Amount, busy_with_other: float, used: dict[str, float]) -> Table:
    """Return how long the answers took."""
    people = outcome.of(WANTED)
    attempts = [attempt for person in people for attempt in person.attempts]
    title = f"A rush: {len(people):,} people for {amount.places} places of one session"
    table = Table(title, "p50", "p99", "longest")
    last = max(person.ended for person in people)
    table.add(f"the last was answered, they came within {amount.come_within:g} s", "", "", _most(last, ALL_WITHIN))
    table.add("an answer", *_times([attempt.took for attempt in attempts], EACH_WITHIN))
    table.add("a person's booking, with all their attempts", *_times([p.took for p in people], ALL_WITHIN))
    sent_away = [attempt for attempt in attempts if attempt.status == BUSY]
    for line in _notes(people, attempts, sent_away):
        table.note(line)
    table.note(
        f"{len(people) / last:,.0f} bookings a second; {figure(busy_with_other)} cores were busy with other work"
    )
    table.note(f"the load used {outcome.own_cpu:.1f} s of CPU, and was {outcome.late * 1000:.0f} ms late at most")
    costs = ", ".join(f"{name} {seconds:.1f}" for name, seconds in sorted(used.items(), key=lambda one: -one[1]))
    table.note(f"s of CPU: {costs}")
    return table


def _notes(people: Sequence[Person], attempts: Sequence[Attempt], sent_away: Sequence[Attempt]) -> Iterator[str]:
    most = max(len(person.attempts) for person in people)
    mute = sum(attempt.sent_away_for == 0 for attempt in sent_away)
    broken = sum(attempt.status == "" for attempt in attempts)
    yield f"{len(attempts):,} requests, {len(sent_away):,} answered 503, {mute:,} of these without Retry-After"
    yield f"{broken:,} broken off without an answer; {most} attempts of one person at most"
    waits = sorted(attempt.sent_away_for for attempt in sent_away)
    if waits:
        took, _, longest = _times([attempt.took for attempt in sent_away])
        yield f"a 503 came after {took} at the median, {longest} at most"
        yield f"Retry-After: {waits[0]:g} to {waits[-1]:g} s, {waits[len(waits) // 2]:g} in the middle"


def _times(seconds: list[float], longest: float | None = None) -> list[str]:
    at = sorted(seconds)
    middle, late, last = (at[min(len(at) - 1, len(at) * share // 100)] for share in (50, 99, 100))
    return [figure(middle, " s"), figure(late, " s"), _most(last, longest)]


def _most(seconds: float, most: float | None) -> str:
    return figure(seconds, " s", at_most=most)


def _felt(calm: Outcome, outcome: Outcome) -> Table:
    """Return what those felt who wanted something else, and came before the rush was over."""
    over = max(person.ended for person in outcome.of(WANTED))
    table = Table("What others feel of a rush, with their attempts", "p99 ÷ before", "p99 during", "p99 before", "503s")
    for kind in BESIDE:
        during = [person for person in outcome.of(kind) if person.at <= over]
        _check_served([*during, *calm.of(kind)])
        then, before = (_p99([person.took for person in people]) for people in (during, calm.of(kind)))
        sent_away = sum(attempt.status == BUSY for person in during for attempt in person.attempts)
        table.add(
            kind,
            figure(then / before, at_most=TIMES),
            figure(then * 1000, " ms"),
            figure(before * 1000, " ms"),
            f"{sent_away} of {len(during)}",
        )
    return table


def _check_served(people: Sequence[Person]) -> None:
    failed = [person for person in people if not person.status.startswith("2")]
    if failed:
        raise Broken(
            f"{len(failed)} of others were refused: {failed[0].kind}, {failed[0].status}: {failed[0].body[:500]}"
        )


def _p99(seconds: list[float]) -> float:
    return sorted(seconds)[len(seconds) * 99 // 100]
