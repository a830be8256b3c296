"""What marshmallow schemas of every service are made of: strict text, aware times, all errors at once."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from services.bus.refusals import Invalid

CITY = ZoneInfo("Europe/London")  # what a time without an offset means on the way in


class Text(fields.String):
    """Text that every database and every mail header can hold: no NUL, no control character, no lone surrogate.

    `at_most` counts characters. Line breaks and tabs pass only where `lines` is true. White space around it goes;
    where `blank` is false (the default) something must be left.
    """

    def __init__(self, at_most: int, *, lines: bool = False, blank: bool = False, **kwargs: Any) -> None:
        checks: list[Any] = [validate.Length(min=0 if blank else 1, max=at_most)]
        given = kwargs.pop("validate", None)
        checks += list(given) if isinstance(given, list | tuple) else [given] if given else []
        super().__init__(validate=checks, **kwargs)
        self.lines = lines

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        allowed = "\n\r\t" if self.lines else ""
        if any((ord(c) < 32 and c not in allowed) or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in text):
            raise ValidationError("Contains a character that is not text.")
        return text


class Time(fields.DateTime):
    """An ISO 8601 time with an offset; without one it is the city's local time. Loads as aware UTC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        if not isinstance(value, str):
            raise self.make_error("invalid", input=value, obj_type="datetime")
        moment = super()._deserialize(value, attr, data, **kwargs)
        assert isinstance(moment, datetime)
        try:
            return (moment if moment.tzinfo else moment.replace(tzinfo=CITY)).astimezone(UTC)
        except OverflowError as error:
            raise self.make_error("invalid", input=value, obj_type="datetime") from error


class Email(fields.Email):
    """An address of at most 254 characters, in ASCII (RFC 5321, 4.5.3.1), compared in lower case."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).strip().lower()
        if len(text) > 254 or not text.isascii() or any(ord(c) < 33 for c in text):
            raise ValidationError("Not a valid email address.")
        return text


class Read(Schema):
    """What a service reads of a neighbour's event: the fields it uses; all others pass by."""

    class Meta:
        unknown = EXCLUDE


def load(schema: Schema, given: Any) -> Any:
    """Return `given` as `schema` loads it. Raises Invalid with every wrong field, by dotted path."""
    if not isinstance(given, dict):
        raise Invalid([{"field": "", "message": "Not a JSON object."}])
    try:
        return schema.load(given)
    except ValidationError as error:
        raise Invalid(list(_flat(error.messages))) from error


def _flat(messages: Any, path: str = "") -> list[dict[str, str]]:
    if isinstance(messages, dict):
        steps = (
            (f"{path}.{key}" if path and key != "_schema" else path if key == "_schema" else str(key), below)
            for key, below in messages.items()
        )
        return [error for step, below in steps for error in _flat(below, step)]
    if isinstance(messages, list):
        return [error for below in messages for error in _flat(below, path)]
    return [{"field": path, "message": str(messages)}]
