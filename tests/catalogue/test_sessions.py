"""Sessions: drafted, changed, published, cancelled and called back."""

from datetime import UTC, datetime

import pytest

from services.catalogue import schemas
from services.catalogue.errors import SessionCancelled, SessionFinished, SessionNotCancelled, SessionNotPublished
from services.runtime import clock
from services.runtime.refusals import Invalid, NotFound, StaleVersion
from tests.catalogue.given import a_hybrid_session, a_meeting, a_session_in_a_room, a_virtual_session
from tests.sentences import says

pytestmark = pytest.mark.patient

EVERY_FIELD = {
    "slug": "both-at-once",
    "programme": "series",
    "title": "Both at once – “hybrid”",
    "summary": "In one room\nand online.",
    "topics": ["systems-thinking", "care"],
    "speakers": ["zoe", "ada"],
    "delivery": "hybrid",
    "meetings": [a_meeting(9), a_meeting(10)],
    "venue": {"name": "Library", "address": "Leeds", "access": "Step-free"},
    "join_url": "https://example.org/meet?a=1&b=2#now",
    "waiting_list": "offer",
    "places_in_room": 24,
    "places_online": 60,
    "held_places": [
        {"sector": "social_care", "places": 10, "until": "2027-02-23T17:00:00+00:00"},
        {"sector": "citizen", "places": 4, "until": "2027-02-24T17:00:00+00:00"},
    ],
    "booking_opens_at": "2027-02-01T09:00:00+00:00",
    "by_application": True,
    "applications_until": "2027-02-20T12:00:00+00:00",
    "travel_minutes": 45,
}


def fields_of(refused) -> set[str]:
    return {error["field"] for error in refused.value.errors}


# What is accepted comes back


def test_every_accepted_field_comes_back_in_answers_and_in_events(catalogue):
    catalogue.ask("create_speaker", given={"slug": "zoe", "name": "Zoë", "bio": "", "affiliation": "University"})
    assert EVERY_FIELD.keys() == schemas.NewSession().fields.keys(), "a field is not in this test"
    catalogue.ask("create_session", given=EVERY_FIELD)
    catalogue.announced()
    catalogue.ask("publish_session", slug="both-at-once")
    [event] = catalogue.announced()
    answer = catalogue.ask("session", slug="both-at-once")
    speakers = [{"slug": "zoe", "name": "Zoë", "bio": "", "affiliation": "University"}]
    speakers += [{"slug": "ada", "name": "Ada", "bio": "Speaks.", "affiliation": None}]
    for told in (answer, event.data):
        assert {name: told[name] for name in EVERY_FIELD} == {**EVERY_FIELD, "speakers": speakers}
        assert told["programme_title"] == "A series"


def test_every_field_can_be_changed_but_the_slug_and_the_delivery(catalogue):
    catalogue.ask("create_programme", given={"slug": "other", "title": "Other", "format": "structured"})
    catalogue.ask("create_session", given=EVERY_FIELD | {"speakers": ["ada"]})
    wanted = {
        "programme": "other",
        "title": "Another title",
        "summary": "",
        "topics": ["care", "new-topic"],
        "speakers": [],
        "meetings": [a_meeting(11)],
        "venue": {"name": "Town hall", "address": "", "access": ""},
        "join_url": None,
        "waiting_list": "none",
        "places_in_room": 30,
        "places_online": 70,
        "held_places": [{"sector": "citizen", "places": 5, "until": "2027-02-25T17:00:00+00:00"}],
        "booking_opens_at": None,
        "by_application": False,
        "applications_until": None,
        "travel_minutes": 20,
    }
    assert wanted.keys() == schemas.NewSession().fields.keys() - {"slug", "delivery"}
    catalogue.ask("change_session", slug="both-at-once", version=1, given=wanted)
    answer = catalogue.ask("session", slug="both-at-once")
    assert {name: answer[name] for name in wanted} == wanted


