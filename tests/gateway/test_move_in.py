"""Moving in, through the API and on the team's pages: looked at before it is taken, and wrong lines are shown."""

import pytest

from gateway.features.imports.faults import WORDS
from gateway.features.imports.kinds import KINDS
from services.catalogue.errors import ImportEdited
from services.catalogue.sheets import importing as catalogue
from services.registration.errors import ImportOver
from services.registration.imports import importing as registration
from services.runtime import faults
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid, NotFound
from tests.gateway.rows_of_pages import ID, IMPORT_LOOKED_AT, IMPORTED
from tests.gateway.shown_page import Shown
from tests.sentences import says

SHEET = "Email;Name\nzoe@example.org;Zoë"
CSV = {"Authorization": "Bearer team-token", "Content-Type": "text/csv"}
PAGE = "/team/move-in/people"
WRONG = {**IMPORT_LOOKED_AT, "errors": [{"line": 3, "column": "E-mail", **Fault("not-an-email").at("line 3, E-mail")}]}


@pytest.fixture
def team(world):
    world.registration.answers.update(import_csv=IMPORT_LOOKED_AT, list_imports=[IMPORTED])
    world.catalogue.answers.update(import_csv=IMPORT_LOOKED_AT, list_imports=[])
    world.client.set_cookie("__Host-headrow_session", "team-token")
    return world


def form_at(world, path):
    form = next(form for action, form in Shown(world.client.get(path).text).forms.items() if action.startswith(PAGE))
    return {name: form[name] for name in ("form_token", "key")}


def asked(world, method):
    return [named for name, named in world.registration.asked if name == method]


@pytest.mark.parametrize("coding", ["utf-16", "utf-8-sig", "utf-8"])
def test_a_dry_run_is_looked_at_and_a_file_is_taken_with_its_key(team, coding):
    looked = team.client.post("/api/v1/imports/people?dry_run=true", data=SHEET.encode(coding), headers=CSV)
    taken = team.client.post(
        "/api/v1/imports/people", data=SHEET.encode(coding), headers={**CSV, "Idempotency-Key": "k" * 12}
    )
    assert (looked.status_code, taken.status_code) == (200, 201)
    calls = asked(team, "import_csv")
    assert [(call["kind"], call["text"], call["dry_run"], call.get("key")) for call in calls] == [
        ("people", SHEET, True, None),
        ("people", SHEET, False, "k" * 12),
    ]


@pytest.mark.parametrize("kind", ["speakers", "sessions", "materials"])
def test_what_the_catalogue_keeps_is_for_the_catalogue(team, kind):
    like = {"slug": "zoe-okafor", "like_line": None}
    team.catalogue.answers["import_csv"] = {
        **IMPORT_LOOKED_AT,
        "duplicates": [{"line": 2, "name": "Zoe Okafor", "like": "Zoë Okafor", **like}],
    }
    looked = team.client.post(f"/api/v1/imports/{kind}?dry_run=true", data=SHEET, headers=CSV)
    assert (looked.status_code, team.catalogue.last("import_csv")["kind"]) == (200, kind)
    assert asked(team, "import_csv") == []
    page = team.client.post(f"/team/move-in/{kind}", data={**form_at(team, PAGE), "csv": SHEET})
    assert "zoe-okafor" in page.text


def test_an_import_of_the_catalogue_is_undone_there(team):
    team.registration.answers["undo_import"] = NotFound("None.")
    team.catalogue.answers["undo_import"] = {"id": ID, "kind": "sessions", "add": 3, "change": 1, "drafts": ["a", "b"]}
    team.registration.answers["forget_drafts"] = None
    answer = team.client.post(f"/api/v1/imports/{ID}/undo", headers=CSV)
    assert answer.json == {"id": ID, "kind": "sessions", "undone": 4, "kept": []}
    assert team.registration.last("forget_drafts")["slugs"] == ["a", "b"]


def test_only_csv_and_only_known_kinds_are_taken(team):
    assert team.client.post("/api/v1/imports/people", json={}, headers=CSV | {"Content-Type": "application/json"}
                            ).status_code == 415  # fmt: skip
    assert team.client.post("/api/v1/imports/horses", data=SHEET, headers=CSV).status_code == 404


def test_all_that_is_wrong_is_in_the_problem_by_line_and_column(team):
    team.registration.answers["import_csv"] = Invalid(WRONG["errors"])
    problem = team.client.post("/api/v1/imports/people", data=SHEET, headers=CSV)
    assert problem.status_code == 422
    (error,) = problem.json["errors"]
    assert (error["line"], error["column"], error["code"]) == (3, "E-mail", "not-an-email")


def test_undoing_asks_for_an_import_that_nobody_knows_in_vain(team):
    team.registration.answers["undo_import"] = team.catalogue.answers["undo_import"] = NotFound("None.")
    assert team.client.post(f"/api/v1/imports/{ID}/undo", headers=CSV | {"Content-Type": "application/json"}
                            ).status_code == 404  # fmt: skip


def test_the_page_shows_what_would_be_and_then_imports(team):
    page = team.client.post(PAGE, data={**form_at(team, PAGE), "csv": SHEET})
    assert says("preview.not_saved") in page.text
    assert says("move_in.likely") in page.text
    assert [call["dry_run"] for call in asked(team, "import_csv")] == [True]
    done = team.client.post(PAGE, data={**form_at(team, PAGE), "csv": SHEET, "step": "import"})
    assert (done.status_code, done.headers["Location"]) == (303, "/team/move-in?kind=people&add=2&change=1")


