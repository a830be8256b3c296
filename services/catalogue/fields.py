"""Fields of the catalogue's schemas, and how what is wrong with several of them is told at once."""

import math
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from marshmallow import ValidationError, fields

from services.runtime import contrast
from services.runtime.faults import Fault, wrong
from services.runtime.limits import SLUG, Length, OneOf, Pattern, Range, WebAddress
from services.runtime.schemas import Schema, Text, Time

Path = tuple[str | int, ...]
Wrong = tuple[Path, Fault]  # the path of a field, and what is wrong with it

COLOUR = re.compile("#[0-9a-f]{6}")
GROUNDS = {"white": "#ffffff", "the grey of our pages": "#f0f4f5"}  # white is the text on it, too
SECTOR_CODE = Pattern(r"[a-z0-9]+(_[a-z0-9]+)*\Z", "not-a-slug", joined_by="_")


def tree(wrong: Iterable[Wrong]) -> dict[str | int, Any]:
    """Return what is `wrong` as marshmallow nests it."""
    nested: dict[str | int, Any] = {}
    for path, fault in wrong:
        node = nested
        for step in path:
            node = node.setdefault(step, {})
        node.setdefault("_schema", []).append(fault)
    return nested


def refuse(wrong: Iterable[Wrong]) -> None:
    """Raise one ValidationError with all that is `wrong`, if anything is."""
    if nested := tree(wrong):
        raise ValidationError(nested)


def repeated(named: Iterable[tuple[Path, Hashable]]) -> Iterator[Wrong]:
    """Yield a fault for each name that came before."""
    seen = set()
    for path, name in named:
        if name in seen:
            yield path, Fault("repeated")
        seen.add(name)


class Slug(fields.String):
    """The name of a thing in addresses: a thing that has a slug is written as its slug."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=[SLUG, Length(max=80)], **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return super()._serialize(getattr(value, "slug", value), attr, obj, **kwargs)


class SectorCode(fields.String):
    """The code of a sector, such as `social_care`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=[SECTOR_CODE, Length(max=40)], **kwargs)


class Address(Text):
    """An http or https address."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(2000, validate=WebAddress(), **kwargs)


class Accent(fields.String):
    """A colour as `#rrggbb`, on which white text can be read, and which can be read on the grounds of our pages."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        given = str(super()._deserialize(value, attr, data, **kwargs)).strip().lower()
        if not COLOUR.fullmatch(given):
            raise wrong("not-a-colour")
        measured, ground = min((contrast.ratio(given, colour), name) for name, colour in GROUNDS.items())
        if measured < contrast.AA:
            cut = math.floor(measured * 100) / 100  # rounded up, what falls just short would read as enough
            raise wrong("low-contrast", ratio=f"{cut:.2f}", min=contrast.AA, ground=ground)
        return given


class Moment(Time):
    """A time of this age: a year such as 0207 is a slip of the finger."""

    def __init__(self, **kwargs: Any) -> None:
        first, last = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
        age = Range(first, last, code="year-out-of-range", limits={"min": first.year, "max": last.year})
        super().__init__(validate=age, **kwargs)


class Day(fields.Date):
    """A day of this age."""

    def __init__(self, **kwargs: Any) -> None:
        first, last = date(2000, 1, 1), date(2099, 12, 31)
        age = Range(first, last, code="year-out-of-range", limits={"min": first.year, "max": last.year})
        super().__init__(validate=age, **kwargs)


class Number(fields.Integer):
    """A whole number, as a JSON number and no text."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=Range(least, most), **kwargs)


class Flag(fields.Boolean):
    """True or false, and not the words or numbers that might mean them."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


def word(*words: str, **kwargs: Any) -> fields.String:
    """Return a field that takes one of `words`."""
    return fields.String(validate=OneOf(words), **kwargs)


class Slugs(fields.List[str]):
    """Slugs, each of them once. Where some are wrong, those that are right keep their places."""

    def __init__(self, most: int = 50, **kwargs: Any) -> None:
        super().__init__(Slug(), validate=Length(max=most), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        wrong: dict[Any, Any] = {}
        try:
            super()._deserialize(value, attr, data, **kwargs)
        except ValidationError as error:
            if not isinstance(value, list):
                raise
            wrong = error.messages_dict
        twice = tree(repeated(((n,), slug) for n, slug in enumerate(value) if isinstance(slug, str)))
        if wrong or twice:
            raise ValidationError(twice | wrong, valid_data=[None if n in wrong else v for n, v in enumerate(value)])
        return value


def several(schema: type[Schema], most: int, least: int = 0, **kwargs: Any) -> fields.Nested:
    """Return a field that takes a list of `schema`."""
    return fields.Nested(schema, many=True, validate=Length(min=least, max=most), **kwargs)
