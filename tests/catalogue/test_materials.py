"""Materials: what a session leaves behind, shown once it was checked."""

import pytest

from services.catalogue import schemas
from services.catalogue.errors import MaterialPublished, PublicationCheckIncomplete, SessionNotPublished
from services.runtime.refusals import Invalid, NotFound, StaleVersion
from tests.catalogue.given import CHECKED, a_recording, a_virtual_session, slides

pytestmark = pytest.mark.patient

EVERY_FIELD = {
    "kind": "recording",
    "title": "Recording",
    "url": "https://example.org/recording",
    "minutes": 84,
    "captions": False,
    "audience": "community",
}


def add(catalogue, given, session="talk"):
    return catalogue.ask("add_material", slug=session, given=given)


def publish(catalogue, material, **checks):
    return catalogue.ask("publish_material", id=material["id"], given=checks)


def change(catalogue, material, **given):
    return catalogue.ask("change_material", id=material["id"], version=material["version"], given=given)


def test_every_accepted_field_comes_back_in_answers_and_in_events(published):
    assert EVERY_FIELD.keys() == schemas.NewMaterial().fields.keys(), "a field is not in this test"
    added = add(published, EVERY_FIELD)
    assert published.told() == []
    shown = publish(published, added, **CHECKED)
    [event] = published.announced()
    assert (event.type, event.subject) == ("catalogue.material_published.v1", f"materials/{added['id']}")
    of_session = {"session": "talk", "programme": None, "topics": ["care"]}
    assert shown == event.data == EVERY_FIELD | of_session | {"id": added["id"], "status": "published", "version": 2}
    assert published.ask("material", id=added["id"]) == shown
    assert published.ask("session", slug="talk")["materials"] == [shown]


def test_every_field_can_be_changed_but_the_kind(published):
    added = publish(published, add(published, slides()))
    wanted = {"title": "New", "url": "https://example.org/new", "minutes": 1, "captions": True, "audience": "attendees"}
    assert wanted.keys() == schemas.NewMaterial().fields.keys() - {"kind"}
    published.announced()
    changed = change(published, added, **wanted)
    [event] = published.announced()
    assert {name: changed[name] for name in wanted} == wanted
    assert (event.type, event.version, event.data) == ("catalogue.material_published.v1", 3, changed)
    with pytest.raises(Invalid) as refused:
        change(published, changed, kind="recording")
    assert refused.value.errors[0]["field"] == "kind"


def test_it_is_for_everyone_unless_it_says_otherwise(published):
    material = add(published, slides())
    assert (material["audience"], material["minutes"], material["captions"]) == ("everyone", None, None)


def test_a_change_before_it_is_published_is_told_to_nobody(published):
    assert change(published, add(published, slides()), title="New")["version"] == 2
    assert published.told() == []


def test_a_change_that_changes_nothing_is_none(published):
    shown = publish(published, add(published, slides()))
    published.announced()
    assert change(published, shown, title="Slides", kind="slides") == shown
    assert published.told() == []


def test_an_editor_who_read_an_older_version_is_refused(published):
    added = add(published, slides())
    change(published, added, title="Mine")
    with pytest.raises(StaleVersion) as refused:
        change(published, added, title="Yours")
    assert refused.value.facts == {"version": 2}


# The checks of a recording


@pytest.mark.parametrize("missing", [[name] for name in CHECKED] + [list(CHECKED)])
def test_a_recording_is_published_once_everything_was_checked(published, missing):
    recording = add(published, a_recording())
    with pytest.raises(PublicationCheckIncomplete) as refused:
        publish(published, recording, **{name: name not in missing for name in CHECKED})
    assert refused.value.facts == {"missing": missing}
    assert published.ask("material", id=recording["id"])["status"] == "draft"
    assert published.told() == []


@pytest.mark.parametrize("kind", ["slides", "document", "link"])
def test_what_is_no_recording_needs_no_checks(published, kind):
    assert publish(published, add(published, slides(kind=kind)))["status"] == "published"


def test_publishing_twice_is_publishing_once(published):
    shown = publish(published, add(published, a_recording()), **CHECKED)
    published.announced()
    assert publish(published, shown) == shown
    assert published.told() == []


