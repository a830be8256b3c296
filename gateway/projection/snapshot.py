"""Beginning the read model anew: the whole catalogue and all places, asked for page by page."""

from collections.abc import Iterator
from typing import Any

from gateway.projection import lists
from gateway.projection.read_model import ReadModel, load_places
from gateway.web.call import Peer


def take(model: ReadModel, catalogue: Peer, registration: Peer) -> None:
    """Fill `model` with what there is now. Raises Refused, Unavailable, Invalid; what was known then stays."""
    with model.snapshot() as state:
        for item in _pages(catalogue, "snapshot"):
            state.take_in(item["type"], item["subject"], item["version"], item["data"])
        for row in _pages(registration, "places"):
            state.put_places(*load_places(row))


def _pages(peer: Peer, method: str) -> Iterator[dict[str, Any]]:
    for page in lists.pages(lambda cursor: peer.call(method, cursor=cursor).value):
        yield from page["items"]
