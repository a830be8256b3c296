"""Made-up members: a part of made-up people have joined the community, for demonstrations and benchmarks."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from services.community.models import Member, Session
from services.runtime.database import Transactions

BATCH = 500
SHARE = 0.15  # of people who join
SILENT = 0.25  # of members who say nothing about themselves
LONG_AGO = timedelta(days=200)
WORK = (
    "I run a small team that looks after people at home",
    "I plan discharges, and see where they get stuck",
    "I answer the phone that everyone else transfers to",
    "I look after our volunteers and how they are welcomed",
    "I do the rotas, so I know who is short of whom",
    "I have moved from a ward to the community this year",
    "I write the plans that others have to live with",
    "I work with families who see eight of our services in one week",
)
WISH = (
    "I would like to meet someone who commissions what we provide.",
    "Happy to show you round, and to be shown round.",
    "I want to learn how others share records without a meeting about it.",
    "Looking for someone to think with, once a month, over tea.",
    "Tell me what you wish we did differently.",
    "I am trying to start small, and would like company.",
)


def populate(transactions: Transactions, people: Sequence[str], now: datetime, seed: int = 1) -> int:
    """Have some of the people with these ids join, and return how many. They show once they are told of here."""
    chance = random.Random(seed)
    joining = [person for person in people if chance.random() < SHARE]
    with transactions.begin() as db:
        topics = sorted({topic for of_session in db.scalars(select(Session.topics)) for topic in of_session})
    for start in range(0, len(joining), BATCH):
        batch = joining[start : start + BATCH]
        moments = [now - LONG_AGO * (1 - (start + n) / len(joining)) for n in range(len(batch))]
        made = [_made_up(chance, person, topics, at) for person, at in zip(batch, moments, strict=True)]
        transactions.run(lambda db, made=made: db.add_all(made))  # type: ignore[misc]
    return len(joining)


def _made_up(chance: random.Random, person: str, topics: list[str], joined_at: datetime) -> Member:
    about = f"{chance.choice(WORK)}. {chance.choice(WISH)}"
    return Member(
        person=person,
        about=None if chance.random() < SILENT else about,
        topics=chance.sample(topics, min(len(topics), chance.choice((0, 1, 1, 2, 2, 3)))),
        tell_tablemates=chance.random() < 0.7,
        joined_at=joined_at,
        version=1,
    )
