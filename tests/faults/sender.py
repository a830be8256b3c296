"""One process that delivers what is queued, and dies at the step that it is told: `sender.py DATABASE MAIL [STEP]`.

Steps: "before the lease", "before sending", "before the commit", "after the commit"; kills during the exchange with
the mail server are the server's to make.
"""

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy.orm import Session as OrmSession

from services.notifications.composing.email_layout import EmailLayout
from services.notifications.delivery import sending
from services.notifications.delivery.transports import Server
from services.notifications.emails import Letter
from services.runtime import clock
from services.runtime.database import Transactions, open_engine

LETTERHEAD = EmailLayout("Leeds Academy <academy@mail.example.org>", "https://headrow.example.org", "k" * 32)
SENDERS = 4  # as the service has


def main(database: str, mail: str, step: str = "") -> None:
    """Deliver until nothing is due. With a step, one sender does, and dies there on its first letter."""
    transactions, transport = Transactions(open_engine(database)), Server(mail, 30, 30)

    @contextmanager
    def begin() -> Iterator[OrmSession]:
        with transactions.begin() as db:
            yield db
            if step == ("before the commit" if sent else "before the lease"):
                _die()
        if sent and step == "after the commit":
            _die()

    class Watched:
        doubles = True

        def send(self, letter: Letter) -> None:
            if step == "before sending":
                _die()
            transport.send(letter)
            if step:
                sent.append(letter)

        def rest(self) -> None:
            transport.rest()

    sent: list[Letter] = []

    def deliver() -> None:
        while sending.deliver_next(begin, Watched(), LETTERHEAD, clock.now, most=1 if step else 50):
            pass

    with ThreadPoolExecutor(1 if step else SENDERS) as senders:
        for done in [senders.submit(deliver) for _ in range(1 if step else SENDERS)]:
            done.result()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
