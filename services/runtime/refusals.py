"""Refusals: what a service answers when it will not do a thing, as a fact with a stable code.

A refusal crosses the bus as data (`to_wire`, `from_wire`), never as the path of a Python class, so that a
service can be rewritten without its callers noticing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from services.runtime.faults import Fault


class Refusal(Exception):
    """A request that the state of things, or its own content, forbids.

    Subclasses set `code`, a kebab-case slug that is stable for ever. The docstring's first line is the default
    detail that a person reads. Keyword arguments are facts for programs: JSON values only.
    """

    code: ClassVar[str] = "refused"

    def __init__(self, detail: str | None = None, **facts: Any) -> None:
        self.detail = detail or (type(self).__doc__ or "").strip().split("\n")[0]
        self.facts = facts
        super().__init__(self.detail)

    def to_wire(self) -> dict[str, Any]:
        """Return `{code, detail, facts}`."""
        return {"code": self.code, "detail": self.detail, "facts": self.facts}


class Invalid(Refusal):
    """Some fields are wrong."""

    code = "invalid"

    def __init__(self, errors: Sequence[Mapping[str, Any]], detail: str | None = None) -> None:
        """`errors` is a list of `{field, code, limits, message}` as faults tell them, all of them at once."""
        super().__init__(detail, errors=[dict(error) for error in errors])

    @classmethod
    def field(cls, name: str, code: str, /, **limits: Any) -> "Invalid":
        """Return the refusal of one field."""
        return cls([Fault(code, limits).at(name)])

    @property
    def errors(self) -> list[dict[str, Any]]:
        """All that is wrong, as `{field, code, limits, message}`."""
        return list(self.facts["errors"])


class NotFound(Refusal):
    """There is no such thing, or it is not yours to know of."""

    code = "not-found"


class NotSignedIn(Refusal):
    """The token is missing, wrong, out of date or signed out."""

    code = "not-signed-in"


class NotAllowed(Refusal):
    """You are not allowed to do this."""

    code = "not-allowed"


class StaleVersion(Refusal):
    """Somebody changed this since you read it."""

    code = "stale-version"


class KeyReused(Refusal):
    """This idempotency key was used before with a different request."""

    code = "idempotency-key-reused"


class KeyInUse(Refusal):
    """A request with this idempotency key is still under way."""

    code = "idempotency-key-in-use"


class Unavailable(Refusal):
    """A part of the system does not answer just now."""

    code = "unavailable"


class Refused(Refusal):
    """A refusal that came over the bus: its code is the instance's own."""

    def __init__(self, code: str, detail: str, facts: Mapping[str, Any], replayed: bool = False) -> None:
        super().__init__(detail, **facts)
        self.code = code  # type: ignore[misc]  # the one class whose code is data
        self.replayed = replayed

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The wrong fields, empty where the refusal is of another kind."""
        return list(self.facts.get("errors", []))


def from_wire(refusal: Mapping[str, Any], replayed: bool = False) -> Refused:
    """Return the refusal that `to_wire` described; `replayed` where it is the kept answer of an earlier call."""
    return Refused(str(refusal["code"]), str(refusal["detail"]), refusal.get("facts") or {}, replayed)


def seconds_until(moment: datetime, now: datetime) -> int:
    """Return after how many whole seconds, at least 1, that moment has come: `retry_after` of a refusal."""
    return max(1, int((moment - now).total_seconds()) + 1)
