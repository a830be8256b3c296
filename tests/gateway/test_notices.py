"""What the site says about itself is what the code does."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.assembly import SITE
from gateway.features.site import first_steps, menu, notices
from gateway.web import own_changes
from gateway.web.pages import forms, return_url
from gateway.web.routing import Router
from services.bus import housekeeping, idempotency
from services.registration import my_data
from services.registration.accounts import address_changes, organisations, second_factor, sign_in, tokens
from services.registration.models import Booking, Person
from services.registration.voices import feedback
from tests.gateway.conftest import World
from tests.gateway.html import Page
from tests.sentences import says

PATHS = ("/accessibility", "/privacy", "/cookies", "/contact")
GATEWAY = Path(notices.__file__).parents[2]


def text_of(world, path):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", world.client.get(path).text))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("token", [None, "person-token", "made-up"])
def test_anybody_can_read_them(world, path, token):
    if token:
        world.client.set_cookie("__Host-headrow_session", token)
    answer = world.client.get(path)
    assert answer.status_code == 200
    assert len(Page(answer.text).all("h1")) == 1


def test_every_page_leads_to_them(world):
    links = [link["href"] for link in Page(world.client.get("/").text).all("a")]
    assert {*PATHS} <= {*links} & {path for path, _ in menu.small_print(None)}


@pytest.mark.parametrize("path", PATHS)
def test_every_link_on_them_leads_somewhere(world, path):
    router = Router(SITE.routes)
    for token in (None, "person-token"):
        if token:
            world.client.set_cookie("__Host-headrow_session", token)
        links = {
            link["href"].partition("#")[0].partition("?")[0] for link in Page(world.client.get(path).text).all("a")
        }
        for link in links - {""}:
            assert link.startswith(("https://", "mailto:")) or router.find("GET", link)


def test_the_sender_of_letters_is_whom_one_writes_to(settings):
    world = World(replace(settings, mail_from="The Academy <the+academy@leeds.example>"))
    for path in ("/contact", "/accessibility", "/privacy"):
        page = world.client.get(path).text
        assert '<a href="mailto:the%2Bacademy@leeds.example">the+academy@leeds.example</a>' in page
    assert f"{says('contact.to_reach')} The Academy" in world.client.get("/contact").text


def test_a_sender_without_a_name_will_do(settings):
    world = World(replace(settings, mail_from="academy@leeds.example"))
    assert says("contact.to_reach") not in world.client.get("/contact").text


def test_every_cookie_that_is_set_is_named(world):
    code = {file: file.read_text() for file in GATEWAY.rglob("*.py")}
    named = {
        name for text in code.values() for name in re.findall(r'"(headrow_(?:session|form|next)|headrow_\w+)"', text)
    }
    metrics = {name for name in named if name in code[GATEWAY / "web" / "metrics.py"]}
    assert named - metrics == {name for name, *_ in notices.COOKIES}


@pytest.mark.parametrize(("url", "prefix"), [("https://headrow.example", "__Host-"), ("http://localhost:8000", "")])
def test_the_page_names_the_cookies_as_this_site_sets_them(settings, url, prefix):
    world = World(replace(settings, public_url=url))
    page = world.client.get("/cookies").text
    assert {*re.findall(r"[\w-]*headrow_\w+", page)} == {f"{prefix}{name}" for name, *_ in notices.COOKIES}


def test_what_sets_a_cookie_sets_one_of_these():
    code = [file.read_text() for file in GATEWAY.rglob("*.py")]
    setting = [name for text in code for name in re.findall(r"cookies\.set\(response, (\w+)", text)]
    assert sum(text.count("set_cookie(") for text in code) == 1, "cookies.py sets them"
    assert setting == ["COOKIE"] * len(notices.COOKIES), "a new cookie is one to tell of on /cookies"


def test_the_times_are_those_of_the_code(world):
    assert (own_changes.LIFE, first_steps.LIFE) == (60, 365 * 24 * 3600)
    assert timedelta(days=30) == tokens.LIFE
    assert (forms.LIFE, return_url.LIFE) == (24 * 3600, 600)
    assert [when for _, _, when in notices.COOKIES] == [
        says("cookies.session", days=30),
        says("cookies.form", hours=24),
        says("cookies.own_changes"),
        says("cookies.first_steps"),
        says("cookies.next", minutes=10),
        says("cookies.next", minutes=10),
        says("cookies.provider", minutes=10),
    ]
    assert (timedelta(minutes=10), timedelta(hours=1)) == (sign_in.CODE_LIFE, sign_in.WINDOW)
    assert timedelta(days=365) == sign_in.REMEMBERED_FOR == second_factor.REMEMBERED_FOR
    assert timedelta(days=7) == address_changes.UNDO_FOR
    assert (timedelta(hours=24), timedelta(days=7)) == (idempotency.KEPT, housekeeping.REMEMBERED)
    assert (feedback.FEWEST_ANSWERS, organisations.FEWEST_PEOPLE) == (3, 5)
    privacy = text_of(world, "/privacy")
    for words in (
        "10 minutes",
        "1 hour",
        "1 year",
        "30 days",
        "24 hours",
        "7 days after they",
        "7 days after the change",
        says("privacy.answers_shown", fewest=3),
        says("privacy.organisations_suggested", fewest=5),
    ):
        assert words in privacy


def test_what_is_held_on_people_is_told():
    """Who adds something to hold says so on the page, and then here."""
    assert {*Person.__table__.columns.keys()} == {
        *("id", "email", "name", "sector", "organisation", "organisation_key", "job_role", "access_needs", "granted"),
        *("created_at", "erased_at", "last_used_at", "warned_at", "merged_into", "search_key", "version"),
        *("shares_with", "shares_since"),
    }
    assert "access_needs" in Booking.__table__.columns
    told = re.findall(r'^        "(\w+)": ', Path(my_data.__file__).read_text(), re.MULTILINE)
    assert told == ["person", "bookings", "history", "signed_in", "codes_asked_for", "identities", "addresses",
                    "email_changes", "employments", "interests", "suggestions", "attendance", "certificates",
                    "feedback", "evaluation", "facilitates", "coordinates", "nominations", "roles", "imports",
                    "merged_accounts", "audit", "second_factor"]  # fmt: skip


def test_each_purpose_is_told_with_what_of_the_law_it_rests_on(world):
    """What they are, docs/privacy/record-of-processing.md says: tests/project/test_record_of_processing.py compares."""
    page = text_of(world, "/privacy")
    for purpose, basis in notices.PURPOSES:
        assert re.search(rf"{purpose} (Lawful basis )?{basis} ", page)


def test_who_is_signed_in_can_take_a_copy_from_the_page(world):
    assert "/api/v1/me/export" not in world.client.get("/privacy").text
    world.client.set_cookie("__Host-headrow_session", "person-token")
    assert '<a href="/api/v1/me/export">' in world.client.get("/privacy").text


def test_the_accessibility_statement_has_the_parts_that_the_law_asks_for(world):
    page = world.client.get("/accessibility").text
    for heading in (says("accessibility.feedback"), says("accessibility.enforcement"), says("accessibility.compliance"),
                    says("accessibility.non_accessible"), says("accessibility.preparation")):  # fmt: skip
        assert f">{heading}</h" in page
    assert says("accessibility.not_audited") in page
    assert says("accessibility.no_screen_reader") in page
    assert "headrow.example" in page
