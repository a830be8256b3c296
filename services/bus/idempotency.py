"""Idempotency keys, kept with their answers in the transaction of the effect.

A key belongs to its caller. The same request again gets the first answer again; another request under the same key is
refused. Nothing is looked up before the work is done: few requests are repeats, and the work of a repeat is undone by
the key that it cannot take. https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import Text, bindparam, cast, delete, insert, select, tuple_
from sqlalchemy.orm import Session as OrmSession

from services.bus.models import answers
from services.runtime.dialects import Moment, upsert
from services.runtime.refusals import KeyInUse, KeyReused
from services.runtime.retention import period

KEPT = period("answers")


class Row(TypedDict):
    """An answer (JSON) as it is kept: the caller, whose key it is, and the mark of the request."""

    caller: str
    key: str
    fingerprint: str
    answer: Any
    created_at: datetime


@upsert
def _kept(insert: Any) -> Any:
    """Write the answer; over one that is too old, but never over another."""
    new = insert(answers)
    values = {name: new.excluded[name] for name in ("fingerprint", "answer", "created_at")}
    expired = answers.c.created_at < bindparam("expired", type_=Moment)
    return new.on_conflict_do_update(index_elements=["caller", "key"], set_=values, where=expired)


_ADD = insert(answers)


def fingerprint(method: str, request: dict[str, Any]) -> str:
    """Return what tells one request from another, whatever the order of its fields."""
    return hashlib.sha256(json.dumps([method, request], sort_keys=True, default=str).encode()).hexdigest()


def earlier(db: OrmSession, caller: str, key: str, mark: str, now: datetime) -> Any | None:
    """Return the answer that this request was given under `key` before, if any. Raises KeyReused."""
    row = db.execute(
        select(answers.c.fingerprint, answers.c.answer).where(
            answers.c.caller == caller, answers.c.key == key, answers.c.created_at >= now - KEPT
        )
    ).one_or_none()
    if row is None:
        return None
    if row.fingerprint != mark:
        raise KeyReused
    return row.answer


def keep(db: OrmSession, row: Row) -> None:
    """Keep an answer under its key. Raises KeyInUse where the key has one already.

    On PostgreSQL a second request waits here until the first has committed; what it did is then to be undone.
    """
    if not db.connection().execute(_kept(db), {**row, "expired": row["created_at"] - KEPT}).rowcount:
        raise KeyInUse


def known(db: OrmSession, ids: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of the keys, each `(caller, key)`, that have an answer, however old."""
    if not ids:
        return set()
    theirs = answers.c.caller.in_({caller for caller, _ in ids}), answers.c.key.in_({key for _, key in ids})
    return {(row.caller, row.key) for row in db.execute(select(answers.c.caller, answers.c.key).where(*theirs))}


def keep_all(db: OrmSession, rows: Sequence[Row]) -> None:
    """Keep answers, each under a key that is not `known`. Raises IntegrityError where one has become so meanwhile."""
    if rows:
        db.connection().execute(_ADD, rows)


def forget_old(db: OrmSession, now: datetime) -> None:
    """Drop what was kept for longer than a key lives, but for what another transaction holds just now."""
    old = select(answers.c.caller, answers.c.key).where(answers.c.created_at < now - KEPT)
    free = old.with_for_update(skip_locked=True)
    db.execute(delete(answers).where(tuple_(answers.c.caller, answers.c.key).in_(free)))


def forget_caller(db: OrmSession, caller: str) -> None:
    """Drop every answer that `caller` was given."""
    db.execute(delete(answers).where(answers.c.caller == caller))


def forget_naming(db: OrmSession, words: Sequence[str]) -> None:
    """Drop every answer in which one of `words` stands, whoever was given it: what it says of somebody is theirs."""
    for word in words:
        db.execute(delete(answers).where(cast(answers.c.answer, Text).contains(word, autoescape=True)))
