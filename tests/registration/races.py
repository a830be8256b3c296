"""A database that several work on at once, and ways to have them meet."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from services.registration import moves
from services.registration.accounts import people
from services.registration.models import Person
from services.registration.places import bookings, sessions
from services.runtime.refusals import Refusal
from tests.registration.conftest import NOW, START, state_of

PLACES = 20


class World:
    """Sessions and people in a database that several work on at once, each transaction on a connection of its own."""

    def __init__(self, transactions):
        self.transactions = transactions
        self.versions = Counter()

    def told(self, slug, days=0, **said):
        starts_at = START + timedelta(days=days)
        self.versions[slug] += 1
        state = state_of(slug, starts_at, hours=3, waiting_list="offer", places_in_room=PLACES)
        self.do(lambda db: sessions.keep(db, {**state, **said, "version": self.versions[slug]}, NOW))

    def people(self, number, name="p"):
        ids = [f"{name}{n}" for n in range(number)]
        made = [Person(id=i, email=f"{i}@example.org", name=i, sector="hospital", granted=[]) for i in ids]
        for person in made:
            person.created_at, person.version = NOW, 1
        self.do(lambda db: db.add_all(made))
        return ids

    def do(self, work):
        """Return what `work(db)` returns, or the refusal that it raises. Unlike a service's call, it is tried once."""
        try:
            with self.transactions.begin() as db:
                return work(db)
        except Refusal as refusal:
            return refusal

    def book(self, person, slug, **said):
        """Book as the service does, which has one person book one thing at a time."""
        return self.do(lambda db: bookings.book(db, self.alone(db, person), NOW, slug, **said))

    def cancel(self, person, reference):
        return self.do(lambda db: bookings.cancel(db, db.get_one(Person, person), reference, NOW))

    def accept(self, person, reference, now):
        return self.do(lambda db: bookings.accept(db, self.alone(db, person), reference, now))

    def move(self, person, reference, slug, **said):
        return self.do(lambda db: moves.move(db, db.get_one(Person, person), reference, NOW, slug, **said))

    def alone(self, db, person):
        there = db.get_one(Person, person)
        people.lock(db, there)
        return there

    def read(self, query):
        with self.transactions.begin() as db:
            return db.scalars(query).all()


def at_once(*works):
    """Start all works at the same moment; return what each returned, in order. What is raised is a defect."""
    gate = threading.Barrier(len(works))

    def start(work):
        gate.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as hands:
        return [done.result() for done in [hands.submit(start, work) for work in works]]


def held_up(world, hold, *works):
    """Start one work after the other while `hold(db)` stands in their way, and return what each returned."""
    with ThreadPoolExecutor(len(works)) as hands:
        with world.transactions.begin() as db:
            hold(db)
            doing = []
            for work in works:
                doing.append(hands.submit(work))
                time.sleep(0.1)
        return [done.result() for done in doing]
