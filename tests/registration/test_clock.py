"""The clock: summer time comes and goes, midnight passes, a leap day is a day, and a clock that is set back undoes
nothing. Times are of Leeds unless they say otherwise; what lasts, lasts in real time.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.registration import events
from services.registration.attendance import check_in, recording
from services.registration.errors import BookingClosed, Clash, OfferExpired
from services.registration.models import Session
from services.registration.places import bookings, figures, lookup, waiting_list
from services.runtime.schemas import load
from tests.registration.conftest import NOW, START

pytestmark = pytest.mark.one_database

HOUR = timedelta(hours=1)
LEEDS = ZoneInfo("Europe/London")
SPRING = "2027-03-28"  # at 1:00 it is 2:00
AUTUMN = "2027-10-31"  # at 2:00 it is 1:00 again


def at(local, fold=0):
    """Return the moment that clocks in Leeds call so; `fold=1` is the second of two that they call so."""
    return datetime.fromisoformat(local).replace(tzinfo=LEEDS, fold=fold).astimezone(UTC)


def clocks_in_leeds(moment):
    return moment.astimezone(LEEDS).strftime("%Y-%m-%d %H:%M")


def meeting(starts, ends):
    """Return a meeting as the catalogue's event tells it, read as registration reads it."""
    told = {"starts_at": starts.astimezone(LEEDS).isoformat(), "ends_at": ends.astimezone(LEEDS).isoformat()}
    return load(events.MeetingRead(), told)


def kinds(db):
    """Return the types of what was announced of bookings, in order."""
    told = [Envelope.from_json(row) for row in db.scalars(select(outbox.c.envelope).order_by(outbox.c.position))]
    return [e.type.split(".")[1] for e in told if e.subject.startswith("bookings/")]


@pytest.fixture
def offer(db, told, person):
    """Have a place offered at that moment in a session that starts ten days later: (who, reference, expires_at)."""

    def make(now):
        told(places_in_room=1, waiting_list="offer", meetings=[meeting(now + 240 * HOUR, now + 242 * HOUR)])
        amina, ben = person("amina"), person("ben")
        held, waits = (bookings.book(db, who, now, "march")["reference"] for who in (amina, ben))
        bookings.cancel(db, amina, held, now)
        return ben, waits, lookup.one(db, ben, waits, now)["offer"]["expires_at"]

    return make


@pytest.mark.parametrize(
    ("made", "ends"),
    [
        ("2027-03-27 18:00", "2027-03-29 19:00"),
        ("2027-10-30 18:00", "2027-11-01 17:00"),
        ("2027-06-01 18:00", "2027-06-03 18:00"),
    ],
)
def test_an_offer_stands_48_real_hours_whatever_the_clocks_on_the_wall_do(db, offer, made, ends):
    ben, reference, expires_at = offer(at(made))
    assert expires_at - at(made) == 48 * HOUR
    assert clocks_in_leeds(expires_at) == ends
    waiting_list.pass_on_expired(db, at(ends) - timedelta(seconds=1))
    assert bookings.accept(db, ben, reference, at(ends) - timedelta(seconds=1))["state"] == "confirmed"


@pytest.mark.parametrize("made", ["2027-03-27 18:00", "2027-10-30 18:00"])
def test_an_offer_over_the_change_runs_out_after_48_real_hours(db, offer, made):
    ben, reference, expires_at = offer(at(made))
    with pytest.raises(OfferExpired):
        bookings.accept(db, ben, reference, expires_at)
    waiting_list.pass_on_expired(db, expires_at)
    assert kinds(db).count("offer_expired") == 1


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_a_quarter_of_the_time_left_is_counted_in_real_hours(day, hours):
    before, after = at(f"{day} 00:00"), at(f"{day} 00:00") + hours * HOUR
    assert clocks_in_leeds(after).endswith("00:00"), "a whole day on the wall"
    assert waiting_list.offer_until(before, after) == before + hours * HOUR / 4


