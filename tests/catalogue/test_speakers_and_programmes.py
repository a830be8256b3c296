"""Speakers and programmes: public at once, and told again with every session that shows them."""

import pytest

from services.catalogue import schemas
from services.runtime.refusals import Invalid, NotFound, StaleVersion
from tests.catalogue.given import a_programme, a_speaker, a_virtual_session

SPEAKER = {"slug": "zoe", "name": "Zoë", "bio": "Two\nlines.", "affiliation": "University of Leeds"}
PROGRAMME = {
    "slug": "course",
    "title": "A course",
    "format": "structured",
    "summary": "Two days.",
    "audience": "Everyone.",
    "ambition": "A city that works as one.",
    "outcomes": ["See the whole", "Meet others"],
    "topics": ["system-leadership", "care"],
    "hand_on": "always",
    "cancel_days": 2,
    "by_application": True,
}


@pytest.mark.parametrize(
    ("kind", "given", "schema", "happened"),
    [
        ("speaker", SPEAKER, schemas.NewSpeaker, "speaker_changed speakers/zoe"),
        ("programme", PROGRAMME, schemas.NewProgramme, "programme_published programmes/course"),
    ],
)
def test_every_accepted_field_comes_back_in_answers_and_in_events(catalogue, kind, given, schema, happened):
    assert given.keys() == schema().fields.keys(), "a field is not in this test"
    answer = catalogue.ask(f"create_{kind}", given=given)
    [event] = catalogue.announced()
    assert f"{event.type.split('.')[1]} {event.subject}" == happened
    beside = {"picture": None} if kind == "speaker" else {}  # given by itself: see test_pictures.py
    assert answer == event.data == catalogue.ask(kind, slug=given["slug"]) == {**given, **beside, "version": 1}


@pytest.mark.parametrize(
    ("kind", "slug", "given"),
    [
        ("speaker", "ada", {name: value for name, value in SPEAKER.items() if name != "slug"}),
        ("programme", "series", {name: value for name, value in PROGRAMME.items() if name != "slug"}),
    ],
)
def test_every_field_can_be_changed_but_the_slug(catalogue, kind, slug, given):
    answer = catalogue.ask(f"change_{kind}", slug=slug, version=1, given=given)
    [event] = catalogue.announced()
    beside = {"picture": None} if kind == "speaker" else {}
    assert answer == event.data == catalogue.ask(kind, slug=slug) == {**given, **beside, "slug": slug, "version": 2}
    with pytest.raises(Invalid):
        catalogue.ask(f"change_{kind}", slug=slug, version=2, given={"slug": "another"})


@pytest.mark.parametrize(("kind", "slug", "given"), [("speaker", "ada", {"name": "Ada"}), ("programme", "series", {})])
def test_a_change_that_changes_nothing_is_none(published, kind, slug, given):
    assert published.ask(f"change_{kind}", slug=slug, version=1, given=given)["version"] == 1
    assert published.told() == []


@pytest.mark.parametrize(("kind", "slug"), [("speaker", "ada"), ("programme", "series")])
def test_an_editor_who_read_an_older_version_is_refused(catalogue, kind, slug):
    with pytest.raises(StaleVersion) as refused:
        catalogue.ask(f"change_{kind}", slug=slug, version=7, given={})
    assert refused.value.facts == {"version": 1}


@pytest.mark.parametrize("kind", ["speaker", "programme"])
def test_there_is_nothing_that_was_not_made(catalogue, kind):
    with pytest.raises(NotFound):
        catalogue.ask(kind, slug="nowhere")
    with pytest.raises(NotFound):
        catalogue.ask(f"change_{kind}", slug="nowhere", version=1, given={})


def test_slugs_are_made_from_the_name_and_the_title(catalogue):
    assert catalogue.ask("create_speaker", given={"name": "Myron Rogers"})["slug"] == "myron-rogers"
    assert catalogue.ask("create_speaker", given={"name": "Myron Rogers"})["slug"] == "myron-rogers-2"
    assert catalogue.ask("create_programme", given={"title": "One Day!", "format": "series"})["slug"] == "one-day"


def test_a_slug_that_is_taken_is_refused(catalogue):
    for method, given in {"create_speaker": a_speaker(), "create_programme": a_programme()}.items():
        with pytest.raises(Invalid) as refused:
            catalogue.ask(method, given=given)
        assert [error["field"] for error in refused.value.errors] == ["slug"]


def test_a_changed_speaker_is_told_again_with_every_published_session_of_theirs(published):
    published.ask("create_session", given=a_virtual_session(slug="draft", speakers=["ada"]))
    published.ask("create_session", given=a_virtual_session(slug="without-them"))
    published.ask("publish_session", slug="without-them")
    published.announced()
    published.ask("change_speaker", slug="ada", version=1, given={"name": "Ada Lovelace"})
    speaker, session = published.announced()
    assert (speaker.type, speaker.version) == ("catalogue.speaker_changed.v1", 2)
    assert (session.type, session.subject) == ("catalogue.session_changed.v1", "sessions/talk")
    assert session.version == session.data["version"] == 3
    assert session.data["speakers"][0]["name"] == "Ada Lovelace"


def test_a_cancelled_session_is_not_told_again(published):
    published.ask("cancel_session", slug="talk", given={"reason": "Snow."})
    published.announced()
    published.ask("change_speaker", slug="ada", version=1, given={"name": "Ada Lovelace"})
    assert published.told() == ["speaker_changed speakers/ada"]


def test_a_new_title_of_a_programme_is_told_with_its_sessions_and_a_new_summary_is_not(published):
    published.ask("change_programme", slug="series", version=1, given={"title": "Renamed"})
    _, session = published.announced()
    assert (session.type, session.data["programme_title"]) == ("catalogue.session_changed.v1", "Renamed")
    published.ask("change_programme", slug="series", version=2, given={"summary": "New"})
    assert published.told() == ["programme_published programmes/series"]
