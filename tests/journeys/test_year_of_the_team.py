"""A year of the programme team: planned, filled, run and answered for; what it says is counted again from the rows."""

import csv
import io
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.conftest import _run
from tests.journeys.running import Caller, Embedded, System, all_items, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

JANUARY, MARCH, DECEMBER = (f"2027-{day}T09:00:00+00:00" for day in ("01-04", "03-01", "12-01"))
SERIES = ["2027-03-02", "2027-04-06", "2027-05-04", "2027-06-01", "2027-07-06"]  # after the first, on 2 February
PEOPLE = 400
EARLIER = "talk-of-last-year"  # in the programme that they come from
COUNTS = ("add", "change", "same", "errors")
SECTORS = ("hospital", "social_care", "third_sector")
THERE = ("attended", "partly_attended")
TABLES = ("bookings", "sessions", "people", "attendance")
MINUTES = {"leading": 420, "talks": 90}  # of a meeting


@pytest.fixture(scope="module")
def headrow(tmp_path_factory) -> Iterator[System]:
    yield from _run(Embedded(tmp_path_factory.mktemp("headrow"), HEADROW_CLOCK=JANUARY))


@pytest.fixture(scope="module")
def year(headrow) -> "Year":
    return Year(headrow)


def made(answer: Any, status: int = 201) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def address(n: int) -> str:
    return f"learner{n:03}@example.org"