def test_a_withdrawn_recording_is_checked_again_before_it_is_shown_again(published):
    shown = publish(published, add(published, a_recording()), **CHECKED)
    published.announced()
    withdrawn = published.ask("withdraw_material", id=shown["id"])
    [event] = published.announced()
    assert (event.type, event.data) == ("catalogue.material_withdrawn.v1", withdrawn)
    assert (withdrawn["status"], withdrawn["version"]) == ("withdrawn", 3)
    with pytest.raises(PublicationCheckIncomplete):
        publish(published, shown)
    assert publish(published, shown, **CHECKED)["status"] == "published"
    assert published.told() == [f"material_published materials/{shown['id']}"]


def test_withdrawing_what_is_not_shown_changes_nothing(published):
    added = add(published, slides())
    assert published.ask("withdraw_material", id=added["id"]) == added
    assert published.told() == []


def test_a_change_of_what_was_withdrawn_is_told_to_nobody(published):
    withdrawn = published.ask("withdraw_material", id=publish(published, add(published, slides()))["id"])
    published.announced()
    assert change(published, withdrawn, title="New")["version"] == 4
    assert published.told() == []


def test_the_address_of_a_published_recording_is_the_one_that_was_checked(published):
    shown = publish(published, add(published, a_recording()), **CHECKED)
    with pytest.raises(MaterialPublished):
        change(published, shown, url="https://example.org/another")
    withdrawn = published.ask("withdraw_material", id=shown["id"])
    assert change(published, withdrawn, url="https://example.org/another")["version"] == 4


# Its session


def test_a_material_is_shown_once_its_session_is(catalogue):
    catalogue.ask("create_session", given=a_virtual_session())
    material = add(catalogue, slides())
    with pytest.raises(SessionNotPublished):
        publish(catalogue, material)
    catalogue.ask("publish_session", slug="talk")
    assert publish(catalogue, material)["status"] == "published"


def test_an_address_is_in_a_session_once(published):
    first = add(published, slides())
    second = add(published, slides(url="https://example.org/other"))
    for refused_change in (lambda: add(published, slides(title="Copy")), lambda: change(published, second, **slides())):
        with pytest.raises(Invalid) as refused:
            refused_change()
        assert refused.value.errors[0]["field"] == "url"
    assert change(published, first, url=first["url"])["version"] == 1
    published.ask("create_session", given=a_virtual_session(slug="other"))
    assert add(published, slides(), session="other")["session"] == "other"


def test_its_topics_are_its_sessions_and_are_told_when_they_change(published):
    shown = publish(published, add(published, slides()))
    add(published, a_recording())
    published.announced()
    published.ask("change_session", slug="talk", version=2, given={"topics": ["psychology"]})
    session, material = published.announced()
    assert session.type == "catalogue.session_changed.v1"
    assert (material.subject, material.version) == (f"materials/{shown['id']}", 3)
    assert material.data["topics"] == ["psychology"]


@pytest.mark.parametrize("id", ["", "nonsense", "6a171e11-1b85-4bbc-b981-14ee5b66e323"])
def test_there_is_no_material_that_was_not_added(published, id):
    for method, request in {
        "material": {},
        "withdraw_material": {},
        "publish_material": {"given": {}},
        "change_material": {"version": 1, "given": {}},
    }.items():
        with pytest.raises(NotFound):
            published.ask(method, id=id, **request)


# Several at once


def several(catalogue, *materials, method="add_materials", session="talk"):
    return catalogue.ask(method, given={"session": session, "materials": list(materials)})


def test_several_are_added_together_and_told_to_nobody_yet(published):
    pair = (slides(), a_recording())
    planned = several(published, *pair, method="plan_materials")["items"]
    assert published.ask("session", slug="talk")["materials"] == []
    added = several(published, *pair)["items"]
    assert published.ask("session", slug="talk")["materials"] == added
    assert [{name: one[name] for name in EVERY_FIELD} for one in added] == planned
    assert published.told() == []


def test_if_one_of_several_is_wrong_none_is_added(published):
    add(published, slides())
    wrong = {
        "materials.0.url": [slides(), a_recording()],
        "materials.1.url": [a_recording(), a_recording(title="Again")],
        "materials.1.kind": [a_recording(), slides(kind="tape", url="https://example.org/tape")],
        "materials": [],
    }
    for field, given in wrong.items():
        for method in ("plan_materials", "add_materials"):
            with pytest.raises(Invalid) as refused:
                several(published, *given, method=method)
            assert [error["field"] for error in refused.value.errors] == [field]
    with pytest.raises(Invalid):
        several(published, *(slides(url=f"https://example.org/{n}") for n in range(51)))
    with pytest.raises(NotFound):
        several(published, a_recording(), session="nowhere")
    assert len(published.ask("session", slug="talk")["materials"]) == 1