def test_the_page_shows_what_is_wrong_and_keeps_the_file(team):
    team.registration.answers["import_csv"] = WRONG
    page = team.client.post(PAGE, data={**form_at(team, PAGE), "csv": SHEET})
    assert page.status_code == 422
    assert "E-mail" in page.text
    assert Shown(page.text).forms[PAGE]["csv"].strip() == SHEET
    again = team.client.post(PAGE, data={**form_at(team, PAGE), "csv": SHEET, "step": "change"})
    assert Shown(again.text).forms[PAGE]["csv"].strip() == SHEET


def test_an_empty_form_is_asked_for_a_file(team):
    page = team.client.post(PAGE, data={**form_at(team, PAGE), "csv": "  "})
    assert (page.status_code, says("move_in.paste") in page.text) == (422, True)


def test_a_template_has_the_columns_and_one_line(team):
    file = team.client.get(f"{PAGE}/template.csv")
    assert file.headers["Content-Disposition"] == 'attachment; filename="people.csv"'
    assert [line.split(",")[0] for line in file.data.decode("utf-8-sig").splitlines()] == ["Email", "asha@example.org"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_service_knows_the_columns_of_each_template(kind):
    service = catalogue if kind.service == "catalogue" else registration
    columns = service.KINDS[kind.name].columns.values()
    needed = [one.title.lower() for one in columns if one.required]
    assert [head for head in kind.columns if not any(head.lower() in one.heads for one in columns)] == []
    assert {*needed} <= {head.lower() for head in kind.columns}
    assert len(kind.columns) == len(kind.example)


def test_imports_of_both_services_are_listed_with_who_made_them(team):
    """The catalogue knows people by their ids alone, and whoever imported sessions may never have imported people."""
    made = {**IMPORTED, "kind": "speakers", "by": ID, "made_at": "2027-01-01T00:00:00+00:00"}
    team.catalogue.answers["list_imports"] = [made, {**made, "by": "gone", "made_at": "2026-12-31T00:00:00+00:00"}]
    team.registration.answers["importers"] = [{"id": ID, "name": "Ben"}]
    listed = team.client.get("/api/v1/imports", headers=CSV).json["items"]
    assert [row["by"] for row in listed if row["kind"] == "speakers"] == [
        {"id": ID, "name": "Ben"},
        {"id": "gone", "name": None},
    ]
    assert [row["by"] for row in listed if row["kind"] == "people"] == [IMPORTED["by"]]
    assert team.registration.last("importers")["ids"] == [ID, "gone"]


def test_what_the_catalogue_cannot_undo_is_shown_by_line(team):
    undo = f"/team/move-in/{ID}/undo"
    form = dict(Shown(team.client.get("/team/move-in").text).forms[undo])
    team.registration.answers["undo_import"] = NotFound("None.")
    team.catalogue.answers["undo_import"] = ImportEdited(
        lines=[{"line": 2, "column": "", **Fault("changed-since").at("line 2")}]
    )
    page = team.client.post(undo, data=form)
    assert page.status_code == 409
    assert Fault("changed-since").message in page.text


def test_undoing_says_what_stays_and_that_it_is_over(team):
    undo = f"/team/move-in/{ID}/undo"
    form = dict(Shown(team.client.get("/team/move-in").text).forms[undo])
    team.registration.answers["undo_import"] = {
        **{"id": ID, "kind": "people", "undone": 1},
        "kept": [{"line": 3, "code": "booked-since", "message": Fault("booked-since").message}],
    }
    page = team.client.post(undo, data=form)
    assert says("move_in.kept") in page.text
    assert Fault("booked-since").message in page.text
    team.registration.answers["undo_import"] = ImportOver()
    assert team.client.post(undo, data={**form, "key": "another-key-1"}).status_code == 409


def test_the_home_of_the_team_leads_there(team):
    assert 'href="/team/move-in"' in team.client.get("/team").text


@pytest.mark.parametrize(
    ("code", "limits", "said"),
    [
        ("not-a-choice", {"choices": ["in person", "partly_attended"]}, "move_in.choices"),
        ("not-a-whole-number", {}, "move_in.whole"),
        ("out-of-range", {"min": 0, "max": 2000, "of": "number"}, "move_in.range"),
        ("out-of-range", {"min": 0, "max": 2000}, "move_in.bounds"),
        ("too-long", {"max": 2000}, "move_in.long"),
        ("needed-for-delivery", {"delivery": "face_to_face", "part": "venue"}, "move_in.needed"),
    ],
)
def test_what_is_wrong_in_a_cell_is_said_in_the_words_of_the_sheet(team, code, limits, said):
    wrong = {"line": 3, "column": "Cell", **Fault(code, limits).at("line 3, Cell")}
    team.registration.answers["import_csv"] = {**IMPORT_LOOKED_AT, "errors": [wrong]}
    page = team.client.post(PAGE, data={**form_at(team, PAGE), "csv": SHEET, "step": "check"})
    assert says(said) in page.text
    assert wrong["message"] not in page.text


def test_each_code_that_a_cell_has_words_for_is_one_of_the_api():
    assert WORDS.keys() <= faults.WORDS.keys()
