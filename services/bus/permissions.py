"""What each part may do at the broker, as RabbitMQ's definitions: its own queues, its own events, its own calls.

A user has patterns for the names of exchanges and queues, and for the routing keys of a topic exchange
(https://www.rabbitmq.com/docs/access-control). A routing key begins with the service that publishes, so that nobody
announces in another's name; and a queue is bound only by keys that its service may hear.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.bus import topology, wire

Definitions = dict[str, list[dict[str, Any]]]

OWNER = "headrow"  # of the virtual host: for `headrow migrate`, and for operators
# What a reader asks those that it reads of.
FOR_READERS = ("announce_again", "forget_told", "publish_again", "published")
ID = "[0-9a-f-]{36}"
EVERYTHING, NOTHING = ".*", "^$"


@dataclass(frozen=True)
class Part:
    """A service, or the gateway, as the broker knows it.

    `reads` are the types of events in its queue, `hears` those that each of its processes hears, `calls` the services
    that it calls for whoever is signed in. One that `serves` answers calls and announces events.
    """

    name: str
    reads: tuple[str, ...] = ()
    hears: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    serves: bool = True

    @property
    def user(self) -> str:
        """Return its user of the broker."""
        return f"{OWNER}_{self.name}"

    @property
    def asks(self) -> bool:
        """Whether it calls anyone: a reader compares itself with those that it reads of."""
        return bool(self.calls or self.reads)

    def permissions(self) -> dict[str, str]:
        """Return which exchanges and queues it may make, write to and read from, as patterns."""
        own = list(self._own_queues())
        written = [re.escape(wire.EXCHANGE), *([re.escape(topology.EVENTS)] if self.serves else [])]
        heard = [re.escape(exchange) for exchange in (wire.EXCHANGE, topology.EVENTS)]
        return {"configure": _any_of(own), "write": _any_of([*written, *own]), "read": _any_of([*heard, *own])}

    def topic_permissions(self) -> Iterable[dict[str, str]]:
        """Return, for each exchange, with which routing keys it may write and which it may hear, as patterns."""
        keys = [*(topology.bindings_of(self.name, sorted(self.reads)) if self.reads else ()), *sorted(self.hears)]
        yield {
            "exchange": topology.EVENTS,
            "write": _any_of([rf"{self.name}\.(to\.[a-z]+|[a-z_]+\.v[0-9]+)"] if self.serves else []),
            "read": _any_of(map(re.escape, keys)),
        }
        yield {"exchange": wire.EXCHANGE, "write": _any_of(self._asked()), "read": _any_of(self._answered())}

    def _own_queues(self) -> Iterable[str]:
        if self.asks:
            yield rf"rpc\.reply-{self.name}-{ID}"
        if self.reads:
            yield re.escape(topology.queue_of(self.name))
        if self.hears:
            yield rf"{self.name}\.{ID}"
        if self.serves:
            yield re.escape(wire.queue_of(self.name))

    def _asked(self) -> Iterable[str]:
        """Return with which keys it asks others, and answers."""
        if self.calls:
            yield rf"({'|'.join(self.calls)})\.(?!({'|'.join(FOR_READERS)})$)[a-z_]+"
        if sources := sorted({type_.partition(".")[0] for type_ in self.reads}):
            yield rf"({'|'.join(sources)})\.({'|'.join(FOR_READERS)})"
        if self.serves:
            yield wire.REPLY_KEY

    def _answered(self) -> Iterable[str]:
        """Return with which keys it is answered, and asked."""
        if self.asks:
            yield rf"reply\.{self.name}\.{ID}"
        if self.serves:
            yield rf"{self.name}\.\*"


def definitions(parts: Collection[Part], vhost: str, passwords: Mapping[str, str] | None = None) -> Definitions:
    """Return RabbitMQ's definitions: users, what they may do, and the exchanges, which no part may make or delete.

    Queues are left to `headrow migrate` and to their readers: what is loaded when the first node of a cluster starts
    would have one copy. Without `passwords`, by user, there are no users among them.
    """
    users = [OWNER, *(part.user for part in parts)]
    everything = {"configure": EVERYTHING, "write": EVERYTHING, "read": EVERYTHING}
    return {
        "users": [_user(name, passwords[name]) for name in users] if passwords is not None else [],
        "vhosts": [{"name": vhost}],
        "permissions": [
            {"user": OWNER, "vhost": vhost, **everything},
            *({"user": part.user, "vhost": vhost, **part.permissions()} for part in parts),
        ],
        "topic_permissions": [
            {"user": part.user, "vhost": vhost, **patterns} for part in parts for patterns in part.topic_permissions()
        ],
        "exchanges": [
            {"name": name, "vhost": vhost, "type": "topic", "durable": True, "auto_delete": False, "arguments": {}}
            for name in (topology.EVENTS, wire.EXCHANGE)
        ],
    }


def _user(name: str, password: str) -> dict[str, Any]:
    """Return a user whose password is kept as RabbitMQ keeps it (https://www.rabbitmq.com/docs/passwords)."""
    salt = secrets.token_bytes(4)
    kept = base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
    return {"name": name, "password_hash": kept, "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": []}


def _any_of(patterns: Iterable[str]) -> str:
    """Return a pattern that takes the whole of what one of these takes; one that takes nothing where there are none."""
    together = "|".join(patterns)
    return f"^({together})$" if together else NOTHING
