"""Importing sheets: all of it or nothing, twice is as good as once, and each error at its line and column."""

import codecs

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.runtime.refusals import Invalid, NotAllowed, NotFound
from tests.bus.vouched import vouched
from tests.catalogue.conftest import TEAM
from tests.catalogue.given import a_meeting, a_virtual_session, slides
from tests.catalogue.sheets import COURSE, MATERIALS, SESSIONS, SPEAKERS, counts, imports


def wrong(world, kind, text):
    """What is wrong with a sheet, as line, column and code: the same on the way as before it; nothing comes of it."""
    seen = [(e["line"], e["column"], e["code"]) for e in imports(world, kind, text, dry_run=True)["errors"]]
    with pytest.raises(Invalid) as refused:
        imports(world, kind, text)
    assert [(e["line"], e["column"], e["code"]) for e in refused.value.errors] == seen
    assert world.told() == []
    return seen


# What becomes of a sheet


def test_speakers_are_added_and_changed_and_the_team_hears_what_an_empty_cell_leaves(catalogue):
    assert counts(imports(catalogue, "speakers", SPEAKERS)) == (1, 1, 0)
    ada, zoe = (catalogue.ask("speaker", slug=slug) for slug in ("ada", "zoe-okafor"))
    assert (ada["affiliation"], ada["bio"]) == ("Elm Court", "Speaks.")
    assert (zoe["affiliation"], zoe["bio"]) == ("Nurse, Elm Court", "")
    assert catalogue.told() == ["speaker_changed speakers/ada", "speaker_changed speakers/zoe-okafor"]
    assert counts(imports(catalogue, "speakers", "Name\nAda\n")) == (0, 0, 1)
    assert catalogue.ask("speaker", slug="ada") == ada


def test_sessions_are_drafts_in_the_time_of_the_city(catalogue):
    assert counts(imports(catalogue, "sessions", SESSIONS)) == (2, 0, 0)
    first, second = (catalogue.ask("session", slug=slug) for slug in ("listening-well", "online-together"))
    assert [first["status"], first["venue"]["name"], first["places_in_room"]] == ["draft", "Library", 20]
    assert first["topics"] == ["care", "systems-thinking"]
    assert [speaker["slug"] for speaker in first["speakers"]] == ["ada"]
    assert first["meetings"][0] == {"starts_at": "2027-03-09T14:00:00+00:00", "ends_at": "2027-03-09T16:00:00+00:00"}
    assert (second["places_in_room"], second["places_online"]) == (0, 40)
    assert catalogue.told() == []


def test_lines_of_one_slug_are_the_meetings_of_one_session(catalogue):
    assert counts(imports(catalogue, "sessions", COURSE)) == (1, 0, 0)
    assert [meeting["starts_at"] for meeting in catalogue.ask("session", slug="course")["meetings"]] == [
        "2027-03-30T08:30:00+00:00",  # in summer, and first
        "2027-04-06T08:30:00+00:00",
    ]


def test_materials_are_drafts_of_what_they_are_of(published):
    assert counts(imports(published, "materials", MATERIALS)) == (3, 0, 0)
    [slides_] = published.ask("session", slug="talk")["materials"]
    assert (slides_["kind"], slides_["audience"], slides_["status"]) == ("slides", "attendees", "draft")
    [reader] = published.ask("materials_of", programme="series")["items"]
    [glossary] = published.ask("materials_of", programme=None)["items"]
    assert (reader["kind"], reader["audience"], glossary["audience"]) == ("document", "everyone", "community")
    assert published.told() == []


def test_a_published_material_that_changes_is_told_of_and_stays_published(published):
    id = published.ask("add_material", slug="talk", given=slides())["id"]
    published.ask("publish_material", id=id, given={})
    published.announced()
    sheet = "session,title,link\ntalk,New slides,https://example.org/slides.pdf\n"
    assert counts(imports(published, "materials", sheet)) == (0, 1, 0)
    assert published.told() == [f"material_published materials/{id}"]
    assert published.ask("material", id=id)["title"] == "New slides"


def test_a_session_is_published_where_its_line_says_so(catalogue):
    sheet = SESSIONS.replace("Speakers", "Speakers,State").replace("Ada\n", "Ada,Published\n")
    assert counts(imports(catalogue, "sessions", sheet)) == (2, 0, 0)
    assert catalogue.told() == ["session_published sessions/listening-well"]
    assert counts(imports(catalogue, "sessions", SESSIONS.replace("Speakers", "Speakers,State"))) == (0, 0, 2)


