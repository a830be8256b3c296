"""Services as the gateway sees them, faked: what they answer is set by the test, what they were asked is kept."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from gateway.web.identity import has_role
from services.bus.wire import to_json
from services.registration import access
from services.registration.service import Registration
from services.runtime.faults import Fault
from services.runtime.refusals import Refused
from services.runtime.schemas import Schema, load

TOKENS = {
    "person-token": ["person"],
    "member-token": ["person"],
    "facilitator-token": ["person", "facilitator"],
    "other-facilitator-token": ["person", "facilitator"],
    "coordinator-token": ["person", "coordinator"],
    "other-coordinator-token": ["person", "coordinator"],
    "team-token": ["person", "team"],
    "operator-token": ["person", "operator"],
}
ROLE_OF = {
    **{access.team: "team", access.staff: "staff"},
    **{access.facilitator: "facilitator", access.coordinator: "coordinator"},
}
REFERENCE = "HR-7K2M9Q"  # of the booking
FACILITATED = ["maxims-in-practice"]
COORDINATED = ["0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a10"]
BEN = "6f1f9a52-7a35-4a2f-9d2a-0c3b8f0e6c02"  # the member's id


@dataclass(frozen=True)
class FakeAnswer:
    value: Any
    replayed: bool = False
    announced: tuple[str, int] | None = None

    @property
    def content(self) -> bytes:
        return to_json(self.value)


class FakeService:
    """Answers with what `answers` holds for a method: a value, a refusal to raise, or a function."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.timeouts: list[float | None] = []  # seconds that each call was given

    def call(self, method: str, **named: Any) -> Any:
        self.timeouts.append(named.pop("timeout", None))
        if "assertion" in (named.get("caller") or {}):
            named["caller"] = json.loads(named["caller"]["assertion"])
        self.asked.append((method, named))
        answer = self.answers[method]
        if callable(answer) and not isinstance(answer, type):
            answer = answer(**named)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, FakeAnswer) else FakeAnswer(answer)

    def last(self, method: str) -> dict[str, Any]:
        return next(named for name, named in reversed(self.asked) if name == method)

    def every(self, method: str) -> list[dict[str, Any]]:
        return [named for name, named in self.asked if name == method]

    def was_asked(self, method: str) -> bool:
        return any(name == method for name, _ in self.asked)


def role_for(method: str) -> str | None:
    """Return the role that registration requires for one of its methods, by the gateway's name for it."""
    return ROLE_OF.get(getattr(getattr(Registration, method, None), "requires", None))


class FakeRegistration(FakeService):
    """Looks at the caller's token and role in each call, as registration does.

    Whoever `who` refuses is refused everything. `refused` are the methods that someone lacked the role for.
    """

    def __init__(self, **answers: Any) -> None:
        super().__init__(**answers)
        self.refused: list[str] = []

    def call(self, method: str, **named: Any) -> Any:
        signed_out = getattr(self.answers.get("who"), "code", None) == "not-signed-in"
        if named.get("caller") and method != "who" and (signed_out or not roles_of(named["caller"])):
            raise refused("not-signed-in")
        if named.get("caller") and not self._lets_in(method, **named):
            self.refused.append(method)
            raise refused("not-allowed")
        answer = super().call(method, **named)
        if method == "who":  # with what it says of them to others, here without a signature
            return FakeAnswer({**answer.value, "assertion": json.dumps(answer.value)})
        return answer

    def _lets_in(self, method: str, caller: Any, **named: Any) -> bool:
        role = role_for(method)
        asks = self.answers.get("who")
        person = asks(caller=caller) if callable(asks) else asks
        return role is None or has_role(person, role, {name: named[name] for name in ("slug", "id") if named.get(name)})


NO_FORMS: Final = {"reference": REFERENCE, "feedback": None, "pledged": False, "evaluation": None}


def refused(code: str, **facts: Any) -> Refused:
    return Refused(code, f"Refused: {code}.", facts)


def invalid(code: str, *fields: str, **limits: Any) -> Refused:
    """Return the refusal of these fields, as a service gives it."""
    return refused("invalid", errors=[Fault(code, limits).at(field) for field in fields])


def checked(schema: Schema, answer: Any) -> Any:
    """Return a method that looks at what it is given as the service does, and answers so."""

    def look(given: Any, **_: Any) -> Any:
        load(schema, given)
        return answer

    return look


def who(caller: Any = None, **_: Any) -> Any:
    token, roles = token_of(caller), roles_of(caller)
    if not roles:
        return refused("not-signed-in")
    changes: dict[str, dict[str, Any]] = {
        "member-token": {"id": BEN},
        "other-facilitator-token": {"facilitates": ["another-session"]},
        "other-coordinator-token": {"coordinates": ["1c9d1f3f-4d63-4d66-8e6c-9b9c6e5b2b21"]},
    }
    return {**person(roles), **changes.get(token or "", {})}


def roles_of(caller: Any) -> list[str] | None:
    return TOKENS.get(token_of(caller) or "")


def token_of(caller: Any) -> str | None:
    hashes = {hashlib.sha256(token.encode()).hexdigest(): token for token in TOKENS}
    return hashes.get((caller or {}).get("token"))


def person(roles: list[str]) -> dict[str, Any]:
    return {
        "id": "6f1f9a52-7a35-4a2f-9d2a-0c3b8f0e6c01",
        "email": "asha@example.org",
        "name": "Asha",
        "sector": "hospital",
        "organisation": None,
        "job_role": None,
        "access_needs": None,
        "roles": roles,
        "roles_withheld": [],
        "facilitates": FACILITATED if "facilitator" in roles else [],
        "coordinates": COORDINATED if "coordinator" in roles else [],
        "created_at": "2026-11-01T09:00:00+00:00",
        "version": 3,
    }


def booking(**changes: Any) -> dict[str, Any]:
    return {
        "reference": REFERENCE,
        "session": "maxims-in-practice",
        "mode": "online",
        "state": "confirmed",
        "cancelled_late": False,
        "application": False,
        "refused": False,
        "position": None,
        "either": False,
        "waiting_for": None,
        "offer": None,
        "access_needs": None,
        "asks": False,
        "answered": False,
        "created_at": "2026-11-23T09:00:00+00:00",
        "version": 1,
        **changes,
    }


HEALTH = {
    "outbox": {"waiting": 0, "lag_seconds": 0.0},
    "inbox": {"waiting": 0, "lag_seconds": 0.0, "retrying": 0, "parked": 0, "missing": 0},
    "full": False,
}
AT_PROVIDER = {
    "url": "https://login.leeds.example/authorize?state=5f0c7b1e-2b7c-4e53-8a4f-0c2c2b0f1c11",
    "state": "5f0c7b1e-2b7c-4e53-8a4f-0c2c2b0f1c11",
}
SIGNED_IN = {"token": "person-token", "expires_at": "2026-12-23T10:00:00+00:00", "person": person(["person"])}


def page_of(*items: Any, **more: Any) -> dict[str, Any]:
    """Return one page of a list, the last."""
    return {"items": list(items), "next": None, **more}


def change(world: Any, given: dict[str, Any], version: int) -> Any:
    """Change `world.person`, as registration does."""
    if version != world.person["version"]:
        return refused("stale-version")
    world.person = {**world.person, **given, "version": version + 1}
    return dict(world.person)
