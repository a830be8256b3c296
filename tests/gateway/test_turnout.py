"""Who came of those who had a place, through the gateway: as JSON, as a sheet, and as a page of the team's."""

import csv
import io
import json

import pytest
from jsonschema import Draft202012Validator

from gateway.features.attendance.turnout import percent
from services.runtime.refusals import Invalid
from tests.gateway.conftest import API
from tests.gateway.html import text_of
from tests.gateway.rows_of_pages import TURNOUT, TURNOUT_COUNTS
from tests.sentences import says

PATH = "/team/attendance"


def told(*rows, by="session"):
    """Return what registration answers where each row is `of` that."""
    items = [{"of": of, **TURNOUT_COUNTS, **more} for of, more in rows]
    return {**TURNOUT, "by": by, "items": items}


@pytest.fixture
def counting(world):
    world.registration.answers["turnout"] = TURNOUT
    world.client.set_cookie("headrow_session", "team-token")
    return world


def test_the_team_reads_it_in_the_shape_that_is_described(counting):
    answer = counting.get("/attendance?by=sector&from=2026-05-01&to=2027-02-01&programme=slp&limit=5", "team-token")
    assert (answer.status_code, answer.json) == (200, TURNOUT)
    asked = counting.registration.last("turnout")
    assert asked["given"] == {"by": "sector", "from": "2026-05-01", "to": "2027-02-01", "programme": "slp"}
    assert (asked["limit"], asked["cursor"]) == (5, None)
    document = json.loads(counting.get("/openapi.json").text)
    shape = document["paths"][f"{API}/attendance"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    whole = {**shape, "components": document["components"]}
    assert list(Draft202012Validator(whole).iter_errors(answer.json)) == []


@pytest.mark.parametrize("path", ["/attendance", "/attendance.csv"])
def test_what_is_no_day_is_refused(counting, path):
    counting.registration.answers["turnout"] = Invalid.field("from", "not-a-date")
    answer = counting.get(f"{path}?from=soon", "team-token")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "from")


def test_the_sheet_has_every_row_with_counts_and_percentages(counting):
    first, second = told(("=1+1", {})), told((None, {}))
    pages = {None: {**first, "next": "b"}, "b": second}
    counting.registration.answers["turnout"] = lambda cursor, **_: pages[cursor]
    answer = counting.get("/attendance.csv?by=organisation", "team-token")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="attendance.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == ["'=1+1", says("dashboard.no_sector")]
    assert (rows[0]["had a place"], rows[0]["attended"], rows[0]["attended %"], rows[0]["absent %"]) == (
        *("8", "4", "50", "13"),
    )


def test_a_sheet_of_sessions_has_their_titles_and_days(counting):
    rows = list(csv.DictReader(io.StringIO(counting.get("/attendance.csv", "team-token").data.decode("utf-8-sig"))))
    assert [(row["of"], row["name"], row["date"]) for row in rows] == [
        ("maxims-in-practice", "Myron’s Maxims in practice", "2026-11-23")
    ]


def test_the_page_shows_totals_a_table_and_the_sheet_of_the_same(counting):
    answer = counting.client.get(f"{PATH}?from=2026-04-01")
    words = text_of(answer)
    assert says("turnout.had_place", number=8) in words
    assert says("turnout.figure", number=4, percent=50) in words
    assert "Myron’s Maxims in practice" in words
    assert f'href="{PATH}.csv?from=2026-04-01"' in answer.text
    assert counting.client.get(f"{PATH}.csv?from=2026-04-01").headers["Content-Type"].startswith("text/csv")


@pytest.mark.parametrize(
    ("by", "of", "called"),
    [("programme", "virtual-sessions", "System leadership sessions"), ("sector", "hospital", "Hospitals"),
     ("organisation", "Elm Court", "Elm Court"), ("sector", None, says("dashboard.no_sector"))],
)  # fmt: skip
def test_what_is_counted_by_is_called_by_its_name(counting, by, of, called):
    counting.registration.answers["turnout"] = told((of, {}), by=by)
    assert called in text_of(counting.client.get(f"{PATH}?by={by}"))


def test_a_long_list_has_most_people_first_and_says_what_is_left_out(counting):
    rows = [(f"Place {n:02}", {"had_place": n + 8}) for n in range(53)]
    counting.registration.answers["turnout"] = told(*rows, by="organisation")
    words = text_of(counting.client.get(f"{PATH}?by=organisation"))
    assert words.index("Place 52") < words.index("Place 51")
    assert "Place 02" not in words
    assert says("turnout.more", number=3) in words


@pytest.mark.parametrize(("field", "text"), [("from", "soon<b>"), ("to", "2026-01-01"), ("by", "shoe size")])
def test_what_is_wrong_is_said_beside_its_field_and_kept(counting, field, text):
    counting.registration.answers["turnout"] = Invalid.field(field, "not-a-date")
    answer = counting.client.get(PATH, query_string={field: text})
    assert answer.status_code == 422
    assert f"<title>Error: {says('turnout.title')}" in answer.text
    assert f'href="#{field}"' in answer.text


def test_where_nothing_fits_it_says_so(counting):
    counting.registration.answers["turnout"] = told()
    assert says("turnout.none_fits") in text_of(counting.client.get(PATH))


def test_it_is_in_the_team_s_menu(counting):
    assert f'href="{PATH}"' in counting.client.get("/team").text


@pytest.mark.parametrize(("part", "whole", "said"), [(0, 0, 0), (1, 3, 33), (2, 3, 67), (1, 200, 1), (3, 3, 100)])
def test_percentages_are_whole(part, whole, said):
    assert percent(part, whole) == said
