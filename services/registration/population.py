"""Made-up people, spread over sectors as the workforce is, for demonstrations and benchmarks."""

import random
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts.employments import work_of
from services.registration.events import person_event
from services.registration.models import Address, Employment, Person, Sector
from services.runtime.database import Transactions
from services.runtime.refusals import Refusal

BATCH = 500
UNKNOWN_WORKFORCE = 500  # what a sector weighs where nobody knows how many work in it
FIRST = "Aisha Amir Ben Bronwen Chidi Chloe Daniel Ewa Fatima Grace Hannah Imran Jade Kofi Leila Marcus Mei Niamh Olu "
FIRST += "Priya Rosa Samuel Tariq Uma Wren Yusuf Zofia"
LAST = "Ahmed Bailey Begum Clarke Davies Evans Green Hughes Iqbal Jones Kaur Khan Lewis Murphy Nowak Okafor Patel "
LAST += "Quinn Roberts Shah Smith Taylor Usman Walker Wilson Young"
WHERE = "Alder Ash Beech Birch Cedar Elm Hawthorn Hazel Holly Juniper Larch Linden Maple Oak Poplar Rowan Sycamore "
WHERE += "Walnut Willow Yew"
SITES = ("", " Lane", " Park")
KINDS = {  # of organisations, by the sectors of the sample programme
    "general_practice": "Surgery",
    "primary_care": "Pharmacy",
    "social_care": "Care Home",
    "local_authority": "Neighbourhood Team",
    "third_sector": "Trust",
    "community_health": "Health Centre",
    "hospital": "Hospital",
    "academia": "College",
    "independent_sector": "Clinic",
    "commissioning": "Commissioning Team",
    "community_group": "Neighbours",
    "citizen": "Residents",
}
ROLES = "Nurse,Care worker,Manager,Administrator,Social worker,Doctor,Volunteer,Commissioner,Researcher,Therapist"


class NoSectors(Refusal):
    """Registration knows no sectors yet: import a programme and let the services run for a moment first."""

    code = "no-sectors"


def populate(transactions: Transactions, number: int, now: datetime, seed: int = 1) -> list[str]:
    """Add `number` people, in batches, and return their ids.

    Each has an organisation of their sector: a few large ones, many small.
    """
    chance = random.Random(seed)
    with transactions.begin() as db:
        sectors = list(db.scalars(select(Sector).order_by(Sector.code)))
        there = int(db.scalar(select(func.count()).select_from(Person)) or 0)
    if not sectors:
        raise NoSectors
    ids: list[str] = []
    for start in range(0, number, BATCH):
        numbers = range(there + start, there + min(start + BATCH, number))
        ids += transactions.run(lambda db, numbers=numbers: _add(db, chance, sectors, numbers, now))  # type: ignore[misc]
    return ids


def _add(db: OrmSession, chance: random.Random, sectors: list[Sector], numbers: range, now: datetime) -> list[str]:
    made = [_made_up(chance, sectors, number, now) for number in numbers]
    db.add_all(made)
    db.flush()
    for person in made:
        db.add(Address(person_id=person.id, email=person.email, added_at=person.created_at))
        db.add(Employment(person_id=person.id, created_at=person.created_at, **work_of(person)))
    db.flush()
    for person in made:
        person_event(db, "registration.person_registered.v1", person)
    return [person.id for person in made]


def _made_up(chance: random.Random, sectors: list[Sector], number: int, now: datetime) -> Person:
    weights = [sector.workforce or UNKNOWN_WORKFORCE for sector in sectors]
    sector = chance.choices(sectors, weights)[0]
    first, last = chance.choice(FIRST.split()), chance.choice(LAST.split())
    return Person(
        email=f"{first}.{last}.{number}@example.org".lower(),
        name=f"{first} {last}",
        sector=sector.code,
        organisation=_organisation(sector, int(chance.paretovariate(1.2)) - 1),
        job_role=chance.choice(ROLES.split(",")),
        granted=[],
        created_at=now - timedelta(days=chance.randrange(365)),
        version=1,
    )


def _organisation(sector: Sector, number: int) -> str:
    """Return the name of an organisation of the sector; there are as many as places and sites."""
    places = WHERE.split()
    site, place = divmod(number % (len(places) * len(SITES)), len(places))
    first = sum(sector.code.encode())  # the largest is somewhere else in each sector
    return f"{places[(first + place) % len(places)]}{SITES[site]} {KINDS.get(sector.code, sector.name)}"
