"""Writing the audit record: each row in the transaction of what it records, so that neither exists without the other.

A row names people by their ids and things by their slugs and references. It holds no name and no address, and so it
can stay when a person is erased. `chain.py` puts the rows in order a moment later: nobody waits for the one before.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, bindparam, exists, insert, select
from sqlalchemy.orm import Session as OrmSession

from services.bus import audit
from services.bus.outbox import wake
from services.registration.models import Audit, Booking, Person
from services.runtime import correlation
from services.runtime.database import write
from services.runtime.dialects import Moment

COMMAND: Final = "command"  # whoever may run the `headrow` command
SYSTEM: Final = "system"
UNKNOWN: Final = "unknown"  # whoever guesses
SIGNED_IN: Final = "signed-in"
SIGN_IN_REFUSED: Final = "sign-in-refused"
SIGN_INS_ENDED: Final = "sign-ins-ended"
ADDRESS_CHANGED: Final = "address-changed"
SECOND_FACTOR_SET: Final = "second-factor-set"
SECOND_FACTOR_REMOVED: Final = "second-factor-removed"
IDENTITY_LINKED: Final = "identity-linked"
IDENTITY_REMOVED: Final = "identity-removed"
TOKEN_MADE: Final = "token-made"
ROLE_GIVEN: Final = "role-given"
ROLE_TAKEN: Final = "role-taken"
FACILITATOR_NAMED: Final = "facilitator-named"
FACILITATOR_TAKEN_BACK: Final = "facilitator-taken-back"
COORDINATOR_NAMED: Final = "coordinator-named"
COORDINATOR_TAKEN_BACK: Final = "coordinator-taken-back"
SHARING_AGREED: Final = "sharing-agreed"
SHARING_ENDED: Final = "sharing-ended"
ERASED: Final = "erased"
MERGED: Final = "accounts-merged"
PARTED: Final = "merge-undone"
ONE_BURST: Final = timedelta(minutes=10)  # the same seen again so soon is one row: a page at the door is reloaded
IN_BURSTS: Final = (audit.SEEN, SIGN_IN_REFUSED)

_ADD = insert(Audit).inline()
_SAME = and_(
    Audit.actor == bindparam("actor"),
    Audit.object == bindparam("object"),
    Audit.action == bindparam("action"),
)
_IN_BURST = select(exists().where(_SAME, Audit.at > bindparam("since", type_=Moment)))
_IN_REQUEST = select(exists().where(_SAME, Audit.correlation_id == bindparam("correlation_id")))


def record(
    db: OrmSession,
    actor: str,
    action: str,
    object: str,
    now: datetime,
    *,
    person: str | None = None,
    session: str | None = None,
) -> None:
    """Write down that `actor` (a person's id, `command`, `system` or `unknown`) did `action` with `object`.

    What was seen a few minutes ago, or taken away by the same request, is not written down again.
    """
    row = {"actor": actor, "action": action, "object": object, "correlation_id": correlation.current()}
    if action in IN_BURSTS and db.scalar(_IN_BURST, {**row, "since": now - ONE_BURST}):
        return
    if action == audit.EXPORTED and db.scalar(_IN_REQUEST, row):
        return
    write(db, _ADD, {**row, "at": now, "person": person, "session": session})
    wake(db, "chain_audit")


def record_of(db: OrmSession, actor: str, action: str, person: Person, now: datetime) -> None:
    """Write down what `actor` did with a person's account."""
    record(db, actor, action, f"people/{person.id}", now, person=person.id)


def record_use(db: OrmSession, actor: str, entry: audit.Entry, now: datetime) -> None:
    """Write down what `actor` did with personal data, unless they are their own."""
    kind, _, rest = entry.object.partition("/")
    id = rest.partition("/")[0]
    person = entry.person
    if person is None and kind == "people":
        person = id or None
    elif person is None and kind == "bookings":
        person = db.scalar(select(Booking.person_id).where(Booking.reference == id))
    if person is None or person != actor:
        session = id if kind == "sessions" else None
        record(db, actor, entry.action, entry.object, now, person=person, session=session)


def reading_of(facts: audit.Facts) -> Iterator[audit.Entry]:
    """Yield what is recorded of reading the record: of one person, or of everyone."""
    person = facts["given"]["person"]
    yield audit.Entry(audit.SEEN, f"people/{person}/audit" if person else "audit")


def record_told(db: OrmSession, told: dict[str, Any], at: datetime) -> None:
    """Write down what another service told of, and when it was."""
    for use in told["used"]:
        record_use(db, told["actor"], audit.Entry(**use), at)
