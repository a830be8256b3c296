"""A published session that is a draft again, what is deleted for good, and what readers make of a namesake."""

from threading import Thread

import pytest

from services.catalogue import removing
from services.catalogue.errors import SessionCancelled, SpeakerNamed
from services.runtime.refusals import Invalid, NotFound, Unavailable
from tests.catalogue.given import CHECKED, a_speaker, a_virtual_session, slides, the_file

WITHDRAWN = {"withdrawn": True}


def unpublish(world, **given):
    return world.ask("unpublish_session", slug="talk", given={**WITHDRAWN, **given})


def test_a_session_that_registration_let_go_of_is_a_draft_again_and_told_of_once(published):
    answer = unpublish(published)
    assert (answer["status"], answer["version"]) == ("draft", 3)
    [event] = published.announced()
    assert (event.type, event.version) == ("catalogue.session_unpublished.v1", 3)
    assert unpublish(published)["version"] == 3, "once is enough"
    assert published.told() == []
    assert [draft["slug"] for draft in published.ask("drafts")["items"]] == ["talk"]
    assert "sessions/talk" not in {item["subject"] for item in published.snapshot()}


def test_it_is_published_again_under_a_later_version(published):
    unpublish(published)
    published.ask("change_session", slug="talk", version=3, given={"title": "Better"})
    published.announced()
    published.ask("publish_session", slug="talk")
    [event] = published.announced()
    assert (event.type, event.version, event.data["title"]) == ("catalogue.session_published.v1", 5, "Better")


def test_its_published_materials_are_withdrawn_with_it(published):
    id = published.ask("add_material", slug="talk", given=slides())["id"]
    published.ask("publish_material", id=id, given=CHECKED)
    published.announced()
    unpublish(published)
    assert published.told() == ["session_unpublished sessions/talk", f"material_withdrawn materials/{id}"]


def test_what_registration_has_not_let_go_of_stays_published_for_the_moment(published):
    with pytest.raises(Unavailable) as refused:
        unpublish(published, withdrawn=False)
    assert refused.value.facts == {"retry_after": 1}
    assert published.ask("session", slug="talk")["status"] == "published"


def test_a_draft_stays_one_whatever_registration_says(catalogue):
    catalogue.ask("create_session", given=a_virtual_session())
    assert unpublish(catalogue, withdrawn=False)["status"] == "draft"


def test_a_cancelled_session_is_not_unpublished(published):
    published.ask("cancel_session", slug="talk", given={"reason": "Ill"})
    with pytest.raises(SessionCancelled):
        unpublish(published)


def test_there_is_nothing_to_unpublish_of_no_session(catalogue):
    with pytest.raises(NotFound):
        unpublish(catalogue)


def test_a_session_of_a_name_that_was_deleted_is_told_of_under_a_later_version(published):
    unpublish(published)
    published.ask("delete_session", slug="talk")
    assert published.ask("create_session", given=a_virtual_session())["version"] == 4
    assert published.ask("create_session", given=a_virtual_session(slug="other"))["version"] == 4


def test_a_speaker_whom_no_session_names_is_deleted_and_told_of(published):
    published.ask("create_speaker", given=a_speaker(slug="zoe", name="Zoe"))
    published.announced()
    published.ask("delete_speaker", slug="zoe")
    [event] = published.announced()
    assert (event.type, event.subject, event.version) == ("catalogue.speaker_removed.v1", "speakers/zoe", 2)
    for _ in range(2):
        with pytest.raises(NotFound):
            published.ask("delete_speaker", slug="zoe")


@pytest.mark.parametrize("state", ["draft", "published", "cancelled"])
def test_a_speaker_whom_a_session_names_stays_and_it_is_said_which(published, state):
    if state == "draft":
        unpublish(published)
    if state == "cancelled":
        published.ask("cancel_session", slug="talk", given={"reason": "Ill"})
    with pytest.raises(SpeakerNamed) as refused:
        published.ask("delete_speaker", slug="ada")
    assert refused.value.facts["sessions"] == [{"slug": "talk", "title": "A talk"}]
    assert published.ask("speaker", slug="ada")["name"] == "Ada"


def test_a_namesake_of_a_speaker_who_is_gone_is_told_of_under_a_later_version(published):
    published.ask("create_speaker", given=a_speaker(slug="zoe"))
    published.ask("change_speaker", slug="zoe", version=1, given={"name": "Zoë"})
    published.ask("delete_speaker", slug="zoe")
    assert published.ask("create_speaker", given=a_speaker(slug="zoe"))["version"] == 4


def test_a_namesake_who_is_imported_is_told_of_under_a_later_version_too(empty):
    empty.ask("import_programme", given=the_file())
    slug = "nobody-s-speaker"
    empty.ask("create_speaker", given=a_speaker(slug=slug))
    empty.ask("delete_speaker", slug=slug)
    file = the_file()
    file["speakers"].append({"slug": slug, "name": "Nobody’s speaker"})
    empty.announced()
    empty.ask("import_programme", given=file)
    [event] = empty.announced()
    assert (event.subject, event.version) == (f"speakers/{slug}", 3)


def test_a_session_that_takes_on_a_speaker_who_is_being_deleted_does_not_find_them(published):
    published.ask("create_speaker", given=a_speaker(slug="zoe", name="Zoe"))
    refusals = []

    def take_on():
        try:
            published.ask("change_session", slug="talk", version=2, given={"speakers": ["zoe"]})
        except Invalid as refusal:
            refusals.append(refusal.errors[0]["code"])

    asking = Thread(target=take_on)
    with published.transactions.begin() as db:
        removing.delete_speaker(db, "zoe")
        asking.start()
        asking.join(0.3)
        assert refusals == [], "it did not wait"
    asking.join()
    assert refusals == ["unknown-name"]