def test_a_time_without_an_offset_is_the_citys(catalogue):
    meeting = {"starts_at": "2027-06-08T09:30:00", "ends_at": "2027-06-08T12:30:00+01:00"}
    answer = catalogue.ask("create_session", given=a_virtual_session(meetings=[meeting]))
    expected = {"starts_at": "2027-06-08T08:30:00+00:00", "ends_at": "2027-06-08T11:30:00+00:00"}
    assert answer["meetings"] == [expected]


def test_what_is_left_out_has_a_default(catalogue):
    answer = catalogue.ask("create_session", given=a_virtual_session())
    expected = {
        "summary": "",
        "topics": [],
        "speakers": [],
        "venue": None,
        "join_url": None,
        "waiting_list": "automatic",
        "places_in_room": 0,
        "held_places": [],
        "booking_opens_at": None,
        "by_application": False,
        "applications_until": None,
        "travel_minutes": 0,
        "cancel_reason": None,
        "materials": [],
    }
    assert {name: answer[name] for name in expected} == expected


# Slugs


def test_a_slug_is_made_from_the_title(catalogue):
    session = a_virtual_session(title="  Systems theory & Myron's Maxims: Où? ")
    del session["slug"]
    assert catalogue.ask("create_session", given=session)["slug"] == "systems-theory-myrons-maxims-ou"
    assert catalogue.ask("create_session", given=session)["slug"] == "systems-theory-myrons-maxims-ou-2"
    assert catalogue.ask("create_session", given=session)["slug"] == "systems-theory-myrons-maxims-ou-3"


def test_a_slug_from_a_long_title_is_short_enough_even_with_a_number(catalogue):
    session = a_virtual_session(title="word " * 40)
    del session["slug"]
    for _ in range(2):
        assert len(catalogue.ask("create_session", given=session)["slug"]) <= 80


def test_a_title_that_makes_no_slug_needs_one(catalogue):
    session = a_virtual_session(title="研修")
    del session["slug"]
    with pytest.raises(Invalid) as refused:
        catalogue.ask("create_session", given=session)
    assert fields_of(refused) == {"slug"}


def test_a_slug_that_is_taken_is_refused(catalogue):
    catalogue.ask("create_session", given=a_virtual_session())
    with pytest.raises(Invalid) as refused:
        catalogue.ask("create_session", given=a_virtual_session(title="Another talk"))
    assert fields_of(refused) == {"slug"}


def test_a_new_title_leaves_the_slug_as_it_is(catalogue):
    catalogue.ask("create_session", given=a_virtual_session())
    assert catalogue.ask("change_session", slug="talk", version=1, given={"title": "New"})["slug"] == "talk"


# References


def test_all_that_a_session_names_must_be_there(catalogue):
    session = a_virtual_session(
        programme="nowhere",
        speakers=["ada", "nobody"],
        held_places=[{"sector": "unheard_of", "places": 1, "until": "2027-02-23T17:00:00Z"}],
    )
    with pytest.raises(Invalid) as refused:
        catalogue.ask("create_session", given=session)
    assert fields_of(refused) == {"programme", "speakers.1", "held_places.0.sector"}


def test_there_is_no_session_that_was_not_made(catalogue):
    for method, request in {
        "session": {},
        "publish_session": {},
        "cancel_session": {"given": {"reason": "Ill"}},
        "reinstate_session": {},
        "change_session": {"version": 1, "given": {}},
        "add_material": {"given": {"kind": "link", "title": "A", "url": "https://example.org"}},
    }.items():
        with pytest.raises(NotFound):
            catalogue.ask(method, slug="nowhere", **request)


# Drafts


def test_nobody_is_told_of_a_draft_or_of_its_changes(catalogue):
    assert catalogue.ask("create_session", given=a_virtual_session())["status"] == "draft"
    changed = catalogue.ask("change_session", slug="talk", version=1, given={"title": "New"})
    assert (changed["title"], changed["version"]) == ("New", 2)
    assert catalogue.told() == []


