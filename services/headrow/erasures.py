"""Erasures are repeated: whoever was erased since a backup was made is erased again, before anything is served.

Each service's database is put right by itself, as another may begin to send emails before it has heard of it.
"""

import logging
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.headrow.errors import CannotRun
from services.runtime import clock, erasures
from services.runtime.database import Transactions, open_engine
from services.runtime.refusals import Refusal
from services.runtime.settings import Settings

log = logging.getLogger(__name__)

AT_ONCE: Final = 500  # ids that a database is asked for
PAUSE: Final = 2.0  # seconds until a database is tried again


class Repeater(NamedTuple):
    """How a service says who is there, with the version of each, and erases one of them."""

    back: Callable[[OrmSession, Collection[str]], dict[str, int]]
    erase: Callable[[OrmSession, Envelope, Settings, datetime], object]


def _of_notifications() -> Repeater:
    from services.notifications import people
    from services.notifications.delivery.ways import transport_for

    return Repeater(people.back, lambda db, event, kept, now: people.erase(db, event, transport_for(kept.mail), now))


def _of_community() -> Repeater:
    from services.community import people

    return Repeater(people.back, lambda db, event, _, __: people.erase(db, event))


def _of_registration() -> Repeater:
    from services.registration import erasures as accounts

    return Repeater(accounts.back, lambda db, event, kept, now: accounts.erase_again(db, event.data["id"], kept, now))


# In this order: what registration announces of it then finds that the others have forgotten the person. A process
# imports those of the services alone that it asks.
REPEATERS: Final[Mapping[str, Callable[[], Repeater]]] = {
    "notifications": _of_notifications,
    "community": _of_community,
    "registration": _of_registration,
}


def listed(settings: Settings, *others: Path) -> dict[str, datetime]:
    """Return who was erased and when, by the lists of this installation and by others. Raises CannotRun."""
    if settings.erasures and not settings.erasures.parent.is_dir():
        raise CannotRun(f"HEADROW_ERASURES: there is no folder {settings.erasures.parent}")
    found: dict[str, datetime] = {}
    for file in (*erasures.lists(settings), *others):
        try:
            found.update(erasures.read(file))
        except OSError as error:
            raise CannotRun(f"{file}: {error.strerror}") from error
    return found


def lists_of_backup(file: Path) -> list[Path]:
    """Return the list that `headrow up` keeps beside this backup."""
    return [file.absolute().with_name(erasures.BESIDE)]


def told(settings: Settings, lists: Collection[Path], again: int, made_at: datetime) -> str:
    """Say how many people were erased again, or why there may be some who are not."""
    if not any(file.exists() for file in (*erasures.lists(settings), *lists)):
        return (
            f"There is no list of erasures beside the backup ({erasures.BESIDE}): nobody has been erased since it was "
            "made, or they are back. If there is a list elsewhere, run headrow erasures repeat FILE"
        )
    said = f"People who were erased since then, and are erased again now: {again}"
    if made_at < clock.now() - settings.backups_kept:
        said += f". The list goes back {settings.backups_kept.days} days, and the backup is older: look for others"
    return said


def repeat(settings: Settings, services: Collection[str], erased: Collection[str]) -> int:
    """Erase again who is back in the databases of these services; return how many people those were.

    Their databases have to be up to date. Nobody is written to. Raises what a database raises.
    """
    settings = settings.with_secret_key() if settings.embedded else settings
    again: set[str] = set()
    for service in (name for name in REPEATERS if name in services and erased):
        with _database(settings, service) as transactions:
            there = _back(transactions, service, erased)
            for id, version in there.items():
                _erase(transactions, REPEATERS[service](), _told_before(id, version), settings)
            again |= there.keys()
    if again:
        log.warning("people who were back, and are erased again: %d", len(again))
    return len(again)


def repeat_in_the_end(settings: Settings, services: Collection[str]) -> None:
    """Repeat them as soon as the databases can be reached, and return then. Raises CannotRun."""
    erased = listed(settings)
    while True:
        try:
            repeat(settings, services, erased)
            return
        except (SQLAlchemyError, Refusal) as error:
            why = str(error).strip().splitlines()[0]
            log.warning("nothing is served until erasures are repeated, and a database cannot be used (%s)", why)
        time.sleep(PAUSE)


def erased_here(settings: Settings) -> dict[str, datetime]:
    """Return who was erased, as any of the databases has it: one that was restored alone asks the others."""
    from services.community import people as acquaintances
    from services.notifications import people as recipients
    from services.registration import erasures as accounts

    now = clock.now()
    found: dict[str, datetime] = {}
    for service, module in (("notifications", recipients), ("community", acquaintances)):
        with _database(settings, service) as transactions, transactions.look() as db:
            found.update(dict.fromkeys(module.erased(db), now))
    with _database(settings, "registration") as transactions, transactions.look() as db:
        return {**found, **accounts.erased_since(db, now - settings.backups_kept)}


def still_there(settings: Settings, services: Collection[str], erased: Collection[str]) -> int:
    """Return how many of these people are in a database of these services."""
    there: set[str] = set()
    for service in (name for name in REPEATERS if name in services and erased):
        with _database(settings, service) as transactions:
            there |= _back(transactions, service, erased).keys()
    return len(there)


def _back(transactions: Transactions, service: str, erased: Collection[str]) -> dict[str, int]:
    ids, found, back = sorted(erased), {}, REPEATERS[service]().back
    with transactions.look() as db:
        for at in range(0, len(ids), AT_ONCE):
            found.update(back(db, ids[at : at + AT_ONCE]))
    return found


def _erase(transactions: Transactions, repeater: Repeater, event: Envelope, settings: Settings) -> None:
    transactions.run(lambda db: repeater.erase(db, event, settings, clock.now()))


def _told_before(id: str, version: int) -> Envelope:
    """Return what registration announced when the person was erased, as far as that is acted on."""
    return Envelope(
        id=str(uuid.uuid4()),
        type="registration.person_erased.v1",
        source="registration",
        subject=f"people/{id}",
        version=version,
        time=clock.now(),
        correlation_id=None,
        data={"id": id, "unused": False, "told_before": True},
    )


@contextmanager
def _database(settings: Settings, service: str) -> Iterator[Transactions]:
    transactions = Transactions(open_engine(settings.database_url(service), schema=service))
    try:
        yield transactions
    finally:
        transactions.engine.dispose()
