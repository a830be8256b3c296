"""Calls that are answered in a group: all that wait for a method at one moment, in one transaction.

Most of what a call costs is its round trips and its commit, and of those a group has as many as one call. Each call is
decided by itself, in the order in which they came, and a refusal is that call's alone. What is out of the ordinary is
left out, and so are all where the transaction fails: they are answered again, each by itself.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session as OrmSession

from services.bus import idempotency, metrics, spans
from services.bus.calls import NOT_NAMED, Call, Kept, Reply, is_kept
from services.bus.envelope import as_json
from services.runtime import clock, correlation, tracing
from services.runtime.database import Transactions, may_go_well_alone
from services.runtime.refusals import Invalid, Refusal, Unavailable
from services.runtime.schemas import load

log = logging.getLogger(__name__)

TOLD = ("correlation_id", "traceparent", "export", "group")  # of a request, beside what is asked


@dataclass
class Member:
    """One call of a group: who calls, and what they gave, as the method accepts it.

    The method sets `outcome` to what it returns, or to a refusal, and leaves None for what it does not do in a group.
    """

    caller: Any
    given: Any
    correlation_id: str
    traceparent: str | None = None
    outcome: Any = None
    announced: tuple[str, int] | None = None

    @contextmanager
    def following(self, db: OrmSession) -> Iterator[None]:
        """Do what is inside for this call alone: what is announced there is what it led to."""
        db.info.pop("announced", None)
        with correlation.following(self.correlation_id), tracing.continuing(self.traceparent):
            yield
        self.announced = db.info.get("announced")


Together = Callable[[Any, OrmSession, Sequence[Member]], None]  # (service, db, calls): does them, and sets outcomes


class Service(Protocol):
    """What a service has that answers calls in groups."""

    name: str

    def identify_together(self, db: OrmSession, callers: Sequence[Mapping[str, str] | None]) -> Sequence[Any]:
        """Return the callers, each locked, as `identify` does; None for those whom it would refuse."""


@dataclass
class _Asked:
    """A request of a group, and what is found out about it."""

    request: dict[str, Any]
    correlation_id: str
    span: Any
    traceparent: str | None
    kept: Kept
    member: Member | None = None
    reply: Reply | None = field(default=None)


def answer(
    call: Call, together: Together, service: Any, transactions: Transactions, requests: Sequence[dict[str, Any]]
) -> list[Reply | None]:
    """Answer the requests in one transaction; None for those that are to be answered each by itself.

    Each is a request with what is TOLD of it. Nothing but a defect is raised.
    """
    began, name = time.perf_counter(), call.method.__name__
    with ExitStack() as open_spans:
        asked = [_asked(call, service, name, request, open_spans) for request in requests]
        try:
            with transactions.begin() as db:
                _answer(call, together, service, db, asked)
        except Unavailable as refusal:
            if not may_go_well_alone(refusal):
                return [Reply(refusal=refusal)] * len(asked)
            return _left(service.name, name, asked, refusal)
        except Exception as error:
            return _left(service.name, name, asked, error)
        for one in asked:
            if one.reply is not None:
                spans.tell(one.span, one.reply)
    replies = [one.reply for one in asked]
    metrics.answered_together(service.name, name, [reply for reply in replies if reply], began)
    return replies


def _left(service: str, method: str, asked: Sequence[_Asked], error: BaseException) -> list[Reply | None]:
    """Leave all of a group to be answered each by itself: its transaction came to nothing."""
    log.warning("%s: %d calls of %s are done one by one (%s)", service, len(asked), method, type(error).__name__)
    return [None] * len(asked)


def _asked(call: Call, service: Any, name: str, told: dict[str, Any], open_spans: ExitStack) -> _Asked:
    request = {name: value for name, value in told.items() if name not in TOLD}
    correlation_id, span, traceparent = correlation.accepted(told.get("correlation_id")), None, None
    if tracing.on:
        with correlation.following(correlation_id):
            after = tracing.accepted(told.get("traceparent"))
            span = open_spans.enter_context(spans.answering(service.name, name, after))
            traceparent = tracing.carried() if span is not None else None
    return _Asked(request, correlation_id, span, traceparent, Kept(call, request))


def _answer(call: Call, together: Together, service: Service, db: OrmSession, asked: Sequence[_Asked]) -> None:
    now = clock.now()
    callers = service.identify_together(db, [one.request.get("caller") for one in asked])
    _join(call, db, asked, callers, now)
    there = [one for one in asked if one.member is not None]
    together(service, db, [one.member for one in there if one.member is not None])
    db.flush()
    answers = []
    for one in there:
        assert one.member is not None
        outcome = one.member.outcome
        if isinstance(outcome, Refusal):
            one.reply = Reply(refusal=outcome)
            if is_kept(outcome):
                answers.append(one.kept.row({"refusal": outcome.to_wire()}, now))
        elif outcome is not None:
            shown = call.returns.dump(outcome) if call.returns is not None else outcome
            one.reply = Reply(shown, announced=one.member.announced)
            answers.append(one.kept.row({"value": as_json(shown)}, now))
    idempotency.keep_all(db, [row for row in answers if row is not None])


def _join(call: Call, db: OrmSession, asked: Sequence[_Asked], callers: Sequence[Any], now: datetime) -> None:
    """Have those take part who are known, whose request is well formed, and whose key is a new one."""
    for one, caller in zip(asked, callers, strict=True):
        given = _given(call, one.request)
        if caller is not None and given is not None:
            one.kept.belongs_to(caller)
            one.member = Member(caller, given, one.correlation_id, one.traceparent)
    keys = [one.kept.id for one in asked if one.member is not None]
    known = idempotency.known(db, [key for key in keys if key is not None])
    for one in asked:
        if one.member is not None and one.kept.id is not None:
            if one.kept.id in known:
                one.member = None
            known.add(one.kept.id)


def _given(call: Call, request: dict[str, Any]) -> Any:
    """Return what is given as the method accepts it; None where it does not."""
    assert call.accepts is not None
    if request.keys() - NOT_NAMED:
        return None
    try:
        return load(call.accepts, request.get("given"))
    except Invalid:
        return None
