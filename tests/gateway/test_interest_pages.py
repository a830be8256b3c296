"""The page that letters about new sessions lead to: what one is told about, and a button that stops it."""

import pytest

from tests.gateway import fakes
from tests.gateway.html import Page
from tests.sentences import says

TOPIC, PROGRAMME, SESSION = (f"5d0c7a1e-2b64-4f0e-9c1d-7e8f9a0b1c2{n}" for n in range(3))


def interest(id_=TOPIC, **named):
    named = named or {"topic": "systems-thinking"}
    at = {"created_at": "2026-11-23T09:00:00+00:00"}
    return {"id": id_, "topic": None, "programme": None, "session": None, **at, **named}


@pytest.fixture
def asha(world):
    """The gateway, seen by somebody who is signed in and has three interests."""
    items = [
        interest(),
        interest(PROGRAMME, programme="virtual-sessions"),
        interest(SESSION, session="maxims-in-practice"),
    ]
    world.registration.answers.update(interests={"items": items, "next": None}, withdraw_interest=None)
    world.client.set_cookie("headrow_session", "person-token")
    return world


def have(world, *items, after=None):
    world.registration.answers["interests"] = {"items": list(items), "next": after}


def test_each_interest_is_told_in_words_with_a_button(asha):
    answer = asha.client.get("/interests")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    for words in (
        f'{says("interests.topic")}</span> <a href="/topics/systems-thinking">Systems thinking</a></h2>',
        f'{says("interests.programme")}</span> <a href="/programmes/virtual-sessions">System leadership sessions',
        f'{says("interests.session")}</span> <a href="/sessions/maxims-in-practice">Myron’s Maxims',
    ):
        assert words in answer.text
    actions = [form["action"] for form in Page(answer.text).all("form")]
    assert actions == ["/sign-out", *(f"/interests/{id_}/stop" for id_ in (TOPIC, PROGRAMME, SESSION))]


def test_buttons_can_be_told_apart_without_seeing_them(asha):
    about = says("interests.stop_about", title="Systems thinking")
    assert (
        f'{says("interests.stop")}<span class="nhsuk-u-visually-hidden">{about}</span>'
        in asha.client.get("/interests").text
    )


def test_a_topic_that_no_session_has_any_more_leads_nowhere(asha):
    have(asha, interest(topic="gone-by-now"))
    assert "</span> Gone by now</h2>" in asha.client.get("/interests").text


@pytest.mark.parametrize("named", [{"programme": "gone-by-now"}, {"session": "gone-by-now"}])
def test_what_the_catalogue_has_no_longer_is_told_by_its_name(asha, named):
    have(asha, interest(**named))
    assert "</span> Gone by now</h2>" in asha.client.get("/interests").text


def test_whoever_asked_for_nothing_is_told_so(asha):
    have(asha)
    answer = asha.client.get("/interests")
    assert says("interests.none") in answer.text
    assert says("interests.stop") not in answer.text


def test_the_button_stops_it_and_says_so(asha):
    form = {"form_token": Page(asha.client.get("/interests").text).form["form_token"]}
    answer = asha.client.post(f"/interests/{TOPIC}/stop", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/interests?stopped=yes")
    asked = asha.registration.last("withdraw_interest")
    assert (asked["id"], fakes.roles_of(asked["caller"])) == (TOPIC, ["person"])
    have(asha)
    assert "nhsuk-notification-banner--success" in asha.client.get("/interests?stopped=yes").text


def test_pressing_it_twice_is_once(asha):
    form = {"form_token": Page(asha.client.get("/interests").text).form["form_token"]}
    asha.registration.answers["withdraw_interest"] = fakes.refused("not-found")
    assert asha.client.post(f"/interests/{TOPIC}/stop", data=form).status_code == 303


def test_more_than_fit_are_on_further_pages(asha):
    have(asha, interest(), after="WzFd")
    assert f'<a href="/interests?cursor=WzFd">{says("pages.show_more")}</a>' in asha.client.get("/interests").text
    have(asha)
    further = asha.client.get("/interests?cursor=WzFd").text
    assert asha.registration.last("interests")["cursor"] == "WzFd"
    assert says("pages.nothing_more") in further
    assert '<a href="/interests">Back' in further


def test_the_page_can_be_found_from_every_other(asha):
    assert 'href="/interests">' in asha.client.get("/").text


@pytest.mark.parametrize("interests", [True, False])
def test_the_page_can_be_used_without_seeing_it(asha, interests):
    if not interests:
        have(asha)
    page = Page(asha.client.get("/interests").text)
    assert len(page.all("title")) == len(page.all("h1")) == len(page.all("main")) == 1
    assert page.all("a")[0]["href"] == "#main"
    assert [script["src"].partition("?")[0] for script in page.all("script")] == ["/static/headrow.js"]
