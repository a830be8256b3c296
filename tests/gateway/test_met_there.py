"""The page that the letter after a session leads to: whom one met there."""

import pytest

from tests.gateway import catalogue, fakes
from tests.gateway.community import BEN, MET, PROFILE
from tests.gateway.html import NASTY, links, text_of
from tests.sentences import says

SLUG = "maxims-in-practice"
PATH = f"/community/met/{SLUG}"


@pytest.fixture
def member(world):
    world.community.answers.update(check_member=None, profile=PROFILE, met={"items": [MET], "next": None})
    world.tell("sessions", catalogue.session(version=2))
    world.client.set_cookie("__Host-headrow_session", "person-token")
    return world


def test_it_shows_who_sat_there_and_how_to_ask_for_an_introduction(member):
    answer = member.client.get(PATH)
    assert answer.status_code == 200
    assert member.community.last("met")["session"] == SLUG
    assert {f"/community/members/{BEN}", f"/community/members/{BEN}#ask", f"/sessions/{SLUG}"} <= set(links(answer))
    assert says("introduction.ask", who="Ben") in text_of(answer)
    assert "@" not in text_of(answer).split(says("community.met"))[-1].split(says("email_choice.emails_you_get"))[0]


def test_it_comes_page_by_page(member):
    member.community.answers["met"] = {"items": [MET], "next": "WzFd"}
    answer = member.client.get(f"{PATH}?cursor=WzBd")
    assert member.community.last("met")["cursor"] == "WzBd"
    assert {f"{PATH}?cursor=WzFd", PATH} <= set(links(answer))


def test_where_nobody_is_left_it_says_so(member):
    member.community.answers["met"] = {"items": [], "next": None}
    assert says("community.nobody_now") in text_of(member.client.get(PATH))
    assert says("pages.nobody_more") in text_of(member.client.get(f"{PATH}?cursor=x"))


def test_whoever_does_not_want_to_be_shown_reads_why_they_see_nobody(member):
    member.community.answers.update(profile={**PROFILE, "tell_tablemates": False}, met={"items": [], "next": None})
    answer = member.client.get(PATH)
    assert says("community.not_shown_to_you") in answer.text
    assert "/community/profile#tell_tablemates" in links(answer)


def test_others_are_shown_the_way_in(member):
    member.community.answers["check_member"] = fakes.refused("not-a-member")
    answer = member.client.get(PATH)
    assert (answer.status_code, "/community/join" in links(answer)) == (403, True)
    member.client.delete_cookie("__Host-headrow_session")
    answer = member.client.get(PATH)
    assert answer.status_code == 401
    assert any(link.startswith("/sign-in?next=%2Fcommunity%2Fmet%2F") or PATH in link for link in links(answer))


def test_a_session_that_is_not_there_is_not_found(member):
    assert member.client.get("/community/met/no-such").status_code == 404


def test_what_people_wrote_is_no_markup(member):
    member.community.answers["met"] = {"items": [{**MET, "name": NASTY, "topics": [NASTY]}], "next": None}
    assert "<script>alert" not in member.client.get(PATH).text
