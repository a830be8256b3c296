"""What the commands about events do: `headrow announce`, `republish` and `failed`."""

import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.bus import parked, reconciliation
from services.bus.replay import NotTakenIn, Party, Tell, tell_again
from services.headrow.data_folder import read_clock
from services.headrow.databases import database
from services.headrow.errors import CannotRun
from services.headrow.names import SERVICES, service_class
from services.headrow.reads import READS
from services.runtime import clock
from services.runtime.database import Transactions
from services.runtime.settings import Settings

SHOWN_EVERY = 10_000  # events
# The services to which it would do harm.
NOT_TOLD_AGAIN = {
    "catalogue": "it reads no events",
    "registration": "what it hears of a session changes bookings, and people are written to about that",
}
# Of all else it would write to people once more.
TOLD_ALONE = {
    "notifications": frozenset(
        {"registration.person_changed.v1", "registration.person_erased.v1", "registration.facilitator_named.v1"}
    )
}


def announce(settings: Settings, given: Namespace) -> None:
    """Have the others announce again what they have, to one service alone, and say what that was."""
    if given.name in NOT_TOLD_AGAIN:
        raise CannotRun(f"nothing is announced again to {given.name}: {NOT_TOLD_AGAIN[given.name]}")
    read_clock(settings)
    reads = frozenset(READS[given.name])
    reads &= TOLD_ALONE.get(given.name, reads)
    with database(settings, given.name) as told:
        reader = Party(given.name, told)
        # In the order of SERVICES nothing refers to what comes later.
        for name, tell in ((name, service_class(name).tell) for name in SERVICES if service_class(name).tell):
            with database(settings, name) as telling:
                counts = _tell_again(Party(name, telling), reader, reads, tell)
            said = ", ".join(f"{number} {type.split('.')[1]}" for type, number in counts.items())
            print(f"{name}: {said or 'nothing'}", flush=True)
    print(f"{given.name} has taken all of it in")


def republish(settings: Settings, given: Namespace) -> None:
    """Publish again what a service published since a moment, to each reader of it; who holds an event refuses it."""
    read_clock(settings)
    with database(settings, given.name) as transactions:
        for reader, types in READS.items():
            theirs = [type_ for type_ in types if type_.startswith(f"{given.name}.")]
            if theirs and given.to in (None, reader):
                number = _republish(transactions, reader, theirs, given.since)
                print(f"{reader}: {number} events of {given.name} are published again")


def _republish(transactions: Transactions, reader: str, types: Sequence[str], since: datetime) -> int:
    with transactions.look() as db:
        ids = reconciliation.published_since(db, types, since)
    for at in range(0, len(ids), reconciliation.PAGE):
        with transactions.begin() as db:
            reconciliation.publish_again(db, reader, ids[at : at + reconciliation.PAGE], clock.now())
    return len(ids)


def _tell_again(teller: Party, reader: Party, reads: frozenset[str], tell: Tell) -> Counter[str]:
    counts: Counter[str] = Counter()
    shown = 0
    try:
        for told in tell_again(teller, reader, reads, tell):
            counts.update(event.type for event in told)
            if counts.total() - shown >= SHOWN_EVERY:
                shown = counts.total()
                print(f"{teller.name}: {shown} so far", file=sys.stderr, flush=True)
    except NotTakenIn as stuck:
        raise CannotRun(f"{stuck} To announce all of it again does no harm.") from stuck
    return counts


def failed(settings: Settings, given: Namespace) -> int:
    """List, show, retry or drop parked events."""
    read_clock(settings)
    if given.action in ("retry", "drop", "show") and not given.ids:
        raise CannotRun(f"say which events to {given.action}: headrow failed {given.action} ID…")
    found = 0
    for service in SERVICES:
        with database(settings, service) as transactions, transactions.begin() as db:
            if given.action in ("list", "show"):
                rows = parked.listed(db, given.ids)
                found += len(rows)
                for row in rows:
                    _show(service, row) if given.action == "show" else _list(service, row)
            else:
                found += (parked.retry if given.action == "retry" else parked.drop)(db, given.ids)
    if given.action == "list":
        print(f"{found} parked", file=sys.stderr)
        return 0
    if given.action != "show":
        print(f"{found} {'to be handled again' if given.action == 'retry' else 'dropped'}")
    return 0 if found else 1


def _list(service: str, row: Any) -> None:
    last_line = (row.error or "").strip().rsplit("\n", 1)[-1]
    print(f"{row.event_id}  {service}  {row.type}  {row.subject}  {row.attempts} attempts  {last_line}")


def _show(service: str, row: Any) -> None:
    _list(service, row)
    print((row.envelope or b"").decode("utf-8", "backslashreplace"))
    print(row.error or "")
