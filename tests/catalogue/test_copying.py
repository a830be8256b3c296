"""Copies of a session: drafts on other days; and drafts that are deleted."""

import pytest

from services.catalogue.errors import SessionNotDraft
from services.runtime.refusals import Invalid, NotFound
from tests.catalogue.given import a_meeting, a_recording, a_session_in_a_room, a_virtual_session, slides

pytestmark = pytest.mark.patient

WHOLE = {
    "slug": "both",
    "delivery": "hybrid",
    "summary": "In one room.",
    "topics": ["care"],
    "speakers": ["ada"],
    "meetings": [a_meeting(9), a_meeting(10)],
    "venue": {"name": "Library", "address": "Leeds", "access": "Step-free"},
    "join_url": "https://example.org/meet",
    "places_online": 30,
    "held_places": [{"sector": "citizen", "places": 4, "until": "2027-03-02T17:00:00+00:00"}],
    "booking_opens_at": "2027-02-01T09:00:00+00:00",
    "travel_minutes": 45,
}


def starts(session) -> list[str]:
    return [meeting["starts_at"] for meeting in session["meetings"]]


@pytest.fixture
def both(catalogue):
    catalogue.ask("create_session", given=a_session_in_a_room(**WHOLE))
    catalogue.ask("add_material", slug="both", given=slides())
    catalogue.ask("add_material", slug="both", given=a_recording())
    return catalogue


def test_a_copy_is_the_same_session_some_days_later(both):
    [copy] = both.ask("copy_session", slug="both", given={"days": 7})["items"]
    source = both.ask("session", slug="both")
    assert (copy["slug"], copy["status"]) == ("both-2", "draft")
    assert starts(copy) == ["2027-03-16T10:00:00+00:00", "2027-03-17T10:00:00+00:00"]
    assert copy["held_places"][0]["until"] == "2027-03-09T17:00:00+00:00"
    assert copy["booking_opens_at"] == "2027-02-08T09:00:00+00:00"
    other = {"slug", "meetings", "held_places", "booking_opens_at", "materials", "changed_at", "version"}
    assert {k: v for k, v in copy.items() if k not in other} == {k: v for k, v in source.items() if k not in other}
    assert both.ask("session", slug="both-2") == copy


def test_a_copy_across_the_change_to_summer_time_keeps_its_local_time(both):
    [copy] = both.ask("copy_session", slug="both", given={"days": 28})["items"]
    assert starts(copy)[0] == "2027-04-06T09:00:00+00:00"


def test_a_series_begins_on_each_of_its_days(both):
    copies = both.ask("copy_session", slug="both", given={"dates": ["2027-04-01", "2027-11-02"]})["items"]
    assert [(copy["slug"], starts(copy)) for copy in copies] == [
        ("both-2", ["2027-04-01T09:00:00+00:00", "2027-04-02T09:00:00+00:00"]),
        ("both-3", ["2027-11-02T10:00:00+00:00", "2027-11-03T10:00:00+00:00"]),
    ]


def test_a_copy_leaves_what_it_is_not_to_take(both):
    [copy] = both.ask(
        "copy_session",
        slug="both",
        given={"days": 1, "parts": [], "leave_out": ["texts", "venue", "join_url", "speakers"]},
    )["items"]
    empty = {"summary": "", "topics": [], "speakers": [], "join_url": None, "held_places": [], "materials": []}
    assert {name: copy[name] for name in empty} == empty
    assert copy["venue"]["name"] != "Library"
    assert (copy["places_in_room"], copy["places_online"]) == (1, 1), "the least that a session can have"


def test_a_copy_takes_the_materials_as_drafts_but_no_recording(both):
    [copy] = both.ask("copy_session", slug="both", given={"days": 1})["items"]
    assert [(one["kind"], one["status"]) for one in copy["materials"]] == [("slides", "draft")]


def test_a_copy_may_have_another_title_and_programme(both):
    both.ask("create_programme", given={"slug": "next", "title": "Next", "format": "series"})
    [copy] = both.ask("copy_session", slug="both", given={"days": 1, "title": "Again", "programme": "next"})["items"]
    assert (copy["title"], copy["programme"]) == ("Again", "next")


def test_what_is_planned_is_what_is_made_and_is_not_kept(both):
    given = {"dates": ["2027-04-01", "2027-11-02"], "parts": ["places"], "leave_out": ["texts", "venue", "join_url"]}
    planned = both.ask("plan_copies", slug="both", given=given)["items"]
    assert len(both.ask("drafts")["items"]) == 1
    made = both.ask("copy_session", slug="both", given=given)["items"]
    assert [plan["meetings"] for plan in planned] == [copy["meetings"] for copy in made]


def test_nobody_is_told_of_copies(published):
    published.ask("copy_session", slug="talk", given={"days": 7})
    assert published.told() == []


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({}, "starts_on", "either-or"),
        ({"days": 1, "dates": ["2027-04-01"]}, "starts_on", "either-or"),
        ({"dates": []}, "dates", "too-few"),
        ({"dates": ["2027-04-01", "2027-04-01"]}, "dates.1", "repeated"),
        ({"dates": ["2027-04-31"]}, "dates.0", "not-a-date"),
        ({"dates": ["0207-04-01"]}, "dates.0", "year-out-of-range"),
        ({"days": 1, "parts": ["hats"]}, "parts.0", "not-a-choice"),
        ({"days": 1, "programme": "none"}, "programme", "unknown-name"),
    ],
)
def test_copies_that_cannot_be_are_refused(both, given, field, code):
    with pytest.raises(Invalid) as refused:
        both.ask("copy_session", slug="both", given=given)
    assert [(error["field"], error["code"]) for error in refused.value.errors] == [(field, code)]


def test_a_time_that_the_clocks_leave_out_is_refused_with_its_day(catalogue):
    night = {"starts_at": "2027-03-27T01:30:00+00:00", "ends_at": "2027-03-27T03:00:00+00:00"}
    catalogue.ask("create_session", given=a_virtual_session(meetings=[night]))
    with pytest.raises(Invalid) as refused:
        catalogue.ask("copy_session", slug="talk", given={"dates": ["2027-03-29", "2027-03-28"]})
    assert [(e["field"], e["code"]) for e in refused.value.errors] == [("dates.1", "no-such-local-time")]
    assert len(catalogue.ask("drafts")["items"]) == 1


def test_a_draft_is_deleted_with_its_materials(both):
    both.ask("delete_session", slug="both")
    for slug in ("both", "no-such"):
        with pytest.raises(NotFound):
            both.ask("delete_session", slug=slug)
    assert both.told() == []


def test_what_people_were_told_of_is_not_deleted(published):
    with pytest.raises(SessionNotDraft):
        published.ask("delete_session", slug="talk")
    assert published.ask("session", slug="talk")["status"] == "published"
