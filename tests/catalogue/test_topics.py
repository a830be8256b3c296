"""Topics: renamed, merged and removed everywhere at once, and old names that lead on."""

import pytest
from sqlalchemy import text

from services.catalogue.errors import TopicExists
from services.runtime.refusals import Invalid, NotAllowed, NotFound
from tests.catalogue.given import a_meeting, a_programme, a_virtual_session, slides, the_file

pytestmark = pytest.mark.patient


@pytest.fixture
def taught(catalogue):
    """Two published sessions, one cancelled and one draft, and a programme, about `care`; and materials of one."""
    catalogue.ask("create_programme", given=a_programme(slug="course", topics=["care", "trust"]))
    for slug, topics in (("talk", ["trust", "care", "homes"]), ("again", ["care"]), ("off", ["care"])):
        catalogue.ask("create_session", given=a_virtual_session(slug=slug, topics=topics))
        catalogue.ask("publish_session", slug=slug)
    catalogue.ask("cancel_session", slug="off", given={"reason": "Ill"})
    catalogue.ask("create_session", given=a_virtual_session(slug="draft", topics=["care"]))
    material = catalogue.ask("add_material", slug="talk", given=slides())
    catalogue.ask("publish_material", id=material["id"], given={})
    catalogue.material = material["id"]
    catalogue.announced()
    return catalogue


def topics_of(catalogue, slug):
    return catalogue.ask("session", slug=slug)["topics"]


def by_slug(catalogue):
    return {topic["slug"]: topic for topic in catalogue.ask("topics")["items"]}


# What there is


def test_each_topic_is_listed_with_what_is_about_it(taught):
    listed = taught.ask("topics")["items"]
    assert [topic["slug"] for topic in listed] == ["care", "homes", "trust"]
    assert listed[0] == {"slug": "care", "sessions": 3, "drafts": 1, "programmes": 1, "former": []}
    assert taught.ask("topic", slug="care") == listed[0]


@pytest.mark.parametrize("method", ["topics", "topic", "rename_topic", "merge_topic", "remove_topic"])
def test_only_the_team_lists_and_changes_topics(taught, method):
    named = {"topics": {}, "topic": {"slug": "care"}, "remove_topic": {"slug": "care"}}
    asked = named.get(method, {"slug": "care", "given": {"to": "x", "into": "trust"}})
    with pytest.raises(NotAllowed):
        taught.ask(method, caller={"id": "someone", "roles": ["person"]}, **asked)
    assert "care" in by_slug(taught)


# Renaming


def test_a_renamed_topic_is_renamed_in_sessions_drafts_and_programmes_and_keeps_its_place(taught):
    answer = taught.ask("rename_topic", slug="care", given={"to": "social-care"})
    assert answer == {"slug": "social-care", "sessions": 3, "drafts": 1, "programmes": 1, "former": ["care"]}
    assert topics_of(taught, "talk") == ["trust", "social-care", "homes"]
    assert topics_of(taught, "draft") == topics_of(taught, "off") == ["social-care"]
    assert taught.ask("programme", slug="course")["topics"] == ["social-care", "trust"]
    assert taught.ask("material", id=taught.material)["topics"] == ["trust", "social-care", "homes"]


def test_everything_public_that_was_about_it_is_told_of_once_and_the_name_last(taught):
    versions = {slug: taught.ask("session", slug=slug)["version"] for slug in ("talk", "again", "off", "draft")}
    taught.ask("rename_topic", slug="care", given={"to": "social-care"})
    events = taught.announced()
    assert sorted(f"{event.type.split('.')[1]} {event.subject}" for event in events[:-1]) == [
        *(f"material_published materials/{taught.material}", "programme_published programmes/course"),
        *("session_cancelled sessions/off", "session_changed sessions/again", "session_changed sessions/talk"),
    ]
    assert (events[-1].type, events[-1].subject) == ("catalogue.topic_renamed.v1", "topics/care")
    assert events[-1].data == {"old": "care", "new": "social-care", "version": 2}
    assert all(taught.ask("session", slug=slug)["version"] == was + 1 for slug, was in versions.items())


def test_a_name_that_another_topic_has_is_refused_and_changes_nothing(taught):
    with pytest.raises(TopicExists):
        taught.ask("rename_topic", slug="care", given={"to": "trust"})
    assert by_slug(taught)["care"]["sessions"] == 3
    assert taught.announced() == []


def test_a_topic_that_is_given_its_own_name_stays_as_it_is(taught):
    assert taught.ask("rename_topic", slug="care", given={"to": "care"})["sessions"] == 3
    assert taught.announced() == []


@pytest.mark.parametrize("to", ["", "Social care", "a" * 81, None])
def test_a_name_that_is_none_is_refused(taught, to):
    with pytest.raises(Invalid):
        taught.ask("rename_topic", slug="care", given={"to": to})


@pytest.mark.parametrize(
    ("method", "given"), [("rename_topic", {"to": "x"}), ("merge_topic", {"into": "trust"}), ("remove_topic", None)]
)
def test_what_is_no_topic_is_not_found_to_be_changed(taught, method, given):
    taught.ask("rename_topic", slug="care", given={"to": "social-care"})
    for slug in ("care", "nothing"):
        with pytest.raises(NotFound):
            taught.ask(method, slug=slug, **({"given": given} if given else {}))
        with pytest.raises(NotFound):
            taught.ask("topic", slug=slug)


# Merging


