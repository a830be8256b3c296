"""Several requests of two members at once: one introduction, one answer, and nothing that outlives an erasure."""

from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.bus import models as bus
from services.community import blocks, introductions, members
from services.community.errors import (
    AlreadyAsked,
    IntroductionOver,
    IntroductionWaiting,
    NotAMember,
    TooManyIntroductions,
)
from services.community.models import Base, Introduction, Member
from services.runtime.database import Transactions
from services.runtime.refusals import Refusal
from tests.community.conftest import NOW, World, id_of
from tests.community.membership import caller, join

MANY = [f"member-{n}" for n in range(8)]


@pytest.fixture
def transactions(make_engine):
    engine = make_engine(Base.metadata, bus.metadata)
    with OrmSession(engine, expire_on_commit=False, autoflush=False) as db:
        world = World(db)
        for who in ("amina", "ben", *MANY):
            join(world, who)
        db.commit()
    return Transactions(engine)


def at_once(transactions, *asks):
    """Have each `ask(db)` done at once; return what each returned, or the kind of its refusal."""

    def one(ask):
        try:
            with transactions.begin() as db:
                return ask(db)
        except Refusal as refusal:
            return type(refusal)

    with ThreadPoolExecutor(4) as hands:
        return list(hands.map(one, asks))


def asking(by, to):
    return lambda db: introductions.propose(db, caller(by), NOW, id_of(to), "Hello")["id"]


def rows(transactions):
    with transactions.begin() as db:
        return [(row.by, row.state) for row in db.scalars(select(Introduction))]


def test_of_two_who_ask_each_other_at_once_one_has_asked(transactions):
    told = at_once(transactions, asking("amina", "ben"), asking("ben", "amina"))
    assert told.count(IntroductionWaiting) == 1
    assert len(rows(transactions)) == 1


def test_the_same_asked_many_times_at_once_is_asked_once(transactions):
    told = at_once(transactions, *[asking("amina", "ben")] * 6)
    assert told.count(AlreadyAsked) == 5
    assert len(rows(transactions)) == 1


def test_the_limit_holds_when_many_are_asked_at_once(transactions):
    told = at_once(transactions, *(asking("amina", who) for who in MANY))
    assert told.count(TooManyIntroductions) == 5
    assert len(rows(transactions)) == 3


def test_yes_and_taking_back_at_once_is_one_of_them(transactions):
    [id_] = at_once(transactions, asking("amina", "ben"))
    told = at_once(
        transactions,
        lambda db: introductions.accept(db, caller("ben"), id_, NOW)["state"],
        lambda db: introductions.withdraw(db, caller("amina"), id_, NOW)["state"],
    )
    [(_, state)] = rows(transactions)
    assert told in ([state, IntroductionOver], [IntroductionOver, state])


def test_asking_and_being_blocked_at_once_leaves_nothing_open(transactions):
    at_once(
        transactions,
        asking("amina", "ben"),
        lambda db: blocks.block(db, caller("ben"), id_of("amina"), NOW),
    )
    assert [state for _, state in rows(transactions)] in ([], ["declined"])


def test_joining_many_times_at_once_is_joining_once(transactions):
    with transactions.begin() as db:
        World(db).person("carla")
    told = at_once(transactions, *[lambda db: members.join(db, caller("carla"), NOW, None, [], False)["version"]] * 6)
    assert told == [1] * 6
    with transactions.begin() as db:
        assert db.scalar(select(func.count()).where(Member.person == id_of("carla"))) == 1


def test_what_is_asked_while_somebody_is_erased_is_refused_and_not_kept(transactions):
    refused = []
    with transactions.begin() as db:
        World(db).erase("amina")
        asking_now = Thread(target=lambda: refused.extend(at_once(transactions, asking("amina", "ben"))))
        asking_now.start()
        asking_now.join(0.2)
        assert asking_now.is_alive()
    asking_now.join(10)
    assert refused == [NotAMember]
    assert rows(transactions) == []


def test_what_is_asked_of_somebody_who_leaves_meanwhile_is_not_left_open(transactions):
    told = at_once(transactions, asking("amina", "ben"), lambda db: members.leave(db, caller("ben")))
    assert len(told) == 2
    assert "proposed" not in [state for _, state in rows(transactions)]
