"""Organisations that the team confirms, on its page and over the API; and what whoever may not join yet is shown."""

from dataclasses import replace

import pytest

from tests.gateway import fakes
from tests.gateway.community import BEN, CONFIRMED, ID, PROFILE
from tests.gateway.fakes import page_of
from tests.gateway.forms import Texts, send
from tests.gateway.html import Page, links, text_of
from tests.sentences import says

API, PAGE = "/organisations/confirmed", "/team/organisations"


@pytest.fixture
def team(world):
    world.community.answers.update(
        confirmed_organisations=page_of(CONFIRMED), confirm_organisation=CONFIRMED, withdraw_organisation=None
    )
    world.client.set_cookie("headrow_session", "team-token")
    return world


@pytest.fixture
def asha(world):
    world.community.answers.update(profile=fakes.refused("not-found"), join=PROFILE)
    world.client.set_cookie("headrow_session", "person-token")
    return world


# Over the API


def test_the_team_lists_confirms_and_withdraws(team):
    assert team.get(API, "team-token").json["items"] == [CONFIRMED]
    given = {"name": "City council", "email_domain": "leeds.gov.uk"}
    answer = team.ask("POST", API, "team-token", given)
    assert (answer.status_code, answer.json) == (201, CONFIRMED)
    assert answer.headers["Location"] == "/api/v1/organisations/confirmed"
    assert team.community.last("confirm_organisation")["given"] == given
    assert team.ask("DELETE", f"{API}/{ID}", "team-token").status_code == 204
    assert team.community.last("withdraw_organisation")["id"] == ID


def test_nobody_else_does(team):
    for method, path in (("GET", API), ("POST", API), ("DELETE", f"{API}/{ID}")):
        assert team.ask(method, path, "person-token", {}).status_code == 403
    assert not [name for name, _ in team.community.asked if "organisation" in name]


# On the page


def test_the_page_shows_them_and_says_whether_the_list_keeps_anybody_out(team):
    text = text_of(team.client.get(PAGE))
    assert "City council" in text
    assert "leeds.gov.uk" in text
    assert says("confirmed_organisations.keeps_nobody_out") in text
    team.application.settings = replace(team.settings, community_open_to="attended")
    assert PAGE in links(team.client.get("/team"))


def test_confirming_and_withdrawing_lead_back_and_say_so(team):
    answer = send(team, PAGE, name=" City council ", email_domain="")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PAGE}?done=confirmed")
    assert team.community.last("confirm_organisation")["given"] == {"name": "City council", "email_domain": None}
    assert says("confirmed_organisations.confirmed") in text_of(team.client.get(f"{PAGE}?done=confirmed"))
    form = Page(team.client.get(PAGE).text).form
    for outcome in (None, fakes.refused("not-found")):
        team.community.answers["withdraw_organisation"] = outcome
        answer = team.client.post(f"{PAGE}/{ID}/withdraw", data=form)
        assert answer.headers["Location"] == f"{PAGE}?done=withdrawn"


def test_what_is_wrong_is_told_and_nothing_is_lost(team):
    answer = send(team, PAGE, name="City council", email_domain="the council")
    assert answer.status_code == 422
    assert says("confirmed_organisations.domain") in text_of(answer)
    assert Page(answer.text).form["email_domain"] == "the council"
    assert not team.community.was_asked("confirm_organisation")


def test_an_empty_list_says_so(team):
    team.community.answers["confirmed_organisations"] = page_of()
    assert says("confirmed_organisations.none") in text_of(team.client.get(PAGE))


# Whoever may not join yet


@pytest.mark.parametrize("organisation", ["Elm Court", None])
def test_whoever_may_not_join_yet_reads_why_and_what_to_do(asha, organisation):
    refusal = fakes.refused("not-open-to-you", organisation=organisation)
    form = Page(asha.client.get("/community/join").text).form
    asha.community.answers.update(check_may_join=refusal, join=refusal)
    shown = asha.client.get("/community/join")
    sent = asha.client.post("/community/join", data=form)
    for answer in (shown, sent):
        assert answer.status_code == 403
        assert says("community.not_yet") in text_of(answer)
        assert {"/sessions", "/account/details"} <= set(links(answer))
        told = says("community.not_confirmed", organisation=organisation or "")
        assert (told in text_of(answer)) == bool(organisation)


def test_over_the_api_it_is_a_problem_of_its_own(asha):
    asha.community.answers["join"] = fakes.refused("not-open-to-you", organisation=None)
    answer = asha.ask("POST", "/community/join", "person-token", {})
    assert (answer.status_code, answer.json["type"]) == (403, "/problems/not-open-to-you")
    assert asha.client.get("/problems/not-open-to-you").status_code == 200


# Writing to a member


@pytest.fixture
def member(asha):
    asha.community.answers.update(check_member=None, profile=PROFILE, member={**PROFILE, "id": BEN})
    return asha


def test_a_new_account_reads_from_when_it_can_write_and_keeps_its_message(member):
    at = "2026-11-24T10:00:00+00:00"
    member.community.answers["propose"] = fakes.refused("account-too-new", again_at=at, retry_after=86400)
    answer = send(member, f"/community/members/{BEN}", f"/community/members/{BEN}/ask", message="Shall we talk?")
    assert (answer.status_code, Texts(answer.text).found["message"]) == (403, "Shall we talk?")
    assert "Tuesday 24 November" in text_of(answer)


@pytest.mark.parametrize("message", ["Look at evil.example/now", "Write to me@example.org", "hxxp://evil"])
def test_a_link_in_a_message_is_refused_before_anything_is_asked(member, message):
    answer = send(member, f"/community/members/{BEN}", f"/community/members/{BEN}/ask", message=message)
    assert (answer.status_code, Texts(answer.text).found["message"]) == (422, message)
    assert says("community.links_later") in text_of(answer)
    assert not member.community.was_asked("propose")


def test_a_link_in_a_name_is_told_at_the_field_with_what_to_write(asha):
    answer = send(asha, "/account/details", name="Headrow.Help", sector="hospital")
    assert answer.status_code == 422
    assert "Headrow. Help" in text_of(answer)
    assert not asha.registration.was_asked("change_me")
