"""The team's own words in emails: where they may stand, that facts stay, and that what was queued is said as it was."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifications import own_texts, previews, voices
from services.notifications.composing.samples import SAMPLES
from services.notifications.composing.voice import spoken, unknown
from services.notifications.errors import TooManyTests
from services.notifications.message_types import MESSAGE_TYPES, TO_AN_ADDRESS
from services.runtime.refusals import Invalid, NotFound, StaleVersion
from tests.notifications.conftest import LETTERHEAD, NOW, ZOE

OPENING = "Dear {name},\nwelcome to {session}.\n\nYours, {site}"
CLOSING = "See you <soon> & {name}"
SITE = {"site_name": "Leeds Learns", "contact_email": "learn@example.org", "contact_phone": None, "accent": "#5b2d8a"}
PARTS = [(template, part) for template, parts in own_texts.PARTS.items() for part in parts]


def ask(world, act, *named, **more):
    with world.begin() as db:
        return act(db, *named, **more)


def change(world, template, version=1, **given):
    return ask(world, own_texts.change, template, version, given)


def describe(world, version=2, **changes):
    world.hear("catalogue.city_described.v1", "city", {**SITE, **changes}, version)


def example(world, template):
    said = ask(world, voices.voices_of, [template])[template]
    return previews.preview(LETTERHEAD, template, said)


@pytest.mark.parametrize(("template", "part"), PARTS)
def test_own_words_are_in_both_forms_of_an_email_and_no_link_or_fact_goes(world, template, part):
    before = example(world, template)
    change(world, template, **{part: "Words of *ours* <b>"})
    after = example(world, template)
    assert "Words of *ours* <b>" in after["plain"]
    assert "Words of *ours* &lt;b&gt;" in after["html"]
    assert after["subject"] == before["subject"]
    for form in ("plain", "html"):
        links = re.findall(r"https?://[^\s\"<]+", before[form])
        assert links == re.findall(r"https?://[^\s\"<]+", after[form])
    title = SAMPLES[template].get("title")
    assert title is None or (title in before["plain"]) == (title in after["plain"])


def test_placeholders_are_filled_in_for_each_person(world):
    change(world, "thanks", opening=OPENING, closing=CLOSING)
    said = example(world, "thanks")
    assert "Dear Zoë Okafor,\nwelcome to Leading across boundaries.\n\nYours, Leeds Academy\n" in said["plain"]
    assert "Dear Zoë Okafor,<br>welcome to Leading across boundaries." in said["html"]
    assert "See you &lt;soon&gt; &amp; Zoë Okafor" in said["html"]


def test_someone_without_a_name_is_greeted_all_the_same():
    said = spoken({"name": None, "title": "T", "voice": {"opening": "Hello {name}"}}, "S")
    assert said["opening"] == [["Hello there"]]


def test_what_is_filled_in_is_not_read_for_placeholders_again():
    said = spoken({"name": "{site}", "title": "T", "voice": {"opening": "{name}"}}, "S")
    assert said["opening"] == [["{site}"]]


@given(st.text(max_size=200))
@settings(deadline=None)
def test_a_text_is_either_refused_for_a_placeholder_or_all_of_its_words_are_said(text):
    known = ["name", "site"]
    said = spoken({"name": "N", "voice": {"opening": text}}, "S")["opening"]
    if unknown(text, known) is None:
        expected = text.replace("\r\n", "\n").replace("{name}", "N").replace("{site}", "S").split()
        assert " ".join(line for lines in said for line in lines).split() == expected


@pytest.mark.parametrize("template", sorted({*MESSAGE_TYPES} - own_texts.PARTS.keys()))
def test_what_protects_an_account_and_what_is_not_theirs_stays_ours(world, template):
    for act in (lambda: change(world, template, closing="Ours"), lambda: ask(world, own_texts.one, template)):
        with pytest.raises(NotFound):
            act()


def test_nothing_that_goes_to_an_address_can_be_changed():
    assert not TO_AN_ADDRESS & own_texts.PARTS.keys()


def test_an_unknown_placeholder_is_refused_with_those_that_there_are(world):
    with pytest.raises(Invalid) as refused:
        change(world, "thanks", opening="Dear {first_name}", closing="{name}")
    [error] = refused.value.facts["errors"]
    assert (error["field"], error["code"]) == ("opening", "unknown-placeholder")
    assert error["limits"] == {"name": "{first_name}", "choices": ["{name}", "{site}", "{session}"]}


def test_an_opening_that_says_what_happened_stays_ours(world):
    with pytest.raises(Invalid) as refused:
        change(world, "place_offered", opening="It is yours!")
    assert [error["code"] for error in refused.value.facts["errors"]] == ["not-theirs-to-change"]


def test_an_editor_who_read_an_older_version_is_refused_and_versions_never_begin_again(world):
    assert change(world, "thanks", closing="One")["version"] == 2
    with pytest.raises(StaleVersion):
        change(world, "thanks", closing="Two")
    ask(world, own_texts.back_to_ours, "thanks")
    ask(world, own_texts.back_to_ours, "thanks")
    assert ask(world, own_texts.one, "thanks")["version"] == 3
    assert change(world, "thanks", version=3, closing=None)["version"] == 3, "which changes nothing"


def test_back_to_ours_says_what_we_said(world):
    before = example(world, "thanks")
    change(world, "thanks", opening=OPENING, closing=CLOSING)
    assert example(world, "thanks") != before
    ask(world, own_texts.back_to_ours, "thanks")
    assert example(world, "thanks") == before


def test_a_preview_keeps_nothing(world):
    tried = ask(world, own_texts.preview, LETTERHEAD, "thanks", {"closing": "Not yet"})
    assert "Not yet" in tried["plain"]
    assert "Not yet" not in example(world, "thanks")["plain"]


def test_what_the_site_is_called_is_who_writes_and_a_late_event_changes_nothing(world):
    describe(world, version=3)
    describe(world, version=2, site_name="Older")
    said = example(world, "thanks")
    assert "Leeds Learns\nlearn@example.org\n" in said["plain"]
    assert "#5b2d8a" in said["html"]


# Tests


def test_a_test_goes_to_whoever_asks_for_it_with_what_was_typed_and_says_that_it_is_one(world):
    describe(world)
    told = ask(world, own_texts.send_test, ZOE, "booking_confirmed", {"opening": "Welcome, {name}!"}, NOW)
    world.deliver()
    [letter] = world.letterbox.letters
    assert letter.recipient == told["address"]
    assert b"Leeds Learns" in letter.mail
    assert "Welcome, " in letter.plain
    assert letter.subject != example(world, "booking_confirmed")["subject"]
    assert letter.subject.endswith(example(world, "booking_confirmed")["subject"])
    assert b"text/calendar" not in letter.mail, "it puts nothing into a calendar"


@pytest.mark.parametrize("template", own_texts.PARTS)
def test_every_kind_can_be_tried(world, template):
    ask(world, own_texts.send_test, ZOE, template, {}, NOW)
    world.deliver()
    assert len(world.letterbox.letters) == 1


def test_five_tests_in_ten_minutes_are_the_most(world):
    for _ in range(own_texts.MOST_TESTS):
        ask(world, own_texts.send_test, ZOE, "thanks", {}, NOW)
    with pytest.raises(TooManyTests) as refused:
        ask(world, own_texts.send_test, ZOE, "thanks", {}, NOW)
    assert refused.value.facts["retry_after"] == own_texts.TESTS_IN.total_seconds()
    ask(world, own_texts.send_test, ZOE, "thanks", {}, NOW + own_texts.TESTS_IN)


# What was queued


def test_what_was_queued_is_said_as_it_was_then_and_what_is_queued_later_as_it_is_by_then(world):
    change(world, "booking_confirmed", opening="First words")
    world.booking()
    change(world, "booking_confirmed", version=2, opening="Second words")
    [letter] = world.deliver()
    assert "First words" in letter.get_body(("plain",)).get_content()
    world.booking("booking_cancelled", 2)
    world.booking(version=3)
    assert "Second words" in world.deliver()[-1].get_body(("plain",)).get_content()


def test_a_place_that_came_about_otherwise_says_how(world):
    change(world, "booking_confirmed", opening="Own words", closing="Own end")
    world.booking(cause="promoted")
    said = world.deliver()[-1].get_body(("plain",)).get_content()
    assert ("Own words" in said, "Own end" in said) == (False, True)
