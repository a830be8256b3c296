"""How a request and a reply look on the wire: nameko's RPC, so that its own client can call us too (`rpc_exchange`).

Request: exchange `headrow.calls`, routing key `{service}.{method}`, body `{"args": [], "kwargs": {…}}`, `reply_to` and
`correlation_id` as properties, how long the caller waits as a header. Our own `reply_to` is `reply.{service}.{id}`.
Reply: `{"result", "error"}`; we add `refusal`, `replayed` and `announced`. What a method returned stands last and is
written once: its bytes can be passed on.
"""

import json
import math
import re
import uuid
from datetime import date
from typing import Any

from services.runtime.refusals import Refusal

EXCHANGE = "headrow.calls"
REPLY_KEY = r"(reply\.[\w-]+\.)?[\w-]+"  # a pattern, which takes no key that a request is sent with
LONGEST_WAIT = 60_000  # milliseconds that a request waits in its queue where its caller does not say
RESULT = b',"result":'


class Malformed(ValueError):
    """The bytes are not a request."""


def to_json(value: Any) -> bytes:
    """Return `value` as UTF-8 JSON; dates and datetimes as ISO 8601."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_written).encode()


def _written(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")


def queue_of(service: str) -> str:
    """Return the name of the queue of a service's requests. Its arguments cannot change: a change is a new version."""
    return f"{service}.calls.v1"


def declare_requests(channel: Any, service: str) -> int:
    """Declare the queue of a service's requests, and return how many processes take from it.

    It is a quorum queue, as a classic one cannot be reached while its node is away
    (docs/decisions/0025-a-lost-node.md).
    """
    arguments = {"x-queue-type": "quorum", "x-message-ttl": LONGEST_WAIT}
    queue = channel.queue_declare(queue=queue_of(service), durable=True, auto_delete=False, arguments=arguments)
    channel.queue_bind(queue=queue_of(service), exchange=EXCHANGE, routing_key=f"{service}.*")
    return int(queue.consumer_count)


def reply_key(service: str) -> str:
    """Return a new routing key for the replies to one process, of which the broker lets only that service hear."""
    return f"reply.{service}.{uuid.uuid4()}"


def is_reply_key(text: object) -> bool:
    """Tell whether replies may go there: with another key, whoever asks could have a service send what it may not."""
    return isinstance(text, str) and re.fullmatch(REPLY_KEY, text, re.ASCII) is not None


def patience(headers: dict[str, Any]) -> float:
    """Return how many seconds after a request arrives its caller may still be waiting; infinity if they do not say.

    A duration, and no time of day: the clocks of two machines differ. The broker counts the time in the queue.
    """
    try:
        return float(headers["patience"])
    except (KeyError, TypeError, ValueError):
        return math.inf


def request(kwargs: dict[str, Any]) -> bytes:
    """Return the body of a request."""
    return json.dumps({"args": [], "kwargs": kwargs}, separators=(",", ":")).encode()


def read_request(body: bytes | str) -> dict[str, Any]:
    """Return the keyword arguments of a request. Raises Malformed."""
    try:
        fields = json.loads(body)
        kwargs = fields["kwargs"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Malformed(str(error)) from error
    if not isinstance(kwargs, dict) or fields.get("args"):
        raise Malformed("a request has keyword arguments and no others")
    return kwargs


def reply(value: Any, replayed: bool = False, announced: tuple[str, int] | None = None) -> bytes:
    """Return the body of a reply."""
    head = {"error": None, "replayed": replayed, **({"announced": announced} if announced is not None else {})}
    return to_json(head)[:-1] + RESULT + to_json(value) + b"}"


def refusal(refused: Refusal, replayed: bool = False) -> bytes:
    """Return the body of a reply that says no."""
    error = {"exc_type": type(refused).__name__, "exc_path": "", "exc_args": [refused.detail], "value": refused.detail}
    return to_json({"result": None, "error": error, "refusal": refused.to_wire(), "replayed": replayed})


def read_reply(body: bytes | str) -> tuple[dict[str, Any], bytes]:
    """Return the fields of a reply, and what the method returned as JSON."""
    raw = body.encode() if isinstance(body, str) else bytes(body)
    head, mark, result = raw.partition(RESULT)
    if mark and head.startswith(b'{"error":null,'):
        return json.loads(head + b"}"), result[:-1]
    fields = json.loads(raw)  # a refusal, or the reply of a Headrow that wrote the result first
    return fields, to_json(fields["result"])
