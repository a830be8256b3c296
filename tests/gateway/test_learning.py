"""What people learned, through the gateway: records for the team as JSON and as a sheet, and one's own statement."""

import csv
import io
import json

import pytest
from jsonschema import Draft202012Validator

from gateway.features.learning.document import COLUMNS, statement_of
from services.runtime.refusals import Invalid
from tests.gateway.conftest import API
from tests.sentences import says

NASTY = '=HYPERLINK("https://evil.example")<script>alert(1)</script> #eval("1") {{ 7 * 7 }}'


def record(**changes):
    return {
        **{"reference": "HR-7K3MPQ2X", "person": "0b8c5f5e-4d0a-4f7b-9a53-5f7a0c1d2e3f", "email": "ben@example.org"},
        **{"name": "Ben", "sector": "hospital", "organisation": "Elm Court", "job_role": "Nurse", "session": "march"},
        **{"title": "March", "programme": "slp", "mode": "in_room", "hours": 14.0, "participatory_hours": 7.0},
        **{"starts_at": "2026-03-09T09:30:00+00:00", "ends_at": "2026-03-30T15:30:00+00:00"},
        "state": "partly_attended",
        **changes,
    }


def learning(*records, **changes):
    person = {"id": record()["person"], "name": "Ben", "sector": None, "organisation": None, "job_role": None}
    return {"person": person, "from": None, "to": None, "hours": 7.0, "items": [*records], **changes}


@pytest.fixture
def learned(world):
    missed = record(reference="HR-2", title="Missed", state="absent", participatory_hours=0.0)
    world.registration.answers["records"] = {"items": [record(), missed], "next": None}
    for method in ("own_learning", "learning"):
        world.registration.answers[method] = learning(record(), missed)
    return world


@pytest.mark.parametrize("path", ["/records", "/me/learning", "/people/0b8c5f5e-4d0a-4f7b-9a53-5f7a0c1d2e3f/learning"])
def test_it_is_read_in_the_shape_that_is_described(learned, path):
    answer = learned.get(f"{path}?from=2026-01-01", "team-token")
    assert answer.status_code == 200
    document = json.loads(learned.get("/openapi.json").text)
    described = path.replace("0b8c5f5e-4d0a-4f7b-9a53-5f7a0c1d2e3f", "{id}")
    shape = document["paths"][f"{API}{described}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert list(Draft202012Validator({**shape, "components": document["components"]}).iter_errors(answer.json)) == []


def test_registration_is_asked_for_the_period(learned):
    learned.get("/records?from=2026-01-01&to=2026-12-31&programme=slp", "team-token")
    given = {"from": "2026-01-01", "to": "2026-12-31", "programme": "slp"}
    assert learned.registration.last("records")["given"] == given


def test_the_sheet_has_a_line_for_each_person_and_session_and_runs_nothing(learned):
    learned.registration.answers["records"]["items"].append(record(name=NASTY, email=None))
    answer = learned.get("/records.csv", "team-token")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert all(tuple(row) == COLUMNS for row in rows)
    first = rows[0]
    assert (first["starts"], first["ends"], first["hours"], first["hours_attended"]) == (
        *("2026-03-09", "2026-03-30", "14", "7"),
    )
    assert (rows[1]["hours_attended"], rows[2]["name"], rows[2]["email"]) == ("0", f"'{NASTY}", "")


@pytest.mark.parametrize("path", ["/me/learning.pdf", "/people/0b8c5f5e-4d0a-4f7b-9a53-5f7a0c1d2e3f/learning.pdf"])
def test_a_statement_is_a_pdf_and_the_same_each_time(learned, path):
    answer = learned.get(path, "team-token")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-1.7")
    assert answer.data == learned.get(path, "team-token").data


@pytest.mark.parametrize("told", [learning(), learning(record(title=NASTY, organisation="日本語 ☃"), hours=1.0)])
def test_a_statement_of_anything_can_be_made(learned, told):
    learned.registration.answers["own_learning"] = told
    assert learned.get("/me/learning.pdf", "person-token").data.startswith(b"%PDF")


def test_a_statement_tells_only_what_the_person_was_at(learned, monkeypatch):
    told = {}

    class Call:
        model = learned.model

        class app:  # noqa: N801 # as the call has it
            settings = learned.settings

            @staticmethod
            def typeset(_, page):
                told.update(page)
                return b""

    statement_of(Call, learning(record(), record(title="Missed", state="absent", participatory_hours=0.0)))
    assert [row[1] for row in told["rows"]] == ["March"]
    assert told["total"] == says("learning.total", sessions=1, hours=7)


@pytest.mark.parametrize("path", ["/records", "/records.csv", "/me/learning", "/me/learning.pdf"])
def test_what_is_no_day_is_refused(learned, path):
    for method in ("records", "own_learning"):
        learned.registration.answers[method] = Invalid.field("from", "not-a-date")
    answer = learned.get(f"{path}?from=soon", "team-token")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "from")


def test_my_own_page_has_the_years_and_the_statement_of_what_is_shown(learned):
    learned.client.set_cookie("headrow_session", "person-token")
    text = learned.client.get("/learning?from=2026-04-01&to=2027-03-31").text
    assert 'href="/learning.pdf?from=2026-04-01&amp;to=2027-03-31"' in text
    assert 'href="/learning?from=2025-04-01&amp;to=2026-03-31"' in text
    assert says("learning.missed") in text


def test_the_team_s_page_offers_the_sheet_of_the_period(learned):
    learned.client.set_cookie("headrow_session", "team-token")
    text = learned.client.get("/team/records?from=2026-04-01&programme=slp").text
    assert 'href="/team/records.csv?from=2026-04-01&amp;programme=slp"' in text
    learned.registration.answers["records"] = {"items": [], "next": None}
    assert "/team/records.csv" not in learned.client.get("/team/records").text
    learned.registration.answers["records"] = Invalid.field("to", "last-before-first")
    answer = learned.client.get("/team/records?to=x%3Cb%3E")
    assert answer.status_code == 422
    assert 'value="x&lt;b&gt;"' in answer.text
