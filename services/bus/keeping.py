"""Letting go of what was kept for its time: rules of a service, applied in batches, with a line in the log.

A batch is one short transaction. What someone else holds at that moment is passed by, and left for the next time.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, inspect, select
from sqlalchemy.orm import Session as OrmSession

from services.runtime.retention import period

log = logging.getLogger(__name__)

BATCH = 200


@dataclass(frozen=True)
class Rule:
    """What a period of the table means here.

    `due` returns the query of the keys of those `rows` that have been kept since `since` or longer; `apply` lets go of
    these. Without it the rows go.
    """

    name: str
    rows: type[Any]
    due: Callable[[datetime], Select[Any]]
    apply: Callable[[OrmSession, Sequence[Any], datetime], None] | None = None
    batch: int = BATCH

    def since(self, now: datetime) -> datetime:
        """Return the moment up to which it is over."""
        return now - period(self.name)

    def let_go(self, db: OrmSession, keys: Sequence[Any], now: datetime) -> None:
        """Let go of those that have these keys."""
        if self.apply is not None:
            self.apply(db, keys, now)
            return
        (key,) = inspect(self.rows).primary_key
        db.execute(delete(self.rows).where(key.in_(keys)))


def count(db: OrmSession, rule: Rule, now: datetime) -> int:
    """Return of how much the time is over."""
    return db.scalar(select(func.count()).select_from(rule.due(rule.since(now)).subquery())) or 0


def let_go(db: OrmSession, rules: Sequence[Rule], now: datetime) -> bool:
    """Apply each rule to one batch. Returns whether there is more to do at once."""
    is_more = False
    for rule in rules:
        held = rule.due(rule.since(now)).limit(rule.batch).with_for_update(of=rule.rows, skip_locked=True)
        keys = db.scalars(held).all()
        if keys:
            rule.let_go(db, keys, now)
            log.info("retention: %d of %s let go", len(keys), rule.name)
        is_more = is_more or len(keys) == rule.batch
    return is_more
