"""A new installation leads on: what comes next is listed and ticked, and no page of it is a dead end."""

import pytest

from services.catalogue.schemas import UNNAMED
from services.runtime.refusals import Unavailable
from tests.gateway import catalogue
from tests.gateway.conftest import World
from tests.gateway.fakes import page_of
from tests.gateway.html import Page, links, text_of
from tests.gateway.roles import BEN, TEAM
from tests.sentences import says

SMTP = {"way": "smtp", "where": "mail.example.org", "sender": "Academy <academy@example.org>"}


@pytest.fixture
def new(settings):
    """The gateway of an installation in which nothing has been done, seen by its first team member."""
    world = World(settings)
    world.things = [catalogue.told("city", catalogue.city(name=UNNAMED))]
    world.take_snapshot()
    world.registration.answers["roles"] = page_of(TEAM)
    world.client.set_cookie("headrow_session", "team-token")
    return world


def ticked(world):
    said = text_of(world.client.get("/team"))
    return next((n for n in range(6) if says("first_steps.done", done=n, steps=5) in said), None)


def test_what_comes_next_is_listed_with_the_page_that_does_it(new):
    assert {"/team/city", "/team/programmes/new", "/team/colleagues", "/team/mail"} < set(
        links(new.client.get("/team"))
    )
    assert ticked(new) == 0


def test_each_step_is_ticked_once_it_is_done_and_the_list_goes_with_the_last(new):
    new.tell("city", catalogue.city(name="York", version=2))
    assert ticked(new) == 1
    new.tell("programmes", catalogue.programme())
    assert ticked(new) == 2
    assert "/team/sessions/new" in links(new.client.get("/team"))
    new.tell("sessions", catalogue.session())
    assert ticked(new) == 3
    new.registration.answers["roles"] = page_of(TEAM, BEN)
    assert ticked(new) == 4
    new.notifications.answers["mail_way"] = SMTP
    assert ticked(new) is None
    assert says("first_steps.title") not in text_of(new.client.get("/team"))


def test_the_list_can_be_hidden_and_shown_again(new):
    form = Page(new.client.get("/team").text).form
    for show, there in (("no", False), ("yes", True)):
        answer = new.client.post("/team/first-steps", data={"form_token": form["form_token"], "show": show})
        assert answer.headers["Location"] == "/team"
        assert (says("first_steps.done", done=0, steps=5) in text_of(new.client.get("/team"))) is there


def test_the_team_s_page_is_there_while_nobody_knows_where_emails_go(new):
    new.notifications.answers["mail_way"] = Unavailable()
    for path in ("/team", "/team/mail"):
        assert says("first_steps.mail_not_known") in text_of(new.client.get(path))


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (
            {"way": "file", "where": "/srv/mail", "sender": "A <a@example.org>"},
            (says("first_steps.nobody_gets_mail"), "/srv/mail"),
        ),
        (SMTP, (says("first_steps.mail_server"), "mail.example.org", "academy@example.org")),
        ({"way": "notify", "where": "api.notifications.service.gov.uk", "sender": ""}, ("GOV.UK Notify",)),
    ],
)
def test_the_page_says_where_emails_go_and_how_to_change_it(new, way, said):
    new.notifications.answers["mail_way"] = way
    text = text_of(new.client.get("/team/mail"))
    for words in (*said, "HEADROW_MAIL="):
        assert words in text


def test_a_session_without_a_programme_leads_to_a_programme(new):
    answer = new.client.get("/team/sessions/new")
    assert answer.status_code == 200
    assert {"/team/programmes/new", "/team/import"} < set(links(answer))
    new.catalogue.answers["templates"] = {"items": [], "next": None}
    new.tell("programmes", catalogue.programme())
    assert "/team/sessions/new?programme=virtual-sessions" in links(new.client.get("/team/programmes"))
    assert "Title" in text_of(new.client.get("/team/sessions/new"))


@pytest.mark.parametrize("path", ["/", "/sessions"])
def test_who_looks_too_early_is_not_sent_to_pages_with_nothing_on_them(new, path):
    new.client.delete_cookie("headrow_session")
    answer = new.client.get(path)
    assert says("home.too_early") in text_of(answer)
    assert UNNAMED not in text_of(answer)
    new.tell("sessions", catalogue.session(starts="2026-01-11T14:00:00+00:00"))  # which has a topic, and is over
    assert says("home.too_early") not in text_of(new.client.get(path))


EMPTY = (
    *("/recordings", "/speakers", "/topics", "/feed.atom"),
    *("/team/dashboard", "/team/sessions", "/team/speakers", "/team/programmes", "/team/import"),
)


@pytest.mark.parametrize("path", EMPTY)
def test_no_page_of_an_empty_installation_fails(new, path):
    new.registration.answers.update(fillings=page_of(), sectors_of=page_of())
    new.catalogue.answers["drafts"] = page_of()
    assert new.client.get(path).status_code == 200
