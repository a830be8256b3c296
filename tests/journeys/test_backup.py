"""A backup that is made while people book, and a second life from it: nothing is lost, nothing is done twice."""

import secrets
import sqlite3
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from services.bus.entrypoints import topology
from services.headrow import restoring
from services.headrow.command_line import main
from services.headrow.data_folder import KEPT
from services.headrow.names import SERVICES, service_class
from services.runtime.erasures import FOLDERS, NAME
from services.runtime.settings import VARIABLES
from tests.faults.conftest import killed_in_the_end
from tests.journeys.running import Caller, Embedded, eventually

pytestmark = pytest.mark.slow
SESSIONS = ("slp-june-virtual-cohort", "slp-march-cohort", "maxims-in-practice")
PEOPLE = 240
HANDS = 4
BACKUPS = 3
LARGE = 150_000_000  # bytes


@pytest.fixture
def life(tmp_path):
    """Make a Headrow on a data folder of that name: `life("first")`."""
    systems = []

    def life(name):
        (tmp_path / name).mkdir(exist_ok=True)
        systems.append(Embedded(tmp_path / name))
        return systems[-1]

    yield life
    for system in systems:
        with killed_in_the_end(system):
            pass


class Crowd:
    """People who book, a few at once, some of whom cancel; `booked` has the references that they were answered."""

    def __init__(self, people):
        self.booked = []
        self._hands = ThreadPoolExecutor(HANDS)
        self._work = [self._hands.submit(self._book, people[first::HANDS]) for first in range(HANDS)]

    def finish(self):
        """Wait until all have booked."""
        for work in self._work:
            work.result()

    def _book(self, people):
        for number, person in enumerate(people):
            wanted = {"session": SESSIONS[number % len(SESSIONS)]}
            reference = insist(person, 201, "/bookings", wanted)["reference"]
            self.booked.append(reference)
            if number % 5 == 4:
                insist(person, 200, f"/bookings/{reference}/cancel")


def insist(person, status, path, body=None):
    """Ask as a good client does: again, under the same key, while the machine is too busy to answer."""
    key = secrets.token_hex(8)
    answer = eventually(lambda: (a := person.post(path, body, key=key)).status_code != 503 and a)
    assert answer.status_code == status, answer.text
    return answer.json()


