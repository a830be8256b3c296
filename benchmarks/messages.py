"""Messages: how many confirmations, with their invites, one notifications process hands to a mail server a second."""

import smtplib
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from benchmarks import processes, seed
from benchmarks.load import Broken
from benchmarks.processes import Site
from benchmarks.report import Table, figure
from services.bus.envelope import Envelope, as_json
from services.notifications import events, messages
from services.notifications.causes import bookings
from services.notifications.models import Message, Person, Session
from services.runtime import clock
from services.runtime.schemas import load
from tests.servers import mail_sink

EXPECTED_RATE = 200  # letters a second, from one process that has a core to itself
AMOUNTS = {"full": 10_000, "quick": 1_000, "tiny": 100}
WITHIN = 300.0  # seconds for all of them
AT_ONCE = 500  # messages that are queued in one transaction
SENDERS = 4  # as many as the service has
SESSIONS = 100


def measure(number: int) -> Table:
    """Queue so many confirmations, have one process deliver them, and return the figures. Raises Broken."""
    title = f"{number:,} confirmations with invites, queued in PostgreSQL, to an SMTP server by one process"
    table = Table(title, "letters a second", "ms of CPU a letter", "others' CPU")
    with mail_sink.running() as server:
        rate = _straight_into(server, number)
        table.add("smtplib alone, so many ready-made letters", figure(rate), "", "")
    with mail_sink.running() as server, processes.mailing(f"smtp://127.0.0.1:{server.port}", _fill(number)) as site:
        _deliver(table, site, server, number)
    return table


def _deliver(table: Table, site: Site, server: mail_sink.Sink, number: int) -> None:
    site.processes["the mail server"] = server.process
    site.wait_until("the first letter", lambda: _sent(site)[0] > 0)
    before, (first, _, _) = site.read(), _sent(site)
    site.wait_until("delivery", lambda: _sent(site)[0] == number, within=WITHIN)
    used, others = site.cpu() - before.processes, site.others_since(before)
    del site.processes["the mail server"]
    _, began, ended = _sent(site)
    rate = number / (ended - began).total_seconds()
    own = used["notifications"] * 1000 / (number - first)
    table.add("notifications", figure(rate, at_least=EXPECTED_RATE), figure(own), figure(others, " cores"))
    table.note(_cpu_a_letter(used, number - first))
    taken = server.finish()
    if not len(taken) == len(set(taken)) == number:
        raise Broken(f"{number} messages were sent, {len(taken)} mails came, of {len(set(taken))} Message-IDs")


def _cpu_a_letter(used: Counter[str], letters: int) -> str:
    parts = [f"{name} {seconds * 1000 / letters:.2f}" for name, seconds in used.most_common()]
    return f"ms of CPU a letter: {', '.join(parts)}"


def _sent(site: Site) -> tuple[int, datetime, datetime]:
    """Return how many messages are sent, and when the first and the last of them were."""
    with site.databases["notifications"].begin() as db:
        at = Message.finished_at
        row = db.execute(select(func.count(), func.min(at), func.max(at)).where(Message.state == "sent")).one()
        return row[0], row[1], row[2]


def _fill(number: int) -> Callable[[Site], None]:
    """Return what writes down so many bookings' messages, as the service does when it hears of them."""

    def fill(site: Site) -> None:
        transactions = site.databases["notifications"]
        with transactions.begin() as db:
            db.add_all([_session(n) for n in range(SESSIONS)])
            db.add_all([_person(n) for n in range(number)])
        for start in range(0, number, AT_ONCE):
            with transactions.begin() as db:
                for n in range(start, min(start + AT_ONCE, number)):
                    _tell(db, n, site.settings.public_url)

    return fill


def _tell(db: OrmSession, number: int, public_url: str) -> None:
    data = {
        "reference": f"HR-{number:06}",
        "person": _id(number),
        "session": seed.slug_of(number % SESSIONS),
        "mode": "in_room" if number % 2 else "online",
        "state": "confirmed",
        "cause": "booked",
        "by": "person",
    }
    told = load(events.BookingRead(), as_json(data))
    type_, subject = "registration.booking_confirmed.v1", f"bookings/{data['reference']}"
    event = Envelope(str(uuid.uuid4()), type_, "registration", subject, 1, clock.now(), str(uuid.uuid4()), told)
    messages.queue_all(db, [bookings.tell(db, event, public_url, clock.now())])


def _id(number: int) -> str:
    return str(uuid.UUID(int=number + 1))


def _person(number: int) -> Person:
    return Person(id=_id(number), version=1, email=f"person.{number}@example.org", name=f"Zoë Person {number}")


def _session(number: int) -> Session:
    start = (clock.now() + timedelta(days=60, hours=number)).replace(microsecond=0)
    meeting = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=2)).isoformat()}
    return Session(
        slug=seed.slug_of(number),
        version=1,
        programme="many",
        title=f"System leadership: a morning on theme {number}",
        status="published",
        meetings=[meeting],
        venue={"name": "Civic meeting rooms", "address": "Leeds city centre", "access": "Step-free, hearing loop"},
    )


def _straight_into(server: mail_sink.Sink, number: int) -> float:
    """Return how many letters a second the mail server takes, so that it is known not to be the limit."""
    began = time.monotonic()
    with ThreadPoolExecutor(SENDERS) as senders:
        for done in [senders.submit(_send, server.port, part, number) for part in range(SENDERS)]:
            done.result()
    took = time.monotonic() - began
    taken = len(server.finish())
    if taken != number:
        raise Broken(f"{number} letters were sent to the mail server, which took {taken}")
    return number / took


def _send(port: int, part: int, number: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        for n in range(part, number, SENDERS):
            mail = EmailMessage()
            mail["Message-ID"] = f"<{n}@example.org>"
            mail["Subject"] = "A letter as long as ours"
            client.sendmail("a@example.org", ["z@example.org"], mail.as_bytes() + READY_MADE)


READY_MADE = (b"-" * 76 + b"\r\n") * 110
