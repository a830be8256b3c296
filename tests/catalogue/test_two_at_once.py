"""Two at once: neither undoes the other, and nobody is told a thing twice under one version."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Thread

from services.catalogue import renaming, sessions, speakers
from services.catalogue.errors import TopicExists
from services.catalogue.schemas import NewSession
from services.runtime.refusals import Invalid, StaleVersion
from services.runtime.schemas import load
from tests.catalogue.given import NOW, a_speaker, a_virtual_session, the_file
from tests.catalogue.sheets import SPEAKERS


def at_once(world, *questions):
    """Ask all questions at the same time; return answers and refusals, in their order."""

    def ask(question):
        method, request = question
        try:
            return world.ask(method, **request)
        except (Invalid, StaleVersion, TopicExists) as refusal:
            return refusal

    with ThreadPoolExecutor(len(questions)) as threads:
        return list(threads.map(ask, questions))


def versions_told(world):
    return Counter((event.subject, event.version) for event in world.outbox())


def test_of_two_editors_of_one_version_one_is_refused(published):
    edits = [("change_session", {"slug": "talk", "version": 2, "given": {"title": f"By {n}"}}) for n in range(4)]
    answers = at_once(published, *edits)
    assert sum(isinstance(answer, StaleVersion) for answer in answers) == 3
    assert published.ask("session", slug="talk")["version"] == 3


def test_a_slug_is_given_once(catalogue):
    untitled = a_speaker(name="Myron Rogers")
    del untitled["slug"]
    answers = at_once(catalogue, *[("create_speaker", {"given": untitled})] * 4)
    assert sorted(answer["slug"] for answer in answers) == ["myron-rogers"] + [f"myron-rogers-{n}" for n in (2, 3, 4)]
    answers = at_once(catalogue, *[("create_session", {"given": a_virtual_session(topics=["new"])})] * 3)
    assert sum(isinstance(answer, Invalid) for answer in answers) == 2


def test_two_imports_of_one_file_are_one(empty):
    answers = at_once(empty, *[("import_programme", {"given": the_file()})] * 3)
    assert sorted(answer["created"]["sessions"] for answer in answers) == [0, 0, 8]
    assert set(versions_told(empty).values()) == {1}


def test_two_imports_of_one_sheet_are_one(catalogue):
    sheet = {"kind": "speakers", "text": SPEAKERS, "dry_run": False}
    answers = at_once(catalogue, *[("import_csv", sheet)] * 3)
    assert sorted((answer["add"], answer["change"]) for answer in answers) == [(0, 0), (0, 0), (1, 1)]
    assert set(versions_told(catalogue).values()) == {1}


@contextmanager
def meanwhile(world, method, **request):
    """Ask while a transaction is still open; yields that transaction, and a list where the answer will be."""
    answers = []
    asking = Thread(target=lambda: answers.append(world.ask(method, **request)))
    with world.transactions.begin() as db:
        yield db, answers
        asking.start()
        asking.join(0.3)
        assert answers == [], "it did not wait"
    asking.join()


def test_a_session_that_takes_on_a_speaker_who_is_being_changed_shows_them_changed(published):
    published.ask("create_speaker", given=a_speaker(slug="zoe", name="Zoe"))
    request = {"slug": "talk", "version": 2, "given": {"speakers": ["zoe"]}}
    with meanwhile(published, "change_session", **request) as (db, answers):
        speakers.change(db, "zoe", 1, {"name": "Zoë"}, NOW)
    assert [speaker["name"] for speaker in answers[0]["speakers"]] == ["Zoë"]


def test_an_import_waits_for_an_editor_and_then_has_the_last_word(empty):
    empty.ask("import_programme", given=the_file())
    with meanwhile(empty, "import_programme", given=the_file()) as (db, answers):
        sessions.change(db, "myrons-maxims", 1, {"title": "Mine"}, NOW)
    assert answers[0]["changed"]["sessions"] == 1
    assert empty.ask("session", slug="myrons-maxims")["version"] == 3
    assert set(versions_told(empty).values()) == {1}


def test_two_who_change_a_session_and_its_speaker_are_both_told_of(published):
    at_once(
        published,
        ("change_session", {"slug": "talk", "version": 2, "given": {"title": "New"}}),
        ("change_speaker", {"slug": "ada", "version": 1, "given": {"name": "Ada Lovelace"}}),
    )
    last = [event for event in published.outbox() if event.subject == "sessions/talk"][-1]
    assert last.data["speakers"][0]["name"] == "Ada Lovelace"
    assert last.version == published.ask("session", slug="talk")["version"]
    assert set(versions_told(published).values()) == {1}


def test_a_session_that_is_saved_under_a_topic_that_is_being_renamed_is_about_it_under_its_new_name(published):
    request = {"given": a_virtual_session(slug="another", topics=["care"])}
    with meanwhile(published, "create_session", **request) as (db, answers):
        renaming.rename(db, "care", "social-care", NOW)
    assert answers[0]["topics"] == ["social-care"]
    [topic] = published.ask("topics")["items"]
    assert (topic["slug"], topic["sessions"], topic["drafts"]) == ("social-care", 1, 1)


def test_a_topic_that_is_being_given_to_a_session_is_renamed_there_too(published):
    request = {"slug": "care", "given": {"to": "social-care"}}
    with meanwhile(published, "rename_topic", **request) as (db, _):
        sessions.create(db, load(NewSession(), a_virtual_session(slug="another", topics=["care"])), NOW)
    assert published.ask("session", slug="another")["topics"] == ["social-care"]


def test_of_two_topics_that_get_one_name_at_once_one_is_refused(published):
    published.ask("create_session", given=a_virtual_session(slug="another", topics=["trust"]))
    asked = [("rename_topic", {"slug": slug, "given": {"to": "new"}}) for slug in ("care", "trust")]
    answers = at_once(published, *asked)
    assert sum(isinstance(answer, TopicExists) for answer in answers) == 1
    assert len(published.ask("topics")["items"]) == 2