def test_drafts_are_listed_page_by_page_and_published_sessions_are_not(catalogue):
    for n in range(5):
        catalogue.ask("create_session", given=a_virtual_session(slug=f"talk-{n}"))
    catalogue.ask("publish_session", slug="talk-3")
    first = catalogue.ask("drafts", limit=2)
    second = catalogue.ask("drafts", limit=2, cursor=first["next"])
    assert [item["slug"] for item in first["items"]] == ["talk-0", "talk-1"]
    assert [item["slug"] for item in second["items"]] == ["talk-2", "talk-4"]
    assert second["next"] is None


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"limit": 101}, {"cursor": "nonsense"}, {"cursor": "WyJhIl0"}])
def test_a_list_refuses_a_limit_and_a_cursor_that_are_none(catalogue, wrong):
    with pytest.raises(Invalid) as refused:
        catalogue.ask("drafts", **wrong)
    assert fields_of(refused) == set(wrong)


# Publishing


def test_publishing_tells_the_whole_state(catalogue):
    catalogue.ask("create_session", given=a_virtual_session(speakers=["ada"]))
    answer = catalogue.ask("publish_session", slug="talk")
    [event] = catalogue.announced()
    assert (event.type, event.subject) == ("catalogue.session_published.v1", "sessions/talk")
    assert event.version == event.data["version"] == answer["version"] == 2
    assert event.data == {name: value for name, value in answer.items() if name not in ("materials", "template")}


def test_publishing_twice_is_publishing_once(catalogue):
    catalogue.ask("create_session", given=a_virtual_session())
    first = catalogue.ask("publish_session", slug="talk")
    catalogue.announced()
    assert catalogue.ask("publish_session", slug="talk") == first
    assert catalogue.told() == []


# Changing


def test_a_change_of_a_published_session_tells_its_whole_state(published):
    before = published.ask("session", slug="talk")
    answer = published.ask("change_session", slug="talk", version=2, given={"summary": "New"})
    [event] = published.announced()
    assert event.type == "catalogue.session_changed.v1"
    assert answer["version"] == event.version == before["version"] + 1
    assert event.data["summary"] == "New"
    assert event.data["speakers"] == before["speakers"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"title": "A talk"},
        {"title": "  A talk "},
        {"meetings": [{"starts_at": "2027-03-09T10:00:00", "ends_at": "2027-03-09T13:00:00+01:00"}]},
        {"slug": "talk", "delivery": "virtual", "venue": None, "speakers": ["ada"], "topics": ["care"]},
    ],
)
def test_a_change_that_changes_nothing_is_none(published, given):
    before = published.ask("session", slug="talk")
    assert published.ask("change_session", slug="talk", version=2, given=given) == before
    assert published.told() == []


@pytest.mark.parametrize(
    "given",
    [
        {"meetings": [a_meeting(10), a_meeting(11), a_meeting(12)]},
        {"topics": ["system-leadership", "care"]},
        {"speakers": []},
        {"held_places": [{"sector": "citizen", "places": 2, "until": "2027-02-23T17:00:00+00:00"}]},
    ],
)
def test_a_list_is_changed_as_a_whole_and_keeps_its_order(published, given):
    answer = published.ask("change_session", slug="talk", version=2, given=given)
    [name] = given
    assert answer[name] == given[name]
    assert published.ask("session", slug="talk") == answer
    back = published.ask("change_session", slug="talk", version=3, given={name: given[name][::-1][:1]})
    assert back[name] == given[name][::-1][:1]


def test_an_editor_who_read_an_older_version_is_refused(published):
    published.ask("change_session", slug="talk", version=2, given={"summary": "Mine"})
    with pytest.raises(StaleVersion) as refused:
        published.ask("change_session", slug="talk", version=2, given={"summary": "Yours"})
    assert refused.value.facts == {"version": 3}
    assert published.ask("session", slug="talk")["summary"] == "Mine"


