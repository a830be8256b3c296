"""Topics for the team: what has each, what a change would change, and old addresses that lead on."""

import pytest

from tests.gateway import catalogue, fakes
from tests.gateway.html import links, text_of
from tests.gateway.rows_of_pages import TOPIC
from tests.gateway.shown_page import Shown
from tests.sentences import says

PAGE = "/team/topics"
CARE = {**TOPIC, "slug": "care", "sessions": 3, "drafts": 1, "former": ["old-care"]}
TRUST = {**TOPIC, "slug": "trust", "sessions": 1, "drafts": 0, "programmes": 0, "former": []}


@pytest.fixture
def team(world):
    world.catalogue.answers.update(
        topics={"items": [CARE, TRUST], "next": None},
        topic=lambda slug, **_: {"care": CARE, "trust": TRUST}.get(slug) or fakes.refused("not-found"),
        rename_topic=TRUST,
        merge_topic=TRUST,
        remove_topic=None,
    )
    world.registration.answers["interest_in_topics"] = {"topics": {"care": 12}}
    world.community.answers["picked_topics"] = {"topics": {"care": 4, "trust": 2}}
    world.client.set_cookie("__Host-headrow_session", "team-token")
    return world


def press(world, slug="care", **said):
    """Send a form of the page of a topic, or of the one after it."""
    shown = Shown(world.client.get(f"{PAGE}/{slug}").text).forms[None]
    fields = {name: shown[name] for name in ("form_token", "key")}
    world.catalogue.asked.clear()
    return world.client.post(f"{PAGE}/{slug}", data={**fields, **said})


def agree(world, answer, slug="care"):
    """Press the button of the page that shows what would change."""
    return world.client.post(f"{PAGE}/{slug}", data=Shown(answer.text).forms[None])


def changes(world):
    return [(method, named.get("given")) for method, named in world.catalogue.asked if method.endswith("_topic")]


# The list


def test_each_topic_is_shown_with_what_has_it_and_how_many_people(team):
    answer = team.client.get(PAGE)
    text = text_of(answer)
    for words in ("Care", "Old care", "3", "1 draft", "12", "4", "Trust", "2"):
        assert words in text
    assert f"{PAGE}/care" in links(answer)
    assert PAGE in links(team.client.get("/team"))


@pytest.mark.parametrize(
    ("service", "method"), [("registration", "interest_in_topics"), ("community", "picked_topics")]
)
def test_the_page_is_there_while_people_cannot_be_counted(team, service, method):
    getattr(team, service).answers[method] = fakes.refused("unavailable")
    for address in (PAGE, f"{PAGE}/care"):
        assert team.client.get(address).status_code == 200
    assert says("team_topics.not_known") in text_of(team.client.get(PAGE))


# Shown before it is done


@pytest.mark.parametrize(
    ("said", "method", "given", "done"),
    [
        ({"do": "rename", "to": " Social  CARE "}, "rename_topic", {"to": "social-care"}, "team_topics.renamed"),
        ({"do": "rename", "to": "health, care"}, "rename_topic", {"to": "health-care"}, "team_topics.renamed"),
        ({"do": "merge", "into": "trust"}, "merge_topic", {"into": "trust"}, "team_topics.merged"),
        ({"do": "remove"}, "remove_topic", None, "team_topics.removed"),
    ],
)
def test_what_would_change_is_shown_and_done_once_it_is_agreed(team, said, method, given, done):
    shown = press(team, **said)
    assert (shown.status_code, changes(team)) == (200, [])
    text = text_of(shown)
    for words in ("3", "12", "4", says("team_topics.nobody_emailed")):
        assert words in text
    answer = agree(team, shown)
    assert changes(team) == [(method, given)]
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PAGE}?done={done.partition('.')[2]}")
    assert says(done) in text_of(team.client.get(answer.headers["Location"]))


@pytest.mark.parametrize("typed", ["Trust", "TRUST", " trust "])
def test_a_new_name_that_another_topic_has_is_said_to_be_a_merge_before_it_is_one(team, typed):
    shown = press(team, do="rename", to=typed)
    text = text_of(shown)
    assert says("team_topics.is_there") in text
    assert says("team_topics.becomes_part", topic="Care", other="Trust") in text
    agree(team, shown)
    assert changes(team) == [("merge_topic", {"into": "trust"})]


