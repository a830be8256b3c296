"""Who came of those who had a place, who did not, and who had cancelled, counted four ways."""

from datetime import date, timedelta

import pytest

from services.registration import handing_on, my_data
from services.registration.attendance import arriving, recording
from services.registration.outcomes import turnout
from services.registration.places import bookings
from services.registration.schemas import GROUPS
from services.runtime.refusals import Invalid
from tests.registration.conftest import NOW, START
from tests.registration.meetings import meeting

LATE, DURING = START - timedelta(hours=5), START + timedelta(hours=1)
OVER = START + timedelta(days=1)
ALL = {"by": "session", "first": None, "last": None, "programme": None}


def figures(db, now=OVER, cursor=None, limit=100, **asked):
    return turnout.turnout(db, now, cursor, limit, **{**ALL, **asked})


def counts(row):
    """Return the counts that are not 0."""
    return {name: row[name] for name in ("had_place", *turnout.OUTCOMES) if row[name]}


def by_group(db, by, **asked):
    return {row["of"]: counts(row) for row in figures(db, by=by, **asked)["items"]}


@pytest.fixture
def tess(person):
    return person("tess", granted=["team"])


@pytest.fixture
def book(db, person):
    """Book for someone new: `book("amina")` returns the person and their reference."""

    def one(who, session="march", **fields):
        made = person(who, **fields)
        return made, bookings.book(db, made, NOW, session)["reference"]

    return one


@pytest.fixture
def mark(db, tess):
    """Record who was at the meetings of a session."""

    def records(slug="march", at=DURING, meeting=1, **present):
        said = [{"reference": reference, "meeting": meeting, "present": there} for reference, there in present.items()]
        recording.record(db, tess, slug, said, "list", at)

    return lambda present, **more: records(**more, **present)


def test_each_person_who_had_a_place_counts_once_by_what_they_did(db, told, book, mark):
    two = [meeting(START), meeting(START + timedelta(days=7))]
    told(places_in_room=6, cancel_days=1, meetings=two)
    (_, whole), (_, part), (_, absent), (_, unknown) = map(book, ("amina", "ben", "cleo", "dev"))
    early, late = book("eve"), book("fay")
    waits = book("gus")
    bookings.cancel(db, *waits, LATE)
    bookings.cancel(db, *early, NOW)
    bookings.cancel(db, *late, LATE)
    mark({whole: True, part: True, absent: False})
    mark({whole: True, part: False, absent: False}, meeting=2, at=START + timedelta(days=7, hours=1))
    answer = figures(db, START + timedelta(days=8))
    assert (
        counts(answer["items"][0]) == counts(answer["total"]) == {"had_place": 6, **dict.fromkeys(turnout.OUTCOMES, 1)}
    )
    assert (answer["items"][0]["of"], answer["items"][0]["starts_at"]) == ("march", START)
    assert unknown not in (whole, part, absent)


def test_a_session_that_is_not_over_or_was_cancelled_does_not_count(db, told, book):
    told(), told("april", meetings=[meeting(START + timedelta(days=30))])
    book("amina"), book("ben", "april")
    assert set(by_group(db, "session")) == {"march"}
    assert figures(db, DURING)["items"] == []
    told(status="cancelled", cancel_reason="The hall is flooded")
    assert by_group(db, "session") == {}


def test_whoever_books_again_counts_by_the_place_that_they_have(db, told, book, mark):
    told()
    amina, first = book("amina")
    bookings.cancel(db, amina, first, NOW)
    again = bookings.book(db, amina, NOW, "march")["reference"]
    mark({again: True})
    assert by_group(db, "session") == {"march": {"had_place": 1, "attended": 1}}


def test_whoever_cancels_twice_counts_by_the_last_time(db, told, book):
    told(cancel_days=1)
    amina, first = book("amina")
    bookings.cancel(db, amina, first, NOW)
    bookings.cancel(db, amina, bookings.book(db, amina, NOW, "march")["reference"], LATE)
    assert by_group(db, "session") == {"march": {"had_place": 1, "cancelled_late": 1}}