@pytest.mark.parametrize(
    ("starts", "fold", "shown_from"),
    [
        (f"{SPRING} 02:10", 0, f"{SPRING} 00:40"),  # 30 minutes, though the wall says an hour and a half
        (f"{AUTUMN} 01:10", 1, f"{AUTUMN} 01:40"),  # 30 minutes, though the wall says that it is later
        (f"{AUTUMN} 01:10", 0, f"{AUTUMN} 00:40"),
    ],
)
def test_the_link_to_join_is_shown_30_real_minutes_before(db, told, person, starts, fold, shown_from):
    begins = at(starts, fold)
    told(places_in_room=0, places_online=1, meetings=[meeting(begins, begins + 2 * HOUR)])
    amina = person()
    reference = bookings.book(db, amina, NOW, "march")["reference"]
    opens = begins - timedelta(minutes=30)
    assert clocks_in_leeds(opens) == shown_from
    assert "join_url" not in lookup.one(db, amina, reference, opens - timedelta(seconds=1))
    assert "join_url" in lookup.one(db, amina, reference, opens)


@pytest.mark.parametrize(("day", "before", "hours"), [(SPRING, "2027-03-27", 6), (AUTUMN, "2027-10-30", 8)])
def test_a_meeting_across_the_change_is_as_long_as_it_really_is(db, told, person, day, before, hours):
    """From 10pm to 5am the wall counts 7 hours."""
    night = meeting(at(f"{before} 22:00"), at(f"{day} 05:00"))
    told("night", meetings=[night], places_in_room=0, places_online=5)
    assert db.get_one(Session, "night").ends_at - db.get_one(Session, "night").starts_at == hours * HOUR
    amina = person()
    reference = bookings.book(db, amina, NOW, "night")["reference"]
    told("early", meetings=[meeting(at(f"{day} 04:59"), at(f"{day} 06:00"))])
    with pytest.raises(Clash):
        bookings.book(db, amina, NOW, "early")
    told("next", meetings=[meeting(at(f"{day} 05:00"), at(f"{day} 06:00"))])
    assert bookings.book(db, amina, NOW, "next")["state"] == "confirmed"
    assert "join_url" in lookup.one(db, amina, reference, at(f"{day} 05:00"))
    assert "join_url" not in lookup.one(db, amina, reference, at(f"{day} 05:01"))


@pytest.mark.parametrize(("day", "before", "hours"), [(SPRING, "2027-03-27", 6), (AUTUMN, "2027-10-30", 8)])
def test_the_share_that_somebody_attended_counts_real_minutes(db, told, person, day, before, hours):
    night = meeting(at(f"{before} 22:00"), at(f"{day} 05:00"))
    evening = meeting(at(f"{day} 18:00"), at(f"{day} 18:00") + hours * HOUR)
    told(meetings=[night, evening])
    reference = bookings.book(db, person("amina"), NOW, "march")["reference"]
    seen = [{"reference": reference, "meeting": n, "present": n == 1} for n in (1, 2)]
    recording.record(db, person("team", granted=["team"]), "march", seen, "list", evening["ends_at"])
    amina = lookup.page_of_session(db, "march", evening["ends_at"], None, 1)["items"][0]
    assert (amina["state"], amina["attended_share"]) == ("partly_attended", 0.5)


# Midnight


@pytest.fixture
def across_midnight(db, told, person):
    """Amina has a place online from 10:30pm to 1:30am: (amina, reference)."""
    told(places_in_room=0, places_online=3, meetings=[meeting(at("2027-06-01 22:30"), at("2027-06-02 01:30"))])
    amina = person()
    return amina, bookings.book(db, amina, NOW, "march")["reference"]


def test_a_session_across_midnight_goes_on_after_it(db, across_midnight, person):
    amina, reference = across_midnight
    assert "join_url" in lookup.one(db, amina, reference, at("2027-06-02 00:00"))
    assert "join_url" in lookup.one(db, amina, reference, at("2027-06-02 01:30"))
    assert "join_url" not in lookup.one(db, amina, reference, at("2027-06-02 01:31"))
    for late in ("2027-06-01 22:30", "2027-06-02 00:10"):
        with pytest.raises(BookingClosed):
            bookings.book(db, person(late[-5:-3]), at(late), "march")
    with pytest.raises(BookingClosed):
        bookings.cancel(db, amina, reference, at("2027-06-02 01:30"))
    assert bookings.cancel(db, amina, reference, at("2027-06-02 01:29"))["state"] == "cancelled"


