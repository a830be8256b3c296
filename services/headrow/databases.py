"""The databases that a command opens, brought up to date first where `headrow up` keeps them."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.runtime.database import Transactions, open_engine
from services.runtime.migrations import migrate
from services.runtime.settings import Settings


@contextmanager
def database(settings: Settings, service: str) -> Iterator[Transactions]:
    """Open the database of a service for a command, and close it afterwards."""
    if settings.embedded:
        bring_up_to_date(settings, service)
    transactions = Transactions(open_engine(settings.database_url(service), schema=service))
    try:
        yield transactions
    finally:
        transactions.engine.dispose()


def bring_up_to_date(settings: Settings, service: str) -> None:
    """Migrate the database of a service to what this version needs."""
    engine = open_engine(settings.database_url(service), schema=service)
    try:
        migrate(engine, service)
    finally:
        engine.dispose()