@pytest.mark.parametrize(
    ("session", "given", "wrong"),
    [
        (a_session_in_a_room(), {"venue": None}, {"venue"}),
        (a_session_in_a_room(), {"places_online": 5}, {"places_online"}),
        (a_session_in_a_room(), {"places_in_room": 0}, {"places_in_room"}),
        (a_session_in_a_room(), {"join_url": "https://example.org"}, {"join_url"}),
        (a_virtual_session(), {"venue": {"name": "Library"}}, {"venue"}),
        (a_hybrid_session(), {"venue": {"address": "Leeds"}}, {"venue.name"}),
        (a_hybrid_session(), {"places_in_room": "24", "places_online": 0}, {"places_in_room"}),
        (a_virtual_session(), {"booking_opens_at": "2027-03-09T12:00:00Z"}, {"booking_opens_at"}),
        (a_virtual_session(), {"meetings": [a_meeting(10), a_meeting(9)]}, {"meetings.1.starts_at"}),
        (a_virtual_session(), {"meetings": [{"starts_at": "2027-03-09T12:00:00Z"}]}, {"meetings.0.ends_at"}),
        (a_virtual_session(), {"nonsense": 1, "status": "cancelled"}, {"nonsense", "status"}),
        (a_virtual_session(), {"delivery": "hybrid", "slug": "another"}, {"delivery", "slug"}),
    ],
)
def test_a_changed_session_keeps_the_rules_of_a_new_one(catalogue, session, given, wrong):
    before = catalogue.ask("create_session", given=session)
    with pytest.raises(Invalid) as refused:
        catalogue.ask("change_session", slug=before["slug"], version=1, given=given)
    assert fields_of(refused) == wrong
    assert catalogue.ask("session", slug=before["slug"]) == before


def test_all_that_is_wrong_with_a_change_is_said_at_once(published):
    given = {"title": "", "venue": {"address": "Leeds"}, "meetings": [{"starts_at": "2027-03-09T12:00:00Z"}]}
    with pytest.raises(Invalid) as refused:
        published.ask("change_session", slug="talk", version=2, given=given)
    assert fields_of(refused) == {"title", "venue.name", "meetings.0.ends_at"}


def test_places_cannot_shrink_below_those_that_are_held(catalogue):
    held = [{"sector": "citizen", "places": 15, "until": "2027-02-23T17:00:00Z"}]
    catalogue.ask("create_session", given=a_session_in_a_room(held_places=held))
    with pytest.raises(Invalid) as refused:
        catalogue.ask("change_session", slug="workshop", version=1, given={"places_in_room": 14})
    assert fields_of(refused) == {"held_places"}


def test_the_delivery_is_refused_in_words_that_say_what_to_do(published):
    with pytest.raises(Invalid, match=says("refusal.wrong_fields")) as refused:
        published.ask("change_session", slug="talk", version=2, given={"delivery": "hybrid"})
    assert refused.value.errors[0]["message"] == says("fault.delivery_fixed")


def test_it_says_when_it_was_changed(published):
    first = published.ask("session", slug="talk")["changed_at"]
    published.ask("change_session", slug="talk", version=2, given={})
    assert published.ask("session", slug="talk")["changed_at"] == first
    published.ask("change_session", slug="talk", version=2, given={"topics": ["psychology"]})
    [event] = published.announced()
    assert event.data["changed_at"] == published.ask("session", slug="talk")["changed_at"] > first


# Cancelling


def test_cancelling_tells_the_reason_with_the_whole_state(published):
    answer = published.ask("cancel_session", slug="talk", given={"reason": "The speaker is ill."})
    [event] = published.announced()
    assert event.type == "catalogue.session_cancelled.v1"
    assert (event.version, event.data["status"]) == (3, "cancelled")
    assert event.data["cancel_reason"] == answer["cancel_reason"] == "The speaker is ill."


def test_cancelling_twice_keeps_the_first_reason_and_tells_nobody_again(published):
    first = published.ask("cancel_session", slug="talk", given={"reason": "The speaker is ill."})
    published.announced()
    assert published.ask("cancel_session", slug="talk", given={"reason": "Snow."}) == first
    assert published.told() == []


@pytest.mark.parametrize("given", [{}, {"reason": "   "}, {"reason": 1}, {"reason": "x" * 1001}])
def test_cancelling_takes_a_reason(published, given):
    with pytest.raises(Invalid) as refused:
        published.ask("cancel_session", slug="talk", given=given)
    assert fields_of(refused) == {"reason"}


