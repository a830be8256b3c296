"""The pages of the community: what everybody sees, what members see, and what their buttons do."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.runtime.refusals import Unavailable
from tests.gateway import fakes
from tests.gateway.community import BEN, ID, INTRODUCTION, ME, MEMBER, MET, PROFILE, SUGGESTION
from tests.gateway.forms import Texts, send
from tests.gateway.html import Page, links, text_of
from tests.sentences import says

THEIRS, ONE = f"/community/members/{BEN}", f"/introductions/{ID}"
RECEIVED = {**INTRODUCTION, "by": BEN, "to": ME}
MEMBERS_ONLY = ("/community/members", THEIRS, "/community/blocked", "/introductions", ONE, f"{ONE}/report")
FORMS = ("/community/join", "/community/profile", "/community/leave")
EVERY = ("/community", *FORMS, *MEMBERS_ONLY)


@pytest.fixture
def asha(world):
    """The gateway, seen by somebody who is signed in and no member."""
    world.community.answers.update(profile=fakes.refused("not-found"), join=PROFILE)
    for method in ("members", "member", "blocked", "introductions", "introduction", "propose", "block", "accept"):
        world.community.answers[method] = fakes.refused("not-a-member")
    world.client.set_cookie("__Host-headrow_session", "person-token")
    return world


@pytest.fixture
def member(asha):
    """The gateway, seen by a member."""

    def page(item):
        return {"items": [item], "next": None}

    asha.community.answers.update(
        check_member=None,
        profile=PROFILE, change_profile=PROFILE, leave=None, members=page(MEMBER), member=MEMBER, met=page(MET),
        blocked=page({"id": BEN, "name": "Ben"}), suggested=page(SUGGESTION), introductions=page(RECEIVED),
        introduction=RECEIVED, propose=INTRODUCTION, accept=RECEIVED, decline=RECEIVED, withdraw=INTRODUCTION,
        report=RECEIVED, block=None, unblock=None,
    )  # fmt: skip
    return asha


# What everybody sees


def test_whoever_is_not_signed_in_reads_what_it_is_and_how_to_get_involved(world):
    answer = world.client.get("/community")
    assert answer.status_code == 200
    assert {"/sign-in?next=/community", "/suggest?kind=theme", "/suggest?kind=speak"} <= set(links(answer))
    assert "Suggest a theme Tell the team." in text_of(answer)
    assert not [method for method, _ in world.community.asked if method != "health"]


def test_the_community_is_in_the_menu_and_on_the_first_page(world):
    assert links(world.client.get("/")).count("/community") == 2


def test_whoever_is_no_member_is_shown_the_way_in(asha):
    answer = asha.client.get("/community")
    assert "/community/join" in links(answer)
    assert not {"/community/members", "/introductions"} & set(links(answer))


@pytest.mark.parametrize("path", MEMBERS_ONLY[:-1])
def test_what_is_for_members_is_shown_to_nobody_else(asha, path):
    answer = asha.client.get(path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (403, "private, no-store")
    assert says("community.not_a_member") in text_of(answer)
    assert "/community/join" in links(answer)


def test_the_way_from_signing_in_leads_to_the_same_filters(world):
    answer = world.client.get("/community/members?topic=psychology&q=a%20b")
    assert "/sign-in?next=/community/members%3Fq%3Da%2Bb%26topic%3Dpsychology" in links(answer)


def test_one_s_own_page_is_the_community_s(member):
    assert member.client.get(f"/community/members/{ME}").headers["Location"] == "/community"


def test_while_the_community_does_not_answer_the_pages_say_so(member):
    for method in member.community.answers:
        member.community.answers[method] = Unavailable()
    for path in EVERY:
        assert member.client.get(path).status_code == 503


# The community's page


def test_a_member_sees_who_waits_who_is_suggested_and_whom_they_have_met(member):
    answer = member.client.get("/community")
    text = text_of(answer)
    for words in (
        says("introduction.wanted", who="Ben"), "You both picked Psychology", "From another sector: Citizens",
        "Myron’s Maxims in practice , Monday 23 November 2026",
        says("pages.answer_before", when="Monday 7 December 2026"),
    ):  # fmt: skip
        assert words in text
    assert {ONE, THEIRS, f"{THEIRS}#ask", "/community/blocked", "/community/leave"} <= set(links(answer))
    assert "@" not in answer.text.split("<main")[1]


def test_a_member_who_does_not_tell_whom_they_met_is_told_why_nobody_is_shown(member):
    member.community.answers["profile"] = {**PROFILE, "tell_tablemates": False}
    assert says("community.not_shown") in text_of(member.client.get("/community"))


def test_a_member_for_whom_there_is_nothing_yet_is_told_so(member):
    nothing = {"items": [], "next": None}
    member.community.answers.update(introductions=nothing, suggested=nothing, met=nothing, blocked=nothing)
    text = text_of(member.client.get("/community"))
    for words in (says("introduction.nobody_waits"), says("community.nobody_to_suggest"), says("pages.nobody_yet")):
        assert words in text
    assert "/community/blocked" not in links(member.client.get("/community"))


def test_more_people_that_were_met_are_on_further_pages(member):
    member.community.answers["met"] = {"items": [MET], "next": "WzFd"}
    assert "/community?cursor=WzFd#met" in links(member.client.get("/community"))
    member.client.get("/community?cursor=WzFd")
    assert member.community.last("met")["cursor"] == "WzFd"


def test_the_team_finds_what_was_suggested_and_reported(member):
    assert "/team/demand#suggestions" not in links(member.client.get("/community"))
    member.client.set_cookie("__Host-headrow_session", "team-token")
    assert {"/team/demand#suggestions", "/team/reports"} <= set(links(member.client.get("/community")))


# Joining


def test_the_form_says_who_sees_what_and_joining_tells_the_community(asha):
    answer = asha.client.get("/community/join")
    for words in (
        says("community.your_name", who="Asha"),
        says("community.where_you_work", sector="Hospitals"),
        says("community.address_unseen"),
    ):
        assert words in text_of(answer)
    answer = send(
        asha,
        "/community/join",
        about=" A ward.\r\nAt night. ",
        tell_tablemates="yes",
        **{"topic-systems-thinking": "yes"},
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/community?done=joined")
    asked = asha.community.last("join")
    assert asked["given"] == {"about": "A ward.\nAt night.", "topics": ["systems-thinking"], "tell_tablemates": True}
    assert asked["key"]


def test_nothing_needs_to_be_said(asha):
    assert send(asha, "/community/join", about="").status_code == 303
    assert asha.community.last("join")["given"] == {"about": None, "topics": [], "tell_tablemates": False}


def test_pressing_it_twice_is_once(asha):
    asha.community.answers["join"] = fakes.refused("idempotency-key-in-use")
    assert send(asha, "/community/join").status_code == 303


def test_whoever_has_not_said_who_they_are_is_led_to_their_details(asha):
    unknown = {**fakes.person(["person"]), "name": None, "sector": None}
    form = Page(asha.client.get("/community/join").text).form
    asha.registration.answers["who"] = unknown
    answer = asha.client.get("/community/join")
    assert says("community.name_not_known") in text_of(answer)
    assert "/account/details" in links(answer)
    again = asha.client.post("/community/join", data={"form_token": form["form_token"]})
    assert again.status_code == 409
    assert not asha.community.was_asked("join")


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        (
            {"about": "x" * 1001},
            "about",
            says("field_errors.too_long_text", what="“About you”", most=1000, written=1001),
        ),
        ({f"topic-{n}": "yes" for n in range(21)}, "topics", says("community.most_topics", most=20)),
    ],
)
def test_what_is_wrong_is_told_on_the_form_and_nothing_is_lost(asha, said, field, words):
    answer = send(asha, "/community/join", **said)
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert f"#{field}" in links(answer)
    assert words in text_of(answer)
    assert Texts(answer.text).found["about"] == said.get("about", "")
    assert not asha.community.was_asked("join")


def test_what_the_community_refuses_is_told_on_the_form(asha):
    asha.community.answers["join"] = fakes.invalid("has-an-email", "about", "topics")
    answer = send(asha, "/community/join", about="me", tell_tablemates="yes", **{"topic-systems-thinking": "yes"})
    assert (answer.status_code, Texts(answer.text).found["about"]) == (422, "me")
    assert {"#about", "#topics"} <= set(links(answer))
    assert says("field_errors.has_an_email", what="“About you”") in text_of(answer)
    boxes = [field["name"] for field in Page(answer.text).all("input") if "checked" in field]
    assert boxes == ["topic-systems-thinking", "tell_tablemates"]


def test_a_member_changes_what_they_say(member):
    page = member.client.get("/community/profile")
    assert Page(page.text).form["version"] == "2"
    answer = send(member, "/community/profile", about="New")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/community?done=saved")
    asked = member.community.last("change_profile")
    assert (asked["version"], asked["given"]["about"], asked["given"]["tell_tablemates"]) == (2, "New", False)


def test_what_was_changed_meanwhile_is_told_and_not_overwritten(member):
    member.community.answers["change_profile"] = fakes.refused("stale-version", version=3)
    member.community.answers["profile"] = {**PROFILE, "version": 3}
    answer = send(member, "/community/profile", about="Mine")
    assert (answer.status_code, Texts(answer.text).found["about"]) == (422, "Mine")
    assert Page(answer.text).form["version"] == "3"


def test_forms_lead_each_where_they_belong(asha, member):
    assert member.client.get("/community/join").headers["Location"] == "/community"
    member.community.answers["profile"] = fakes.refused("not-found")
    assert member.client.get("/community/profile").headers["Location"] == "/community/join"
    assert member.client.get("/community/leave").headers["Location"] == "/community"


def test_leaving_takes_a_button_and_is_said(member):
    answer = send(member, "/community/leave")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/community?done=left")
    assert member.community.was_asked("leave")
    assert says("community.left_begins") not in text_of(member.client.get("/community?done=left")), "a member has not"
    member.community.answers["profile"] = fakes.refused("not-found")
    assert says("community.left") in text_of(member.client.get("/community?done=left"))


# Members


def test_members_are_narrowed_down_in_the_address(member):
    answer = member.client.get("/community/members?sector=citizen&topic=systems-thinking&q=+ben+")
    asked = member.community.last("members")
    assert (asked["sector"], asked["topic"], asked["q"]) == ("citizen", "systems-thinking", "ben")
    assert THEIRS in links(answer)
    assert "Ben Citizens" in text_of(answer)
    member.community.answers["members"] = {"items": [], "next": None}
    assert says("community.nobody_fits") in text_of(member.client.get("/community/members?q=x"))
    assert says("community.nobody_but_you") in text_of(member.client.get("/community/members"))


def test_further_members_keep_the_filters(member):
    member.community.answers["members"] = {"items": [MEMBER], "next": "WzFd"}
    assert "/community/members?sector=citizen&cursor=WzFd" in links(
        member.client.get("/community/members?sector=citizen")
    )
    assert "/community/members" in links(member.client.get("/community/members?cursor=WzFd"))


def test_whom_one_does_not_see_is_not_there(member):
    member.community.answers["member"] = fakes.refused("not-found")
    assert member.client.get(THEIRS).status_code == 404


def test_asking_leads_to_the_introduction(member):
    answer = send(member, THEIRS, f"{THEIRS}/ask", message="Hello\r\nBen")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{ONE}?done=asked")
    asked = member.community.last("propose")
    assert asked["given"] == {"to": BEN, "message": "Hello\nBen"}
    assert asked["key"]


def test_asking_twice_at_once_is_once(member):
    member.community.answers["propose"] = fakes.refused("idempotency-key-in-use")
    answer = send(member, THEIRS, f"{THEIRS}/ask", message="Hello")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/introductions")


@pytest.mark.parametrize("code", ["introduction-waiting", "already-introduced"])
def test_where_there_is_an_introduction_already_asking_leads_to_it(member, code):
    member.community.answers["propose"] = fakes.refused(code, introduction=ID)
    assert send(member, THEIRS, f"{THEIRS}/ask", message="Hello").headers["Location"] == ONE


@pytest.mark.parametrize(("code", "status"), [("already-asked", 409), ("too-many-introductions", 429)])
def test_whoever_asks_too_soon_is_told_when_they_may(member, code, status):
    member.community.answers["propose"] = fakes.refused(code, again_at="2026-11-30T09:00:00+00:00", retry_after=60)
    answer = send(member, THEIRS, f"{THEIRS}/ask", message="Hello\r\nBen")
    assert answer.status_code == status
    assert says("introduction.ask_again_from", when="Monday 30 November 2026, 9am") in text_of(answer)
    assert Texts(answer.text).found["message"] == "Hello\nBen"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (" ", says("introduction.write_message")),
        ("x" * 1001, says("field_errors.too_long_text", what="Your message", most=1000, written=1001)),
    ],
)
def test_a_message_that_will_not_do_is_told_at_once(member, message, words):
    answer = send(member, THEIRS, f"{THEIRS}/ask", message=message)
    assert (answer.status_code, Texts(answer.text).found["message"]) == (422, message)
    assert words in text_of(answer)
    assert not member.community.was_asked("propose")


def test_what_the_community_refuses_of_a_message_is_told(member):
    for message, refusal in (("me@example.org", None), ("Hello", fakes.invalid("has-an-email", "message"))):
        member.community.answers["propose"] = refusal
        answer = send(member, THEIRS, f"{THEIRS}/ask", message=message)
        assert (answer.status_code, says("community.links_later") in text_of(answer)) == (422, True)
    member.community.answers["propose"] = fakes.invalid("no-such-member", "to")
    assert send(member, THEIRS, f"{THEIRS}/ask", message="Hello").status_code == 404


def test_blocking_and_unblocking_lead_to_the_list(member):
    answer = send(member, THEIRS, f"{THEIRS}/block")
    assert answer.headers["Location"] == "/community/blocked?done=blocked"
    assert member.community.last("block")["id"] == BEN
    answer = send(member, "/community/blocked", f"{THEIRS}/unblock")
    assert answer.headers["Location"] == "/community/blocked?done=unblocked"
    assert says("community.seen_again") in text_of(member.client.get("/community/blocked?done=unblocked"))


# Introductions


def show(world, **changes):
    world.community.answers["introduction"] = {**RECEIVED, **changes}
    return world.client.get(ONE)


def actions(answer):
    return [form["action"].removeprefix(f"{ONE}/") for form in Page(answer.text).all("form")][1:]


def test_whoever_was_asked_can_say_yes_or_no_or_report(member):
    answer = show(member)
    assert actions(answer) == ["accept", "decline"]
    assert {f"{ONE}/report", THEIRS} <= set(links(answer))
    assert says("introduction.wanted", who="Ben") in text_of(answer)


def test_whoever_asked_can_take_it_back(member):
    answer = show(member, by=ME, to=BEN)
    assert actions(answer) == ["withdraw"]
    assert says("introduction.asked", who="Ben") in text_of(answer)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "declined"}, says("introduction.said_no", who="Ben")),
        ({"state": "withdrawn"}, says("introduction.taken_back", who="Ben")),
        ({"state": "expired"}, says("introduction.over")),
        ({"state": "expired", "by": ME, "to": BEN}, says("introduction.no_answer", who="Ben")),
        ({"state": "withdrawn", "by": ME, "to": BEN}, says("introduction.you_took_back")),
        ({"state": "accepted", "email": "ben@example.org"}, says("introduction.address", email="ben@example.org")),
        ({"state": "accepted"}, says("introduction.address_not_shown")),
    ],
)
def test_what_is_over_is_told_and_has_no_buttons(member, changes, words):
    answer = show(member, **changes)
    assert words in text_of(answer)
    assert actions(answer) == []


@pytest.mark.parametrize("action", ["accept", "decline", "withdraw"])
def test_a_button_acts_and_leads_back(member, action):
    show(member, **({"by": ME, "to": BEN} if action == "withdraw" else {}))
    answer = send(member, ONE, f"{ONE}/{action}")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{ONE}?done={action}")
    asked = member.community.last(action)
    assert asked["id"] == ID
    assert asked["key"]


@pytest.mark.parametrize("action", ["accept", "decline", "withdraw"])
def test_a_button_that_comes_too_late_shows_how_it_stands(member, action):
    member.community.answers[action] = fakes.refused("introduction-over", state="expired")
    answer = send(member, ONE, f"{ONE}/{action}")
    assert answer.status_code == 409
    assert says("introduction.too_late") in text_of(answer)


def test_what_is_not_there_or_not_one_s_own_is_said_so(member):
    form = Page(member.client.get(ONE).text).form
    for method in ("introduction", "accept", "report"):
        member.community.answers[method] = fakes.refused("not-found")
    for answer in (
        member.client.get(ONE), member.client.get(f"{ONE}/report"),
        member.client.post(f"{ONE}/accept", data={"form_token": form["form_token"]}),
        member.client.post(f"{ONE}/report", data={"form_token": form["form_token"], "text": "x"}),
    ):  # fmt: skip
        assert answer.status_code == 404
        assert says("introduction.none") in text_of(answer)


def test_a_report_reaches_the_community_and_what_is_wrong_is_told(member):
    answer = send(member, f"{ONE}/report", text="Rude.\r\nTwice.")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{ONE}?done=report")
    assert member.community.last("report")["given"] == {"text": "Rude.\nTwice."}
    for text, words in (
        ("", says("introduction.write_what_is_wrong")),
        ("x" * 2001, says("field_errors.too_long_text", what="This", most=2000, written=2001)),
    ):
        answer = send(member, f"{ONE}/report", text=text)
        assert (answer.status_code, words in text_of(answer)) == (422, True)
        assert Texts(answer.text).found["text"] == text


def test_introductions_are_in_three_lists_or_one(member):
    member.community.answers["introductions"] = lambda which, **_: {
        "items": [{**INTRODUCTION, "state": "accepted", "email": "ben@example.org"}] if which == "accepted" else [],
        "next": "WzFd" if which == "sent" else None,
    }
    text = text_of(member.client.get("/introductions"))
    assert [method for method, _ in member.community.asked].count("introductions") == 3
    assert "ben@example.org" in text
    assert says("introduction.nobody_waits") in text
    member.community.answers["introductions"] = {"items": [INTRODUCTION], "next": "WzFd"}
    answer = member.client.get("/introductions?which=sent&cursor=abc")
    assert "/introductions?which=sent&cursor=WzFd" in links(answer)
    assert (member.community.last("introductions")["which"], member.community.last("introductions")["cursor"]) == (
        "sent", "abc",
    )  # fmt: skip


@given(st.text(max_size=60))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_comes_back_as_it_was(member, words):
    member.community.answers["propose"] = fakes.invalid("has-an-email", "message")
    text = words.replace("\r", "").replace("\x00", "") or "x"
    form = Page(member.client.get(THEIRS).text).form
    answer = member.client.post(f"{THEIRS}/ask", data={"form_token": form["form_token"], "message": text})
    assert answer.status_code == 422
    if text.isprintable():
        assert Texts(answer.text).found["message"] == text