def test_a_session_of_the_past_can_be_imported(catalogue):
    sheet = SESSIONS.replace("2027", "2024").replace("Thu ", "").replace("Speakers", "Speakers,State")
    imports(catalogue, "sessions", sheet.replace("Ada\n", "Ada,published\n"))
    assert catalogue.ask("session", slug="listening-well")["status"] == "published"


def test_a_speaker_who_changes_is_told_of_with_their_sessions(published):
    imports(published, "speakers", "slug,name\nada,Ada Lovelace\n")
    assert published.told() == ["speaker_changed speakers/ada", "session_changed sessions/talk"]


def test_a_change_of_a_published_session_is_told_of(published):
    assert counts(imports(published, "sessions", "slug,title,venue\ntalk,Another talk,\n")) == (0, 1, 0)
    assert published.told() == ["session_changed sessions/talk"]
    session = published.ask("session", slug="talk")
    assert (session["title"], session["topics"]) == ("Another talk", ["care"])


def test_part_of_a_venue_changes_alone(catalogue):
    imports(catalogue, "sessions", SESSIONS)
    imports(catalogue, "sessions", "slug,title,venue access\nlistening-well,,By the lift\n")
    venue = catalogue.ask("session", slug="listening-well")["venue"]
    assert venue == {"name": "Library", "address": "", "access": "By the lift"}


# As spreadsheets write them


@pytest.mark.parametrize(
    ("separator", "encoding", "mark"), [(";", "utf-8", codecs.BOM_UTF8), ("\t", "utf-16-le", codecs.BOM_UTF16_LE)]
)
def test_what_excel_writes_is_read(catalogue, separator, encoding, mark):
    file = mark + SPEAKERS.replace(";", separator).encode(encoding)
    text = file.decode("utf-16" if encoding == "utf-16-le" else "utf-8")  # the mark stays in UTF-8
    assert counts(imports(catalogue, "speakers", text)) == (1, 1, 0)
    assert catalogue.ask("speaker", slug="zoe-okafor")["name"] == "Zoë Okafor"


@pytest.mark.parametrize(
    ("starts", "at"),
    [
        ("2027-03-09 14:30", "14:30"),
        ("2027-03-09T14:30:00", "14:30"),
        ("9.3.2027 14.30", "14:30"),
        ("Tuesday 9 Mar 2027, 2:30 p.m.", "14:30"),
        ("09/03/2027 12 am", "00:00"),
    ],
)
def test_days_and_times_are_read_as_people_write_them(catalogue, starts, at):
    sheet = f'slug;title;programme;kind;start;end;places\nx;X;series;online;"{starts}";23:00;9\n'
    imports(catalogue, "sessions", sheet)
    assert catalogue.ask("session", slug="x")["meetings"][0]["starts_at"] == f"2027-03-09T{at}:00+00:00"


# What is wrong


@pytest.mark.parametrize("kind", ["speakers", "sessions", "materials"])
def test_a_sheet_without_a_header_or_without_lines_is_refused(catalogue, kind):
    needed = {"speakers": "Name", "sessions": "Title", "materials": "Link"}[kind]
    assert wrong(catalogue, kind, "Zoe\nAda\n") == [(1, "Zoe", "unknown-column"), (1, needed, "missing-column")]
    assert wrong(catalogue, kind, f"\n{needed}\n") == [(2, "", "no-rows")]


def test_a_column_that_is_not_known_is_named(catalogue):
    assert wrong(catalogue, "speakers", "NAME,Photo\nAda,x\n") == [(1, "Photo", "unknown-column")]


def test_a_formula_is_refused_and_what_our_sheets_write_before_one_is_not_read(catalogue):
    sheet = "name,about\n=HYPERLINK(1),\nBen,'-- Ben\n"
    assert wrong(catalogue, "speakers", sheet) == [(2, "name", "formula")]
    imports(catalogue, "speakers", sheet.replace("=HYPERLINK(1)", "Asha"))
    assert catalogue.ask("speaker", slug="ben")["bio"] == "-- Ben"


def test_commas_that_are_not_quoted_shift_no_cell(catalogue):
    sheet = "name,about\nBen,Speaks, writes\n"
    assert wrong(catalogue, "speakers", sheet) == [(2, "", "cell-of-no-column")]


def test_too_many_lines_are_refused_at_once(catalogue):
    sheet = "name\n" + "".join(f"Speaker {n}\n" for n in range(1001))
    assert wrong(catalogue, "speakers", sheet) == [(1002, "", "too-many-lines")]


