"""A database with the bus's tables and one more, in which to leave traces."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session as OrmSession

from services.bus import models
from services.runtime.database import Transactions
from tests.bus.scenarios.services import effects

NOW = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)


@pytest.fixture
def engine(make_engine: Callable[..., Engine]) -> Engine:
    """One service's database."""
    return make_engine(models.metadata, effects.metadata)


@pytest.fixture
def transactions(engine: Engine) -> Transactions:
    """The transactions of one service."""
    return Transactions(engine)


@pytest.fixture
def db(engine: Engine) -> Iterator[OrmSession]:
    """A transaction that is open for the whole test, and never committed."""
    with OrmSession(engine) as db:
        yield db


@pytest.fixture
def now() -> datetime:
    """The time of the test."""
    return NOW
