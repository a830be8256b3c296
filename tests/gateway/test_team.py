"""What the team does through the gateway: passed on whole, and answered with the thing's new state."""

import pytest

from tests.gateway import catalogue, fakes
from tests.gateway.conftest import API

SLUG, ID = "maxims-in-practice", catalogue.material()["id"]
PROGRAMME = catalogue.programme(version=4)
SPEAKER = catalogue.speaker(version=4)
SESSION = {**catalogue.session(version=4), "materials": []}
MATERIAL = catalogue.material(version=4)
# method, path, what the catalogue is asked, what it answers, what names the thing, status, where a new thing is
CASES = [
    ("POST", "/programmes", "create_programme", PROGRAMME, {}, 201, "/programmes/virtual-sessions"),
    ("PATCH", "/programmes/p", "change_programme", PROGRAMME, {"slug": "p"}, 200, None),
    ("POST", "/speakers", "create_speaker", SPEAKER, {}, 201, "/speakers/myron-rogers"),
    ("PATCH", "/speakers/s", "change_speaker", SPEAKER, {"slug": "s"}, 200, None),
    ("POST", "/sessions", "create_session", SESSION, {}, 201, f"/sessions/{SLUG}"),
    ("PATCH", f"/sessions/{SLUG}", "change_session", SESSION, {"slug": SLUG}, 200, None),
    ("POST", f"/sessions/{SLUG}/publish", "publish_session", SESSION, {"slug": SLUG}, 200, None),
    ("POST", f"/sessions/{SLUG}/convert", "convert_session", SESSION, {"slug": SLUG}, 200, None),
    ("POST", f"/sessions/{SLUG}/cancel", "cancel_session", SESSION, {"slug": SLUG}, 200, None),
    ("POST", f"/sessions/{SLUG}/reinstate", "reinstate_session", SESSION, {"slug": SLUG}, 200, None),
    ("POST", f"/sessions/{SLUG}/materials", "add_material", MATERIAL, {"slug": SLUG}, 201, f"/materials/{ID}"),
    ("PATCH", f"/materials/{ID}", "change_material", MATERIAL, {"id": ID}, 200, None),
    ("POST", f"/materials/{ID}/publish", "publish_material", MATERIAL, {"id": ID}, 200, None),
    ("POST", f"/materials/{ID}/withdraw", "withdraw_material", MATERIAL, {"id": ID}, 200, None),
]


@pytest.mark.parametrize(
    ("method", "path", "rpc", "state", "named", "status", "location"), CASES, ids=[case[2] for case in CASES]
)
def test_the_team_s_writes_reach_the_catalogue_and_come_back_with_a_tag(
    world, method, path, rpc, state, named, status, location
):
    world.catalogue.answers[rpc] = fakes.FakeAnswer(state, replayed=method == "POST")
    given = {"title": "A", "nested": {"list": [1, None, True]}}
    headers = {"If_Match": '"3-1-abcdef"'} if method == "PATCH" else {"Idempotency_Key": "k"}
    answer = world.ask(method, path, "team-token", given, **headers)
    assert (answer.status_code, answer.headers.get("Location")) == (status, location and API + location)
    assert answer.headers["ETag"].startswith(f'"{state["version"]}-')
    assert answer.headers["Cache-Control"] == "private, no-store"
    asked = world.catalogue.last(rpc)
    assert {name: asked[name] for name in named} == named
    assert asked["caller"]["roles"] == ["person", "team"]
    if "given" in asked:
        assert asked["given"] == given
    if method == "PATCH":
        assert asked["version"] == 3
    else:
        assert asked["key"] == "k"
        assert answer.headers["Idempotent-Replayed"] == "true"


def test_what_the_editor_gave_is_in_the_answer(world):
    world.catalogue.answers["create_session"] = SESSION
    answer = world.ask("POST", "/sessions", "team-token", {})
    assert answer.json["join_url"] == SESSION["join_url"]
    assert (answer.json["places_in_room"], answer.json["places_online"]) == (0, 40)


def test_a_whole_catalogue_goes_in_and_out(world):
    counts = {"created": {"sessions": 1}, "changed": {}, "unchanged": {}}
    world.catalogue.answers.update(import_programme=counts, export={"city": {}})
    assert world.ask("POST", "/import", "team-token", {"city": {}}).json == counts
    assert world.get("/export", "team-token").json == {"city": {}}


def test_drafts_are_listed_as_the_catalogue_has_them(world):
    draft = {**catalogue.session("draft", status="draft"), "join_url": "https://example.org/meet/later"}
    world.catalogue.answers["drafts"] = {"items": [draft], "next": "abc"}
    page = world.get("/drafts?limit=5", "team-token").json
    assert (page["items"][0]["slug"], page["items"][0]["status"], page["next"]) == ("draft", "draft", "abc")
    assert page["items"][0]["join_url"] == "https://example.org/meet/later"
    assert world.catalogue.last("drafts")["limit"] == 5


def test_the_team_lists_a_session_s_bookings(world):
    world.registration.answers["session_bookings"] = {"items": [fakes.booking()], "next": None}
    answer = world.get("/sessions/maxims-in-practice/bookings?state=waiting&limit=7", "team-token")
    assert answer.json["items"][0]["reference"] == "HR-7K2M9Q"
    asked = world.registration.last("session_bookings")
    assert (asked["slug"], asked["state"], asked["limit"], asked["cursor"]) == (
        "maxims-in-practice",
        "waiting",
        7,
        None,
    )
