"""The envelope that every event travels in: CloudEvents 1.0 names where they exist.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
"""

import json
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.runtime import tracing


class NotAnEnvelope(ValueError):
    """The bytes are not an event of ours; the message says what is wrong with them."""


@dataclass(frozen=True)
class Envelope:
    """One event. `version` counts up per `subject`, so that a reader can tell a stale event from a new one.

    `time` is when the fact came about (aware). `data` is JSON. `sensitive` events are blanked once handled.
    `traceparent` says which trace the fact is a part of, if any (CloudEvents' extension for distributed tracing).
    """

    id: str
    type: str
    source: str
    subject: str
    version: int
    time: datetime
    correlation_id: str | None
    data: dict[str, Any]
    sensitive: bool = False
    traceparent: str | None = None

    def to_json(self) -> bytes:
        """Return the envelope as UTF-8 JSON."""
        fields = {**self.__dict__, "specversion": "1.0", "time": self.time.isoformat()}
        if self.traceparent is None:
            del fields["traceparent"]
        return json.dumps(fields, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, body: bytes | str) -> "Envelope":
        """Read an envelope. Raises NotAnEnvelope."""
        try:
            fields = json.loads(body)
            return cls(
                id=str(uuid.UUID(fields["id"])),
                type=_text(fields, "type", 120),
                source=_text(fields, "source", 80),
                subject=_text(fields, "subject", 255),
                version=_whole(fields, "version"),
                time=_aware(fields["time"]),
                correlation_id=fields.get("correlation_id"),
                data=_mapping(fields["data"]),
                sensitive=bool(fields.get("sensitive", False)),
                traceparent=tracing.accepted(fields["traceparent"]) if "traceparent" in fields else None,
            )
        except KeyError as missing:
            raise NotAnEnvelope(f"no {missing.args[0]}") from missing
        except (TypeError, ValueError, AttributeError, RecursionError) as wrong:
            raise NotAnEnvelope(str(wrong)) from wrong


def _text(fields: dict[str, Any], name: str, at_most: int) -> str:
    """Return text that every database can hold in the columns of the outbox and the inbox."""
    text = fields[name]
    if not isinstance(text, str) or not 0 < len(text) <= at_most or not text.isprintable():
        raise NotAnEnvelope(f"{name} is not text of 1 to {at_most} characters")
    return text


def _whole(fields: dict[str, Any], name: str) -> int:
    if type(fields[name]) is not int:
        raise NotAnEnvelope(f"{name} is not a whole number")
    return int(fields[name])


def _aware(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise NotAnEnvelope("time has no offset")
    return time


def _mapping(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise NotAnEnvelope("data is not an object")
    return data


def as_json(value: Any) -> Any:
    """Return `value` with its dates and datetimes as ISO 8601 text, ready for JSON."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return value
