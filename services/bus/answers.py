"""Idempotency keys, kept with their answers in the transaction of the effect.

A key belongs to its caller. The same request again gets the first answer again; another request under the same key is
refused. https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session as OrmSession

from services.bus.models import answers
from services.bus.refusals import KeyInUse, KeyReused

KEPT = timedelta(hours=24)

# Written once: every call that changes something passes here, and building a statement costs more than running it.
_TAKE = {
    "postgresql": postgresql.insert(answers).on_conflict_do_nothing(),
    "sqlite": sqlite.insert(answers).on_conflict_do_nothing(),
}
_KEEP = update(answers).where(answers.c.caller == bindparam("its_caller"), answers.c.key == bindparam("its_key"))
_KEEP = _KEEP.values(answer=bindparam("answer"))


def fingerprint(method: str, request: dict[str, Any]) -> str:
    """Return what tells one request from another, whatever the order of its fields."""
    return hashlib.sha256(json.dumps([method, request], sort_keys=True, default=str).encode()).hexdigest()


def claim(db: OrmSession, caller: str, key: str, mark: str, now: datetime) -> Any | None:
    """Take `key` for this request, and return None; or return the answer that it already has.

    On PostgreSQL a second request waits here until the first has committed. Raises KeyReused, KeyInUse.
    """
    if _taken(db, caller, key, mark, now):
        return None
    row = db.execute(select(answers).where(answers.c.caller == caller, answers.c.key == key)).one()
    if row.created_at < now - KEPT:
        db.execute(delete(answers).where(answers.c.caller == caller, answers.c.key == key))
        return claim(db, caller, key, mark, now)
    if row.fingerprint != mark:
        raise KeyReused
    if row.answer is None:
        raise KeyInUse
    return row.answer


def _taken(db: OrmSession, caller: str, key: str, mark: str, now: datetime) -> bool:
    row = {"caller": caller, "key": key, "fingerprint": mark, "created_at": now, "answer": None}
    return bool(db.connection().execute(_TAKE[db.get_bind().dialect.name], row).rowcount)


def keep(db: OrmSession, caller: str, key: str, answer: Any) -> None:
    """Keep `answer` (JSON) under a key that this transaction has claimed."""
    db.connection().execute(_KEEP, {"its_caller": caller, "its_key": key, "answer": answer})


def forget_old(db: OrmSession, now: datetime) -> None:
    """Drop what was kept for longer than a key lives."""
    db.execute(delete(answers).where(answers.c.created_at < now - KEPT))


def forget_caller(db: OrmSession, caller: str) -> None:
    """Drop every answer that `caller` was given."""
    db.execute(delete(answers).where(answers.c.caller == caller))
