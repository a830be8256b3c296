"""Import: a programme file becomes the catalogue, all of it or nothing, and again is as good as once."""

from collections import Counter

import pytest

from services.catalogue.programme_file import ProgrammeFile, without_notes
from services.runtime.refusals import Invalid
from services.runtime.schemas import load
from tests.catalogue.given import a_recording, a_virtual_session, slides, the_file

pytestmark = pytest.mark.patient

SERIES, PSP, MAXIMS, ORGFLEX = 1, 0, 1, 2  # where things are in the file


def counts(answer) -> dict[str, dict[str, int]]:
    """The counts that are not 0."""
    return {what: {kind: n for kind, n in kinds.items() if n} for what, kinds in answer.items()}


def session_of(file, session=PSP, programme=SERIES):
    return file["programmes"][programme]["sessions"][session]


@pytest.fixture
def imported(empty):
    """The sample programme, of which everybody has been told."""
    empty.ask("import_programme", given=the_file())
    empty.announced()
    return empty


def imports(catalogue, file) -> dict[str, dict[str, int]]:
    return counts(catalogue.ask("import_programme", given=file))


def refusal_of(catalogue, file) -> dict[str, str]:
    """What is wrong with the file, by field; and nothing has come of it."""
    before = catalogue.ask("export")
    catalogue.announced()
    with pytest.raises(Invalid) as refused:
        catalogue.ask("import_programme", given=file)
    assert catalogue.ask("export") == before
    assert catalogue.told() == []
    return {error["field"]: error["message"] for error in refused.value.errors}


# The file as it is


def test_the_sample_becomes_the_catalogue(empty):
    created = {"city": 1, "sectors": 12, "topics": 7, "speakers": 4, "programmes": 2, "sessions": 8, "materials": 5}
    assert imports(empty, the_file()) == {"created": created, "changed": {}, "unchanged": {}}
    assert Counter(event.type.split(".")[1] for event in empty.announced()) == {
        "city_described": 1,
        "speaker_changed": 4,
        "programme_published": 2,
        "session_published": 8,
        "material_published": 4,  # the fifth says that it is not published
    }


def test_importing_twice_changes_nothing_and_tells_nobody(imported):
    before = imported.ask("snapshot")
    same = {"city": 1, "sectors": 12, "topics": 7, "speakers": 4, "programmes": 2, "sessions": 8, "materials": 5}
    assert imports(imported, the_file()) == {"created": {}, "changed": {}, "unchanged": same}
    assert imported.told() == []
    assert imported.ask("snapshot") == before


def test_what_is_in_the_file_is_what_is_told(imported):
    session = imported.ask("session", slug="slp-march-cohort")
    given = session_of(the_file(), 0, programme=0)
    assert session["status"] == "published"
    assert session["venue"] == given["venue"]
    assert session["meetings"][1] == {
        "starts_at": "2027-03-23T09:30:00+00:00",
        "ends_at": "2027-03-23T16:30:00+00:00",
    }
    assert [held["places"] for held in session["held_places"]] == [10, 4]
    june = imported.ask("session", slug="slp-june-virtual-cohort")
    assert june["meetings"][0]["starts_at"] == "2027-06-08T08:30:00+00:00"  # half past nine in Leeds, in summer
    assert [speaker["slug"] for speaker in imported.ask("session", slug="people-systems-psychology")["speakers"]] == [
        "steve-keyes",
        "john-walsh",
    ]


def test_a_session_has_an_automatic_waiting_list_unless_the_file_says_otherwise(imported):
    assert "waiting_list" not in session_of(the_file())
    assert imported.ask("session", slug="people-systems-psychology")["waiting_list"] == "automatic"


# A changed file


def in_city(file):
    file["city"]["workforce"] = 58000


def in_a_sector(file):
    file["sectors"][2]["workforce"] = 23000


def in_the_order_of_sectors(file):
    file["sectors"].reverse()


def in_the_ways(file):
    file["ways_to_get_involved"].pop()


def in_a_speaker(file):
    file["speakers"][2]["bio"] = "New."


def in_a_programme(file):
    file["programmes"][1]["outcomes"].append("A third")


def in_a_session(file):
    session_of(file)["summary"] = "New."


