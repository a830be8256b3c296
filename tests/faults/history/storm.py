"""Has people book, cancel, move and answer offers while processes are killed and stopped, and records all of it."""

import json
import random
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import requests

from tests.journeys.running import Caller, Distributed, all_items

Write = Callable[[dict[str, Any]], None]
TRIES = 200
PAUSE = 0.1  # seconds between two tries
OFTEN = (1.0, 3.0)  # seconds between two faults


class Person:
    """Someone who asks one thing after the other, each until it is answered."""

    def __init__(
        self, name: str, caller: Caller, write: Callable[[dict[str, Any]], None], chance: random.Random
    ) -> None:
        self.name, self._caller, self._write, self._chance = name, caller, write, chance
        self._live: dict[str, str] = {}  # reference -> session

    def act(self, sessions: Sequence[str]) -> None:
        """Do one thing that someone might do."""
        reference = self._chance.choice([*self._live, None]) if self._live else None
        if reference is None:
            self._ask("book", "/bookings", {"session": self._chance.choice(sessions)})
            return
        what = self._chance.choice(["cancel", "move", "accept"])
        body = {"session": self._chance.choice(sessions)} if what == "move" else {}
        self._ask(what, f"/bookings/{reference}/{what}", body, reference)

    def _ask(self, what: str, path: str, body: dict[str, Any], reference: str = "") -> None:
        """Ask with one key until there is an answer, and write down each time."""
        key = secrets.token_hex(8)
        for _ in range(TRIES):
            began = time.monotonic()
            status, answer = self._once(path, body, key)
            row = {"person": self.name, "what": what, "of": reference, "key": key, "began": began}
            done = {name: answer.get(name) for name in ("reference", "session", "state")} if status < 300 else {}
            self._write({**row, "ended": time.monotonic(), "status": status, **done})
            if status not in (0, 503):
                self._remember(status, done)
                return
            time.sleep(PAUSE)
        raise AssertionError(f"{path} was not answered in {TRIES} tries")

    def _once(self, path: str, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
        try:
            answer = self._caller.post(path, body, key=key)
            return answer.status_code, answer.json()
        except requests.RequestException:
            return 0, {}

    def _remember(self, status: int, done: dict[str, Any]) -> None:
        if status < 300:
            self._live.pop(done["reference"], None)
            if done["state"] != "cancelled":
                self._live[done["reference"]] = done["session"]


class Storm:
    """A crowd of people, and what breaks meanwhile."""

    def __init__(self, system: Distributed, folder: Path, sessions: Sequence[str], seed: int) -> None:
        self._system, self._folder, self._sessions = system, folder, sessions
        self._chance = random.Random(seed)
        self._lock, self._over = threading.Lock(), threading.Event()
        self.asked, self.faults = 0, 0

    def blow(self, callers: dict[str, Caller], seconds: float, at_once: int) -> None:
        """Let it happen for so long, `at_once` people acting at the same time; then everything runs again."""
        chances = [random.Random(self._chance.random()) for _ in callers]
        people = [
            Person(name, caller, self._write, chance)
            for (name, caller), chance in zip(callers.items(), chances, strict=True)
        ]
        threads = [threading.Thread(target=self._crowd, args=(people[n::at_once],)) for n in range(at_once)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(self._chance.uniform(*OFTEN))
            self._break_something()
        self._over.set()
        for thread in threads:
            thread.join()

    def _crowd(self, people: Sequence[Person]) -> None:
        while not self._over.is_set():
            for person in people:
                if self._over.is_set():
                    return
                person.act(self._sessions)

    def _write(self, row: dict[str, Any]) -> None:
        with self._lock, (self._folder / "asked.jsonl").open("a") as file:
            self.asked += 1
            file.write(json.dumps(row) + "\n")

    def _break_something(self) -> None:
        name = self._chance.choice([*self._system.registrations, "notifications", "community", "catalogue", "gateway"])
        self.faults += 1
        if self._chance.random() < 0.7 or name == "gateway":
            self._system.kill(name)
            time.sleep(self._chance.uniform(0, 1))
            self._system.serve_gateway() if name == "gateway" else self._system.serve(name)
        else:
            with self._system.processes[name].frozen():
                time.sleep(self._chance.uniform(0.5, 3))

    def record_the_end(self, callers: dict[str, Caller]) -> None:
        """Write down how everything stands."""
        nobody = Caller(self._system.url)
        shown = {session: nobody.get(f"/sessions/{session}").json()["places"] for session in self._sessions}
        mail = [
            {"to": str(mail["To"]).rpartition("<")[2].rstrip(">"), "subject": mail["Subject"], "id": mail["Message-ID"]}
            for mail in self._system.mail()
        ]
        kept = {
            "sessions": {session: places["online"]["capacity"] for session, places in shown.items()},
            "shown": {session: places["online"]["left"] for session, places in shown.items()},
            "bookings": {name: list(all_items(caller, "/bookings")) for name, caller in callers.items()},
            "mail": mail,
        }
        for name, content in kept.items():
            (self._folder / f"{name}.json").write_text(json.dumps(content))
