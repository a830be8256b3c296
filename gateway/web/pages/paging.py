"""The address of the next page of a list."""

from gateway.web.routing import url_for


def next_page(name: str, cursor: str | None, **values: str) -> str | None:
    """Return where the list of the route of this name goes on, with these values; None where this is its end."""
    return url_for(name, **values, cursor=cursor) if cursor else None
