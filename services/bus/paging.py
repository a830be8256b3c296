"""Opaque cursors for lists: the sort key of the last row seen, so that rows added meanwhile shift nothing."""

import base64
import binascii
import json
from typing import Any

from services.bus.refusals import Invalid


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
        raise Invalid.field("cursor", "This is not a cursor that we gave out.")
    return key


def _storable(value: Any) -> bool:
    """Tell whether a database can compare its column with `value`: what we gave out it can, what is forged may not."""
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return not isinstance(value, str) or (value.isprintable() and len(value) < 300)
