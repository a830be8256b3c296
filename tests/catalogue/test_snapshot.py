"""The snapshot: the whole public state, as the events would have told it."""

import pytest

from services.catalogue import snapshot
from services.runtime.refusals import Invalid
from tests.catalogue.given import CHECKED, a_recording, a_virtual_session, slides, the_file


def test_an_empty_catalogue_has_nothing_to_tell(empty):
    assert empty.ask("snapshot") == {"items": [], "next": None}


def test_it_is_what_the_last_event_of_each_thing_told(empty):
    empty.ask("import_programme", given=the_file())
    empty.ask("create_session", given=a_virtual_session(slug="draft", programme="virtual-sessions"))
    empty.ask("change_speaker", slug="john-walsh", version=1, given={"affiliation": "University"})
    empty.ask("cancel_session", slug="maxims-in-practice", given={"reason": "Snow."})
    empty.ask("change_programme", slug="virtual-sessions", version=1, given={"title": "Renamed"})
    kept = empty.ask("add_material", slug="slp-march-cohort", given=slides())
    empty.ask("publish_material", id=kept["id"], given={})
    gone = empty.ask("add_material", slug="slp-march-cohort", given=a_recording())
    empty.ask("publish_material", id=gone["id"], given=CHECKED)
    empty.ask("withdraw_material", id=gone["id"])

    last = {event.subject: event for event in empty.outbox() if event.subject != f"materials/{gone['id']}"}
    items = {item["subject"]: item for item in empty.snapshot()}
    assert items.keys() == last.keys()
    renamed = items.pop("sessions/maxims-in-practice")  # cancelled: counts on, and is not told of any more
    assert renamed["type"] == last.pop("sessions/maxims-in-practice").type == "catalogue.session_cancelled.v1"
    for subject, event in last.items():
        assert (items[subject]["version"], items[subject]["data"]) == (event.version, event.data)


def test_its_types_are_those_that_a_newcomer_would_have_heard(empty):
    empty.ask("import_programme", given=the_file())
    empty.ask("change_session", slug="maxims-in-practice", version=1, given={"summary": "New."})
    types = [item["type"].split(".")[1] for item in empty.snapshot()]
    assert types == [
        "city_described",
        *["speaker_changed"] * 4,
        *["programme_published"] * 2,
        *["session_published"] * 8,
        *["material_published"] * 4,
    ]


@pytest.mark.parametrize("at_most", [1, 2, 3, 19, 20, 200])
def test_its_pages_have_everything_once(empty, at_most):
    empty.ask("import_programme", given=the_file())
    subjects, cursor = [], None
    with empty.transactions.begin() as db:
        while not subjects or cursor:
            page = snapshot.page(db, cursor, at_most)
            assert len(page["items"]) <= at_most
            subjects += [item["subject"] for item in page["items"]]
            cursor = page["next"]
    assert len(subjects) == len(set(subjects)) == 19


@pytest.mark.parametrize("cursor", ["nonsense", "WyJhIl0", "WzFd"])
def test_a_cursor_that_is_none_is_refused(empty, cursor):
    with pytest.raises(Invalid) as refused:
        empty.ask("snapshot", cursor=cursor)
    assert refused.value.errors[0]["field"] == "cursor"
