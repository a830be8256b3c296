"""Templates: drafts that are only ever copied, and never published."""

import pytest

from services.catalogue.errors import SessionIsTemplate, SessionNotDraft
from services.runtime.refusals import Invalid, NotFound
from tests.catalogue.given import a_virtual_session

NAME = {"name": "Half a day"}


@pytest.fixture
def template(catalogue):
    catalogue.ask("create_session", given=a_virtual_session())
    catalogue.ask("keep_template", slug="talk", given=NAME)
    return catalogue


def names(world):
    return [one["template"] for one in world.ask("templates")["items"]]


def test_a_draft_that_is_kept_as_a_template_is_among_the_templates_and_not_the_drafts(template):
    assert names(template) == ["Half a day"]
    assert template.ask("drafts")["items"] == []
    assert template.told() == []
    assert "sessions/talk" not in {item["subject"] for item in template.snapshot()}


def test_a_template_is_never_published(template):
    with pytest.raises(SessionIsTemplate):
        template.ask("publish_session", slug="talk")
    assert template.told() == []


def test_what_is_started_from_a_template_is_a_draft_like_others(template):
    [copy] = template.ask("copy_session", slug="talk", given={"dates": ["2027-05-04"]})["items"]
    assert copy["template"] is None
    assert template.ask("publish_session", slug=copy["slug"])["status"] == "published"
    assert names(template) == ["Half a day"]


def test_a_template_is_not_copied_with_its_programme(template):
    assert template.ask("copy_programme", slug="series", given={"title": "Next", "days": 7})["items"] == []


def test_a_template_gets_another_name_or_is_a_draft_again(template):
    template.ask("keep_template", slug="talk", given={"name": "Other"})
    assert names(template) == ["Other"]
    for _ in range(2):
        assert template.ask("end_template", slug="talk")["template"] is None
    assert names(template) == []
    assert template.ask("publish_session", slug="talk")["status"] == "published"


def test_only_a_draft_is_kept_as_a_template_and_under_a_name(published):
    with pytest.raises(SessionNotDraft):
        published.ask("keep_template", slug="talk", given=NAME)
    with pytest.raises(NotFound):
        published.ask("keep_template", slug="nowhere", given=NAME)
    with pytest.raises(Invalid):
        published.ask("keep_template", slug="talk", given={"name": ""})


def test_templates_come_in_pages(template):
    template.ask("create_session", given=a_virtual_session(slug="other"))
    template.ask("keep_template", slug="other", given={"name": "Second"})
    first = template.ask("templates", limit=1)
    second = template.ask("templates", limit=1, cursor=first["next"])
    assert [page["items"][0]["template"] for page in (first, second)] == ["Half a day", "Second"]
    with pytest.raises(Invalid):
        template.ask("templates", limit=0)


def test_a_template_is_deleted_like_a_draft(template):
    template.ask("delete_session", slug="talk")
    assert names(template) == []
