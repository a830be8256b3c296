"""The chain of the audit record: numbers without gaps, and a hash of each row that holds the hash of the one before.

The hash is keyed (HMAC-SHA-256): whoever can write the database and does not know the secret key cannot change, remove,
swap or add a row unnoticed; not even at the end, as the end is sealed too. What was written in the last second and is
not in the chain yet is not protected.

A hash begins with a few digits that tell which key made it. Rows of a key before are bound by the hashes that follow,
but what stands in them can be checked only with that key.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, delete, exists, func, select, text, update
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import wake
from services.registration.models import Audit, AuditChain
from services.runtime.dialects import upsert
from services.runtime.retention import period

BATCH: Final = 500
KEPT: Final = period("audit")  # how long a row is evidence, and then nobody's business
LATE: Final = timedelta(minutes=5)  # rows are chained within seconds
EMPTY: Final = {"dropped_number": 0, "dropped_hash": "", "last_number": 0, "last_hash": "", "seal": ""}
FACTS: Final = ("actor", "action", "object", "person", "session", "correlation_id")

_COLUMNS = (Audit.position, Audit.number, Audit.at, *(getattr(Audit, name) for name in FACTS))
_UNCHAINED = select(*_COLUMNS).where(Audit.number.is_(None)).order_by(Audit.position).limit(BATCH)
_CHAIN = update(Audit.__table__).where(Audit.position == bindparam("row"))  # type: ignore[arg-type]


@upsert
def _first(insert: Any) -> Any:
    """Write the row that says where the chain begins and ends, unless it is there."""
    return insert(AuditChain).on_conflict_do_nothing()


class Key:
    """What the hashes are made with, of the secret key of this installation."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.new(secret.encode(), b"audit", hashlib.sha256).digest()
        self._name = self._mac(["key"])[:8]

    def hash_of(self, number: int, row: Any, previous: str) -> str:
        """Return the hash of a row at that number, after the row whose hash is `previous`."""
        at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
        return f"{self._name}:{self._mac([number, at, *(getattr(row, name) for name in FACTS), previous])}"

    def seal_of(self, chain: AuditChain) -> str:
        """Return the seal of where the chain begins and ends."""
        names = ("dropped_number", "dropped_hash", "last_number", "last_hash")
        return f"{self._name}:{self._mac(['seal', *(getattr(chain, name) for name in names)])}"

    def made(self, hash: str) -> bool:
        """Say whether a hash was made with this key, by its own account."""
        return hash.startswith(f"{self._name}:")

    def _mac(self, facts: list[Any]) -> str:
        canonical = json.dumps(facts, separators=(",", ":")).encode()
        return hmac.new(self._key, canonical, hashlib.sha256).hexdigest()


def extend(db: OrmSession, key: Key) -> int:
    """Put the next rows into the chain, in the order in which they were written, and return how many.

    One transaction at a time does so.
    """
    rows = db.execute(_UNCHAINED).all()
    if not rows:
        return 0
    chain = _locked(db)
    rows = db.execute(_UNCHAINED).all()  # those that whoever held the lock has left
    changes = []
    for row in rows:
        number, previous = chain.last_number + 1, chain.last_hash
        chain.last_number, chain.last_hash = number, key.hash_of(number, row, previous)
        changes.append({"row": row.position, "number": number, "previous_hash": previous, "hash": chain.last_hash})
    if changes:
        db.connection().execute(_CHAIN, changes)
        chain.seal = key.seal_of(chain)
    if len(rows) == BATCH:
        wake(db, "chain_audit")
    return len(rows)


def forget_old(db: OrmSession, key: Key, now: datetime) -> None:
    """Drop the rows at the beginning that are too old; the chain then begins after the last of them."""
    if not db.scalar(select(exists().where(Audit.number.is_not(None), Audit.at <= now - KEPT))):
        return
    chain = _locked(db)
    young = select(func.min(Audit.number)).where(Audit.at > now - KEPT).scalar_subquery()
    old = select(func.max(Audit.number)).where(Audit.number < func.coalesce(young, chain.last_number + 1))
    last = db.scalar(old)
    if last is None:
        return
    hash = db.scalar(select(Audit.hash).where(Audit.number == last))
    db.execute(delete(Audit).where(Audit.number <= last))
    chain.dropped_number, chain.dropped_hash = last, hash or ""
    chain.seal = key.seal_of(chain)


def _locked(db: OrmSession) -> AuditChain:
    """Return where the chain begins and ends, which nobody else changes until this transaction ends."""
    db.execute(_first(db), {"id": 1, **EMPTY})
    return db.get_one(AuditChain, 1, with_for_update=True, populate_existing=True)


@dataclass(frozen=True)
class Checked:
    """What a look at the whole chain found: at which number it breaks, and `why`; None where it is whole.

    `other_key` are the rows whose hash was made with another key, and `late` those that should be in the chain by now.
    """

    rows: int
    broken_at: int | None
    why: str
    other_key: int
    late: int


def check(db: OrmSession, key: Key, now: datetime) -> Checked:
    """Look at every row of the chain, one after the other. Begins its transaction: all is of one moment."""
    if db.get_bind().dialect.name == "postgresql":
        db.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        db.execute(text("SET LOCAL statement_timeout = 0"))
    late = db.scalar(select(func.count()).where(Audit.number.is_(None), Audit.at < now - LATE)) or 0
    chain = db.get(AuditChain, 1) or AuditChain(**EMPTY)
    walk = _Walk(key, chain)
    rows = select(*_COLUMNS, Audit.previous_hash, Audit.hash).where(Audit.number.is_not(None)).order_by(Audit.number)
    for row in db.execute(rows.execution_options(yield_per=1000)):
        if why := walk.step(row):
            return Checked(walk.rows, walk.number, why, walk.other_key, late)
    why = walk.end()
    return Checked(walk.rows, walk.number if why else None, why, walk.other_key, late)


class _Walk:
    """A walk along the chain; `number` is the one that is looked at."""

    def __init__(self, key: Key, chain: AuditChain) -> None:
        self.rows, self.other_key = 0, 0
        self.number, self._hash = chain.dropped_number, chain.dropped_hash
        self._key, self._chain = key, chain

    def step(self, row: Any) -> str:
        """Take the next row, and return what is wrong with it."""
        self.number += 1
        if row.number != self.number:
            return "the row is missing"
        if row.previous_hash != self._hash:
            return "the row does not follow the one before"
        if not self._key.made(row.hash):
            self.other_key += 1
        elif not hmac.compare_digest(row.hash, self._key.hash_of(row.number, row, self._hash)):
            return "the row was changed"
        self.rows, self._hash = self.rows + 1, row.hash
        return ""

    def end(self) -> str:
        """Return what is wrong with the end of the chain."""
        chain = self._chain
        if (self.number, self._hash) != (chain.last_number, chain.last_hash):
            self.number += 1
            return "the rows from here on are missing, or were added"
        if self.number and not hmac.compare_digest(chain.seal, self._key.seal_of(chain)):
            return "where the chain begins and ends was changed, or the secret key"
        return ""
