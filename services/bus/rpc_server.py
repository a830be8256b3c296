"""Answering calls: takes the requests that come for one service, and has each answered in a worker.

Of the requests about one thing only a few are worked on at once, where a method names what they are about (`lane`): all
of them wait for the same row, and would leave no worker to those that ask for another. A method may take all requests
that wait for it at once: a transaction for each would cost more than what is done in it (`grouped.py`).
"""

import logging
import time
import uuid
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import eventlet
from eventlet.semaphore import Semaphore
from nameko.extensions import Entrypoint, ProviderCollector, SharedExtension

from services.bus import audit, old_calls, wire
from services.bus.broker import BrokerConnection, BrokerDown, WakeEvent
from services.bus.calls import Reply
from services.bus.declaring import declare_exchange
from services.runtime.refusals import NotFound, Refusal

log = logging.getLogger(__name__)

TAKEN_AHEAD = 2  # requests for each worker that the broker hands over before one is free
LANE_SHARE = 3  # of so many workers one may be at work in the same lane
GROUP = 32  # requests that one worker takes at once, at most
GROUPS = 2  # of one method at once: the one is worked on while the other waits for its database


class Internal(Refusal):
    """Something went wrong on our side."""

    code = "internal"


@dataclass(frozen=True)
class Asked:
    """A request that was taken from the queue, and for how long its caller waits, on this machine's steady counter."""

    method: "Rpc"
    request: dict[str, Any]
    exchange: str
    reply_to: str
    call_id: str | None
    correlation_id: str | None
    until: float
    lane: tuple[str, str] | None
    traceparent: str | None = None
    export: bool = False
    in_group: bool = False


class _Raw(NamedTuple):
    """A request as it came, and when, on this machine's steady counter; `acked` where the broker waits for no ack."""

    message: Any
    came_at: float
    acked: bool


