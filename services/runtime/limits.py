"""The limits of fields: marshmallow's validators, which refuse with a fault here, and what a field's limits are."""

import re
from functools import cache
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate

from services.runtime.faults import Fault, Limits


class Coded:
    """Mixed into a validator of marshmallow's: what it refuses is a fault and no sentence."""

    code: str
    limits: Limits

    def __init__(self, *given: Any, code: str, limits: Limits, **named: Any) -> None:
        super().__init__(*given, **named)
        self.code, self.limits = code, limits

    def __call__(self, value: Any) -> Any:
        try:
            return super().__call__(value)  # type: ignore[misc]  # of the validator that this is mixed into
        except ValidationError as error:
            raise ValidationError([self.fault(value)]) from error

    def fault(self, value: Any) -> Fault:
        """Return what is wrong with `value`."""
        return Fault(self.code, self.limits)


class Length(Coded, validate.Length):
    """So many characters or items; `of` is what is counted, where that is worth saying."""

    def __init__(self, min: int | None = None, max: int | None = None, *, of: str | None = None) -> None:
        super().__init__(min, max, code="too-long", limits=_known(min=min, max=max, of=of))

    def fault(self, value: Any) -> Fault:
        """Return whether there is too little or too much of it."""
        few = self.min is not None and len(value) < self.min
        return Fault(
            (("too-long", "too-short") if isinstance(value, str) else ("too-many", "too-few"))[few], self.limits
        )


class Range(Coded, validate.Range):
    """From `min` to `max`, both included; `of` is what is counted, where that is worth saying."""

    def __init__(
        self, min: Any, max: Any, *, of: str | None = None, code: str = "out-of-range", limits: Limits | None = None
    ) -> None:
        super().__init__(min, max, code=code, limits=limits or _known(min=min, max=max, of=of))


class OneOf(Coded, validate.OneOf):
    """One of these."""

    def __init__(self, choices: Any) -> None:
        super().__init__(choices, code="not-a-choice", limits={"choices": [*choices]})


class Equal(Coded, validate.Equal):
    """Just this."""

    def __init__(self, value: Any, code: str = "not-equal", **limits: Any) -> None:
        super().__init__(value, code=code, limits=limits or {"value": value})


class Pattern(Coded, validate.Regexp):
    """What a regular expression fits."""

    def __init__(self, regex: str | re.Pattern[str], code: str, **limits: Any) -> None:
        super().__init__(regex, code=code, limits=limits)


class WebAddress(Coded, validate.URL):
    """An http or https address."""

    def __init__(self) -> None:
        super().__init__(schemes=("http", "https"), require_tld=False, code="not-a-url", limits={})


class EmailAddress(Coded, validate.Email):
    """An email address; `max` counts characters."""

    def __init__(self, max: int) -> None:
        super().__init__(code="not-an-email", limits={"max": max})


SLUG: Final = Pattern(r"[a-z0-9]+(-[a-z0-9]+)*\Z", "not-a-slug", joined_by="-")  # the name of a thing in addresses


def of(schema: Schema | type[Schema], name: str) -> dict[str, Any]:
    """Return the limits of a field as its refusals tell them: `{"min": 1, "max": 200}` or `{"choices": […]}`.

    `name` is a dotted path through nested fields, such as `venue.name`.
    """
    field: Any = None
    for step in name.split("."):
        schema = field.schema if isinstance(field, fields.Nested) else schema
        field = (schema() if isinstance(schema, type) else schema).fields[step]
    return {name: limit for validator in field.validators for name, limit in validator.limits.items()}


@cache  # pages ask for each form that they show, and to make a schema takes longer than to read it
def most(schema: type[Schema], name: str) -> int:
    """Return how many characters or items a field may have, or how large its number may be."""
    return int(of(schema, name)["max"])


def _known(**limits: Any) -> dict[str, Any]:
    return {name: limit for name, limit in limits.items() if limit is not None}