class Year:
    """Everything that the team does in it, in its order."""

    def __init__(self, headrow: System) -> None:
        self.headrow = headrow
        self.team: Caller = headrow.caller("team@example.org", "team")
        self._plan()
        self._move_in()
        self._fill()
        self._later(MARCH)
        self._run_the_first_cohort()
        self._later(DECEMBER)
        self._run_the_series()

    def _later(self, moment: str) -> None:
        self.headrow.stop()
        self.headrow.environment["HEADROW_CLOCK"] = moment
        self.headrow.start()
        self.team = self.headrow.caller("team@example.org", "team")  # nobody stays signed in for so long

    def _plan(self) -> None:
        """Two cohorts of two days, the second a copy of the first, and a series of six, made of one."""
        made(self.team.post("/programmes", {"slug": "leading", "title": "Leading together", "format": "structured"}))
        made(self.team.post("/programmes", {"slug": "talks", "title": "Talks", "format": "series"}))
        days = [{"starts_at": f"2027-02-{day}T09:30", "ends_at": f"2027-02-{day}T16:30"} for day in ("09", "23")]
        venue = {"name": "Town Hall", "address": "The Headrow", "access": "Step-free"}
        self.first = self._drafted(
            {"programme": "leading", "title": "Spring cohort", "delivery": "face_to_face", "venue": venue,
             "meetings": days, "places_in_room": 30}
        )  # fmt: skip
        [self.second] = self._copied(self.first, starts_on="2027-09-14")
        [self.next_year] = self._copied(self.first, starts_on="2028-02-08")
        talk = {"starts_at": "2027-02-02T12:00", "ends_at": "2027-02-02T13:30"}
        self.talk = self._drafted(
            {"programme": "talks", "title": "A talk", "delivery": "virtual", "meetings": [talk], "places_online": 500}
        )
        self.series = [self.talk, *self._copied(self.talk, dates=SERIES)]
        for slug in (self.first, self.second, self.next_year, *self.series):
            made(self.team.post(f"/sessions/{slug}/publish"), 200)
            eventually(lambda slug=slug: self.team.get(f"/sessions/{slug}/bookings").ok)

    def _drafted(self, session: dict[str, Any]) -> str:
        return str(made(self.team.post("/sessions", session))["slug"])

    def _copied(self, slug: str, **wanted: Any) -> list[str]:
        return [str(draft["slug"]) for draft in made(self.team.post(f"/sessions/{slug}/copy", wanted))["items"]]

    def _move_in(self) -> None:
        """400 people come from another programme, with where some of them work, and who was at its last talk."""
        people = [f"{address(n)};Learner {n};{self._work(n)}" for n in range(PEOPLE)]
        told = self._imported("people", ["Email;Name;Sector;Organisation", *people], dry_run="true")
        assert {name: told[name] for name in COUNTS} == {"add": PEOPLE, "change": 0, "same": 0, "errors": []}
        self._imported("people", ["Email;Name;Sector;Organisation", *people])
        self._imported(
            "sessions",
            ["Slug;Title;Programme;Delivery;Date;Starts;Ends;Places online;State",
             f"{EARLIER};A talk of last year;talks;online;2026-10-06;12:00;13:30;500;published"],
        )  # fmt: skip
        eventually(lambda: self.team.get(f"/sessions/{EARLIER}/bookings").ok)
        there = [f"{address(n)};{EARLIER};{'attended' if n % 4 else 'absent'}" for n in range(120)]
        self._imported("bookings", ["Email;Session;State", *there])
        mistake = self._imported("people", ["Email;Name", "nobody@example.org;No Body"])["id"]
        assert made(self.team.post(f"/imports/{mistake}/undo"), 200)["undone"] == 1

    def _work(self, n: int) -> str:
        return f"{SECTORS[n % 3]};Organisation {n % 7}" if n < 60 else ";"

    def _imported(self, kind: str, lines: list[str], **query: str) -> Any:
        """Send a file as a spreadsheet saves it where commas are for decimals."""
        headers = {"Content-Type": "text/csv", "Idempotency-Key": f"{kind}-{len(lines)}"}
        content = "\r\n".join(lines).encode("utf-8-sig")
        there = f"{self.team.url}/imports/{kind}"
        return made(
            self.team.http.post(there, data=content, headers=headers, params=query, timeout=60), 200 if query else 201
        )

    def _fill(self) -> None:
        """400 people are booked for the first talk by a list, others for the rest; one cohort has a waiting list."""
        for slug, numbers in {
            self.talk: range(PEOPLE),
            self.first: range(40),  # ten of them wait
            self.second: range(30, 55),
            **{slug: range(n * 20, n * 20 + 60) for n, slug in enumerate(self.series[1:])},
        }.items():
            sheet = "email,name\r\n" + "".join(f"{address(n)},Learner {n}\r\n" for n in numbers)
            answer = made(self.team.post(f"/sessions/{slug}/booking-lists", {"csv": sheet}), 200)
            assert (answer["done"], answer["refused"]) == (len(numbers), 0)

    def _run_the_first_cohort(self) -> None:
        """A sheet for each day, and feedback."""
        for meeting, there in ((1, 25), (2, 20)):
            sheet = "email;meeting;present\n" + "".join(f"{address(n)};{meeting};yes\n" for n in range(there))
            self._report(self.first, sheet.encode())
        for n in range(5):
            caller = Caller(self.headrow.url, self.headrow.token(address(n)))
            [mine] = [b for b in all_items(caller, "/bookings") if b["session"] == self.first]
            made(caller.post(f"/bookings/{mine['reference']}/feedback", {"useful": 3 + n % 3}), 200)

    def _run_the_series(self) -> None:
        """Three attendance reports, as Teams and Zoom write them, and a list of addresses."""
        teams = ["1. Summary", "Meeting title\tA talk", "", "2. Participants",
                 "Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole",
                 *(f"Learner {n}\t2/2/27, 12:01:00 PM\t2/2/27, 1:29:00 PM\t1h 28m\t{address(n)}\t{address(n)}\tAttendee"
                   for n in range(0, PEOPLE, 2)),
                 f"Learner 1\t2/2/27, 12:01:00 PM\t2/2/27, 12:10:00 PM\t9m\t{address(1)}\t\tAttendee"]  # fmt: skip
        self._report(self.talk, "\r\n".join(teams).encode("utf-16"), minutes=45)
        zoom = ["Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,Recording Consent"]
        zoom += [f"Learner {n},{address(n)},03/02/2027 12:00:00 PM,03/02/2027 01:20:00 PM,80,No," for n in range(50)]
        self._report(self.series[1], "\n".join(zoom).encode("utf-8-sig"), minutes=45)
        self._report(self.series[2], "\n".join(address(n) for n in range(20, 50)).encode())

    def _report(self, slug: str, content: bytes, **query: int) -> None:
        headers = {"Content-Type": "text/csv", "Idempotency-Key": f"{slug}-{len(content)}"}
        there = f"{self.team.url}/sessions/{slug}/attendance"
        answer = self.team.http.post(there, data=content, headers=headers, params=query, timeout=60)
        assert answer.status_code == 200, answer.text

    def rows(self) -> list[dict[str, Any]]:
        """Return the bookings of sessions that are over, put together from registration's own tables."""
        with closing(sqlite3.connect(self.headrow.folder / "registration.db")) as db:
            db.row_factory = sqlite3.Row
            tables = {name: list(db.execute(f"SELECT * FROM {name}")) for name in TABLES}
        sessions = {row["slug"]: row for row in tables["sessions"] if row["status"] != "cancelled"}
        people = {row["id"]: row for row in tables["people"]}
        present = Counter(
            row["booking_id"] for row in tables["attendance"] if row["present"] and not row["replaced_at"]
        )
        rows = []
        for booking in tables["bookings"]:
            session = sessions.get(booking["session_slug"])
            if session and session["ends_at"] < DECEMBER.replace("T", " "):
                told = {name: booking[name] for name in ("person_id", "state", "attendance")}
                more = {"slug": session["slug"], "ends_at": session["ends_at"]}
                minutes = present[booking["id"]] * MINUTES.get(session["programme"], 0)
                rows.append({**told, **more, "sector": people[booking["person_id"]]["sector"], "minutes": minutes})
        return rows