def test_a_merged_topic_is_the_other_one_and_no_session_has_that_twice(taught):
    answer = taught.ask("merge_topic", slug="care", given={"into": "trust"})
    assert answer == {"slug": "trust", "sessions": 3, "drafts": 1, "programmes": 1, "former": ["care"]}
    assert topics_of(taught, "talk") == ["trust", "homes"]
    assert topics_of(taught, "again") == ["trust"]
    assert taught.ask("programme", slug="course")["topics"] == ["trust"]
    assert taught.announced()[-1].data == {"old": "care", "new": "trust", "version": 2}


@pytest.mark.parametrize("into", ["care", "nothing"])
def test_a_topic_is_merged_into_another_that_there_is(taught, into):
    with pytest.raises(Invalid):
        taught.ask("merge_topic", slug="care", given={"into": into})
    assert taught.announced() == []


# Removing


def test_a_removed_topic_is_gone_from_everything_and_the_rest_stays(taught):
    assert taught.ask("remove_topic", slug="care") is None
    assert topics_of(taught, "talk") == ["trust", "homes"]
    assert topics_of(taught, "draft") == []
    assert [*by_slug(taught)] == ["homes", "trust"]
    assert taught.announced()[-1].data == {"old": "care", "new": None, "version": 2}


def test_a_removed_topic_that_is_named_again_is_back(taught):
    taught.ask("remove_topic", slug="care")
    taught.announced()
    taught.ask("create_session", given=a_virtual_session(slug="new", topics=["care"]))
    assert by_slug(taught)["care"] == {"slug": "care", "sessions": 0, "drafts": 1, "programmes": 0, "former": []}
    [event] = taught.announced()
    assert event.data == {"old": "care", "new": "care", "version": 3}


# Old names


def test_an_old_name_that_is_typed_is_the_topic_that_it_became(taught):
    taught.ask("rename_topic", slug="care", given={"to": "social-care"})
    taught.ask("create_session", given=a_virtual_session(slug="new", topics=["care", "trust", "social-care"]))
    assert topics_of(taught, "new") == ["social-care", "trust"]
    taught.ask("create_programme", given=a_programme(slug="later", topics=["care"]))
    assert taught.ask("programme", slug="later")["topics"] == ["social-care"]
    assert "care" not in by_slug(taught)


def test_old_names_lead_all_the_way_on_after_a_second_change(taught):
    taught.ask("rename_topic", slug="care", given={"to": "social-care"})
    taught.announced()
    taught.ask("merge_topic", slug="social-care", given={"into": "trust"})
    told = {event.data["old"]: event.data for event in taught.announced() if event.subject.startswith("topics/")}
    assert told == {
        "care": {"old": "care", "new": "trust", "version": 3},
        "social-care": {"old": "social-care", "new": "trust", "version": 2},
    }
    assert by_slug(taught)["trust"]["former"] == ["care", "social-care"]


def test_a_topic_can_have_its_old_name_again(taught):
    taught.ask("rename_topic", slug="care", given={"to": "social-care"})
    taught.announced()
    taught.ask("rename_topic", slug="social-care", given={"to": "care"})
    told = {event.data["old"]: event.data["new"] for event in taught.announced() if event.subject.startswith("topics/")}
    assert told == {"care": "care", "social-care": "care"}
    assert by_slug(taught)["care"] == {
        **{"slug": "care", "sessions": 3, "drafts": 1, "programmes": 1},
        "former": ["social-care"],
    }


def test_an_old_name_can_be_given_to_another_topic(taught):
    taught.ask("rename_topic", slug="care", given={"to": "social-care"})
    taught.ask("rename_topic", slug="homes", given={"to": "care"})
    assert topics_of(taught, "talk") == ["trust", "social-care", "care"]
    assert by_slug(taught)["care"]["former"] == ["homes"]
    assert by_slug(taught)["social-care"]["former"] == []


def test_a_file_with_old_names_changes_nothing_and_one_that_is_exported_has_none(empty):
    file = the_file()
    empty.ask("import_programme", given=file)
    old = file["topics"][0]
    empty.ask("rename_topic", slug=old, given={"to": "named-anew"})
    empty.announced()
    counts = empty.ask("import_programme", given=file)
    assert not any(counts["created"].values())
    assert not any(counts["changed"].values())
    assert empty.announced() == []
    exported = empty.ask("export")
    assert old not in str(exported["topics"])
    assert "named-anew" in exported["topics"]


def test_a_file_with_an_old_name_of_a_topic_may_hold_a_session_that_was_cancelled_since(empty):
    file = the_file()
    empty.ask("import_programme", given=file)
    session = file["programmes"][0]["sessions"][-1]
    session |= {"meetings": [a_meeting(year=2031)], "topics": file["topics"][:2]}
    empty.ask("import_programme", given=file)
    empty.ask("cancel_session", slug=session["slug"], given={"reason": "Ill"})
    empty.ask("rename_topic", slug=session["topics"][0], given={"to": "named-anew"})
    assert not any(empty.ask("import_programme", given=file)["changed"].values())


# Whoever begins later


def test_a_snapshot_tells_what_old_names_lead_on_to(taught):
    taught.ask("rename_topic", slug="care", given={"to": "social-care"})
    taught.ask("remove_topic", slug="homes")
    told = [item for item in taught.snapshot() if item["type"] == "catalogue.topic_renamed.v1"]
    assert [(item["subject"], item["data"]["new"]) for item in told] == [
        ("topics/care", "social-care"),
        ("topics/homes", None),
    ]


def test_the_release_before_writes_a_topic_as_it_did(taught):
    with taught.transactions.begin() as db:
        db.execute(text("INSERT INTO topics (id, slug) VALUES (900, 'old-release')"))
    assert by_slug(taught)["old-release"]["sessions"] == 0
