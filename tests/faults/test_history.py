"""A history of bookings under random faults, judged by a program that shares no code with Headrow."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.audit import audit
from tests.faults.history import judge
from tests.faults.history.storm import Storm
from tests.journeys.sessions import publish

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
SECONDS = float(os.environ.get("FAULTS_SECONDS", "10"))  # `make faults` has it blow for ten minutes
SEED = int(os.environ.get("FAULTS_SEED", "7"))
SESSIONS, PLACES = 4, 6
PEOPLE, AT_ONCE = 40, 8
JUDGE = Path(judge.__file__)


def test_nothing_is_lost_doubled_or_oversold_while_processes_are_killed_and_stopped(distributed, tmp_path, figure):
    system = distributed(registrations=2)
    system.start()
    team = system.caller("team@example.org", "team")
    places = {"delivery": "virtual", "places_online": PLACES, "waiting_list": "automatic"}
    sessions = [publish(team, f"Session {n}", 24 * 60 * (10 + n), **places) for n in range(SESSIONS)]
    callers = {f"p{n}@example.org": caller for n, caller in enumerate(system.crowd(PEOPLE))}
    storm = Storm(system, tmp_path, sessions, SEED)
    storm.blow(callers, SECONDS, AT_ONCE)
    audit(system)
    storm.record_the_end(callers)
    judged = subprocess.run([sys.executable, "-I", JUDGE, tmp_path], capture_output=True, text=True, check=False)
    assert judged.returncode == 0, f"FAULTS_SEED={SEED}\n{judged.stdout}{judged.stderr}"
    figure(f"{storm.asked} requests under {storm.faults} faults in {SECONDS:.0f} s: {judged.stdout.strip()}")


def test_the_judge_imports_nothing_of_headrow():
    assert "services" not in JUDGE.read_text().replace("of Headrow", "")
    assert "gateway" not in JUDGE.read_text()


BOOKED = {"reference": "A", "session": "s", "state": "confirmed"}


@pytest.fixture
def fine(tmp_path):
    """A history in which nothing is wrong, and what writes it with one thing changed."""

    def write(**changed):
        asked = [
            {"person": "p", "what": "book", "of": "", "key": "k", "began": 1, "ended": 2, "status": 503},
            {"person": "p", "what": "book", "of": "", "key": "k", "began": 3, "ended": 4, "status": 201, **BOOKED},
        ]
        kept = {"sessions": {"s": 1}, "shown": {"s": 0}, "bookings": {"p": [BOOKED]}, "asked": asked}
        kept = {**kept, "mail": [{"to": "p", "subject": "", "id": "1"}], **changed}
        (tmp_path / "asked.jsonl").write_text("\n".join(map(json.dumps, kept.pop("asked"))))
        for name, content in kept.items():
            (tmp_path / f"{name}.json").write_text(json.dumps(content))
        return [fault.partition(":")[0] for fault in judge.faults(judge.History(tmp_path))]

    return write


def test_the_judge_finds_nothing_where_nothing_is_wrong(fine):
    assert fine() == []


def asked(person, reference, began, ended, *, what="book", key=None, of="", status=201, state="confirmed"):
    row = {"person": person, "what": what, "of": of, "key": key or reference + what, "began": began, "ended": ended}
    return {**row, "status": status, "reference": reference, "session": "s", "state": state}


@pytest.mark.parametrize(
    ("rule", "changed"),
    [
        ("lost", {"bookings": {"p": []}, "shown": {"s": 1}}),
        ("answered_otherwise", {"asked": [asked("p", "A", 1, 2, key="k"), asked("p", "A", 3, 4, key="k", status=200)]}),
        ("undone", {"bookings": {"p": [{**BOOKED, "state": "cancelled"}]}, "shown": {"s": 1}}),
        ("doubled", {"bookings": {"p": [BOOKED, {**BOOKED, "reference": "B", "state": "waiting"}]}}),
        (
            "oversold",
            {
                "asked": [
                    asked("p", "A", 1, 2),
                    asked("q", "B", 1, 3),
                    asked("q", "B", 9, 10, what="cancel", of="B", status=200, state="cancelled"),
                ],
                "bookings": {"p": [BOOKED], "q": [{**BOOKED, "reference": "B", "state": "cancelled"}]},
            },
        ),
        ("passed_by", {"sessions": {"s": 2}, "shown": {"s": 1}, "bookings": {
            "p": [BOOKED], "q": [{**BOOKED, "reference": "B", "state": "waiting"}]}}),
        ("shown_otherwise", {"shown": {"s": 1}}),
        ("told_twice", {"mail": [{"to": "p", "subject": "", "id": "1"}] * 2}),
        ("not_told", {"mail": []}),
    ],
)  # fmt: skip
def test_the_judge_finds_each_fault(fine, rule, changed):
    assert set(fine(**changed)) == {rule}