def test_a_cancelled_session_stays_cancelled(published):
    before = published.ask("cancel_session", slug="talk", given={"reason": "Snow."})
    published.announced()
    with pytest.raises(SessionCancelled):
        published.ask("publish_session", slug="talk")
    with pytest.raises(SessionCancelled):
        published.ask("change_session", slug="talk", version=3, given={"title": "New"})
    assert published.ask("session", slug="talk") == before
    assert published.told() == []


def test_a_draft_cannot_be_cancelled(catalogue):
    catalogue.ask("create_session", given=a_virtual_session())
    with pytest.raises(SessionNotPublished):
        catalogue.ask("cancel_session", slug="talk", given={"reason": "Snow."})


def test_what_is_over_cannot_be_cancelled_and_what_is_under_way_can(catalogue):
    for slug, days in {"over": [(1, 2), (3, 4)], "under-way": [(1, 2), (3, 5)]}.items():
        meetings = [
            {"starts_at": f"2027-01-0{first}T09:00:00Z", "ends_at": f"2027-01-0{last}T09:00:00Z"}
            for first, last in days
        ]
        catalogue.ask("create_session", given=a_virtual_session(slug=slug, meetings=meetings))
        catalogue.ask("publish_session", slug=slug)
    with pytest.raises(SessionFinished):
        catalogue.ask("cancel_session", slug="over", given={"reason": "Snow."})
    assert catalogue.ask("cancel_session", slug="under-way", given={"reason": "Snow."})["status"] == "cancelled"


# Calling back


def test_to_uncancel_a_session_publishes_it_again_and_tells_of_it_whole(published):
    """Reported elsewhere: a session that was cancelled by mistake had to be written again."""
    published.ask("cancel_session", slug="talk", given={"reason": "Snow."})
    published.announced()
    answer = published.ask("reinstate_session", slug="talk")
    [event] = published.announced()
    assert event.type == "catalogue.session_reinstated.v1"
    assert (event.version, event.data["status"], event.data["cancel_reason"]) == (4, "published", None)
    assert (answer["status"], answer["version"]) == ("published", 4)
    published.ask("change_session", slug="talk", version=4, given={"title": "New"})
    assert published.ask("cancel_session", slug="talk", given={"reason": "Ice."})["cancel_reason"] == "Ice."


def test_what_is_not_cancelled_is_not_called_back(catalogue, published):
    catalogue.ask("create_session", given=a_virtual_session(slug="draft"))
    for slug in ("talk", "draft"):
        with pytest.raises(SessionNotCancelled):
            published.ask("reinstate_session", slug=slug)
    assert published.told() == []


def test_a_cancelled_session_that_would_be_over_is_not_called_back(catalogue):
    meetings = [{"starts_at": "2027-03-01T09:00:00Z", "ends_at": "2027-03-01T10:00:00Z"}]
    catalogue.ask("create_session", given=a_virtual_session(meetings=meetings))
    catalogue.ask("publish_session", slug="talk")
    catalogue.ask("cancel_session", slug="talk", given={"reason": "Snow."})
    clock.start_at(datetime(2027, 3, 1, 10, tzinfo=UTC))
    with pytest.raises(SessionFinished):
        catalogue.ask("reinstate_session", slug="talk")
    clock.start_at(datetime(2027, 3, 1, 9, 59, tzinfo=UTC))
    assert catalogue.ask("reinstate_session", slug="talk")["status"] == "published"


# Converting


@pytest.fixture
def in_a_room(catalogue):
    catalogue.ask("create_session", given=a_session_in_a_room())
    catalogue.ask("publish_session", slug="workshop")
    catalogue.announced()
    return catalogue


def test_a_session_in_a_room_goes_online_with_as_many_places(in_a_room):
    given = {"delivery": "virtual", "join_url": "https://example.org/meet"}
    answer = in_a_room.ask("convert_session", slug="workshop", given=given)
    [event] = in_a_room.announced()
    assert (event.type, event.data["was"]) == ("catalogue.session_converted.v1", "face_to_face")
    for told in (answer, event.data):
        assert (told["delivery"], told["places_in_room"], told["places_online"]) == ("virtual", 0, 20)
        assert (told["venue"], told["join_url"]) == (None, "https://example.org/meet")


