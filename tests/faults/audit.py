"""What holds after every fault: nothing lost, nothing doubled, nothing oversold, and everyone shows the same."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from sqlalchemy import Select, TextClause, func, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.entrypoints import topology
from services.bus.models import inbox, outbox
from services.bus.topology import address_of
from services.headrow.names import SERVICES, service_class
from services.notifications.models import Message
from services.registration.models import MODES, Session
from services.runtime.database import Transactions, open_engine
from tests.journeys.running import Caller, System, all_items, eventually
from tests.registration.rules import check_places

SESSION = "slp-june-virtual-cohort"
LETTERS = 3  # of a booking of that: one a meeting
QUIET = 150.0  # seconds, on a machine that does much else


@contextmanager
def opened(system: System, service: str) -> Iterator[OrmSession]:
    """Open a transaction on the database of one service."""
    default = f"sqlite:///{system.folder}/{service}.db"
    engine = open_engine(system.environment.get("HEADROW_DATABASE", default), service)
    try:
        with Transactions(engine).begin() as db:
            yield db
    finally:
        engine.dispose()


def rows(system: System, service: str, query: Select[Any] | TextClause) -> list[Any]:
    """Return what a query finds in the database of one service."""
    with opened(system, service) as db:
        return list(db.execute(query).all())


def post(caller: Caller, key: str, session: str = SESSION) -> requests.Response | None:
    """Try to book once: the answer, or None where none came."""
    try:
        return caller.post("/bookings", {"session": session}, key=key)
    except requests.RequestException:
        return None


def insist(caller: Caller, key: str, session: str = SESSION) -> requests.Response:
    """Book as a good client does: the same request under the same key until there is an answer."""
    answer: requests.Response = eventually(
        lambda: (a := post(caller, key, session)) is not None and a.status_code == 201 and a, 60
    )
    return answer


def audit(system: System) -> None:
    """Wait until all events are handled, and fail unless everything is as if there had been no fault."""
    reads = topology(*(service_class(name) for name in SERVICES))
    eventually(lambda: _nothing(_under_way(system)), QUIET)
    eventually(lambda: _nothing(_not_stored(system, reads)), QUIET)
    eventually(lambda: _nothing(_under_way(system)), QUIET)
    queued = select(Message.id, Message.template).where(Message.state == "queued")
    eventually(lambda: _nothing(rows(system, "notifications", queued)), QUIET)
    _check_numbers(system)
    identities = Counter(message["Message-ID"] for message in system.mail())
    assert not [twice for twice, number in identities.items() if number > 1], "an email was sent twice"
    with opened(system, "registration") as db:
        check_places(db)
        left = {
            session.slug: {mode: session.capacity(mode) - session.taken(mode) for mode in MODES}
            for session in db.scalars(select(Session))
        }
    eventually(lambda: _shown(system).items() <= left.items(), QUIET)


class _Something(list[Any]):
    """What there is: false, and shown where a test fails over it."""

    def __bool__(self) -> bool:
        return False


def _nothing(found: list[Any]) -> bool | _Something:
    return _Something(found) if found else True


def _under_way(system: System) -> list[tuple[Any, ...]]:
    """Return what outboxes and inboxes still hold, parked events among it; of what failed, with its error."""
    found: list[tuple[Any, ...]] = []
    for service in SERVICES:
        unpublished = select(outbox.c.type).where(outbox.c.published_at.is_(None))
        unhandled = select(inbox.c.type, inbox.c.state, inbox.c.attempts, inbox.c.due_at, inbox.c.error).where(
            inbox.c.state.in_(("waiting", "parked"))
        )
        for query in (unpublished, unhandled):
            found += [(service, *row) for row in rows(system, service, query.limit(5))]
    return found


def _not_stored(system: System, reads: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return the events that were published and that a reader does not hold."""
    lost = []
    for reader, types in reads.items():
        here = {id for (id,) in rows(system, reader, select(inbox.c.event_id))}
        for service in {type_.partition(".")[0] for type_ in types}:
            published = select(outbox.c.event_id).where(outbox.c.published_at.is_not(None), outbox.c.type.in_(types))
            lost += [(reader, id) for (id,) in rows(system, service, published) if id not in here]
    return lost


def _check_numbers(system: System) -> None:
    """Fail unless what each service published is numbered without gaps, each event once."""
    for service in SERVICES:
        numbered = select(func.count(outbox.c.number), func.min(outbox.c.number), func.max(outbox.c.number))
        (count, first, last), *_ = rows(system, service, numbered)
        assert not count or count == last - first + 1, service
        for reader in SERVICES:
            again = select(func.count()).where(outbox.c.type == address_of(reader), outbox.c.published_at.is_(None))
            assert rows(system, service, again)[0][0] == 0


def _shown(system: System) -> dict[str, dict[str, int]]:
    """Return the places left of each upcoming session, as the gateway shows them."""
    shown = {}
    for item in all_items(Caller(system.url), "/sessions?when=upcoming"):
        places = {mode: item["places"].get(mode, {"left": 0})["left"] for mode in MODES}
        shown[item["slug"]] = places
    return shown
