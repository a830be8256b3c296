"""The pages on which the team invites a waiting list to another session: seen before it is done, and done once."""

import pytest

from tests.gateway import catalogue, fakes
from tests.gateway.html import links, text_of
from tests.gateway.rows_of_pages import LATER, REFERENCE, WAITING_LIST_INVITED, booking, page
from tests.gateway.shown_page import Shown
from tests.sentences import says

SLUG = "maxims-in-practice"
PATH = f"/team/sessions/{SLUG}/invite-waiting"
METHODS = ("foresee_invitation", "invite_waiting_list")


@pytest.fixture
def team(world):
    told = {**WAITING_LIST_INVITED, "to": LATER}
    waiting = booking(state="waiting", position=1)
    world.registration.answers.update(dict.fromkeys(METHODS, told))
    world.registration.answers["session_bookings"] = lambda state, **_: page(*[waiting] * (state == "waiting"))
    world.tell("sessions", catalogue.session(starts="2026-12-01T14:00:00+00:00", version=2))
    world.tell("sessions", catalogue.session(LATER, "2026-12-08T14:00:00+00:00", title="Trust"))
    world.client.set_cookie("__Host-headrow_session", "team-token")
    return world


def sent(world, **said):
    form = Shown(world.client.get(PATH).text).forms[PATH]
    fields = {name: form[name] for name in ("form_token", "key")}
    return world.client.post(PATH, data={**fields, "to": LATER, "days": "7", **said})


def test_the_team_finds_it_from_the_waiting_list(team):
    assert PATH in links(team.client.get(f"/team/sessions/{SLUG}/waiting-list"))


@pytest.mark.parametrize("shown", ["waiting-list", "bookings"])
def test_the_other_session_says_whose_waiting_list_is_asked_first(team, shown):
    path = f"/team/sessions/{LATER}/{shown}"
    assert says("inviting.first") not in text_of(team.client.get(path))
    first = [{"session": SLUG, "until": "2026-12-05T10:00:00+00:00"}]
    team.registration.answers["session_bookings"] = page(first_refusal=first)
    assert says("inviting.first") in text_of(team.client.get(path))


def test_who_would_be_invited_is_shown_before_anyone_is(team):
    answer = sent(team, step="check")
    text = text_of(answer)
    assert (answer.status_code, "Trust" in text) == (200, True)
    assert says("inviting.clash") in text
    assert team.registration.last("foresee_invitation")["given"] == {"to": LATER, "hours": 168}
    assert not team.registration.was_asked("invite_waiting_list")


def test_the_free_places_are_counted_apart_as_nobody_is_asked_for_a_mode_that_they_did_not_choose(team):
    team.registration.answers["foresee_invitation"] |= {"places": {"in_room": 2, "online": 10}}
    assert says("inviting.free") in text_of(sent(team, step="check"))


def test_then_they_are_invited_once(team):
    form = Shown(sent(team, step="check").text).forms[PATH]
    answer = team.client.post(PATH, data={**form, "step": "invite"})
    assert (answer.status_code, says("inviting.done") in text_of(answer)) == (200, True)
    first = team.registration.last("invite_waiting_list")
    team.client.post(PATH, data={**form, "step": "invite"})
    assert team.registration.last("invite_waiting_list")["key"] == first["key"]


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"to": ""}, "inviting.no_session"),
        ({"days": ""}, "inviting.days"),
        ({"days": "0"}, "inviting.days"),
        ({"days": "61"}, "inviting.days"),
        ({"days": "a week"}, "inviting.days"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_is_kept(team, said, wrong):
    answer = sent(team, step="check", **said)
    assert (answer.status_code, says(wrong) in text_of(answer)) == (422, True)
    kept = Shown(answer.text).forms[PATH]
    assert kept["days"] == said.get("days", "7")
    assert not team.registration.was_asked("foresee_invitation")


def test_a_session_that_is_about_to_begin_is_refused_at_the_field(team):
    team.registration.answers["foresee_invitation"] = fakes.refused("booking-closed")
    assert sent(team, step="check").status_code == 409
    team.registration.answers["foresee_invitation"] = fakes.invalid("other-programme", "to")
    assert sent(team, step="check").status_code == 422


def test_nothing_is_lost_by_changing_it(team):
    answer = sent(team, step="change", days="3")
    assert (answer.status_code, Shown(answer.text).forms[PATH]["days"]) == (200, "3")


def test_where_nobody_can_be_asked_there_is_no_button(team):
    nobody = {**WAITING_LIST_INVITED, "invited": 0, "items": WAITING_LIST_INVITED["items"][1:], "to": LATER}
    team.registration.answers["foresee_invitation"] = nobody
    answer = sent(team, step="check")
    assert 'value="invite"' not in answer.text


@pytest.mark.parametrize(("dry_run", "method"), [("?dry_run=true", METHODS[0]), ("", METHODS[1])])
def test_the_api_asks_or_shows(team, dry_run, method):
    address = f"/api/v1/sessions/{SLUG}/invite-waiting{dry_run}"
    answer = team.client.post(address, json={"to": LATER}, headers={"Authorization": "Bearer team-token"})
    assert (answer.status_code, answer.json["invited"]) == (200, 1)
    assert team.registration.was_asked(method)


# For those who are invited


@pytest.mark.parametrize(
    ("action", "said"), [("", "invited.keep"), ("/accept", "invited.leave"), ("/decline", "invited.stay")]
)
def test_whoever_is_invited_reads_what_becomes_of_their_wait(asha, action, said):
    expires = {"expires_at": "2027-01-12T10:00:00+00:00"}
    asha.registration.answers["booking"] = booking(state="offered", offer=expires, instead_of="trust")
    text = text_of(asha.client.get(f"/bookings/{REFERENCE}{action}"))
    assert says(said, session="Trust") in text