def test_a_session_becomes_hybrid_and_goes_back_to_its_room(in_a_room):
    in_a_room.ask("convert_session", slug="workshop", given={"delivery": "hybrid", "places_online": 50})
    answer = in_a_room.ask("convert_session", slug="workshop", given={"delivery": "face_to_face", "places_in_room": 24})
    assert (answer["places_in_room"], answer["places_online"], answer["venue"]["name"]) == (24, 0, "Library")
    assert [event.data["was"] for event in in_a_room.announced()] == ["face_to_face", "hybrid"]


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"delivery": "face_to_face"}, {"delivery"}),
        ({"delivery": "virtual", "places_online": 0}, {"places_online"}),
        ({"delivery": "virtual", "venue": {"name": "Hall"}}, {"venue"}),
        ({"delivery": "by post"}, {"delivery"}),
        ({}, {"delivery"}),
        ({"delivery": "virtual", "title": "New"}, {"title"}),
    ],
)
def test_a_conversion_that_does_not_go_together_is_refused_by_its_fields(in_a_room, given, wrong):
    with pytest.raises(Invalid) as refused:
        in_a_room.ask("convert_session", slug="workshop", given=given)
    assert fields_of(refused) == wrong
    assert in_a_room.told() == []


def test_fewer_places_than_are_held_need_word_of_what_is_held_from_now_on(catalogue):
    held = [{"sector": "citizen", "places": 10, "until": "2027-02-23T17:00:00"}]
    catalogue.ask("create_session", given=a_session_in_a_room(held_places=held))
    catalogue.ask("publish_session", slug="workshop")
    given = {"delivery": "virtual", "places_online": 5}
    with pytest.raises(Invalid) as refused:
        catalogue.ask("convert_session", slug="workshop", given=given)
    assert fields_of(refused) == {"held_places"}
    answer = catalogue.ask("convert_session", slug="workshop", given={**given, "held_places": []})
    assert (answer["places_online"], answer["held_places"]) == (5, [])


def test_into_a_room_needs_a_venue(published):
    with pytest.raises(Invalid) as refused:
        published.ask("convert_session", slug="talk", given={"delivery": "face_to_face"})
    assert fields_of(refused) == {"venue"}


def test_what_is_cancelled_or_over_is_not_converted(in_a_room):
    in_a_room.ask("cancel_session", slug="workshop", given={"reason": "Snow"})
    with pytest.raises(SessionCancelled):
        in_a_room.ask("convert_session", slug="workshop", given={"delivery": "virtual"})


# Applications


def test_a_new_session_has_applications_where_its_programme_has_them_and_it_does_not_say_otherwise(catalogue):
    made = catalogue.ask("create_programme", given={"slug": "cohorts", "title": "Cohorts", "format": "structured",
                                                    "by_application": True})  # fmt: skip
    assert made["by_application"] is True
    plain = catalogue.ask("create_session", given=a_virtual_session(programme="cohorts", slug="one"))
    other = catalogue.ask(
        "create_session", given=a_virtual_session(programme="cohorts", slug="two", by_application=False)
    )
    assert (plain["by_application"], other["by_application"]) == (True, False)
    changed = catalogue.ask("change_session", slug=plain["slug"], version=1, given={"title": "Still so"})
    assert changed["by_application"] is True


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"by_application": False}, "not-by-application"),
        ({}, "not-by-application"),
        ({"by_application": True, "applications_until": "2027-03-09T10:00:01+00:00"}, "closes-after-start"),
        ({"by_application": True, "booking_opens_at": "2027-02-20T12:00:00+00:00"}, "closes-before-opening"),
    ],
)
def test_applications_close_after_booking_opens_and_before_the_session_starts(catalogue, given, code):
    with pytest.raises(Invalid) as refused:
        catalogue.ask(
            "create_session", given=a_virtual_session(**{"applications_until": "2027-02-20T12:00:00+00:00", **given})
        )
    assert [(error["field"], error["code"]) for error in refused.value.errors] == [("applications_until", code)]
