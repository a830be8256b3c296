"""A programme is copied with its sessions, as one act."""

import pytest

from services.catalogue import copying_programmes
from services.runtime.refusals import Invalid, NotFound
from tests.catalogue.given import a_meeting, a_session_in_a_room, a_virtual_session, slides


@pytest.fixture
def two(published):
    """The series with a published talk, a draft in a room, and a session that was cancelled."""
    published.ask("create_session", given=a_session_in_a_room(slug="room", meetings=[a_meeting(16), a_meeting(23)]))
    published.ask("add_material", slug="room", given=slides())
    published.ask("create_session", given=a_virtual_session(slug="off"))
    published.ask("publish_session", slug="off")
    published.ask("cancel_session", slug="off", given={"reason": "Ill"})
    published.announced()
    return published


def copy(world, method="copy_programme", **given):
    return world.ask(method, slug="series", given={"title": "Next year", **given})


def days_of(session):
    return [meeting["starts_at"][:10] for meeting in session["meetings"]]


def test_all_sessions_that_are_not_cancelled_come_along_as_drafts_so_many_days_later(two):
    answer = copy(two, days=364)
    assert (answer["programme"]["slug"], answer["programme"]["title"]) == ("next-year", "Next year")
    assert [(one["programme"], one["status"], days_of(one)) for one in answer["items"]] == [
        ("next-year", "draft", ["2028-03-07"]),
        ("next-year", "draft", ["2028-03-14", "2028-03-21"]),
    ]
    assert [len(one["materials"]) for one in answer["items"]] == [0, 1]
    assert two.told() == ["programme_published programmes/next-year"]


def test_a_copied_programme_has_the_texts_and_rules_of_its_source_and_a_slug_of_its_own(two):
    two.ask("change_programme", slug="series", version=1, given={"audience": "Nurses", "cancel_days": 3})
    made = copy(two, slug="second", days=7)["programme"]
    assert (made["slug"], made["audience"], made["cancel_days"]) == ("second", "Nurses", 3)
    with pytest.raises(Invalid) as refused:
        copy(two, slug="second", days=7)
    assert [(error["field"], error["code"]) for error in refused.value.errors] == [("slug", "slug-taken")]


def test_each_session_may_have_days_of_its_own_and_some_be_left_out(two):
    listed = [{"session": "talk", "dates": ["2028-05-02", "2028-06-06"]}]
    answer = copy(two, sessions=listed)
    assert [days_of(one) for one in answer["items"]] == [["2028-05-02"], ["2028-06-06"]]


def test_only_the_parts_that_are_named_come_along(two):
    answer = copy(two, days=7, parts=["places"], leave_out=["venue", "join_url", "speakers"])
    assert [one["speakers"] for one in answer["items"]] == [[], []]
    assert answer["items"][1]["venue"]["name"] == "To be confirmed"
    assert answer["items"][1]["materials"] == []


def test_what_is_planned_is_what_is_made_and_is_not_kept(two):
    planned = copy(two, "plan_programme_copy", days=7)["items"]
    assert two.told() == []
    made = copy(two, days=7)["items"]
    assert [one["copy"]["meetings"] for one in planned] == [one["meetings"] for one in made]
    assert [one["session"] for one in planned] == ["talk", "room"]


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({}, "days", "either-or"),
        ({"days": 1, "sessions": []}, "days", "either-or"),
        ({"sessions": [{"session": "off", "dates": ["2028-01-01"]}]}, "sessions.0.session", "unknown-name"),
        ({"sessions": [{"session": "talk", "dates": ["2028-01-32"]}]}, "sessions.0.dates.0", "not-a-date"),
        ({"sessions": [{"session": "talk", "dates": []}]}, "sessions.0.dates", "too-few"),
        ({"days": 1, "title": ""}, "title", "too-short"),
        ({"days": 1, "parts": ["hats"]}, "parts.0", "not-a-choice"),
    ],
)
def test_a_copy_that_cannot_be_is_refused_whole(two, given, field, code):
    with pytest.raises(Invalid) as refused:
        copy(two, **given)
    assert [error["field"] for error in refused.value.errors] == [field]
    assert [error["code"] for error in refused.value.errors] == [code]
    assert two.told() == []


def test_one_session_that_cannot_be_copied_leaves_nothing_behind(two):
    night = {"starts_at": "2027-03-27T01:30:00+00:00", "ends_at": "2027-03-27T03:00:00+00:00"}
    two.ask("create_session", given=a_virtual_session(slug="night", meetings=[night]))
    listed = [{"session": "talk", "dates": ["2028-05-02"]}, {"session": "night", "dates": ["2027-03-28"]}]
    with pytest.raises(Invalid) as refused:
        copy(two, sessions=listed)
    assert [(e["field"], e["code"]) for e in refused.value.errors] == [("sessions.1.dates.0", "no-such-local-time")]
    with pytest.raises(NotFound):
        two.ask("programme", slug="next-year")


def test_there_is_an_end_to_how_many_are_copied_at_once(two, monkeypatch):
    monkeypatch.setattr(copying_programmes, "MOST_COPIES", 1)
    with pytest.raises(Invalid) as refused:
        copy(two, days=7)
    assert [(error["field"], error["code"]) for error in refused.value.errors] == [("days", "too-many-copies")]
