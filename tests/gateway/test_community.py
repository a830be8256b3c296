"""Members and introductions through the gateway's API."""

import pytest

from services.runtime.refusals import Unavailable
from tests.gateway import catalogue, fakes
from tests.gateway.community import AT, BEN, ID, INTRODUCTION, ME, MEMBER, MET, PROFILE, REPORT, SUGGESTION
from tests.gateway.conftest import API
from tests.gateway.openapi import shape_of

pytestmark = pytest.mark.patient

LISTS = [
    ("/community/members", "members", "person-token", MEMBER),
    ("/community/blocked", "blocked", "person-token", {"id": BEN, "name": "Ben"}),
    ("/community/met", "met", "person-token", MET),
    ("/introductions", "introductions", "person-token", INTRODUCTION),
    ("/reports", "reports", "team-token", REPORT),
]
MATERIAL = "0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a20"


@pytest.mark.parametrize(("path", "rpc", "token", "item"), LISTS, ids=[case[1] for case in LISTS])
def test_each_list_comes_page_by_page_in_the_shape_that_is_described(world, path, rpc, token, item):
    world.community.answers[rpc] = {"items": [item], "next": "abc"}
    answer = world.get(f"{path}?limit=5&cursor=xyz", token)
    assert answer.json == {"items": [item], "next": "abc"}
    assert answer.headers["Cache-Control"] == "private, no-store"
    asked = world.community.last(rpc)
    assert (asked["limit"], asked["cursor"], asked["caller"]["id"]) == (5, "xyz", ME)
    assert list(shape_of(world, path).iter_errors(answer.json)) == []


def test_members_are_asked_for_by_sector_topic_and_words(world):
    world.community.answers["members"] = {"items": [], "next": None}
    world.get("/community/members?sector=citizen&topic=psychology&q=ben", "person-token")
    asked = world.community.last("members")
    assert (asked["sector"], asked["topic"], asked["q"]) == ("citizen", "psychology", "ben")


def test_those_met_in_one_session_are_asked_for(world):
    world.community.answers["met"] = {"items": [], "next": None}
    world.get("/community/met?session=march", "person-token")
    assert world.community.last("met")["session"] == "march"


def test_introductions_are_asked_for_by_kind(world):
    world.community.answers["introductions"] = {"items": [], "next": None}
    world.get("/introductions?which=received", "person-token")
    assert world.community.last("introductions")["which"] == "received"


def test_suggestions_say_why(world):
    world.community.answers["suggested"] = {"items": [SUGGESTION], "next": None}
    answer = world.get("/introductions/suggested", "person-token")
    assert answer.json["items"] == [SUGGESTION]
    assert list(shape_of(world, "/introductions/suggested").iter_errors(answer.json)) == []


def test_joining_says_where_the_profile_is_and_may_be_repeated(world):
    said = {"about": "A ward.", "topics": ["psychology"], "tell_tablemates": True}
    world.community.answers["join"] = fakes.FakeAnswer(PROFILE, replayed=True)
    answer = world.ask("POST", "/community/join", "person-token", said, Idempotency_Key="k")
    assert (answer.status_code, answer.json) == (201, PROFILE)
    assert (answer.headers["Location"], answer.headers["ETag"]) == (f"{API}/community/me", '"2"')
    assert answer.headers["Idempotent-Replayed"] == "true"
    asked = world.community.last("join")
    assert (asked["given"], asked["key"], asked["caller"]["sector"]) == (said, "k", "hospital")


def test_joining_without_a_word_is_joining(world):
    world.community.answers["join"] = PROFILE
    assert world.ask("POST", "/community/join", "person-token").status_code == 201


def test_whoever_has_not_said_who_they_are_is_told_what_is_missing(world):
    world.community.answers["join"] = fakes.refused("profile-incomplete", missing=["sector"])
    answer = world.ask("POST", "/community/join", "person-token", {})
    assert (answer.status_code, answer.json["missing"]) == (409, ["sector"])


def test_the_own_profile_is_read_and_changed_with_its_version(world):
    world.community.answers.update(profile=PROFILE, change_profile={**PROFILE, "version": 3})
    answer = world.get("/community/me", "person-token")
    assert (answer.json, answer.headers["ETag"]) == (PROFILE, '"2"')
    assert world.get("/community/me", "person-token", If_None_Match='"2"').status_code == 304
    assert world.ask("PATCH", "/community/me", "person-token", {"about": None}).status_code == 428
    changed = world.ask("PATCH", "/community/me", "person-token", {"about": None}, If_Match='"2"')
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"3"')
    asked = world.community.last("change_profile")
    assert (asked["version"], asked["given"]) == (2, {"about": None})


def test_leaving_blocking_and_unblocking_answer_with_nothing(world):
    world.community.answers.update(leave=None, block=None, unblock=None)
    for path in ("/community/leave", f"/community/members/{BEN}/block", f"/community/members/{BEN}/unblock"):
        answer = world.ask("POST", path, "person-token", Idempotency_Key="k")
        assert (answer.status_code, answer.data) == (204, b"")
    assert world.community.last("block")["id"] == world.community.last("unblock")["id"] == BEN


def test_asking_to_meet_needs_a_key_and_says_where_it_is(world):
    world.community.answers["propose"] = INTRODUCTION
    said = {"to": BEN, "message": "Shall we talk?"}
    assert world.ask("POST", "/introductions", "person-token", said).status_code == 428
    answer = world.ask("POST", "/introductions", "person-token", said, Idempotency_Key="k")
    assert (answer.status_code, answer.json) == (201, INTRODUCTION)
    assert answer.headers["Location"] == f"{API}/introductions/{ID}"
    assert world.community.last("propose")["given"] == said