def in_a_meeting(file):
    session_of(file)["meetings"][0]["ends_at"] = "2020-06-18T15:45:00"


def in_a_speaker_and_their_session(file):
    in_a_speaker(file)
    session_of(file, MAXIMS)["summary"] = "New."


def in_a_material(file):
    session_of(file)["materials"][1]["title"] = "Reading list"


def in_an_address(file):
    session_of(file)["materials"][0]["url"] = "https://example.org/recordings/psp-2"


def by_publishing(file):
    session_of(file, ORGFLEX)["materials"][0]["published"] = True


def by_withdrawing(file):
    session_of(file)["materials"][0]["published"] = False


CHANGES = [
    (in_city, {"city": 1}, ["city_described"]),
    (in_a_sector, {"city": 1, "sectors": 1}, ["city_described"]),
    (in_the_order_of_sectors, {"city": 1}, ["city_described"]),
    (in_the_ways, {"city": 1}, ["city_described"]),
    (in_a_speaker, {"speakers": 1, "sessions": 2}, ["speaker_changed", "session_changed", "session_changed"]),
    (in_a_programme, {"programmes": 1}, ["programme_published"]),
    (in_a_session, {"sessions": 1}, ["session_changed"]),
    (in_a_meeting, {"sessions": 1}, ["session_changed"]),
    (
        in_a_speaker_and_their_session,
        {"speakers": 1, "sessions": 2},
        ["speaker_changed", "session_changed", "session_changed"],
    ),
    (in_a_material, {"materials": 1}, ["material_published"]),
    (in_an_address, {"materials": 1}, ["material_published"]),
    (by_publishing, {"materials": 1}, ["material_published"]),
    (by_withdrawing, {"materials": 1}, ["material_withdrawn"]),
]


@pytest.mark.parametrize(("edit", "changed", "told"), CHANGES, ids=[edit.__name__ for edit, _, _ in CHANGES])
def test_a_changed_file_tells_just_what_changed(imported, edit, changed, told):
    file = the_file()
    edit(file)
    answer = imports(imported, file)
    assert (answer["created"], answer["changed"]) == ({}, changed)
    events = imported.announced()
    assert [event.type.split(".")[1] for event in events] == told
    assert {event.version for event in events} == {2}
    assert imports(imported, file)["changed"] == {}
    assert imported.told() == []


def test_what_a_file_adds_is_told_and_what_it_leaves_out_stays(imported):
    file = {
        "source": "A part of a file.",
        "speakers": [{"slug": "ada", "name": "Ada"}],
        "programmes": [
            {
                "slug": "virtual-sessions",
                "title": "System leadership sessions",
                "format": "series",
                "summary": the_file()["programmes"][1]["summary"],
                "audience": the_file()["programmes"][1]["audience"],
                "outcomes": the_file()["programmes"][1]["outcomes"],
                "topics": the_file()["programmes"][1]["topics"],
                "sessions": [
                    {**a_virtual_session(topics=["brand-new"], speakers=["ada", "john-walsh"])} | {"slug": "new-talk"}
                ],
            }
        ],
    }
    del file["programmes"][0]["sessions"][0]["programme"]
    answer = imports(imported, file)
    assert answer["created"] == {"speakers": 1, "sessions": 1}
    assert answer["changed"] == {}
    assert imported.told() == ["speaker_changed speakers/ada", "session_published sessions/new-talk"]
    assert len(imported.ask("export")["programmes"][1]["sessions"]) == 7
    assert "brand-new" in imported.ask("export")["topics"]


def test_sectors_that_a_file_leaves_out_stay_after_those_that_it_names(imported):
    imports(imported, {"sectors": [{"code": "dentistry", "name": "Dentistry"}, the_file()["sectors"][11]]})
    codes = [sector["code"] for sector in imported.ask("export")["sectors"]]
    assert codes[:3] == ["dentistry", "citizen", "general_practice"]
    assert len(codes) == 13


def test_a_session_can_move_to_another_programme(imported):
    file = the_file()
    file["programmes"][0]["sessions"].append(file["programmes"][1]["sessions"].pop())
    assert imports(imported, file)["changed"] == {"sessions": 1}
    [event] = imported.announced()
    assert event.data["programme"] == "system-leadership-programme"


