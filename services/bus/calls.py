"""What happens inside a service when it is called: one transaction, one validation, one answer for a key.

A refusal that is raised undoes the transaction; one that is returned leaves it to be committed. Where the call carried
an idempotency key, a refusal that the state of things gave is kept with the key as well, so that the same request gets
the first answer again, whichever it was. A repeat shows by a key that is taken, or by a refusal: it is tried like any
other call, and then undone.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus import audit, idempotency
from services.bus.envelope import as_json
from services.runtime import clock
from services.runtime.database import Transactions
from services.runtime.refusals import (
    Invalid,
    KeyInUse,
    KeyReused,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refusal,
    StaleVersion,
    Unavailable,
    from_wire,
)
from services.runtime.schemas import Schema, load

# Said of the request or of the moment, as is all that says when to try again, and not worth keeping: the same request
# may well succeed next time.
NOT_KEPT = (Invalid, NotSignedIn, NotAllowed, NotFound, StaleVersion, Unavailable, KeyReused, KeyInUse)

# Raises a refusal unless the caller may: (db, caller, now, the named arguments).
Requires = Callable[[OrmSession, Any, datetime, Mapping[str, Any]], None]

# What every request may carry, whatever the method's own parameters; and what is found out here, which none may bring.
NOT_NAMED = {"caller", "given", "key"}
FOUND = "found"


@dataclass(frozen=True)
class Reply:
    """What a call came to: a value (JSON, but for datetimes) or a refusal, and whether it is an earlier call's.

    `announced` is the subject and the version of what it announced last, where it did: whoever has heard of that has
    heard of all that the call changed.
    """

    value: Any = None
    refusal: Refusal | None = None
    replayed: bool = False
    announced: tuple[str, int] | None = None


@dataclass(frozen=True)
class Call:
    """A service's method, with the shape of what it is given and of what it returns."""

    method: Callable[..., Any]
    accepts: Schema | None
    returns: Schema | None
    takes_caller: bool
    keep_answer: bool
    serialised: bool = False
    requires: Requires | None = None
    records: audit.Records | None = None
    first: Callable[..., Any] | None = None

    def answer(self, service: Any, transactions: Transactions, request: dict[str, Any]) -> Reply:
        """Do what is asked, and return a reply; nothing but a defect is raised."""
        misnamed = self._misnamed(request)
        if misnamed:
            return Reply(refusal=Refusal(f"Malformed request: {misnamed}"))
        kept = Kept(self, request)
        try:
            found = self._found_first(service, request)
            return transactions.run(lambda db: self._answer(service, db, request, found, kept))
        except Refusal as refusal:
            return kept.instead_of(refusal, transactions)

    def _found_first(self, service: Any, request: dict[str, Any]) -> dict[str, Any]:
        """Return what is to be found out before the transaction: nobody waits meanwhile for what it would lock."""
        if self.first is None:
            return {}
        given = load(self.accepts, request.get("given")) if self.accepts is not None else request
        return {FOUND: self.first(service, given)}

    @cached_property
    def _named(self) -> dict[str, bool]:
        """The method's named parameters, and whether each must be given."""
        after_db = list(inspect.signature(self.method).parameters.values())[2:]
        return {p.name: p.default is p.empty for p in after_db if p.name not in {*NOT_NAMED, FOUND}}

    def _misnamed(self, request: dict[str, Any]) -> str:
        """Return what is wrong with the names of the arguments."""
        there = request.keys() - NOT_NAMED
        unknown = sorted(there - self._named.keys())
        missing = sorted(name for name, needed in self._named.items() if needed and name not in there)
        return "; ".join([f"there is no argument {name}" for name in unknown] + [f"no {name}" for name in missing])

    def _answer(
        self, service: Any, db: OrmSession, request: dict[str, Any], found: dict[str, Any], kept: "Kept"
    ) -> Reply:
        arguments = {name: value for name, value in request.items() if name not in NOT_NAMED}
        caller = kept.identify(service, db, self)
        if self.requires is not None:
            self.requires(db, caller, clock.now(), arguments)
        if self.takes_caller:
            arguments["caller"] = caller
        if self.accepts is not None:
            arguments["given"] = load(self.accepts, request.get("given"))
        value = self.method(service, db, **arguments, **found)
        db.flush()
        if isinstance(value, Refusal):
            kept.keep(db, {"refusal": value.to_wire()})
            return Reply(refusal=value)
        shown = self.returns.dump(value) if self.returns is not None else value
        if self.records is not None:
            facts = {**(shown if isinstance(shown, dict) else {}), **arguments}
            service.record(db, caller, audit.entries_of(self.records, facts))
        kept.keep(db, {"value": shown})
        return Reply(shown, announced=db.info.get("announced"))