def test_a_name_that_somebody_gave_to_another_topic_meanwhile_is_asked_about(team):
    shown = press(team, do="rename", to="New")
    team.catalogue.answers["rename_topic"] = fakes.refused("topic-exists")
    again = agree(team, shown)
    assert (again.status_code, says("team_topics.is_there") in text_of(again)) == (200, True)
    agree(team, again)
    assert changes(team)[-1] == ("merge_topic", {"into": "new"})


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"do": "rename", "to": "  "}, "team_topics.no_name"),
        ({"do": "rename", "to": "日本"}, "team_topics.bad_name"),
        ({"do": "rename", "to": "Care"}, "team_topics.same_name"),
        ({"do": "rename", "to": "x" * 81}, "team_topics.too_long"),
        ({"do": "merge", "into": ""}, "team_topics.no_other"),
        ({"do": "merge", "into": "nothing"}, "team_topics.gone"),
        ({"do": "merge", "into": "care"}, "team_topics.gone"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(team, said, wrong):
    answer = press(team, **said)
    assert (answer.status_code, changes(team)) == (422, [])
    assert says(wrong) in text_of(answer)
    if "to" in said:
        assert Shown(answer.text).forms[None]["to"] == said["to"]


def test_a_topic_that_there_is_not_is_not_found(team):
    assert team.client.get(f"{PAGE}/nothing").status_code == 404


# The API


def test_the_api_lists_topics_with_how_many_people_there_are(team):
    answer = team.ask("GET", "/topics", "team-token")
    assert answer.json["items"][0] == {**CARE, "interested": 12, "members": 4}
    page = team.ask("GET", "/topics?limit=1", "team-token").json
    after = team.ask("GET", f"/topics?limit=1&cursor={page['next']}", "team-token").json
    assert [row["slug"] for row in page["items"] + after["items"]] == ["care", "trust"]
    assert after["next"] is None


def test_the_api_says_of_one_what_a_change_would_change(team):
    answer = team.ask("GET", "/topics/care", "team-token")
    assert (answer.json, bool(answer.headers["ETag"])) == ({**CARE, "interested": 12, "members": 4}, True)


def test_the_api_changes_topics_as_the_pages_do(team):
    assert team.ask("POST", "/topics/care/rename", "team-token", {"to": "trust-us"}).json == TRUST
    assert team.ask("POST", "/topics/care/merge", "team-token", {"into": "trust"}).json == TRUST
    assert team.ask("DELETE", "/topics/care", "team-token").status_code == 204
    asked = [(method, given) for method, given in changes(team) if method != "topic"]
    assert asked == [("rename_topic", {"to": "trust-us"}), ("merge_topic", {"into": "trust"}), ("remove_topic", None)]


def test_the_api_says_that_a_name_is_taken(team):
    team.catalogue.answers["rename_topic"] = fakes.refused("topic-exists")
    answer = team.ask("POST", "/topics/care/rename", "team-token", {"to": "trust"})
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/topic-exists")


# Old addresses


@pytest.fixture
def renamed(world):
    """Systems thinking was called otherwise twice before."""
    world.tell("sessions", catalogue.session(version=2, topics=["systems-thinking"]))
    world.tell("materials", catalogue.material(version=2, topics=["systems-thinking"]))
    world.tell("topics", {"old": "first", "new": "second", "version": 2})
    world.tell("topics", {"old": "second", "new": "systems-thinking", "version": 2})
    return world


@pytest.mark.parametrize("old", ["first", "second"])
def test_an_old_address_of_a_topic_leads_to_its_page(renamed, old):
    answer = renamed.client.get(f"/topics/{old}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/topics/systems-thinking")
    assert renamed.client.get("/topics/systems-thinking").status_code == 200


@pytest.mark.parametrize("path", ["/sessions", "/recordings"])
def test_a_list_that_was_narrowed_down_by_an_old_name_is_the_same_under_the_new_one(renamed, path):
    now = text_of(renamed.client.get(f"{path}?topic=systems-thinking"))
    assert text_of(renamed.client.get(f"{path}?topic=first")) == now
    assert text_of(renamed.client.get(f"{path}?topic=nothing")) != now


@pytest.mark.parametrize("path", ["/sessions", "/materials"])
def test_the_api_takes_an_old_name_for_the_new_one(renamed, path):
    now = renamed.ask("GET", f"{path}?topic=systems-thinking").json
    assert renamed.ask("GET", f"{path}?topic=first").json == now
    assert len(now["items"]) == 1


def test_a_topic_that_has_its_old_name_again_has_a_page_of_its_own(renamed):
    renamed.tell("sessions", catalogue.session(version=3, topics=["first"]))
    renamed.tell("topics", {"old": "systems-thinking", "new": "first", "version": 2})
    renamed.tell("topics", {"old": "second", "new": "first", "version": 3})
    renamed.tell("topics", {"old": "first", "new": "first", "version": 3})
    assert renamed.client.get("/topics/first").status_code == 200
    assert renamed.client.get("/topics/second").headers["Location"] == "/topics/first"


def test_a_topic_that_was_removed_has_no_page(renamed):
    renamed.tell("topics", {"old": "gone", "new": None, "version": 2})
    assert renamed.client.get("/topics/gone").status_code == 404


def test_a_button_on_a_page_that_was_open_asks_for_the_topic_under_its_new_name(renamed):
    renamed.client.set_cookie("__Host-headrow_session", "person-token")
    renamed.registration.answers["register_interest"] = {}
    page = Shown(renamed.client.get("/topics/systems-thinking").text).forms["/interests"]
    answer = renamed.client.post("/interests", data={**page, "topic": "first"})
    assert renamed.registration.asked[-1] == ("register_interest", renamed.registration.asked[-1][1])
    assert renamed.registration.asked[-1][1]["given"] == {"topic": "systems-thinking"}
    assert answer.headers["Location"].startswith("/topics/systems-thinking?")