def test_every_cell_that_is_wrong_is_named_as_its_column_is_headed(catalogue):
    sheet = """TITLE,Course,Kind,Day,Starts,Ends,Places,Speakers,Topics
,A series,by pigeon,9/3/2027,14:00,13:00,many,Nobody,!!!
Fine,No series,online,9/3/2027,late,13:00,0,Ada,
"""
    assert wrong(catalogue, "sessions", sheet) == [
        (2, "TITLE", "missing"),
        (2, "Kind", "not-a-choice"),
        (2, "Ends", "ends-before-start"),
        (2, "Places", "not-a-whole-number"),
        (2, "Speakers", "unknown-name"),
        (2, "Topics", "not-a-slug"),
        (3, "Course", "unknown-name"),
        (3, "Starts", "not-a-day-and-time"),
        (3, "Places", "needed-for-delivery"),
    ]


def test_an_error_of_a_meeting_is_on_its_own_line(catalogue):
    assert wrong(catalogue, "sessions", COURSE.replace("2027-03-30 09:30\t12:00", "2027-04-06 11:00\t12:00")) == [
        (3, "starts_at", "starts-before-earlier-ends")
    ]
    assert wrong(catalogue, "sessions", COURSE.replace("2027-03-30 09:30\t12:00", "2027-03-28 01:30\t12:00")) == [
        (3, "starts_at", "no-such-local-time")
    ]


def test_lines_of_one_session_say_the_same(catalogue):
    assert wrong(catalogue, "sessions", COURSE.replace("course\t\t", "course\tAnother\t")) == [
        (3, "title", "differs-from-line")
    ]


def test_the_same_thing_twice_is_refused(published):
    assert wrong(published, "speakers", "name,slug\nAda,\nAda,ada\n") == [(3, "slug", "repeated")]
    assert wrong(published, "sessions", SESSIONS + SESSIONS.splitlines()[1]) == [(4, "Title", "repeated")]
    assert wrong(published, "materials", MATERIALS + MATERIALS.splitlines()[1]) == [(5, "Link", "repeated")]


def test_a_name_that_several_have_is_not_guessed(catalogue):
    catalogue.ask("create_speaker", given={"slug": "ada-2", "name": "Ada"})
    catalogue.announced()
    assert wrong(catalogue, "speakers", "name\nAda\n") == [(2, "name", "several-of-name")]
    assert wrong(catalogue, "sessions", SESSIONS) == [(2, "Speakers", "several-of-name")]


def test_what_never_changes_is_refused(published):
    assert wrong(published, "sessions", "slug,title,kind\ntalk,,hybrid\n") == [(2, "kind", "delivery-fixed")]
    published.ask("add_material", slug="talk", given=slides())
    published.announced()
    sheet = "session,title,link,kind\ntalk,Slides,https://example.org/slides.pdf,document\n"
    assert wrong(published, "materials", sheet) == [(2, "kind", "kind-fixed")]


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ("places online\ntalk,,39", (2, "places online", "fewer-places")),
        ("places\ntalk,,39", (2, "places", "fewer-places")),
        ("places\ntalk,,40", None),
        ("places\ntalk,,41", None),
    ],
)
def test_nobody_loses_a_place_by_a_file(published, change, refused):
    sheet = f"slug,title,{change}\n"
    if refused:
        assert wrong(published, "sessions", sheet) == [refused]
    else:
        imports(published, "sessions", sheet)


def test_no_meeting_goes_by_a_file_once_people_may_have_come(catalogue):
    imports(catalogue, "sessions", COURSE)
    shorter = "slug,title,date,starts,ends\ncourse,,6/4/2027,9:30,12:00\n"
    catalogue.ask("publish_session", slug="course")
    catalogue.announced()
    assert wrong(catalogue, "sessions", shorter) == [(2, "starts", "fewer-meetings")]
    catalogue.ask("unpublish_session", slug="course", given={"withdrawn": True})
    assert counts(imports(catalogue, "sessions", shorter)) == (0, 1, 0)


def test_a_cancelled_session_does_not_change(published):
    published.ask("cancel_session", slug="talk", given={"reason": "Ill."})
    published.announced()
    assert counts(imports(published, "sessions", "slug,title\ntalk,A talk\n")) == (0, 0, 1)
    assert wrong(published, "sessions", "slug,title\ntalk,Another\n") == [(2, "title", "session-cancelled")]


def test_a_wrong_word_is_told_the_words_that_a_sheet_can_have(catalogue):
    told = imports(catalogue, "sessions", "title,programme,delivery\nTalk,series,by pigeon\n", dry_run=True)
    choices = [error["limits"]["choices"] for error in told["errors"] if error["code"] == "not-a-choice"]
    assert choices == [["in person", "online", "hybrid"]]