def is_kept(refusal: Refusal) -> bool:
    """Tell whether a refusal is kept under the key of its request: the state of things gave it."""
    return not isinstance(refusal, NOT_KEPT) and "retry_after" not in refusal.facts


class Kept:
    """The answer under the idempotency key of one call, if it has a key."""

    def __init__(self, call: Call, request: dict[str, Any]) -> None:
        self._key = request.get("key") if call.keep_answer else None
        self._caller_given = request.get("caller")
        self._owner: str | None = None  # not known yet; nobody is shown what is kept for another
        if self._key:
            asked = {name: value for name, value in request.items() if name not in ("key", "caller")}
            self._mark = idempotency.fingerprint(call.method.__qualname__, asked)

    @property
    def id(self) -> tuple[str, str] | None:
        """The owner and the key; None without a key."""
        return (self._owner, self._key) if self._key and self._owner is not None else None

    def identify(self, service: Any, db: OrmSession, call: Call) -> Any:
        """Return the caller as the service knows them, and None if there is none; the key belongs to them."""
        caller = None
        if call.takes_caller or call.requires or self._caller_given:
            identify = getattr(service, "identify", None)
            caller = identify(db, self._caller_given, call.serialised) if identify else self._caller_given
        self.belongs_to(caller)
        return caller

    def belongs_to(self, caller: Any) -> None:
        """Note whose key it is."""
        self._owner = str(caller["id"] if isinstance(caller, dict) else getattr(caller, "id", ""))

    def row(self, answer: dict[str, Any], now: datetime) -> idempotency.Row | None:
        """Return the answer as it is kept; None without a key."""
        if self.id is None:
            return None
        caller, key = self.id
        return {"caller": caller, "key": key, "fingerprint": self._mark, "answer": as_json(answer), "created_at": now}

    def keep(self, db: OrmSession, answer: dict[str, Any]) -> None:
        """Keep the answer with the effect. Raises KeyInUse where this call is a repeat."""
        row = self.row(answer, clock.now())
        if row is not None:
            idempotency.keep(db, row)

    def instead_of(self, refusal: Refusal, transactions: Transactions) -> Reply:
        """Return the answer of an earlier call, or else the refusal, kept where the state of things gave it."""
        if not self._key or self._owner is None or isinstance(refusal, Unavailable):
            return Reply(refusal=refusal)
        try:
            return transactions.run(lambda db: self._settle(db, refusal))
        except Refusal as other:
            return Reply(refusal=other)

    def _settle(self, db: OrmSession, refusal: Refusal) -> Reply:
        assert self._key
        assert self._owner is not None
        earlier = idempotency.earlier(db, self._owner, self._key, self._mark, clock.now())
        if earlier is None:
            if is_kept(refusal):
                self.keep(db, {"refusal": refusal.to_wire()})
            return Reply(refusal=refusal)
        if "refusal" in earlier:
            return Reply(refusal=from_wire(earlier["refusal"]), replayed=True)
        return Reply(earlier["value"], replayed=True)
