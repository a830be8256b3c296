"""Export: what is public, in the shape of a programme file; importing it changes nothing."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.models import metadata as bus_tables
from services.bus.models import outbox
from services.catalogue import exporting, importing
from services.catalogue.models import Base
from services.runtime.database import Transactions
from services.runtime.visible_text import is_visible, tidy
from tests.catalogue.given import NOW, a_virtual_session, slides, the_file
from tests.examples import examples

pytestmark = pytest.mark.patient


def test_the_export_of_the_sample_is_the_sample_with_every_default_written_out(empty):
    empty.ask("import_programme", given=the_file())
    exported, sample = empty.ask("export"), the_file()
    for explanation in ("source", "sectors_note"):
        del sample[explanation]
    assert exported.keys() == sample.keys()
    assert_says_all_of(exported, sample)


def assert_says_all_of(exported, given, path=""):
    """Fail unless everything `given` stands in `exported`, at the same place; times may be written in another zone."""
    if isinstance(given, dict):
        for key, value in given.items():
            assert_says_all_of(exported[key], value, f"{path}.{key}")
    elif isinstance(given, list):
        assert len(exported) == len(given), path
        for n, value in enumerate(given):
            assert_says_all_of(exported[n], value, f"{path}.{n}")
    elif not path.endswith(("_at", "until")):
        assert exported == given, path


def test_importing_the_export_changes_nothing_and_tells_nobody(empty):
    empty.ask("import_programme", given=the_file())
    empty.announced()
    exported = empty.ask("export")
    answer = empty.ask("import_programme", given=exported)
    assert not any(answer["created"].values())
    assert not any(answer["changed"].values())
    assert empty.told() == []
    assert empty.ask("export") == exported


def test_a_catalogue_without_a_city_is_exported_without_one(empty):
    assert empty.ask("export") == {"topics": [], "speakers": [], "programmes": []}


def test_drafts_and_cancelled_sessions_are_not_in_the_export(published):
    published.ask("create_session", given=a_virtual_session(slug="draft"))
    published.ask("create_session", given=a_virtual_session(slug="off"))
    published.ask("publish_session", slug="off")
    published.ask("cancel_session", slug="off", given={"reason": "Snow."})
    [programme] = published.ask("export")["programmes"]
    assert [session["slug"] for session in programme["sessions"]] == ["talk"]


def test_a_material_says_whether_it_is_shown(published):
    shown, withdrawn = (
        published.ask("add_material", slug="talk", given=slides(url=f"https://example.org/{n}")) for n in range(2)
    )
    for material in (shown, withdrawn):
        published.ask("publish_material", id=material["id"], given={})
    published.ask("withdraw_material", id=withdrawn["id"])
    published.announced()
    exported = published.ask("export")
    assert [material["published"] for material in exported["programmes"][0]["sessions"][0]["materials"]] == [
        True,
        False,
    ]
    published.ask("import_programme", given=exported)
    assert published.told() == []


# Whatever is accepted


texts = st.text(st.characters(exclude_categories=["C"]), max_size=60).map(lambda text: tidy(text.strip()))
texts = texts.filter(lambda text: not text or is_visible(text))  # what nobody can see is refused, or left out
titles = texts.filter(bool)
slugs = st.from_regex(r"[a-z0-9]{1,5}(-[a-z0-9]{1,5}){0,2}", fullmatch=True)
urls = slugs.map("https://example.org/{}".format)
moments = st.datetimes(datetime(2001, 1, 1), datetime(2098, 1, 1), timezones=st.just(UTC))
topics = st.lists(slugs, max_size=4, unique=True)


@st.composite
def meetings(draw):
    """Some meetings in order, given in any offset."""
    at = draw(moments)
    made = []
    for gap, length in draw(st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 900)), min_size=1, max_size=4)):
        starts = at + timedelta(minutes=gap)
        at = starts + timedelta(minutes=length)
        made.append({"starts_at": starts.isoformat(), "ends_at": at.astimezone().isoformat()})
    return made


@st.composite
def sessions(draw, speakers):
    """A session, with only the fields that its delivery has, and some of those that may be left out."""
    delivery = draw(st.sampled_from(["face_to_face", "virtual", "hybrid"]))
    session = {"slug": draw(slugs), "title": draw(titles), "delivery": delivery, "meetings": draw(meetings())}
    if delivery != "virtual":
        session["venue"] = {"name": draw(titles), "address": draw(texts), "access": draw(texts)}
        session["places_in_room"] = draw(st.integers(2, 100_000))
    if delivery != "face_to_face":
        session["places_online"] = draw(st.integers(2, 100_000))
        session["join_url"] = draw(st.none() | urls)
    materials = st.fixed_dictionaries(
        {"kind": st.sampled_from(["recording", "slides", "document", "link"]), "title": titles, "url": urls},
        optional={
            "minutes": st.none() | st.integers(1, 10_000),
            "captions": st.none() | st.booleans(),
            "audience": st.sampled_from(["everyone", "community", "attendees"]),
            "published": st.booleans(),
        },
    )
    held = st.builds(lambda until: [{"sector": "care", "places": 2, "until": until.isoformat()}], moments)
    left_out_or_not = st.fixed_dictionaries(
        {},
        optional={
            "summary": texts,
            "topics": topics,
            "speakers": st.lists(st.sampled_from(speakers), max_size=3, unique=True),
            "waiting_list": st.sampled_from(["automatic", "offer", "none"]),
            "held_places": held | st.just([]),
            "materials": st.lists(materials, max_size=3, unique_by=lambda material: material["url"]),
        },
    )
    return session | draw(left_out_or_not)


@st.composite
def files(draw):
    speakers = draw(st.lists(slugs, min_size=1, max_size=3, unique=True))
    held = draw(st.lists(sessions(speakers), max_size=4, unique_by=lambda session: session["slug"]))
    return {
        "city": {"name": draw(titles), "workforce": draw(st.none() | st.integers(0, 10**6))},
        "sectors": [{"code": "care", "name": draw(titles)}],
        "speakers": [
            {"slug": slug, "name": draw(titles), "affiliation": draw(st.none() | titles)} for slug in speakers
        ],
        "programmes": [
            {"slug": "p", "title": draw(titles), "format": "series", "topics": draw(topics), "sessions": held[:2]},
            {"slug": "q", "title": draw(titles), "format": "structured", "sessions": held[2:]},
        ],
        "ways_to_get_involved": [{"title": draw(titles), "summary": draw(texts)}],
    }


def announced(db: OrmSession) -> int:
    return db.scalar(select(func.count()).select_from(outbox))


@settings(max_examples=examples(15), deadline=None, suppress_health_check=list(HealthCheck))
@given(file=files())
def test_whatever_is_imported_comes_back_as_it_was(make_engine, file):
    if not hasattr(make_engine, "kept"):
        make_engine.kept = Transactions(make_engine(Base.metadata, bus_tables))
    with OrmSession(make_engine.kept.engine, autoflush=False, expire_on_commit=False) as db:
        importing.import_programme(db, file, NOW)
        exported, told = json.loads(json.dumps(exporting.export(db))), announced(db)
        db.expunge_all()
        answer = importing.import_programme(db, exported, NOW)
        assert not any(answer["created"].values())
        assert not any(answer["changed"].values())
        assert announced(db) == told
        db.expunge_all()
        assert exporting.export(db) == exported
        assert_says_all_of(exported, {name: part for name, part in file.items() if name != "programmes"})
        for given_programme, programme in zip(file["programmes"], exported["programmes"], strict=True):
            assert_says_all_of(programme, given_programme)


def test_materials_of_programmes_and_of_neither_come_back_from_the_export(published):
    for of in ({"programme": "series"}, {}):
        for n, shown in enumerate((True, False)):
            added = published.ask("create_material", given={**slides(url=f"https://example.org/{n}"), **of})
            if shown:
                published.ask("publish_material", id=added["id"], given={})
    published.announced()
    exported = published.ask("export")
    [programme] = exported["programmes"]
    for there in (programme["materials"], exported["materials"]):
        assert [(one["url"][-1], one["published"]) for one in there] == [("0", True), ("1", False)]
    answer = published.ask("import_programme", given=exported)
    assert (answer["created"]["materials"], answer["changed"]["materials"], published.told()) == (0, 0, [])


def test_materials_in_a_file_are_made_and_changed_where_they_are_named(published):
    given = {"materials": [{**slides(), "published": True}]}
    of_programme = {"slug": "series", "title": "A series", "format": "series", "materials": [slides()]}
    published.ask("import_programme", given={**given, "programmes": [of_programme]})
    [of_neither] = published.ask("materials_of", programme=None)["items"]
    [of_series] = published.ask("materials_of", programme="series")["items"]
    assert (of_neither["status"], of_series["status"]) == ("published", "draft")
    given["materials"][0]["title"] = "Another title"
    assert published.ask("import_programme", given=given)["changed"]["materials"] == 1
    [changed] = published.ask("materials_of", programme=None)["items"]
    assert (changed["id"], changed["title"]) == (of_neither["id"], "Another title")