# Of a programme, and of neither


OF_PROGRAMME = {"session": None, "programme": "series"}
OF_NEITHER = {"session": None, "programme": None}


def create(catalogue, of, **given):
    return catalogue.ask("create_material", given={**slides(), **of, **given})


def named(material):
    return {"session": material["session"], "programme": material["programme"]}


@pytest.mark.parametrize("of", [OF_PROGRAMME, OF_NEITHER])
def test_a_material_can_be_of_a_programme_and_of_neither(published, of):
    added = create(published, of)
    assert (named(added), added["status"], published.told()) == (of, "draft", [])
    assert published.ask("materials_of", programme=of["programme"])["items"] == [added]
    shown = publish(published, added)
    [event] = published.announced()
    assert (event.type, event.data) == ("catalogue.material_published.v1", shown)
    assert published.snapshot()[-1]["data"] == shown
    assert change(published, shown, title="New")["title"] == "New"
    assert published.ask("withdraw_material", id=shown["id"])["status"] == "withdrawn"


def test_a_material_is_of_a_session_or_of_a_programme_and_not_of_both(published):
    assert named(create(published, {"session": "talk"})) == {"session": "talk", "programme": None}
    with pytest.raises(Invalid) as refused:
        create(published, {"session": "talk", "programme": "series"})
    assert refused.value.errors[0]["field"] == "programme"
    for of in ({"session": "nowhere"}, {"programme": "nowhere"}):
        with pytest.raises(NotFound):
            create(published, of)


def test_each_list_has_what_is_of_it_and_is_read_page_by_page(published):
    create(published, {"session": "talk"})
    of_programme = [create(published, OF_PROGRAMME, url=f"https://example.org/{n}") for n in range(3)]
    of_neither = create(published, OF_NEITHER)
    first = published.ask("materials_of", programme="series", limit=2)
    rest = published.ask("materials_of", programme="series", limit=2, cursor=first["next"])
    assert first["items"] + rest["items"] == of_programme
    assert rest["next"] is None
    assert published.ask("materials_of", programme=None)["items"] == [of_neither]
    with pytest.raises(NotFound):
        published.ask("materials_of", programme="nowhere")


@pytest.mark.parametrize("of", [OF_PROGRAMME, OF_NEITHER])
def test_an_address_is_once_in_a_programme_and_once_in_what_is_of_neither(published, of):
    create(published, of)
    for again in (lambda: create(published, of), lambda: several_of(published, of, slides())):
        with pytest.raises(Invalid) as refused:
            again()
        assert refused.value.errors[0]["code"] == "url-taken"
    others = {"session": "talk"}, OF_PROGRAMME if of is OF_NEITHER else OF_NEITHER
    assert all(create(published, other)["url"] == slides()["url"] for other in others)


def several_of(catalogue, of, *materials):
    return catalogue.ask("add_materials", given={**of, "materials": list(materials)})


@pytest.mark.parametrize("of", [OF_PROGRAMME, OF_NEITHER])
def test_several_can_be_of_a_programme_and_of_neither(published, of):
    added = several_of(published, of, slides(), a_recording())["items"]
    assert [named(one) for one in added] == [of, of]
    assert published.ask("materials_of", programme=of["programme"])["items"] == added


@pytest.mark.parametrize("audience", ["attendees", "booked"])
def test_only_what_is_of_a_session_is_for_those_who_booked_it_or_were_there(published, audience):
    assert create(published, {"session": "talk"}, audience=audience)["audience"] == audience
    added = create(published, OF_PROGRAMME)
    tries = {
        "audience": lambda: create(published, OF_NEITHER, audience=audience),
        "materials.0.audience": lambda: several_of(published, OF_NEITHER, slides(audience=audience)),
    }
    for field, attempt in {**tries, " audience": lambda: change(published, added, audience=audience)}.items():
        with pytest.raises(Invalid) as refused:
            attempt()
        assert refused.value.errors[0]["field"] == field.strip()


def test_the_topics_of_a_programmes_material_are_told_when_they_change(published):
    shown = publish(published, create(published, OF_PROGRAMME))
    published.announced()
    programme = published.ask("programme", slug="series")
    published.ask("change_programme", slug="series", version=programme["version"], given={"topics": ["psychology"]})
    material = published.announced()[-1]
    assert (material.subject, material.data["topics"]) == (f"materials/{shown['id']}", ["psychology"])