def test_a_draft_that_a_file_names_is_published(imported):
    draft = a_virtual_session(slug="draft", programme="virtual-sessions")
    imported.ask("create_session", given=draft)
    file = the_file()
    file["programmes"][1]["sessions"].append({name: value for name, value in draft.items() if name != "programme"})
    assert imports(imported, file)["changed"] == {"sessions": 1}
    assert imported.told() == ["session_published sessions/draft"]


def test_a_cancelled_session_does_not_come_back(imported):
    imported.ask("cancel_session", slug="maxims-in-practice", given={"reason": "Snow."})
    imported.announced()
    assert imports(imported, the_file())["unchanged"]["sessions"] == 8
    assert imported.told() == []
    file = the_file()
    session_of(file, 4)["title"] = "Again"
    assert refusal_of(imported, file).keys() == {"programmes.1.sessions.4"}


def test_materials_swap_their_titles(imported):
    file = the_file()
    one, other = session_of(file, MAXIMS)["materials"]
    one["url"], other["url"] = other["url"], one["url"]
    assert imports(imported, file)["changed"] == {"materials": 2}
    assert imports(imported, file)["changed"] == {}


def test_a_document_that_becomes_a_recording_is_vouched_for(imported):
    file = the_file()
    session_of(file)["materials"][1]["kind"] = "recording"
    assert imports(imported, file)["changed"] == {"materials": 1}


def test_what_editors_changed_meanwhile_becomes_what_the_file_says(imported):
    imported.ask("change_session", slug="maxims-in-practice", version=1, given={"places_online": 60})
    imported.announced()
    assert imports(imported, the_file())["changed"] == {"sessions": 1}
    [event] = imported.announced()
    assert (event.data["places_online"], event.version) == (40, 3)


# A file that is wrong


def wrong_in(file) -> set[str]:
    """The fields that are wrong with a file for a catalogue that has nothing yet."""
    with pytest.raises(Invalid) as refused:
        load(ProgrammeFile(), without_notes(file))
    return {error["field"] for error in refused.value.errors}


def broken(edit):
    file = the_file()
    edit(file)
    return file


def every_part_of_it(file):
    file["city"]["time_zone"] = "Mars/Olympus"
    file["city"]["mayor"] = "Somebody"
    file["sectors"][3]["code"] = "Local authority"
    file["sectors"][4]["workforce"] = "3300"
    file["topics"].append("Not a slug")
    file["speakers"][0]["name"] = ""
    file["speakers"].append({"slug": "john-walsh", "name": "Another"})
    file["programmes"][0]["format"] = "course"
    file["programmes"][0]["sessions"][0]["held_places"][0]["sector"] = "unheard_of"
    file["programmes"][1]["sessions"][3]["meetings"][0]["ends_at"] = "2020-11-05T14:30:00"
    file["programmes"][1]["sessions"][0]["speakers"] = ["steve-keyes", "nobody", 5]
    file["programmes"][1]["sessions"][1]["materials"][0]["url"] = "javascript:alert(1)"
    file["programmes"][1]["sessions"][1]["materials"][1]["published"] = "yes"
    file["programmes"][1]["sessions"][2]["topics"].append("unlisted")
    file["programmes"][1]["sessions"][4]["slug"] = "myrons-maxims"
    file["programmes"][1]["sessions"][5]["places_in_room"] = 100_001
    file["ways_to_get_involved"][1] = "Suggest a theme"
    file["colour"] = "red"


def test_every_field_that_is_wrong_is_named(empty):
    wrong = refusal_of(empty, broken(every_part_of_it))
    assert wrong.keys() == {
        "city.time_zone",
        "city.mayor",
        "sectors.3.code",
        "sectors.4.workforce",
        "topics.7",
        "speakers.0.name",
        "speakers.4.slug",
        "programmes.0.format",
        "programmes.0.sessions.0.held_places.0.sector",
        "programmes.1.sessions.3.meetings.0.ends_at",
        "programmes.1.sessions.0.speakers.1",
        "programmes.1.sessions.0.speakers.2",
        "programmes.1.sessions.1.materials.0.url",
        "programmes.1.sessions.1.materials.1.published",
        "programmes.1.sessions.2.topics.2",
        "programmes.1.sessions.4.slug",
        "programmes.1.sessions.5.places_in_room",
        "ways_to_get_involved.1",
        "colour",
    }


