"""What a person can do without: chosen when signed in, or by the link in any message; and never what they must know."""

from itertools import product

import pytest

from services.notifications import preferences
from services.notifications.message_types import TOPICS
from services.notifications.models import Unwanted
from services.runtime.refusals import NotFound, StaleVersion
from tests.notifications.conftest import LETTERHEAD, NOW, ZOE
from tests.notifications.reading import html, plain
from tests.sentences import says


def choose(world, version=None, **wanted):
    with world.begin() as db:
        return preferences.choose(db, ZOE, wanted, world.now, version)


def published(world):
    world.session("april", title="April cohort")
    return [mail["Subject"] for mail in world.deliver()]


def test_everything_is_wanted_until_somebody_says_otherwise(world):
    with world.begin() as db:
        assert preferences.view(db, ZOE) == dict.fromkeys(TOPICS, True)


def test_what_is_not_wanted_is_not_written(world):
    world.interest(programme="slp")
    assert choose(world, interests=False)["interests"] is False
    assert published(world) == []
    assert choose(world, interests=True)["interests"] is True
    world.session("may", title="May cohort")
    assert len(world.deliver()) == 1


def test_what_was_queued_goes_with_the_wish(world):
    world.interest(programme="slp")
    world.session("april")
    choose(world, interests=False)
    assert world.deliver() == []


def test_what_concerns_ones_own_place_is_always_told(world):
    choose(world, **dict.fromkeys(TOPICS, False))
    world.booking()
    assert len(world.deliver()) == 1


def test_a_choice_that_names_what_it_changes_is_refused_where_that_has_changed(world):
    version = preferences.with_version(choose(world))["version"]
    assert choose(world, version=version, reminders=False)["reminders"] is False
    with pytest.raises(StaleVersion):
        choose(world, version=version, materials=False)
    now = preferences.with_version(choose(world))
    assert (now["reminders"], now["materials"]) == (False, True)
    assert choose(world, version=now["version"], reminders=True)["reminders"] is True


def test_every_choice_has_a_version_of_its_own():
    all_choices = [dict(zip(TOPICS, ticks, strict=True)) for ticks in product((True, False), repeat=len(TOPICS))]
    assert len({preferences.with_version(chosen)["version"] for chosen in all_choices}) == 2 ** len(TOPICS)


def test_every_message_to_a_person_leads_to_the_choice_and_a_code_does_not(world):
    world.booking()
    world.sign_in()
    code, booking = world.deliver()
    assert "/emails/" not in plain(code) + html(code)
    for text in (plain(booking), html(booking)):
        assert says("email.choose") in text
        assert says("email.stop") not in text


def test_the_link_in_a_message_stops_its_topic_and_no_other(world):
    world.interest(programme="slp")
    world.session("april")
    (mail,) = world.deliver()
    address = mail["List-Unsubscribe"].strip("<>")
    assert f"{says('email.stop')}:\n{address}\n" in plain(mail)
    token = address.rpartition("/")[2]
    with world.begin() as db:
        assert preferences.by_link(db, LETTERHEAD, token)["topic"] == "interests"
        answer = preferences.stop_by_link(db, LETTERHEAD, token, NOW)
    assert answer == {"topic": "interests", "wanted": {**dict.fromkeys(TOPICS, True), "interests": False}}


def test_the_link_of_any_message_chooses_all(world):
    token = LETTERHEAD.signer.dumps([ZOE, None])
    with world.begin() as db:
        answer = preferences.choose_by_link(db, LETTERHEAD, token, {"reminders": False}, NOW)
    assert answer["wanted"]["reminders"] is False


@pytest.mark.parametrize("token", ["", "x", "WyJhIiwgbnVsbF0.forged", "é", "a" * 5000])
def test_a_link_that_is_not_ours_is_refused(world, token):
    with world.begin() as db, pytest.raises(NotFound):
        preferences.by_link(db, LETTERHEAD, token)


def test_a_link_of_somebody_who_is_gone_is_refused_and_their_wishes_are_forgotten(world):
    choose(world, reminders=False)
    world.erase()
    token = LETTERHEAD.signer.dumps([ZOE, "reminders"])
    with world.begin() as db:
        assert db.query(Unwanted).count() == 0
        with pytest.raises(NotFound):
            preferences.by_link(db, LETTERHEAD, token)
        with pytest.raises(NotFound):
            preferences.stop_by_link(db, LETTERHEAD, token, NOW)
