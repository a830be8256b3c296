"""The address of the next page of a list."""

from collections.abc import Mapping
from urllib.parse import urlencode


def next_page(path: str, cursor: str | None, wanted: Mapping[str, str] | None = None) -> str | None:
    """Return where a list goes on that is narrowed down to what is `wanted`; None where this is its end."""
    return f"{path}?{urlencode({**(wanted or {}), 'cursor': cursor})}" if cursor else None