def make_large(database):
    """Have copying take a while, as it does with the people of a city: meanwhile there are bookings."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE ballast (bytes BLOB)")
        connection.execute("INSERT INTO ballast VALUES (zeroblob(?))", (LARGE,))
        connection.commit()


def rows(folder, service, query):
    with closing(sqlite3.connect(folder / f"{service}.db")) as database:
        return database.execute(query).fetchall()


def column(folder, service, query):
    return {row[0] for row in rows(folder, service, query)}


def check_one_moment(folder):
    """See that nothing was lost between the files, and that none shows what has not happened yet in another."""
    reads = topology(*(service_class(name) for name in SERVICES))
    announced = {name: rows(folder, name, "SELECT event_id, type, published_at FROM outbox") for name in SERVICES}
    everything = {event for events in announced.values() for event, _, _ in events}
    published = [(event, type_) for events in announced.values() for event, type_, at in events if at is not None]
    for reader, types in reads.items():
        taken_in = column(folder, reader, "SELECT event_id FROM inbox")
        assert taken_in <= everything, f"{reader} has heard of what has not happened yet"
        assert {event for event, type_ in published if type_ in types} <= taken_in, f"{reader} would never hear of some"


def under_way(folder):
    """Return how many events are on their way, and how many emails."""
    queries = ("SELECT 1 FROM outbox WHERE published_at IS NULL", "SELECT 1 FROM inbox WHERE state != 'done'")
    events = sum(len(rows(folder, name, query)) for name in SERVICES for query in queries)
    return events + len(rows(folder, "notifications", "SELECT 1 FROM messages WHERE state = 'queued'"))


def bookings(folder, service):
    return {*rows(folder, service, "SELECT reference, state, version FROM bookings")}


def causes_of_emails(*folders):
    """Return the events that caused each email about a booking, in all of these lives: `{(booking, …): {event}}`."""
    causes = defaultdict(set)
    for folder in folders:
        for event, *email in rows(
            folder, "notifications", "SELECT event_id, booking, template, part FROM messages WHERE booking != ''"
        ):
            causes[tuple(email)].add(event)
    return causes


def test_a_backup_that_is_made_while_people_book_loses_nothing_and_doubles_nothing(life, tmp_path):
    first = life("first")
    make_large(first.folder / "registration.db")
    first.start()
    people = first.crowd(PEOPLE)
    eventually(lambda: not under_way(first.folder))  # so that bookings are heard of as they are made
    answered = []  # for each backup: what had been answered when it began, and how much was meanwhile
    crowd = Crowd(people)
    for number in range(BACKUPS):
        eventually(lambda at_least=PEOPLE * number // (BACKUPS + 1): len(crowd.booked) > at_least)
        before = [*crowd.booked]
        first.run("backup", str(tmp_path / f"{number}.tar.gz"))
        answered.append((before, len(crowd.booked) - len(before)))
    crowd.finish()
    assert any(meanwhile for _, meanwhile in answered), "nobody booked while a backup was made"
    first.kill("up")

    lives = [life(f"second-{number}") for number in range(BACKUPS)]
    for number, (second, (before, _)) in enumerate(zip(lives, answered, strict=True)):
        second.run("restore", str(tmp_path / f"{number}.tar.gz"))
        there = column(second.folder, "registration", "SELECT reference FROM bookings")
        assert {*before} <= there
        check_one_moment(second.folder)

    second = max(lives, key=lambda life: under_way(life.folder))
    second.start()
    eventually(lambda: not under_way(second.folder))
    held = bookings(second.folder, "registration")
    assert bookings(second.folder, "notifications") == bookings(second.folder, "community") == held
    causes = causes_of_emails(first.folder, second.folder)
    assert {email: events for email, events in causes.items() if len(events) > 1} == {}
    told = {booking for booking, template, _ in causes if template in ("booking_confirmed", "booking_waiting")}
    assert {reference for reference, _, _ in held} <= told
    sent = [message["Message-ID"] for message in second.mail()]
    assert len(sent) == len({*sent})

    token = people[-1].http.headers["Authorization"].removeprefix("Bearer ")
    other = SESSIONS[len(people[HANDS - 1 :: HANDS]) % len(SESSIONS)]  # another than the one they have booked
    assert Caller(second.url, token).book(other)
    assert second.stop() == {"up": 0}


def test_a_start_completes_a_restore_that_was_broken_off(life, tmp_path, monkeypatch):
    first, second = life("first"), life("second")
    first.start()
    amina = first.caller("amina@example.org")
    reference = amina.book("maxims-in-practice")["reference"]
    first.run("backup", str(tmp_path / "backup.tar.gz"))
    assert first.run("restore", str(tmp_path / "backup.tar.gz"), check=False).returncode == 1
    first.stop()
    written = {path.name for path in first.folder.iterdir()} - {f"{service}.db" for service in SERVICES}
    assert written - {"mail", "up.log"} <= {*KEPT, "lock", "clock", NAME, FOLDERS}, "is this to be in a backup?"

    def killed(*what):
        raise KeyboardInterrupt

    with monkeypatch.context() as for_now:
        for name in VARIABLES:
            for_now.delenv(name, raising=False)
        for_now.setattr(restoring, "_move", killed)
        assert main(["restore", str(tmp_path / "backup.tar.gz"), "--data", str(second.folder)]) == 130
    second.start()
    amina.url = f"{second.url}/api/v1"
    assert amina.booking(reference)["state"] == "confirmed"
    assert not list(second.folder.glob("restore.*"))
