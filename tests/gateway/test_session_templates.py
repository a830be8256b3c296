"""Templates of sessions: over the API, and on the team's pages."""

import pytest

from services.catalogue import schemas
from tests.gateway import catalogue, fakes
from tests.gateway.html import links
from tests.gateway.shown_page import Shown

pytestmark = pytest.mark.patient
PATH = "/sessions/maxims-in-practice"
DRAFT = {**catalogue.session(status="draft"), "materials": [], "template": None}
TEMPLATE = {**DRAFT, "template": "Half a day"}


@pytest.fixture
def team(world):
    world.catalogue.answers.update(
        session=DRAFT,
        templates={"items": [TEMPLATE], "next": None},
        keep_template=fakes.checked(schemas.TemplateName(), TEMPLATE),
        end_template=DRAFT,
    )
    return world


def test_a_draft_is_kept_as_a_template_listed_and_a_draft_again_over_the_api(team):
    kept = team.ask("POST", f"{PATH}/template", "team-token", {"name": "Half a day"})
    assert (kept.status_code, kept.json["template"]) == (200, "Half a day")
    assert [one["template"] for one in team.ask("GET", "/templates", "team-token").json["items"]] == ["Half a day"]
    ended = team.ask("DELETE", f"{PATH}/template", "team-token")
    assert (ended.status_code, ended.json["template"]) == (200, None)


@pytest.mark.parametrize("token", [None, "person-token"])
def test_only_the_team_has_templates(team, token):
    for method, path in (("GET", "/templates"), ("POST", f"{PATH}/template"), ("DELETE", f"{PATH}/template")):
        assert team.ask(method, path, token, {"name": "A"} if method == "POST" else None).status_code in {401, 403}


@pytest.fixture
def page(team):
    team.client.set_cookie("__Host-headrow_session", "team-token")
    return team


def fields(answer, **changes):
    return {**Shown(answer.text).forms[None], **changes}


def test_a_new_session_may_begin_with_a_template(page):
    assert f"/team{PATH}/copy" in links(page.client.get("/team/sessions/new"))


def test_the_page_keeps_a_draft_as_a_template_and_says_what_is_wrong(page):
    form = fields(page.client.get(f"/team{PATH}/template"))
    assert page.client.post(f"/team{PATH}/template", data={**form, "name": ""}).status_code == 422
    assert page.client.post(f"/team{PATH}/template", data={**form, "name": "Half a day"}).status_code == 303
    assert page.catalogue.last("keep_template")["given"] == {"name": "Half a day"}


def test_the_page_makes_a_template_a_draft_again(page):
    page.catalogue.answers["session"] = TEMPLATE
    form = fields(page.client.get(f"/team{PATH}/template"))
    assert page.client.post(f"/team{PATH}/template", data={**form, "do": "end"}).status_code == 303
    assert page.catalogue.was_asked("end_template")


def test_a_template_is_not_offered_to_be_published(page):
    page.catalogue.answers["session"] = TEMPLATE
    assert f"/team{PATH}/publish" not in links(page.client.get(f"/team{PATH}"))
    assert page.client.get(f"/team{PATH}/publish").status_code == 303


def test_what_is_published_is_not_kept_as_a_template(page):
    page.catalogue.answers["session"] = {**catalogue.session(), "materials": []}
    assert page.client.get(f"/team{PATH}/template").status_code == 409