def drop(*path):
    def edit(file):
        for step in path[:-1]:
            file = file[step]
        del file[path[-1]]

    return edit


def put(value, *path):
    def edit(file):
        for step in path[:-1]:
            file = file[step]
        file[path[-1]] = value

    return edit


PSP_URL = "https://example.org/recordings/psp"
P = ("programmes", 1, "sessions", 0)
R = ("programmes", 0, "sessions", 0)


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        (put(None, "city"), "city"),
        (put({}, "sectors"), "sectors"),
        (put("everything", "programmes"), "programmes"),
        (put(None, "programmes", 0, "sessions"), "programmes.0.sessions"),
        (drop("programmes", 0, "slug"), "programmes.0.slug"),
        (drop("speakers", 1, "slug"), "speakers.1.slug"),
        (drop(*P, "slug"), "programmes.1.sessions.0.slug"),
        (drop(*P, "meetings"), "programmes.1.sessions.0.meetings"),
        (put("virtual-sessions", *P, "programme"), "programmes.1.sessions.0.programme"),
        (put("published", *P, "status"), "programmes.1.sessions.0.status"),
        (put("hybrid", *P, "delivery"), "programmes.1.sessions.0.places_in_room"),
        (put("hybrid", *P, "delivery"), "programmes.1.sessions.0.venue"),
        (put(["psychology"] * 2, *P, "topics"), "programmes.1.sessions.0.topics.1"),
        (put("virtual-sessions", "programmes", 0, "slug"), "programmes.1.slug"),
        (put("general_practice", "sectors", 5, "code"), "sectors.5.code"),
        (put("psychology", "topics", 0), "topics.2"),
        (put(59, *R, "held_places", 0, "places"), "programmes.0.sessions.0.held_places"),
        (put("citizen", *R, "held_places", 0, "sector"), "programmes.0.sessions.0.held_places.1.sector"),
        (put(["a-topic"], "programmes", 0, "topics"), "programmes.0.topics.0"),
        (put(PSP_URL, *P, "materials", 1, "url"), "programmes.1.sessions.0.materials.1.url"),
        (put("2020-06-18T25:00:00", *P, "meetings", 0, "starts_at"), "programmes.1.sessions.0.meetings.0.starts_at"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_in_one_place_says_where(edit, field):
    assert field in wrong_in(broken(edit))


def test_the_first_file_says_which_city_its_sectors_are_of(empty):
    assert refusal_of(empty, broken(drop("city"))).keys() == {"city"}


def test_a_session_keeps_its_delivery(imported):
    file = the_file()
    session_of(file, 5)["delivery"] = "virtual"
    for name in ("venue", "places_in_room"):
        del session_of(file, 5)[name]
    assert refusal_of(imported, file).keys() == {"programmes.1.sessions.5.delivery"}


def test_words_that_explain_are_passed_over_wherever_they_stand(empty):
    file = the_file()
    session_of(file)["source"] = "Somewhere"
    session_of(file)["meetings"][0]["time_note"] = {"after": "lunch"}
    file["city"]["name_note"] = None
    empty.ask("import_programme", given=file)
    assert imports(empty, the_file())["changed"] == {}


@pytest.mark.parametrize("note", ["sources", "note", "_notes", "comment"])
def test_other_unknown_words_are_refused(note):
    assert wrong_in({**the_file(), note: "?"}) == {note}


def test_a_published_material_of_a_file_is_shown_and_its_checks_are_vouched_for(imported):
    [material] = imported.ask("session", slug="organisational-flexibility")["materials"]
    assert material["status"] == "draft"
    recording, _ = imported.ask("session", slug="people-systems-psychology")["materials"]
    assert recording["status"] == "published"


def test_a_file_adds_to_the_materials_that_editors_added(imported):
    added = imported.ask("add_material", slug="response-across-the-city", given=a_recording())
    file = the_file()
    session_of(file, 3)["materials"] = [slides(published=True)]
    assert imports(imported, file)["created"] == {"materials": 1}
    materials = imported.ask("session", slug="response-across-the-city")["materials"]
    assert [material["kind"] for material in materials] == ["recording", "slides"]
    assert materials[0] == added