def counted(rows: list[dict[str, Any]], first: date, last: date, sector: str | None = "") -> dict[str, Any]:
    """Count what the board's page says, in another way than Headrow does."""

    def ended(row: dict[str, Any]) -> date:
        return datetime.fromisoformat(row["ends_at"]).date()

    ours = [row for row in rows if sector == "" or row["sector"] == sector]
    within = [row for row in ours if first <= ended(row) <= last]
    there = {row["person_id"] for row in within if row["attendance"] in THERE}
    before = {row["person_id"] for row in rows if row["attendance"] in THERE and ended(row) < first}
    had = {(row["person_id"], row["slug"]) for row in within if row["state"] == "confirmed"}
    waited = {(row["person_id"], row["slug"]) for row in within if row["state"] == "waiting"} - had
    return {
        **{"people": len(there), "new": len(there - before), "returning": len(there & before)},
        **{"booked": len(had), "waiting": len(waited)},
        "attended": sum(row["attendance"] in THERE for row in within),
        "absent": sum(row["attendance"] == "absent" for row in within),
        "hours": round(sum(row["minutes"] for row in within) / 60, 1),
    }


YEAR = (date(2027, 1, 1), date(2027, 12, 31))


@pytest.mark.parametrize("days", [YEAR, (date(2027, 3, 1), date(2027, 5, 31))], ids=["year", "spring"])
def test_the_board_s_figures_are_those_of_a_second_count(year, days):
    rows = year.rows()
    path = f"/reach?from={days[0]}&to={days[1]}"
    expected = counted(rows, *days)

    def says() -> dict[str, Any]:
        return dict(made(year.team.get(path), 200))

    assert len({row["person_id"] for row in rows}) == PEOPLE
    eventually(lambda: {name: says()["total"][name] for name in expected} == expected, 60)
    told = {row["sector"]: row for row in says()["sectors"]}
    for sector in (*SECTORS, None):
        ours = counted(rows, *days, sector)
        assert {name: told[sector][name] for name in ours} == ours, sector
    shared = year.team.get(f"{path}&shared=true").json()["total"]
    for name in ("people", "new", "booked", "attended", "waiting"):
        number = expected[name]
        assert shared[name] == ("<5" if 0 < number < 5 else (number + 2) // 5 * 5), name


def test_every_place_is_in_the_learning_records_once(year):
    sheet = year.team.get(f"/records.csv?from={YEAR[0]}&to={YEAR[1]}").content.decode("utf-8-sig")
    records = list(csv.DictReader(io.StringIO(sheet)))
    rows = [row for row in year.rows() if row["state"] == "confirmed" or row["attendance"] in THERE]
    rows = [row for row in rows if row["slug"] != EARLIER]
    assert len(records) == len(rows)
    hours: dict[str, float] = defaultdict(float)
    for record in records:
        hours[record["session"]] += float(record["hours_attended"])
    for slug in {row["slug"] for row in rows}:
        assert hours[slug] == sum(row["minutes"] for row in rows if row["slug"] == slug) / 60, slug


def test_what_people_said_stands_beside_the_figures(year):
    told = year.team.get(f"/reach?from={YEAR[0]}&to={YEAR[1]}&programme=leading").json()["feedback"]
    assert (told["sessions"], told["answers"], told["useful"]["mean"]) == (2, 5, 3.8)


def test_those_who_were_below_the_threshold_were_not_there(year):
    rows = year.rows()
    talk = Counter(row["attendance"] for row in rows if row["slug"] == year.talk)
    assert talk["attended"] == PEOPLE / 2


def test_those_who_came_last_year_return(year):
    told = year.team.get(f"/reach?from={YEAR[0]}&to={YEAR[1]}").json()["total"]
    earlier = {row["person_id"] for row in year.rows() if row["slug"] == EARLIER and row["attendance"] in THERE}
    assert len(earlier) == 90
    assert 0 < told["returning"] <= len(earlier)


def test_nobody_was_emailed_about_what_was_imported(year):
    with closing(sqlite3.connect(year.headrow.folder / "notifications.db")) as db:
        assert db.execute("SELECT count(*) FROM messages WHERE session = ?", (EARLIER,)).fetchone() == (0,)


def test_the_second_cohort_is_the_first_on_other_days(year):
    first, second = (year.team.get(f"/sessions/{slug}").json() for slug in (year.first, year.second))
    moved = [
        datetime.fromisoformat(later["starts_at"]).date() - datetime.fromisoformat(earlier["starts_at"]).date()
        for earlier, later in zip(first["meetings"], second["meetings"], strict=True)
    ]
    assert moved == [timedelta(days=217)] * 2
    assert all(first[name] == second[name] for name in ("title", "venue", "delivery"))
