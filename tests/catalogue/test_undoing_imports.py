"""Undoing an import: as a whole, for 30 days, and not where somebody has edited what it made since."""

from datetime import timedelta

import pytest

from services.bus import keeping
from services.catalogue import retention
from services.catalogue.errors import ImportEdited, ImportOver
from services.catalogue.models import Import, ImportLine
from services.runtime import clock
from services.runtime.refusals import NotFound
from tests.catalogue.given import NOW, slides
from tests.catalogue.sheets import COURSE, MATERIALS, SESSIONS, SPEAKERS, counts, imports

PUBLISHED = SESSIONS.replace("Speakers", "Speakers,State").replace("Ada\n", "Ada,published\n")


def imported(world, kind, sheet):
    """Import a sheet, of which everybody has heard then; its id."""
    id = imports(world, kind, sheet)["id"]
    world.announced()
    return id


def undo(world, id):
    return world.ask("undo_import", id=id)


def in_the_way(world, id):
    """The lines and codes by which undoing is refused; nothing comes of it."""
    before = world.snapshot()
    world.announced()
    with pytest.raises(ImportEdited) as refused:
        undo(world, id)
    assert world.snapshot() == before
    assert world.told() == []
    assert world.ask("list_imports")[0]["undone_at"] is None
    return [(line["line"], line["code"]) for line in refused.value.facts["lines"]]


def without_versions(items):
    return [{**item, "version": 0, "data": {**item["data"], "version": 0, "changed_at": ""}} for item in items]


@pytest.mark.parametrize(
    ("kind", "sheet"),
    [("speakers", SPEAKERS), ("sessions", SESSIONS), ("sessions", COURSE), ("materials", MATERIALS)],
)
def test_what_was_added_goes_and_what_was_changed_is_what_it_was(published, kind, sheet):
    before, drafts = published.snapshot(), published.ask("drafts")
    id = imported(published, kind, sheet)
    assert undo(published, id)["undone_at"] is not None
    assert without_versions(published.snapshot()) == without_versions(before)
    assert published.ask("drafts") == drafts
    assert published.ask("materials_of", programme="series")["items"] == []


def test_everybody_hears_of_what_is_put_back_and_removed(published):
    id = imported(published, "speakers", SPEAKERS)
    undo(published, id)
    assert published.told() == [
        "speaker_changed speakers/ada",
        "session_changed sessions/talk",  # which shows her
        "speaker_removed speakers/zoe-okafor",
    ]


def test_the_drafts_that_go_are_named(published):
    """Registration keeps questions for them, which the next session of that name should not have."""
    there = {draft["slug"] for draft in published.ask("drafts")["items"]}
    id = imported(published, "sessions", SESSIONS)
    added = {draft["slug"] for draft in published.ask("drafts")["items"]} - there
    assert {*undo(published, id)["drafts"]} == added != set()
    assert undo(published, imported(published, "materials", MATERIALS))["drafts"] == []


def test_a_session_is_put_back_with_its_meetings_and_speakers(published):
    before = published.ask("session", slug="talk")
    sheet = "slug,title,date,starts,ends,topics,speakers\ntalk,New,9/4/2027,9:00,10:00,other,Ada\n"
    id = imported(published, "sessions", sheet)
    undo(published, id)
    after = published.ask("session", slug="talk")
    changes = ("version", "changed_at")
    assert {k: v for k, v in after.items() if k not in changes} == {k: v for k, v in before.items() if k not in changes}
    assert published.told() == ["session_changed sessions/talk"]


def test_undoing_twice_is_refused_and_sent_again_is_answered_again(published):
    """As registration does it, and as undoing a merge."""
    id = imported(published, "speakers", SPEAKERS)
    first = published.ask("undo_import", id=id, key="undo-once")
    published.announced()
    with pytest.raises(ImportOver):
        undo(published, id)
    assert published.ask("undo_import", id=id, key="undo-once") == first
    assert published.told() == []
    assert counts(imports(published, "speakers", SPEAKERS)) == (1, 1, 0)  # and it can be imported again


def test_imports_are_listed_the_last_one_first(published):
    first, second = imported(published, "speakers", SPEAKERS), imported(published, "materials", MATERIALS)
    listed = published.ask("list_imports")
    assert [one["id"] for one in listed] == [second, first]
    assert listed[1] | {"made_at": "", "undo_until": ""} == {
        **{"id": first, "kind": "speakers", "made_at": "", "by": "the-team", "add": 1, "change": 1},
        **{"undo_until": "", "undone_at": None},
    }


# What is in the way


def test_what_was_edited_since_is_named_and_nothing_is_undone(published):
    id = imported(published, "speakers", SPEAKERS)
    published.ask("change_speaker", slug="zoe-okafor", version=1, given={"bio": "Edited."})
    assert in_the_way(published, id) == [(3, "changed-since")]


