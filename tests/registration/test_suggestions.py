"""What suggestions protect: the team reads all of them, nobody floods it, and erasure takes the text and the name."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.registration import my_data, schemas
from services.registration.errors import TooManySuggestions
from services.registration.models import Suggestion
from services.registration.voices import suggestions
from services.runtime.refusals import Invalid, NotFound, NotSignedIn
from services.runtime.schemas import load
from tests.registration.conftest import NOW

GIVEN = {"kind": "speak", "text": "I could speak on trust.\nI run a hospice."}


def listed(db, **wanted):
    return schemas.SuggestionPage().dump(suggestions.page(db, None, 20, **wanted))["items"]


def suggest(db, person, text="More on trust", kind="theme", now=NOW):
    made = suggestions.suggest(db, person, now, kind, text)
    db.flush()
    return made


def test_every_field_that_is_accepted_is_kept_and_shown(db, person):
    amina = person()
    made = suggest(db, amina, **load(schemas.SuggestionMade(), GIVEN))
    shown = schemas.SuggestionView().dump(suggestions.one(db, amina, made.id))
    assert shown == {"id": made.id, **GIVEN, "created_at": NOW.isoformat()}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "  \n "}, "text"),
        ({"text": "a" * 2001}, "text"),
        ({"text": "a\x00"}, "text"),
        ({"text": None}, "text"),
        ({"kind": "complaint"}, "kind"),
        ({"kind": None}, "kind"),
        ({"person": "x"}, "person"),
    ],
    ids=str,
)
def test_what_is_no_suggestion_is_refused_by_its_field(changed, field):
    with pytest.raises(Invalid) as refused:
        load(schemas.SuggestionMade(), {**GIVEN, **changed})
    assert [error["field"] for error in refused.value.errors] == [field]


def test_two_thousand_characters_are_not_too_many():
    text = "ü" * 2000
    assert load(schemas.SuggestionMade(), {**GIVEN, "text": text})["text"] == text


def test_the_team_reads_them_the_latest_first_with_who_made_them(db, person):
    suggest(db, person("amina"), "First")
    suggest(db, person("ben", sector="citizen"), "Second")
    assert [row["text"] for row in listed(db)] == ["Second", "First"]
    assert listed(db)[0]["person"] == {"name": "Ben", "email": "ben@example.org", "sector": "citizen"}


def test_they_are_listed_page_by_page_and_by_kind(db, person):
    amina = person()
    for number in range(3):
        suggest(db, amina, f"Theme {number}")
        suggest(db, amina, f"Offer {number}", kind="speak")
    first = suggestions.page(db, None, 2, "theme")
    second = suggestions.page(db, first["next"], 2, "theme")
    assert [row["text"] for row in [*first["items"], *second["items"]]] == ["Theme 2", "Theme 1", "Theme 0"]
    assert second["next"] is None


@pytest.mark.parametrize("wrong", [{"kind": "complaint"}, {"cursor": "made up"}], ids=str)
def test_a_list_that_there_is_not_is_refused(db, wrong):
    with pytest.raises(Invalid) as refused:
        suggestions.page(db, **{"cursor": None, "limit": 20, **wrong})
    assert [error["field"] for error in refused.value.errors] == list(wrong)


def test_another_s_suggestion_is_not_there(db, person):
    theirs = suggest(db, person("ben"))
    with pytest.raises(NotFound):
        suggestions.one(db, person("amina"), theirs.id)


def test_nobody_may_send_more_than_twenty_in_a_day(db, person):
    amina = person()
    for minute in range(20):
        suggest(db, amina, now=NOW + timedelta(minutes=minute))
    with pytest.raises(TooManySuggestions) as refused:
        suggest(db, amina, now=NOW + timedelta(hours=1))
    assert refused.value.facts["retry_after"] == 23 * 3600 + 1
    suggest(db, person("ben"), now=NOW + timedelta(hours=1))
    suggest(db, amina, now=NOW + timedelta(days=1))


def test_erasure_leaves_that_something_was_suggested_and_neither_who_nor_what(db, person):
    amina = person()
    suggest(db, amina, "I run Elm Court")
    suggest(db, person("ben"))
    my_data.erase(db, amina, NOW)
    shown = {row["text"]: row for row in listed(db)}
    assert shown[None]["person"] is None
    assert (shown[None]["kind"], shown["More on trust"]["person"]["name"]) == ("theme", "Ben")
    assert db.scalars(select(Suggestion.text).where(Suggestion.person_id == amina.id)).all() == [None]


def test_whoever_was_erased_meanwhile_suggests_nothing(db, person):
    amina = person()
    my_data.erase(db, amina, NOW)
    with pytest.raises(NotSignedIn):
        suggest(db, amina)


def test_the_export_holds_suggestions(db, person):
    amina = person()
    made = suggest(db, amina)
    suggest(db, person("ben"))
    held = {"id": made.id, "kind": "theme", "text": "More on trust", "created_at": NOW}
    assert my_data.export(db, amina)["suggestions"] == [held]