@pytest.mark.parametrize("what", ["accept", "decline", "withdraw", "report"])
def test_each_answer_shows_the_introduction(world, what):
    world.community.answers[what] = INTRODUCTION
    answer = world.ask("POST", f"/introductions/{ID}/{what}", "person-token", {"text": "Rude."}, Idempotency_Key="k")
    assert (answer.status_code, answer.json) == (200, INTRODUCTION)
    asked = world.community.last(what)
    assert (asked["id"], asked["key"]) == (ID, "k")
    assert (asked.get("given") == {"text": "Rude."}) == (what == "report")


def test_an_introduction_is_read_and_its_tag_counts_nothing(world):
    world.community.answers["introduction"] = INTRODUCTION
    answer = world.get(f"/introductions/{ID}", "person-token")
    assert (answer.status_code, answer.json) == (200, INTRODUCTION)
    assert list(shape_of(world, "/introductions/{id}").iter_errors(answer.json)) == []
    assert world.get(f"/introductions/{ID}", "person-token").headers["ETag"] == answer.headers["ETag"]
    assert world.get(f"/introductions/{ID}", "person-token", If_None_Match=answer.headers["ETag"]).status_code == 304


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("not-a-member", 403),
        ("removed-from-community", 403),
        ("account-too-new", 403),
        ("too-many-introductions", 429),
        ("introduction-waiting", 409),
        ("already-asked", 409),
        ("already-introduced", 409),
        ("introduction-over", 409),
    ],
)
def test_each_refusal_is_a_problem_with_a_page(world, code, status):
    world.community.answers["propose"] = fakes.refused(code, again_at=AT, retry_after=60)
    answer = world.ask("POST", "/introductions", "person-token", {}, Idempotency_Key="k")
    assert (answer.status_code, answer.json["type"], answer.json["again_at"]) == (status, f"/problems/{code}", AT)
    assert answer.headers["Retry-After"] == "60"
    assert world.client.get(f"/problems/{code}").status_code == 200


def test_reports_are_for_the_team(world):
    assert world.get("/reports", "person-token").status_code == 403
    assert not world.community.was_asked("reports")


# Materials for the community


@pytest.fixture
def for_members(world):
    """The gateway with something that is shown to members."""
    secret = {"url": "https://example.org/secret", "title": "For us"}
    world.tell("materials", catalogue.material(MATERIAL, audience="community", **secret))
    world.registration.answers["bookings"] = {"items": [], "next": None}
    return world


def member(world, is_one=True):
    world.community.answers["membership"] = {"member": is_one}


def test_members_see_what_is_for_the_community_and_no_cache_keeps_it(for_members):
    member(for_members)
    answer = for_members.get("/materials", "person-token")
    assert len(answer.json["items"]) == 2
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert for_members.community.last("membership")["caller"]["id"] == ME
    one = for_members.get(f"/materials/{MATERIAL}", "person-token")
    assert (one.status_code, one.headers["Cache-Control"]) == (200, "private, no-store")
    assert len(for_members.get("/materials").json["items"]) == 1, "what one reader saw is not kept for the next"


def test_whoever_is_no_member_does_not(for_members):
    for token in (None, "person-token", "made-up", "operator-token"):
        assert len(for_members.get("/materials", token).json["items"]) == 1
        assert for_members.get(f"/materials/{MATERIAL}", token).status_code == 404


def test_while_the_community_does_not_answer_a_reader_is_one_of_the_public(for_members):
    for_members.community.answers["membership"] = Unavailable()
    assert len(for_members.get("/materials", "person-token").json["items"]) == 1
    assert for_members.get(f"/materials/{MATERIAL}", "person-token").status_code == 404


def test_what_is_for_those_who_were_there_is_not_for_every_member(for_members):
    member(for_members)
    for_members.tell("materials", catalogue.material(MATERIAL, audience="attendees", version=2))
    assert len(for_members.get("/materials", "person-token").json["items"]) == 1
    assert for_members.get(f"/materials/{MATERIAL}", "person-token").status_code == 404


def test_nobody_asks_whether_one_is_a_member_where_nothing_depends_on_it(world):
    world.get("/materials", "person-token")
    world.client.set_cookie("__Host-headrow_session", "person-token")
    for path in ("/", "/recordings", "/sessions/maxims-in-practice"):
        world.client.get(path)
    assert not world.community.was_asked("membership")


@pytest.mark.parametrize("path", ["/recordings", "/sessions/maxims-in-practice", "/topics/systems-thinking"])
def test_the_pages_show_it_to_members_and_to_nobody_after_them(for_members, path):
    secret = "https://example.org/secret"
    assert secret not in for_members.client.get(path).text
    for_members.client.set_cookie("__Host-headrow_session", "person-token")
    assert secret not in for_members.client.get(path).text
    member(for_members)
    answer = for_members.client.get(path)
    assert secret in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert sum(method == "membership" for method, _ in for_members.community.asked) == 2, "once a page"
    for_members.client.delete_cookie("__Host-headrow_session")
    assert secret not in for_members.client.get(path).text


def test_a_member_who_was_there_sees_both_kinds(for_members):
    member(for_members)
    attended = catalogue.material(
        "0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a21", audience="attendees", url="https://x.org/there"
    )
    for_members.tell("materials", attended)
    bookings = {"items": [fakes.booking(state="attended")], "next": None}
    for_members.registration.answers.update(bookings=bookings)
    for_members.client.set_cookie("__Host-headrow_session", "person-token")
    text = for_members.client.get("/sessions/maxims-in-practice").text
    assert "https://example.org/secret" in text
    assert "https://x.org/there" in text