def test_what_was_edited_back_is_not_in_the_way(published):
    id = imported(published, "speakers", SPEAKERS)
    published.ask("change_speaker", slug="zoe-okafor", version=1, given={"bio": "Edited."})
    published.ask("change_speaker", slug="zoe-okafor", version=2, given={"bio": ""})
    assert undo(published, id)["undone_at"]


def test_a_later_import_is_undone_first(published):
    first = imported(published, "speakers", SPEAKERS)
    second = imported(published, "speakers", "name,about\nAda,Later.\n")
    assert in_the_way(published, first) == [(2, "changed-since")]
    undo(published, second)
    undo(published, first)
    assert published.ask("speaker", slug="ada")["bio"] == "Speaks."


def test_a_speaker_whom_a_session_names_stays(published):
    id = imported(published, "speakers", SPEAKERS)
    version = published.ask("session", slug="talk")["version"]
    published.ask("change_session", slug="talk", version=version, given={"speakers": ["zoe-okafor"]})
    assert in_the_way(published, id) == [(3, "speaker-in-session")]


def test_a_published_session_is_made_a_draft_first(catalogue):
    id = imported(catalogue, "sessions", PUBLISHED)
    assert in_the_way(catalogue, id) == [(2, "session-published")]
    catalogue.ask("unpublish_session", slug="listening-well", given={"withdrawn": True})
    undo(catalogue, id)
    assert catalogue.ask("drafts")["items"] == []


def test_a_draft_that_the_import_published_is_made_a_draft_first(catalogue):
    imports(catalogue, "sessions", SESSIONS)
    id = imported(catalogue, "sessions", PUBLISHED)
    assert in_the_way(catalogue, id) == [(2, "session-published")]
    catalogue.ask("unpublish_session", slug="listening-well", given={"withdrawn": True})
    undo(catalogue, id)
    assert catalogue.ask("session", slug="listening-well")["status"] == "draft"


def test_a_cancelled_session_is_in_the_way(published):
    id = imported(published, "sessions", "slug,title\ntalk,Another\n")
    published.ask("cancel_session", slug="talk", given={"reason": "Ill."})
    assert in_the_way(published, id) == [(2, "session-cancelled")]


def test_nobody_loses_a_place_or_a_meeting_by_undoing(published):
    meetings = "talk,,9/3/2027,10:00,12:00,60\ntalk,,16/3/2027,10:00,12:00,\n"
    id = imported(published, "sessions", f"slug,title,date,starts,ends,places\n{meetings}")
    assert in_the_way(published, id) == [(2, "fewer-places")]
    version = published.ask("session", slug="talk")["version"]
    published.ask("change_session", slug="talk", version=version, given={"places_online": 40})
    assert in_the_way(published, id) == [(2, "fewer-meetings")]


def test_materials_that_came_since_keep_their_session(catalogue):
    id = imported(catalogue, "sessions", SESSIONS)
    catalogue.ask("add_material", slug="listening-well", given=slides())
    assert in_the_way(catalogue, id) == [(2, "changed-since")]


def test_a_material_that_is_published_by_now_stays(published):
    id = imported(published, "materials", MATERIALS)
    [material] = published.ask("session", slug="talk")["materials"]
    published.ask("publish_material", id=material["id"], given={})
    assert in_the_way(published, id) == [(2, "changed-since")]


def test_what_is_gone_already_is_not_in_the_way_of_the_rest(published):
    id = imported(published, "speakers", SPEAKERS)
    published.ask("delete_speaker", slug="zoe-okafor")
    undo(published, id)
    assert published.ask("speaker", slug="ada")["bio"] == "Speaks."
    assert published.ask("speaker", slug="ada")["affiliation"] is None


def test_a_speaker_who_is_gone_by_now_cannot_be_named_again(published):
    imports(published, "speakers", SPEAKERS)
    id = imported(published, "sessions", "slug,title,speakers\ntalk,,Zoë Okafor\n")
    published.ask("delete_speaker", slug="ada")
    assert in_the_way(published, id) == [(2, "changed-since")]


def test_a_topic_that_was_renamed_since_is_not_in_the_way(catalogue):
    id = imported(catalogue, "sessions", SESSIONS)
    catalogue.ask("rename_topic", slug="care", given={"to": "caring"})
    undo(catalogue, id)
    assert catalogue.ask("drafts")["items"] == []


# For how long


def test_an_import_can_be_undone_for_30_days(published):
    id = imported(published, "speakers", SPEAKERS)
    clock.start_at(NOW + timedelta(days=30, minutes=1))
    assert published.ask("list_imports") == []
    with pytest.raises(ImportOver):
        undo(published, id)
    with pytest.raises(NotFound):
        undo(published, "none")


def test_the_journal_goes_after_30_days(published):
    imports(published, "speakers", SPEAKERS)
    for days, left in ((29, 1), (31, 0)):
        with published.transactions.begin() as db:
            keeping.let_go(db, retention.RULES, NOW + timedelta(days=days))
        with published.transactions.begin() as db:
            assert (db.query(Import).count(), min(1, db.query(ImportLine).count())) == (left, left)
