"""A session's bookings as a sheet: all of them, readable in a spreadsheet, and with nothing in it that runs."""

import csv
import io

import pytest

from tests.gateway import fakes

PATH = "/sessions/maxims-in-practice/bookings.csv"


def of_person(reference="K3M9Q-XW2TB", **changes):
    person = {name: changes.pop(name) for name in ("name", "email", "organisation", "job_role") if name in changes}
    usual = {"id": "6f1f9a52", "name": "Zoë Okafor", "email": "zoe@example.org", "sector": "hospital"}
    whole = {**usual, "organisation": "Leeds Teaching Hospitals", "job_role": "Ward manager", **person}
    return fakes.booking(reference=reference, person=whole, **changes)


def download(world, *bookings, query=""):
    world.registration.answers["session_bookings"] = {"items": list(bookings), "next": None}
    return world.get(PATH + query, "team-token")


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def test_a_row_says_who_comes_how_and_what_they_need(world):
    answer = download(world, of_person(access_needs="Step-free,\n“quiet” room", created_at="2026-06-01T08:05:00+00:00"))
    assert rows_of(answer) == [
        {
            "reference": "K3M9Q-XW2TB",
            "name": "Zoë Okafor",
            "email": "zoe@example.org",
            "sector": "Hospitals",
            "organisation": "Leeds Teaching Hospitals",
            "job role": "Ward manager",
            "mode": "online",
            "state": "confirmed",
            "position": "",
            "access needs": "Step-free,\n“quiet” room",
            "booked at": "2026-06-01 09:05",
            "attendance": "",
            "over capacity": "",
        }
    ]


def test_a_spreadsheet_reads_it_as_it_is(world):
    answer = download(world, of_person(), of_person("HR-2"))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="maxims-in-practice-bookings.csv"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.data.startswith("\ufeffreference,name,".encode())
    assert answer.data.count(b"\r\n") == answer.data.count(b"\n") == 3
    again = world.get(PATH, "team-token", If_None_Match=answer.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")


def test_whoever_waits_has_a_position_and_whoever_came_a_share(world):
    waiting = of_person("HR-1", state="waiting", position=3, mode="in_room")
    partly = of_person("HR-2", state="partly_attended", attended_share=0.5)
    absent = of_person("HR-3", state="absent", attended_share=0.0)
    late = of_person("HR-4", state="cancelled", cancelled_late=True)
    told = [[row[name] for name in ("mode", "state", "position", "attendance")]
            for row in rows_of(download(world, waiting, partly, absent, late))]  # fmt: skip
    assert told == [
        ["in the room", "waiting", "3", ""],
        ["online", "partly attended", "", "50%"],
        ["online", "absent", "", "0%"],
        ["online", "cancelled late", "", ""],
    ]


def test_of_somebody_who_was_erased_there_is_a_row_without_a_name(world):
    (row,) = rows_of(download(world, of_person(name=None, email=None, organisation=None, job_role=None)))
    assert (row["reference"], row["name"], row["email"], row["job role"]) == ("K3M9Q-XW2TB", "", "", "")


@pytest.mark.parametrize("field", ["name", "email", "organisation", "job_role", "access_needs"])
@pytest.mark.parametrize(
    "text", ["=1+1", "+44 113 496 0000", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("https://example.org")']
)
def test_what_a_spreadsheet_would_run_is_text(world, field, text):
    (row,) = rows_of(download(world, of_person(**{field: text})))
    assert row[field.replace("_", " ")] == f"'{text}"


@pytest.mark.parametrize("text", ["1 = 1", "'quoted'", "O’Neil", "a\tb", '"', "a,b;c"])
def test_what_is_harmless_is_left_as_it_is(world, text):
    (row,) = rows_of(download(world, of_person(name=text)))
    assert row["name"] == text


def test_every_page_of_the_list_is_in_it(world):
    pages = {None: (["HR-1", "HR-2"], "a"), "a": (["HR-3"], "b"), "b": ([], None)}

    def page(cursor, **_):
        references, after = pages[cursor]
        return {"items": [of_person(reference) for reference in references], "next": after}

    world.registration.answers["session_bookings"] = page
    answer = world.get(PATH + "?state=waiting", "team-token")
    assert [row["reference"] for row in rows_of(answer)] == ["HR-1", "HR-2", "HR-3"]
    asked = [named for method, named in world.registration.asked if method == "session_bookings"]
    assert [(named["slug"], named["state"]) for named in asked] == [("maxims-in-practice", "waiting")] * 3


def test_without_bookings_there_are_the_names_of_the_columns(world):
    assert download(world).data.decode("utf-8-sig").count("\r\n") == 1


@pytest.mark.parametrize(("code", "status"), [("not-found", 404), ("invalid", 422), ("unavailable", 503)])
def test_what_registration_refuses_is_no_sheet(world, code, status):
    world.registration.answers["session_bookings"] = fakes.refused(code)
    answer = world.get(PATH + "?state=gone", "team-token")
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_the_list_and_the_sheet_are_two_addresses(world):
    world.registration.answers["session_bookings"] = {"items": [], "next": None}
    assert world.get("/sessions/maxims-in-practice/bookings", "team-token").mimetype == "application/json"
    assert world.get(PATH, "team-token").mimetype == "text/csv"
    assert world.get("/sessions/maxims-in-practice/bookingsXcsv", "team-token").status_code == 404
