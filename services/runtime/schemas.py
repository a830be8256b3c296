"""What marshmallow schemas of every service are made of: strict text, aware times, all errors at once, as facts."""

import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Any, Final

import marshmallow
from marshmallow import EXCLUDE, ValidationError, fields

from services.runtime.faults import Fault, wrong
from services.runtime.limits import Coded, EmailAddress, Length
from services.runtime.mail_addresses import clean, is_deliverable
from services.runtime.refusals import Invalid
from services.runtime.time_zones import city_zone
from services.runtime.visible_text import is_visible, tidy

CITY: Final = city_zone(os.environ)  # in which times are typed, shown and sent; all of them are kept as UTC
MOST_OF_EMAIL = 254
CODES: Final[dict[type[fields.Field[Any]], dict[str, str]]] = {  # of what marshmallow's fields refuse, by its own key
    fields.Field: {"required": "missing", "null": "null", "validator_failed": "not-valid"},
    fields.Nested: {"type": "not-a-list-of-objects"},
    fields.List: {"invalid": "not-a-list"},
    fields.String: {"invalid": "not-a-string", "invalid_utf8": "not-utf-8"},
    fields.UUID: {"invalid_uuid": "not-a-uuid"},
    fields.Number: {"invalid": "not-a-number", "too_large": "number-too-large"},
    fields.Integer: {"invalid": "not-a-whole-number"},
    fields.Float: {"special": "not-finite"},
    fields.Boolean: {"invalid": "not-true-or-false"},
    fields.DateTime: dict.fromkeys(("invalid", "invalid_awareness", "format"), "not-a-time"),
    fields.Date: dict.fromkeys(("invalid", "invalid_awareness", "format"), "not-a-date"),
    fields.Mapping: {"invalid": "not-a-mapping"},
    fields.Email: {"invalid": "not-an-email"},
}


class Schema(marshmallow.Schema):
    """A schema whose every refusal is a fault."""

    error_messages: Any = MappingProxyType({"type": Fault("not-an-object"), "unknown": Fault("unknown-field")})

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Have the field refuse with codes. Raises TypeError where it has a validator that does not."""
        _speak_in_codes(field_obj)


def _speak_in_codes(field: Any) -> None:
    if strange := [validator for validator in field.validators if not isinstance(validator, Coded)]:
        raise TypeError(f"{field.name} has validators without a code, which are none of limits.py: {strange}")
    kind: Any = type(field)
    faults = _faults_of(kind)
    field.error_messages = {key: faults[key] for key in field.error_messages}
    for part in ("inner", "key_field", "value_field"):  # of lists and mappings, which marshmallow binds by itself
        if inner := getattr(field, part, None):
            _speak_in_codes(inner)


@cache  # every request and every event builds its own schemas, field by field
def _faults_of(kind: type[fields.Field[Any]]) -> dict[str, list[Fault]]:
    codes = {key: code for base in reversed(kind.__mro__) for key, code in CODES.get(base, {}).items()}
    return {key: [Fault(code)] for key, code in codes.items()}


class Text(fields.String):
    """Text that every database and every mail header can hold: no NUL, no control character, no lone surrogate.

    `at_most` counts characters. Line breaks and tabs pass only where `lines` is true. White space around it goes;
    where `blank` is false (the default) something must be left, and be seen. One line keeps no control that turns the
    text after it round.
    """

    def __init__(self, at_most: int, *, lines: bool = False, blank: bool = False, **kwargs: Any) -> None:
        checks: list[Any] = [Length(min=0 if blank else 1, max=at_most)]
        given = kwargs.pop("validate", None)
        checks += list(given) if isinstance(given, list | tuple) else [given] if given else []
        super().__init__(validate=checks, **kwargs)
        self.lines, self.blank = lines, blank

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        given = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        if given.isascii() and given.isprintable():  # as most are: there is nothing in it to look for
            return given
        text = given if self.lines else tidy(given)
        allowed = "\n\r\t" if self.lines else ""
        if any((ord(c) < 32 and c not in allowed) or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in text):
            raise wrong("not-text")
        if given and not is_visible(text):
            if not self.blank:
                raise wrong("nothing-visible")
            return ""
        return text


class Time(fields.DateTime):
    """An ISO 8601 time with an offset; without one it is the city's local time. Loads as aware UTC.

    A local time that the clocks leave out as they go forward is refused; of two as they go back, it is the first.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        if not isinstance(value, str):
            raise self.make_error("invalid", input=value, obj_type="datetime")
        moment = super()._deserialize(value, attr, data, **kwargs)
        assert isinstance(moment, datetime)
        try:
            at = (moment if moment.tzinfo else moment.replace(tzinfo=CITY)).astimezone(UTC)
            if moment.tzinfo is None and at.astimezone(CITY).replace(tzinfo=None) != moment:
                raise wrong("no-such-local-time")
        except OverflowError as error:
            raise self.make_error("invalid", input=value, obj_type="datetime") from error
        return at


class KnownEmail(fields.Email):
    """An address that a neighbour has taken, of at most 254 characters, in ASCII (RFC 5321, 4.5.3.1), in lower case.

    Whether it is a good one was decided then, maybe by rules that have changed.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators: list[Any] = [EmailAddress(MOST_OF_EMAIL)]

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = self._cleaned(str(super()._deserialize(value, attr, data, **kwargs)))
        if len(text) > MOST_OF_EMAIL or not text.isascii() or any(ord(c) < 33 for c in text):
            raise wrong("not-an-email", max=MOST_OF_EMAIL)
        return text

    def _cleaned(self, text: str) -> str:
        return text.strip().lower()


class Email(KnownEmail):
    """An address as people paste it, without what stands around it; its domain is a name with a dot."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if re.fullmatch(r"[^@]+@[^@]+", text) and not is_deliverable(text):
            raise wrong("not-a-mail-domain")
        return text

    def _cleaned(self, text: str) -> str:
        return clean(text)


class Read(Schema):
    """What a service reads of a neighbour's event: the fields it uses; all others pass by."""

    class Meta:
        unknown = EXCLUDE


def load(schema: Schema, given: Any) -> Any:
    """Return `given` as `schema` loads it. Raises Invalid with every wrong field, by dotted path."""
    if not isinstance(given, dict):
        raise Invalid.field("", "not-a-json-object")
    try:
        return schema.load(given)
    except ValidationError as error:
        raise Invalid([fault.at(path) for path, fault in _flat(error.messages)]) from error


def _flat(faults: Any, path: str = "") -> Iterator[tuple[str, Fault]]:
    """Yield each fault with its path, of the tree that marshmallow keeps them in."""
    if isinstance(faults, Fault):
        yield path, faults
    elif isinstance(faults, list):
        for below in faults:
            yield from _flat(below, path)
    else:
        for key, below in faults.items():
            yield from _flat(below, path if key == "_schema" else f"{path}.{key}" if path else str(key))