def test_a_session_across_midnight_stands_in_the_way_on_both_days(db, across_midnight, told):
    amina, _ = across_midnight
    told("evening", meetings=[meeting(at("2027-06-01 21:00"), at("2027-06-01 22:31"))])
    told("small-hours", meetings=[meeting(at("2027-06-02 01:00"), at("2027-06-02 02:00"))])
    told("day-before", meetings=[meeting(at("2027-06-01 00:30"), at("2027-06-01 01:30"))])
    for slug in ("evening", "small-hours"):
        with pytest.raises(Clash):
            bookings.book(db, amina, NOW, slug)
    assert bookings.book(db, amina, NOW, "day-before")["state"] == "confirmed"


# Leap day


@pytest.mark.parametrize(
    ("made", "ends"),
    [
        ("2028-02-27 09:00", "2028-02-29 09:00"),
        ("2028-02-28 09:00", "2028-03-01 09:00"),
        ("2028-02-29 09:00", "2028-03-02 09:00"),
        ("2027-02-28 09:00", "2027-03-02 09:00"),
    ],
)
def test_leap_day_is_a_day_of_an_offers_time(offer, made, ends):
    assert clocks_in_leeds(offer(at(made))[2]) == ends


def test_a_session_on_leap_day_is_booked_held_for_some_and_attended_like_any_other(db, told, person):
    day, released = "2028-02-29", at("2028-02-29 08:00")
    held = [{"sector": "citizen", "places": 1, "until": released}]
    meetings = [meeting(at(f"{day} 09:30"), at(f"{day} 16:30"))]
    told(places_in_room=2, held_places=held, meetings=meetings)
    amina, ben = person("amina"), person("ben")
    hers, his = (bookings.book(db, who, at("2028-02-28 23:59"), "march")["reference"] for who in (amina, ben))
    assert lookup.one(db, ben, his, at("2028-02-29 07:59"))["state"] == "waiting"
    waiting_list.release_held(db, released)
    assert lookup.one(db, ben, his, released)["state"] == "confirmed"
    seen = [{"reference": hers, "meeting": 1, "present": True}]
    recording.record(db, person("team", granted=["team"]), "march", seen, "list", at(f"{day} 16:30"))
    assert lookup.one(db, amina, hers, at("2028-03-01 00:00"))["state"] == "attended"


# A clock that is set back

BACK = timedelta(minutes=10)


def test_who_checked_in_to_what_had_begun_was_there_also_when_the_clock_is_set_back(db, told, person):
    told(places_in_room=1)
    amina, team = person("amina"), person("team", granted=["team"])
    hers = bookings.book(db, amina, NOW, "march")["reference"]
    token = check_in.own_token(db, amina, hers, "k" * 32)["token"]
    check_in.check_in(db, team, token, "k" * 32, START)
    assert lookup.one(db, amina, hers, START)["state"] == "attended"
    assert bookings.cancel(db, amina, hers, START - BACK)["state"] == "attended"


def test_an_offer_that_ran_out_stays_so_when_the_clock_is_set_back(db, offer):
    ben, reference, expires_at = offer(NOW)
    waiting_list.pass_on_expired(db, expires_at)
    before, seen = kinds(db), lookup.one(db, ben, reference, expires_at)
    assert seen["state"] == "offered", "nobody else waits, so that it is his turn again"
    waiting_list.pass_on_expired(db, expires_at - BACK)
    waiting_list.pass_on_expired(db, expires_at)
    assert kinds(db) == before
    assert lookup.one(db, ben, reference, expires_at - BACK) == seen


def test_who_went_to_the_end_of_the_line_stays_there_when_the_clock_is_set_back(db, offer, person):
    ben, reference, expires_at = offer(NOW)
    carol = person("carol")
    hers = bookings.book(db, carol, NOW, "march")["reference"]
    waiting_list.pass_on_expired(db, expires_at)
    for verb in (bookings.accept, bookings.decline):
        with pytest.raises(OfferExpired):
            verb(db, ben, reference, expires_at - BACK)
    waiting_list.pass_on_expired(db, expires_at - BACK)
    assert lookup.one(db, ben, reference, expires_at - BACK)["position"] == 1
    assert lookup.one(db, carol, hers, expires_at - BACK)["state"] == "offered"
    assert kinds(db).count("place_offered") == 2


