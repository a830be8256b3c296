"""Several requests of one person at once: nothing is kept twice, no limit is passed, nothing outlives an erasure."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.bus import models as bus
from services.registration import my_data
from services.registration.errors import TooManySuggestions
from services.registration.models import Base, Interest, Person, Session, Suggestion
from services.registration.voices import interests, suggestions
from services.runtime.database import Transactions
from services.runtime.refusals import NotSignedIn
from tests.registration.conftest import NOW, START

AMINA = "3f6f3f0e-6a55-4a33-9a2e-5b8b1a4e9f10"


@pytest.fixture
def transactions(make_engine):
    engine = make_engine(Base.metadata, bus.metadata)
    when = {"starts_at": START, "ends_at": START + timedelta(hours=1), "meetings": []}
    with OrmSession(engine) as db:
        db.add(Person(id=AMINA, email="amina@example.org", granted=[], created_at=NOW))
        db.add(Session(slug="march", title="March", programme="slp", status="published", waiting_list="none", **when))
        db.commit()
    return Transactions(engine)


def at_once(transactions, times, do):
    """Have `do(db, amina)` done so many times at once; return what each returned, or refused."""

    def one(_):
        try:
            with transactions.begin() as db:
                return do(db, db.get_one(Person, AMINA))
        except (NotSignedIn, TooManySuggestions) as refusal:
            return refusal

    with ThreadPoolExecutor(4) as hands:
        return list(hands.map(one, range(times)))


def count(transactions, kind):
    with transactions.begin() as db:
        return db.scalar(select(func.count()).select_from(kind))


def test_the_same_interest_asked_for_at_once_is_one(transactions):
    ids = at_once(transactions, 8, lambda db, amina: interests.register(db, amina, NOW, programme="slp").id)
    assert (len(set(ids)), count(transactions, Interest)) == (1, 1)


def test_the_limit_of_suggestions_holds_when_they_come_at_once(transactions):
    made = at_once(transactions, 24, lambda db, amina: suggestions.suggest(db, amina, NOW, "theme", "Trust"))
    assert sum(isinstance(one, TooManySuggestions) for one in made) == 4
    assert count(transactions, Suggestion) == 20


def test_what_comes_while_somebody_is_erased_is_refused_and_not_kept(transactions):
    refused = []

    def suggest():
        refused.extend(at_once(transactions, 1, lambda db, amina: suggestions.suggest(db, amina, NOW, "theme", "Me")))

    with transactions.begin() as db:
        my_data.erase(db, db.get_one(Person, AMINA), NOW)
        suggesting = Thread(target=suggest)
        suggesting.start()
        suggesting.join(0.2)
        assert suggesting.is_alive()
    suggesting.join(10)
    assert [type(one) for one in refused] == [NotSignedIn]
    assert count(transactions, Suggestion) == 0