class Lanes:
    """Lets a few requests of each lane through at once; the others of it wait in the order in which they came."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._inside: Counter[Any] = Counter()
        self._waiting: dict[Any, deque[Asked]] = defaultdict(deque)

    @property
    def empty(self) -> bool:
        """Whether none waits."""
        return not self._waiting

    def enter(self, asked: Asked) -> bool:
        """Let a request in, or have it wait; say which."""
        if asked.lane is None:
            return True
        if self._inside[asked.lane] >= self._width:
            self._waiting[asked.lane].append(asked)
            return False
        self._inside[asked.lane] += 1
        return True

    def leave(self, asked: Asked) -> Asked | None:
        """Let one out; return the one that comes in for it, if any waits."""
        if asked.lane is None:
            return None
        if asked.lane in self._waiting:
            following = self._waiting[asked.lane].popleft()
            if not self._waiting[asked.lane]:
                del self._waiting[asked.lane]
            return following
        self._inside[asked.lane] -= 1
        if not self._inside[asked.lane]:
            del self._inside[asked.lane]
        return None


class Gathering:
    """The requests for a method that takes many at once: they wait here while others of them are worked on.

    Where a group under way is about the same thing as a request, that waits for the group to be over: it would wait for
    the same row, and all those that it is taken with would wait too.
    """

    def __init__(self) -> None:
        self._waiting: deque[Asked] = deque()
        self._under_way: list[set[Any]] = []  # what each group is about

    @property
    def empty(self) -> bool:
        """Whether none waits."""
        return not self._waiting

    def add(self, asked: Asked) -> None:
        """Have a request wait for the next group."""
        self._waiting.append(asked)

    def take(self) -> list[Asked]:
        """Return the next group, in the order in which they came; none where enough are under way."""
        if not self._waiting or len(self._under_way) == GROUPS:
            return []
        busy = set().union(*self._under_way) - {None}
        free = [asked for asked in self._waiting if asked.lane not in busy][:GROUP]
        if free:
            taken = {id(asked) for asked in free}
            self._waiting = deque(asked for asked in self._waiting if id(asked) not in taken)
            self._under_way.append({asked.lane for asked in free})
        return free

    def leave(self, group: list[Asked]) -> None:
        """Note that a group is over."""
        self._under_way.remove({asked.lane for asked in group})


class RpcServer(ProviderCollector, SharedExtension):
    """Takes the requests that come for one service."""

    def setup(self) -> None:
        settings, workers = self.container.config["SETTINGS"], self.container.config["CALLS"]
        self._service = self.container.service_name
        self._requests: deque[_Raw] = deque()  # as they come, until a worker is free
        self._let_in: deque[Asked] = deque()  # from their lanes, until a worker is free
        self._lanes = Lanes(max(1, workers // LANE_SHARE))
        self._gatherings: dict[str, Gathering] = {}
        self._arrival, self._stopping = WakeEvent(), False
        self._free = Semaphore(workers)
        declare = partial(wire.declare_requests, service=self._service)
        self.broker = BrokerConnection(settings.bus, f"{self._service} rpc", self._on_open, declare)

    def start(self) -> None:
        self._methods = {provider.method_name: provider for provider in self._providers}
        self._gatherings = {name: Gathering() for name, method in self._methods.items() if method.in_groups}
        self.broker.start()
        self._dispatcher = eventlet.spawn(self._dispatch_for_ever)

    def unregister_provider(self, provider: Any) -> None:
        """Take no more requests once the last method stops; the connection stays until every worker has replied."""
        super().unregister_provider(provider)
        if not self._providers:
            self._stopping = True
            self._arrival.set()
            self._dispatcher.wait()

    def stop(self) -> None:
        self.broker.stop()

    def _on_open(self, channel: Any) -> None:
        declare_exchange(channel, wire.EXCHANGE)
        wire.declare_requests(channel, self._service)
        self._requests.clear()  # they come again over this connection
        channel.basic_qos(0, self.container.config["CALLS"] * TAKEN_AHEAD, False)
        tag = f"{self._service}-{uuid.uuid4()}"
        channel.basic_consume(
            queue=wire.queue_of(self._service),
            consumer_tag=tag,
            no_ack=False,
            callback=lambda raw: self._take(channel, raw),
        )
        if not self.container.config["SETTINGS"].embedded:
            old_calls.consume(channel, self._service, partial(self._take, acked=True))

    def _take(self, channel: Any, raw: Any, acked: bool = False) -> None:
        self._requests.append(_Raw(channel.message_to_python(raw), time.monotonic(), acked))
        self._arrival.set()

    def _dispatch_for_ever(self) -> None:
        while True:
            self._free.acquire()  # a request is taken when it can be done at once, and is left to others until then
            taken = self._next()
            if not taken:
                return
            self._dispatch(taken)

    def _next(self) -> list[Asked]:
        """Wait for the next request that may be worked on, or a group of them; none once there is to be no more."""
        while not (self._stopping and self._is_idle):
            if self._let_in:
                return [self._let_in.popleft()]
            self._gather()
            for gathering in self._gatherings.values():
                if group := gathering.take():
                    return group
            if self._requests and not self._stopping:
                asked = self._accept([self._requests[0]])
                if asked and self._lanes.enter(asked[0]):
                    return asked
            else:
                self._arrival.wait(None)
        return []

    @property
    def _is_idle(self) -> bool:
        """Whether nothing is left of what was accepted."""
        return self._lanes.empty and not self._let_in and all(one.empty for one in self._gatherings.values())

    def _gather(self) -> None:
        """Accept all requests that have come for methods that take many at once."""
        if not self._gatherings or self._stopping:
            return
        taken = [one for one in self._requests if _method(one.message) in self._gatherings]
        for asked in self._accept(taken) if taken else ():
            self._gatherings[asked.method.method_name].add(asked)

    def _accept(self, taken: list[_Raw]) -> list[Asked]:
        """Take requests from the queue and read them; those are left out about which there is nothing to be done."""
        self.broker.wait_until_up(1)  # the first may come while the connection is still being opened
        others = len(self._requests) > len(taken)
        for one in taken:
            with suppress(ValueError):  # a connection was lost meanwhile, and the requests with it
                self._requests.remove(one)
        try:
            self._ack([one.message for one in taken if not one.acked], up_to_the_last=not others)
        except BrokerDown as error:
            log.warning("%s", error)  # unacked, so they come again
            return []
        read = (self._read(one.message, one.came_at) for one in taken)
        return [asked for asked in read if asked is not None]

    def _ack(self, messages: list[Any], *, up_to_the_last: bool) -> None:
        """Ack before they are done: a call is made at most once, and repeated by its caller under its key.

        Where no other waits, one ack says so of all: each is work for the broker. Raises BrokerDown for those of a
        connection that is gone, which is no reason to give up the present one.
        """
        acked = not messages

        def ack(channel: Any) -> None:
            nonlocal acked
            if all(message.channel is channel for message in messages):
                for message in messages[-1:] if up_to_the_last else messages:
                    message.ack(multiple=up_to_the_last)
                acked = True

        if messages:
            self.broker.write(ack)
        if not acked:
            raise BrokerDown(f"{self._service}: requests came over a connection that is gone")

    def _read(self, message: Any, came_at: float) -> Asked | None:
        exchange, reply_to = message.delivery_info["exchange"], message.properties.get("reply_to")
        if not wire.is_reply_key(reply_to):
            log.warning("%s: a request was dropped, as no reply may go to %.80r", self._service, reply_to)
            return None
        call_id = message.properties.get("correlation_id")
        method = self._methods.get(_method(message))
        try:
            request = wire.read_request(message.body)
        except wire.Malformed as error:
            self.reply(exchange, reply_to, call_id, Reply(refusal=Refusal(f"Malformed request: {error}")))
            return None
        if method is None:
            self.reply(exchange, reply_to, call_id, Reply(refusal=NotFound("There is no such method.")))
            return None
        until = came_at + wire.patience(message.headers)
        correlation_id = message.headers.get("correlation_id")
        lane, traceparent = method.lane_of(request), message.headers.get("traceparent")
        export = audit.HEADER in message.headers
        return Asked(
            method, request, exchange, reply_to, call_id, correlation_id, until, lane, traceparent, export,
            method.in_groups,
        )  # fmt: skip

    def _dispatch(self, taken: list[Asked]) -> None:
        """Hand requests to a worker, but for those to which nobody waits for the answer any more."""
        awaited = [asked for asked in taken if time.monotonic() <= asked.until]
        if taken[0].in_group:
            gathering = self._gatherings[taken[0].method.method_name]
            over = partial(self._release_group, gathering, taken)
        else:
            over = partial(self._release, taken[0])
        if awaited:
            taken[0].method.run(awaited, over)
        else:
            over([])

    def _release(self, asked: Asked, _left: list[Asked]) -> None:
        """Note that a request is over: its worker is free, and the next of its lane may go on."""
        following = self._lanes.leave(asked)
        if following is not None:
            self._let_in.append(following)
            self._arrival.set()
        self._free.release()

    def _release_group(self, gathering: Gathering, group: list[Asked], left: list[Asked]) -> None:
        """Note that a group is over: its worker is free, and those that it `left` are answered one by one."""
        gathering.leave(group)
        alone = [replace(asked, in_group=False) for asked in left]
        self._let_in.extend(asked for asked in alone if self._lanes.enter(asked))
        self._arrival.set()
        self._free.release()

    def reply(self, exchange: str, reply_to: str, call_id: str | None, reply: Reply) -> None:
        """Send the answer the way the request came; where the broker is gone, the caller waits in vain."""
        try:
            body = _encoded(reply)
        except (TypeError, ValueError, RecursionError):
            log.exception("%s: a method returned what is no JSON", self._service)
            body = wire.refusal(Internal())
        try:
            self.broker.publish(body, exchange, reply_to, correlation_id=call_id)
        except BrokerDown as error:
            log.warning("%s: an answer was lost (%s)", self._service, error)


def _method(message: Any) -> str:
    """Return the name of the method that a request is for."""
    return str(message.delivery_info["routing_key"]).rpartition(".")[2]


def _encoded(reply: Reply) -> bytes:
    if reply.refusal:
        return wire.refusal(reply.refusal, reply.replayed)
    return wire.reply(reply.value, reply.replayed, reply.announced)


class Rpc(Entrypoint):
    """A method that answers calls. `lane` names what was given that tells what a call is about.

    One that answers them `in_groups` is given many requests as `group`, and returns their replies: None for each that
    it is to be given again by itself.
    """

    server = RpcServer()

    def __init__(self, lane: str | None = None, in_groups: bool = False, **kwargs: Any) -> None:
        self._lane, self.in_groups = lane, in_groups
        super().__init__(**kwargs)

    def setup(self) -> None:
        self.server.register_provider(self)

    def stop(self) -> None:
        self.server.unregister_provider(self)

    def lane_of(self, request: dict[str, Any]) -> tuple[str, str] | None:
        """Return the lane of a request; None where it is about nothing that others may be about."""
        given = request.get("given")
        about = {**(given if isinstance(given, Mapping) else {}), **request}.get(self._lane or "")
        return (self._lane, about) if self._lane and isinstance(about, str) else None

    def run(self, taken: list[Asked], over: Callable[[list[Asked]], None]) -> None:
        """Answer one request, or a group of them, in a worker of its own; then call `over` with those left out."""
        together = len(taken) > 1

        def finish(_worker: Any, answer: Any, exc_info: Any) -> tuple[Any, Any]:
            replies = answer if together and not exc_info else [answer] * len(taken)
            if exc_info:
                replies = [None if together else Reply(refusal=Internal())] * len(taken)
            over([asked for asked, reply in zip(taken, replies, strict=True) if reply is None])
            for asked, reply in zip(taken, replies, strict=True):
                if reply is not None:
                    self.server.reply(asked.exchange, asked.reply_to, asked.call_id, reply)
            return answer, exc_info

        requests = [{**asked.request, **_told(asked)} for asked in taken]
        given = {"group": requests} if together else requests[0]
        self.container.spawn_worker(self, (), given, handle_result=finish)


def _told(asked: Asked) -> dict[str, Any]:
    """Return what a method is told of a request beside what it is asked, whatever the request says of that."""
    told = {"correlation_id": asked.correlation_id, "traceparent": asked.traceparent, "export": asked.export}
    return {**told, "group": None}
