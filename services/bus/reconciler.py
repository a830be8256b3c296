"""Has the inbox of one service compared with the outboxes of those that it reads of, every 20 seconds or so."""

import logging
import random
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import eventlet
from nameko.extensions import SharedExtension
from sqlalchemy.exc import SQLAlchemyError

from services.bus import reconciliation
from services.bus.inbox import Inbox
from services.bus.rpc import Caller, Remote
from services.runtime import clock
from services.runtime.refusals import Refusal, Unavailable

log = logging.getLogger(__name__)

EVERY = 20.0
PATIENCE = 600.0  # seconds for a page of what is announced again


class Reconciler(SharedExtension):
    """Finds what a service should have heard of and has not, and has it published again to this service alone."""

    caller = Caller()
    _thread: Any = None

    def watch(self, inbox: Inbox, types: Iterable[str]) -> None:
        """Begin to compare this inbox, whatever is up or down just now."""
        sources: dict[str, list[str]] = defaultdict(list)
        for type_ in types:
            sources[type_.partition(".")[0]].append(type_)
        if not self.container.config["SETTINGS"].embedded:  # a bus in memory confirms what is stored, and loses nothing
            self._thread = eventlet.spawn(self._run, inbox, sources)

    def stop(self) -> None:
        if self._thread is not None:
            self._thread.kill()

    def _run(self, inbox: Inbox, sources: dict[str, list[str]]) -> None:
        while True:
            eventlet.sleep(EVERY * random.uniform(0.8, 1.2))  # not all processes at once
            for source, types in sources.items():
                try:
                    while not inbox.is_behind() and self._look(inbox, source, types):
                        continue
                except (Refusal, SQLAlchemyError) as error:
                    log.info("%s could not be compared with what %s published (%s)", inbox.service, source, error)

    def _look(self, inbox: Inbox, source: str, types: list[str]) -> bool:
        """Compare a page; return whether all of it is here, and there may be another."""
        with inbox.transactions.look() as db:
            number = reconciliation.up_to(db, source)
        remote = Remote(self.caller, source)
        published = remote.call("published", types=types, number=number).value
        if reconciliation.is_cut_off(published, number):
            if getattr(self.container.service_cls, "takes_state", False):
                return self._take_state(inbox, source, remote, types, max(published["up_to"], published["first"] - 1))
            log.warning("%s was away for too long: what %s published since then is lost", inbox.service, source)
        with inbox.transactions.begin() as db:
            missing = reconciliation.compare(db, source, published, clock.now())
        if missing:
            log.warning("%s missed %d events of %s, which are published again", inbox.service, len(missing), source)
            remote.call("publish_again", reader=inbox.service, ids=missing)
        return not missing and bool(published["events"])

    def _take_state(self, inbox: Inbox, source: str, remote: Remote, types: list[str], up_to: int) -> bool:
        """Have the source announce all that there is, to this service alone, page by page as they are handled."""
        log.warning("%s asks %s for all that there is: what it missed has been forgotten", inbox.service, source)
        after: Any = None
        while True:
            page = remote.call("announce_again", reader=inbox.service, types=types, after=after).value
            if page["told"]:
                self._wait_until_handled(inbox, page["told"][-1])
                remote.call("forget_told", ids=page["told"])
            after = page["next"]
            if after is None:
                break
        with inbox.transactions.begin() as db:
            reconciliation.has_all_up_to(db, source, up_to, clock.now())
        return True

    def _wait_until_handled(self, inbox: Inbox, id: str) -> None:
        """Wait until an event is handled here. Raises Unavailable where that takes minutes: then all begins again."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with inbox.transactions.look() as db:
                if reconciliation.is_handled(db, id):
                    return
            eventlet.sleep(0.2)
        raise Unavailable
