"""The team's own words in emails: over the API and on their page, tried before saving, and given back to ours."""

import pytest

from services.runtime.faults import Fault
from tests.gateway import fakes
from tests.gateway.html import Page, text_of
from tests.sentences import says

TEXT = {
    **{"template": "thanks", "parts": ["opening", "closing"], "placeholders": ["name", "site", "session"]},
    **{"opening": "Hello {name}", "closing": None, "version": 3},
}
EXAMPLE = {
    **{"template": "thanks", "subject": "Thank you", "plain": "As text"},
    "html": "<style>p { color: red; }</style><p>As &lt;HTML&gt;</p>",
}
PATH = "/team/messages/previews/thanks/words"
STALE = fakes.refused("stale-version", version=5)
UNKNOWN = fakes.refused(
    "invalid",
    errors=[Fault("unknown-placeholder", {"name": "{who}", "choices": ["{name}", "{site}"]}).at("opening")],
)


@pytest.fixture
def team(world):
    world.notifications.answers.update(
        own_texts={"items": [TEXT]}, own_text=TEXT, change_own_text=TEXT, drop_own_text=None,
        preview_own_text=EXAMPLE, send_test={"address": "team@example.org"}, preview=EXAMPLE,
    )  # fmt: skip
    world.client.set_cookie("headrow_session", "team-token")
    return world


def send(world, **typed):
    page = Page(world.client.get(PATH).text)
    shown = {name: text for name, text in page.form.items() if name != "do"}
    return world.client.post(PATH, data={**shown, "opening": "Hello {name}", "closing": "", **typed})


# Over the API


def test_the_api_reads_changes_tries_and_gives_back(team):
    assert team.get("/emails", "team-token").json["items"] == [TEXT]
    etag = team.get("/emails/thanks", "team-token").headers["ETag"]
    given = {"closing": "Goodbye"}
    assert team.ask("PATCH", "/emails/thanks", "team-token", given).status_code == 428
    assert team.ask("PATCH", "/emails/thanks", "team-token", given, If_Match=etag).status_code == 200
    assert team.notifications.last("change_own_text") | {"caller": None} == {
        **{"caller": None, "template": "thanks", "version": 3, "given": given},
    }
    assert team.ask("POST", "/emails/thanks/preview", "team-token", given).json == EXAMPLE
    assert team.ask("POST", "/emails/thanks/test", "team-token", given).json == {"address": "team@example.org"}
    assert team.ask("DELETE", "/emails/thanks", "team-token").status_code == 204
    team.notifications.answers["change_own_text"] = STALE
    assert team.ask("PATCH", "/emails/thanks", "team-token", given, If_Match=etag).status_code == 412


def test_too_many_tests_say_when_to_try_again(team):
    team.notifications.answers["send_test"] = fakes.refused("too-many-tests", retry_after=90)
    answer = team.ask("POST", "/emails/thanks/test", "team-token", {})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "90")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_nobody_but_the_team_may(team, method):
    given = {} if method == "PATCH" else None
    assert team.ask(method, "/emails/thanks", "person-token", given, If_Match='"3-x"').status_code == 403


# On the page


def test_only_what_was_changed_is_sent(team):
    assert send(team, closing="Goodbye").headers["Location"] == f"{PATH}?done=saved"
    asked = team.notifications.last("change_own_text")
    assert (asked["version"], asked["given"]) == (3, {"closing": "Goodbye"})


def test_a_preview_shows_both_forms_of_what_was_typed_and_saves_nothing(team):
    answer = send(team, do="preview", closing="Goodbye")
    assert answer.status_code == 200
    asked = team.notifications.last("preview_own_text")
    assert asked["given"] == {"opening": "Hello {name}", "closing": "Goodbye"}
    assert not team.notifications.was_asked("change_own_text")
    assert not team.notifications.was_asked("send_test")
    [frame] = Page(answer.text).all("iframe")
    assert frame["srcdoc"] == EXAMPLE["html"]
    assert "sandbox" in frame
    assert EXAMPLE["plain"] in text_of(answer)
    assert "Goodbye" in answer.text


def test_the_page_allows_the_one_style_of_the_example_and_no_other(team):
    policy = send(team, do="preview").headers["Content-Security-Policy"]
    assert "'sha256-" in policy
    assert "unsafe-inline" not in policy
    assert "'sha256-" not in team.client.get(PATH).headers["Content-Security-Policy"]


def test_a_test_is_sent_with_what_was_typed_and_says_where_to(team):
    answer = send(team, do="test", closing="Goodbye")
    assert "team@example.org" in text_of(answer)
    assert team.notifications.last("send_test")["given"] == {"opening": "Hello {name}", "closing": "Goodbye"}
    assert "Goodbye" in answer.text


def test_after_too_many_tests_nothing_that_was_typed_is_lost(team):
    team.notifications.answers["send_test"] = fakes.refused("too-many-tests", retry_after=90)
    answer = send(team, do="test", closing="Goodbye")
    assert answer.status_code == 429
    assert "Goodbye" in answer.text


@pytest.mark.parametrize("do", ["", "preview", "test"])
def test_an_unknown_placeholder_is_told_at_its_field_with_those_that_there_are(team, do):
    team.notifications.answers.update(change_own_text=UNKNOWN, preview_own_text=UNKNOWN)
    answer = send(team, do=do, opening="Dear {who}")
    assert answer.status_code == 422
    words = says(
        "field_errors.unknown_placeholder", what=says("fields.opening"), name="{who}", choices="{name}, {site}"
    )
    assert words in text_of(answer)
    assert 'href="#opening"' in answer.text
    assert "Dear {who}" in answer.text


def test_back_to_ours_is_a_button(team):
    assert send(team, do="ours").headers["Location"] == f"{PATH}?done=ours"
    assert team.notifications.was_asked("drop_own_text")


def test_whoever_is_overtaken_sees_what_is_there_now(team):
    team.notifications.answers["change_own_text"] = STALE
    assert send(team, closing="Goodbye").status_code == 409


def test_an_opening_that_stays_ours_has_no_field(team):
    team.notifications.answers["own_text"] = {**TEXT, "parts": ["closing"], "opening": None}
    assert [area["name"] for area in Page(team.client.get(PATH).text).all("textarea")] == ["closing"]


def test_an_example_leads_to_its_words_where_some_can_be_theirs(team):
    path = "/team/messages/previews/thanks"
    assert f'href="{PATH}"' in team.client.get(path).text
    team.notifications.answers["own_texts"] = {"items": []}
    assert f'href="{PATH}"' not in team.client.get(path).text
