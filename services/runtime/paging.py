"""Opaque cursors for lists: the sort key of the last row seen, so that rows added meanwhile shift nothing."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm import Session as OrmSession

from services.runtime.refusals import Invalid


def cursor_after(*key: Any) -> str:
    """Return the cursor of the row whose sort key is `key` (JSON values)."""
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).decode().rstrip("=")


def key_of(cursor: str, *types: type) -> list[Any]:
    """Return the sort key in `cursor`, whose values must be of `types`. Raises Invalid on field `cursor`."""
    try:
        key = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, UnicodeError, RecursionError):
        key = None
    if not isinstance(key, list) or [type(value) for value in key] != list(types) or not all(map(_storable, key)):
        raise Invalid.field("cursor", "not-our-cursor")
    return key


def page_of(
    db: OrmSession,
    query: Select[*tuple[Any, ...]],
    key: InstrumentedAttribute[int],
    cursor: str | None,
    limit: int,
    *,
    latest_first: bool = False,
) -> tuple[Sequence[Any], str | None]:
    """Return a page of the rows of `query`, in the order of `key`, and the cursor of the next one, if there is one.

    `key` counts up with each row that is added, and ends each row. Raises Invalid on field `cursor`.
    """
    query = query.add_columns(key).order_by(key.desc() if latest_first else key)
    if cursor:
        [last] = key_of(cursor, int)
        query = query.where(key < last if latest_first else key > last)
    rows = db.execute(query.limit(limit + 1)).all()
    return rows[:limit], cursor_after(rows[limit - 1][-1]) if len(rows) > limit else None


def _storable(value: Any) -> bool:
    """Tell whether a database can compare its column with `value`: what we gave out it can, what is forged may not."""
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return not isinstance(value, str) or (value.isprintable() and len(value) < 300)