def test_a_template_is_not_published(catalogue):
    catalogue.ask("create_session", given=a_virtual_session())
    catalogue.ask("keep_template", slug="talk", given={"name": "Talks"})
    sheet = "slug,title,state\ntalk,,published\n"
    assert wrong(catalogue, "sessions", sheet) == [(2, "state", "not-a-choice")]


def test_a_material_of_no_session_is_not_for_those_who_attended(catalogue):
    sheet = "programme,title,link,kind,audience\nseries,X,https://example.org/x,link,attendees\n"
    assert wrong(catalogue, "materials", sheet) == [(2, "audience", "not-a-choice")]


def test_only_the_team_imports_and_only_what_there_is(catalogue):
    with pytest.raises(NotFound):
        imports(catalogue, "people", SPEAKERS)
    for method, request in (
        ("import_csv", {"kind": "speakers", "text": SPEAKERS, "dry_run": True}),
        ("undo_import", {"id": "x"}),
        ("list_imports", {}),
    ):
        with pytest.raises(NotAllowed):
            catalogue.ask(method, caller={"id": "p", "roles": ["person"]}, **request)


def test_a_slug_that_another_line_has_is_taken(catalogue):
    sheet = "name,slug\nZoe,\nZoe B,zoe\nZoë,\n!!!,\n"
    assert wrong(catalogue, "speakers", sheet) == [(3, "slug", "slug-taken"), (5, "slug", "no-slug")]
    imports(catalogue, "speakers", "name\nZoe\nZoë\n")
    assert catalogue.ask("speaker", slug="zoe-2")["name"] == "Zoë"


# Looking first, and doing it twice


@pytest.mark.parametrize(("kind", "sheet"), [("speakers", SPEAKERS), ("sessions", SESSIONS), ("materials", MATERIALS)])
def test_looking_counts_what_would_come_of_it_and_changes_nothing(published, kind, sheet):
    before, drafts = published.snapshot(), published.ask("drafts")
    looked = imports(published, kind, sheet, dry_run=True)
    assert (published.snapshot(), published.ask("drafts"), published.told()) == (before, drafts, [])
    assert published.ask("list_imports") == []
    assert counts(imports(published, kind, sheet)) == counts(looked)


@pytest.mark.parametrize(
    ("kind", "sheet", "things"),
    [("speakers", SPEAKERS, 2), ("sessions", SESSIONS, 2), ("sessions", COURSE, 1), ("materials", MATERIALS, 3)],
)
def test_importing_twice_changes_nothing(published, kind, sheet, things):
    imports(published, kind, sheet)
    published.announced()
    assert counts(imports(published, kind, sheet)) == (0, 0, things)
    assert published.told() == []


def test_a_call_that_is_repeated_imports_once(catalogue):
    request = {"kind": "speakers", "text": "name\nZoë\n", "dry_run": False, "key": "k", "caller": vouched(TEAM)}
    first, again = (catalogue.service.import_csv(**request) for _ in range(2))
    assert again.replayed
    assert first.value == again.value
    assert len(catalogue.ask("list_imports")) == 1


def test_what_may_be_there_already_is_shown(published):
    catalogue = published
    catalogue.ask("create_speaker", given={"name": "Zoë O’Kafor"})
    found = imports(catalogue, "speakers", "name\nzoe okafor\nZOE OKAFOR\n", dry_run=True)["duplicates"]
    like = {"like": "Zoë O’Kafor", "slug": "zoe-okafor", "like_line": None}
    assert found == [
        {"line": 2, "name": "zoe okafor", **like},
        {"line": 3, "name": "ZOE OKAFOR", **like},
        {"line": 3, "name": "ZOE OKAFOR", "like": "zoe okafor", "slug": None, "like_line": 2},
    ]
    sheet = "slug,title,programme,kind,start,end,places\nb,A Talk!,series,online,9/3/2027 16:00,17:00,9\n"
    [session] = imports(catalogue, "sessions", sheet, dry_run=True)["duplicates"]
    assert (session["line"], session["slug"]) == (2, "talk")
    assert a_meeting()["starts_at"].startswith("2027-03-09")


NAMES = st.text(st.characters(categories=("L", "M", "N", "P", "S"), exclude_characters='"'), min_size=1, max_size=30)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(NAMES, NAMES, NAMES), max_size=6))
def test_whatever_was_imported_is_the_same_when_it_is_imported_again(empty, rows):
    sheet = "name\tabout\torganisation\n" + "".join("\t".join(row) + "\n" for row in rows)
    looked = imports(empty, "speakers", sheet, dry_run=True)
    if not looked["errors"]:
        added, changed, same = counts(imports(empty, "speakers", sheet))
        assert counts(imports(empty, "speakers", sheet)) == (0, 0, added + changed + same)