def test_who_had_cancelled_and_came_all_the_same_attended(db, told, book, mark):
    told(cancel_days=1)
    amina, place = book("amina")
    bookings.cancel(db, amina, place, LATE)
    mark({place: True})
    assert by_group(db, "session") == {"march": {"had_place": 1, "attended": 1}}


def test_who_came_without_a_place_is_counted(db, told, tess):
    told(places_in_room=1)
    arriving.add(db, tess, "march", DURING, meeting=1, name="A guest")
    assert by_group(db, "session") == {"march": {"had_place": 1, "attended": 1}}


def test_who_gives_the_place_to_a_colleague_has_cancelled_in_time(db, told, book, person):
    told(cancel_days=1)
    person("ben")
    handing_on.hand_on(db, *book("amina"), LATE, "ben@example.org")
    assert by_group(db, "session") == {"march": {"had_place": 2, "not_recorded": 1, "cancelled_in_time": 1}}


def test_they_are_counted_by_programme_sector_and_organisation(db, told, book):
    told(places_in_room=5)
    told("june", programme="series", meetings=[meeting(START - timedelta(days=7))], places_in_room=5)
    book("amina", organisation="Elm Court"), book("ben", organisation="elm  court "), book("cleo", sector="citizen")
    book("dev", "june", organisation="Elm Court")
    assert by_group(db, "programme") == {"slp": {"had_place": 3, "not_recorded": 3},
                                         "series": {"had_place": 1, "not_recorded": 1}}  # fmt: skip
    assert {of: row["had_place"] for of, row in by_group(db, "sector").items()} == {"hospital": 3, "citizen": 1}
    assert {of: row["had_place"] for of, row in by_group(db, "organisation").items()} == {None: 1, "Elm Court": 3}
    assert {of: row["had_place"] for of, row in by_group(db, "sector", programme="series").items()} == {"hospital": 1}


def test_the_days_are_those_on_which_sessions_start(db, told, book):
    told(), told("june", meetings=[meeting(START - timedelta(days=7))])
    book("amina"), book("ben", "june")
    day, week_before = date(2027, 3, 9), date(2027, 3, 2)
    assert set(by_group(db, "session", first=day, last=day)) == {"march"}
    assert set(by_group(db, "session", first=week_before, last=day - timedelta(days=1))) == {"june"}
    assert set(by_group(db, "session", last=date.max, first=date.min)) == {"march", "june"}
    with pytest.raises(Invalid):
        figures(db, first=day, last=week_before)


@pytest.mark.parametrize("by", GROUPS)
def test_pages_have_every_row_once_and_the_total_of_all(db, told, book, by):
    for n in range(3):
        told(f"s{n}", programme=f"p{n}", meetings=[meeting(START - timedelta(days=n))])
        book(f"person{n}", f"s{n}", sector=("hospital", "citizen", None)[n] or "citizen", organisation=f"Org {n}")
    whole = figures(db, by=by)
    found, cursor = [], None
    while cursor is not None or not found:
        page = figures(db, by=by, cursor=cursor, limit=1)
        found, cursor = [*found, *page["items"]], page["next"]
        assert page["total"] == whole["total"]
    assert found == whole["items"]
    with pytest.raises(Invalid):
        figures(db, by=by, cursor="nonsense")


def test_the_latest_session_is_first(db, told, book):
    told(), told("june", meetings=[meeting(START - timedelta(days=7))])
    book("amina"), book("ben", "june")
    assert [row["of"] for row in figures(db)["items"]] == ["march", "june"]


def test_erasing_a_person_leaves_the_count(db, told, book, mark):
    told()
    amina, place = book("amina", organisation="Elm Court")
    mark({place: True})
    my_data.erase(db, amina, OVER)
    assert by_group(db, "sector") == {"hospital": {"had_place": 1, "attended": 1}}
    assert by_group(db, "organisation") == {None: {"had_place": 1, "attended": 1}}