def test_an_offer_whose_time_is_over_may_be_taken_after_all_if_the_clock_was_wrong(db, offer):
    """Nobody has acted on the wrong time, so there is nothing to undo."""
    ben, reference, expires_at = offer(NOW)
    with pytest.raises(OfferExpired):
        bookings.accept(db, ben, reference, expires_at)
    assert bookings.accept(db, ben, reference, expires_at - BACK)["state"] == "confirmed"


@pytest.fixture
def held_until(told):
    """Two places, of which one is held for citizens: until when."""
    until = NOW + timedelta(days=7)
    told(places_in_room=2, held_places=[{"sector": "citizen", "places": 1, "until": until}])
    return until


def test_held_places_that_were_let_go_are_not_held_again_when_the_clock_is_set_back(db, held_until, person):
    bookings.book(db, person("amina"), NOW, "march")
    waiting_list.release_held(db, held_until)
    booked = bookings.book(db, person("ben"), held_until - BACK, "march")
    assert booked["state"] == "confirmed"
    assert figures.of_session(db.get_one(Session, "march"), held_until - BACK)["held"] == {}


def test_of_two_holds_only_the_one_that_was_let_go_stays_so(db, told, person):
    first, second = NOW + HOUR, NOW + 2 * HOUR
    held = [{"sector": sector, "places": 1, "until": u} for sector, u in (("citizen", first), ("council", second))]
    told(places_in_room=3, held_places=held)
    waiting_list.release_held(db, first)
    assert figures.of_session(db.get_one(Session, "march"), first - BACK)["held"] == {"council": 1}
    waiting_list.release_held(db, second)
    assert figures.of_session(db.get_one(Session, "march"), first - BACK)["held"] == {}


def test_places_are_let_go_once_however_the_clock_moves(db, held_until, person):
    amina, ben, carol = (person(name) for name in ("amina", "ben", "carol"))
    references = [bookings.book(db, who, NOW, "march")["reference"] for who in (amina, ben, carol)]
    waiting_list.release_held(db, held_until)
    before, version = kinds(db), db.get_one(Session, "march").version
    assert before.count("booking_confirmed") == 2
    for now in (held_until - BACK, held_until, held_until + BACK):
        waiting_list.release_held(db, now)
        assert lookup.one(db, carol, references[2], now)["position"] == 1
    assert (kinds(db), db.get_one(Session, "march").version) == (before, version)


def test_the_line_keeps_its_order_when_the_clock_is_set_back(db, told, person):
    told(places_in_room=1)
    amina, ben, carol = (person(name) for name in ("amina", "ben", "carol"))
    hers = bookings.book(db, amina, NOW, "march")["reference"]
    his = bookings.book(db, ben, NOW, "march")["reference"]
    last = bookings.book(db, carol, NOW - BACK, "march")["reference"]
    bookings.cancel(db, amina, hers, NOW - BACK)
    assert lookup.one(db, ben, his, NOW)["state"] == "confirmed"
    assert lookup.one(db, carol, last, NOW)["position"] == 1


def test_who_cancelled_stays_cancelled_and_a_booking_stays_booked_before_it_was_made(db, told, person):
    told()
    amina = person()
    reference = bookings.book(db, amina, NOW, "march")["reference"]
    assert lookup.one(db, amina, reference, NOW - BACK)["state"] == "confirmed"
    bookings.cancel(db, amina, reference, NOW - BACK)
    before = kinds(db)
    assert bookings.cancel(db, amina, reference, NOW - 2 * BACK)["state"] == "cancelled"
    assert kinds(db) == before


def test_a_session_that_began_may_be_booked_again_only_if_it_has_not_really_begun(db, told, person):
    """A clock that ran ahead refuses; set right, it takes the same booking."""
    told()
    amina = person()
    with pytest.raises(BookingClosed):
        bookings.book(db, amina, START, "march")
    assert bookings.book(db, amina, START - BACK, "march")["state"] == "confirmed"
