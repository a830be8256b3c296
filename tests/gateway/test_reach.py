"""Who the programme reaches, through the gateway: as JSON, as a sheet and as a page for the board."""

import csv
import io
import json
import re

import pytest
from jsonschema import Draft202012Validator

from gateway.features.reach.document import COLUMNS, FEEDBACK, cells_of, pdf_of
from gateway.parts import periods
from gateway.web.documents import typesetting
from services.runtime.refusals import Invalid
from tests.gateway.conftest import API
from tests.gateway.reach import NASTY, answered, feedback, feedback_shared, row, shared, told
from tests.sentences import says


@pytest.fixture
def reaching(world):
    answered(world, told(), feedback())
    return world


def test_the_team_reads_it_in_the_shape_that_is_described(reaching):
    answer = reaching.get("/reach?from=2026-05-01&to=2027-02-01&programme=slp", "team-token")
    assert (answer.status_code, answer.json) == (200, {**told(), "feedback": feedback()})
    assert reaching.community.last("reach")["given"] == {"from": "2026-05-01", "to": "2027-02-01", "programme": "slp"}
    document = json.loads(reaching.get("/openapi.json").text)
    shape = document["paths"][f"{API}/reach"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    whole = {**shape, "components": document["components"]}
    assert list(Draft202012Validator(whole).iter_errors(answer.json)) == []
    assert reaching.get("/reach", "team-token", If_None_Match=answer.headers["ETag"]).status_code == 304


@pytest.mark.parametrize("path", ["/reach", "/reach.csv", "/reach.pdf"])
def test_what_is_no_day_is_refused(reaching, path):
    reaching.community.answers["reach"] = Invalid.field("from", "not-a-date")
    answer = reaching.get(f"{path}?from=soon", "team-token")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "from")


def test_the_sheet_has_every_row_and_runs_nothing(reaching):
    answer = reaching.get("/reach.csv", "team-token")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="reach.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [line["people"] for line in rows] == ["12", "1", "13", "8", "12", says("reach.never_reached")]
    assert (rows[0]["share"], rows[0]["hours"], rows[2]["first_meetings"]) == ("1.20%", "31.5", "40")
    assert [rows[2][name] for name in FEEDBACK] == ["12", "4.25", "8", "3", "1"]
    assert all(len(line) == len(COLUMNS) and None not in line for line in rows)
    assert rows[4]["organisation"] == f"'{NASTY}"


def test_a_sheet_to_share_says_so_in_its_name_and_in_every_row(reaching):
    answered(reaching, shared(), feedback_shared())
    answer = reaching.get("/reach.csv?shared=true", "team-token")
    assert reaching.community.last("reach")["given"] == {"shared": "true"}
    assert answer.headers["Content-Disposition"] == 'attachment; filename="reach-to-share.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert all(says("reach.file_to_share") in line["figures"] for line in rows)
    assert [line["people"] for line in rows] == ["10", "<5", "15"]


def test_what_is_shared_has_the_shape_that_is_described(reaching):
    answered(reaching, shared(), feedback_shared())
    document = json.loads(reaching.get("/openapi.json").text)
    shape = document["paths"][f"{API}/reach"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    answer = reaching.get("/reach?shared=true", "team-token").json
    assert list(Draft202012Validator({**shape, "components": document["components"]}).iter_errors(answer)) == []


def test_the_page_for_the_board_is_always_made_of_figures_to_share(reaching):
    answered(reaching, shared(), feedback_shared())
    assert reaching.get("/reach.pdf", "team-token").status_code == 200
    assert reaching.community.last("reach")["given"] == {"shared": "true"}


def test_the_sheet_and_the_page_say_no_figure_that_the_answer_does_not(reaching):
    numbers = set(re.findall(r"\d+", json.dumps([told(), feedback()])))
    for line in cells_of({**told(), "feedback": feedback()}):
        for cell in line:
            assert not isinstance(cell, int) or str(cell) in numbers


def test_the_board_gets_one_page_that_can_be_read_by_whoever_cannot_see_it(reaching):
    answer = reaching.get("/reach.pdf", "team-token")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-1.7")
    assert len(re.findall(rb"/Type\s*/Page\b", answer.data)) <= 1
    assert answer.data == reaching.get("/reach.pdf", "team-token").data


def test_the_page_is_one_page_with_all_sectors_of_a_city(world):
    sectors = [row(f"s{n}", f"A sector with quite a long name of its own, number {n}") for n in range(13)]
    content = pdf_of(
        told(sectors=sectors, feedback=feedback()), world.model, "Academy <a@example.org>", typesetting.typeset
    )
    assert content.count(b"/MediaBox") == 1


@pytest.mark.parametrize("text", [NASTY, "*bold* $x$ `raw` ] #panic() [", "日本語 ☃"])
def test_what_people_wrote_is_no_markup_in_the_page(world, text):
    assert pdf_of(
        told(sectors=[row(name=text)], feedback=feedback()), world.model, "a@example.org", typesetting.typeset
    ).startswith(b"%PDF")


def test_a_period_is_told_in_words():
    assert periods.in_words(told()) == "1 April 2026 to 31 March 2027"
    assert periods.in_words(told(**{"from": None, "to": None})) == says("reach.all_time")
