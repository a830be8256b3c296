"""Calendar invites: one UID for the booking's life, a rising sequence, local times that stay local (invariant 6)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import icalendar
import pytest

from services.notifications.calendar import invites
from services.notifications.errors import NoInvite
from services.notifications.models import Session
from services.runtime.city_time import TIME_ZONE
from tests.notifications.conftest import LETTERHEAD, times
from tests.notifications.reading import calendar, has_invite, html, part, plain, sequences, uids
from tests.sentences import says

pytestmark = pytest.mark.patient

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def two_days(world):
    """The session meets before and after the clocks go forward."""
    days = [times("2027-03-09T09:30:00+00:00", 7), times("2027-03-30T09:30:00+01:00", 7)]
    world.session(version=2, happened="changed", meetings=days)
    return world


def last_issued(world, reference="HR-7K2M9Q"):
    with world.begin() as db:
        return icalendar.Calendar.from_ical(invites.last_issued(db, reference, LETTERHEAD)["ics"])


def test_the_mail_is_built_as_mail_programs_want_it(world):
    world.booking()
    mail = world.deliver()[0]
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    inline, attached = part(mail, "text/calendar"), part(mail, "application/ics")
    assert inline.get_param("method") == "REQUEST"
    assert inline.get_content_charset() == "utf-8"
    assert attached.get_filename() == "invite.ics"
    assert attached.get_content() == inline.get_content().encode()


def test_it_is_text_that_the_standard_allows(world):
    world.session(version=2, happened="changed", title="Zoë’s " * 30 + "; a, b\\c")
    world.booking()
    text = part(world.deliver()[0], "application/ics").get_content()
    assert all(line.endswith(b"\r\n") and len(line) <= 77 for line in text.splitlines(keepends=True))
    assert icalendar.Calendar.from_ical(text).walk("VEVENT")[0]["SUMMARY"] == "Zoë’s " * 30 + "; a, b\\c"


def test_an_event_holds_what_a_calendar_shows(world):
    world.booking()
    invite = calendar(world.deliver()[0])
    event = invite.walk("VEVENT")[0]
    assert invite["METHOD"] == "REQUEST"
    assert invite["PRODID"]
    assert event["SUMMARY"] == "System Leadership programme: March cohort"
    assert event["LOCATION"] == "Civic meeting rooms, Leeds city centre"
    assert "Step-free, hearing loop" in event["DESCRIPTION"]
    assert event["URL"] == "https://headrow.example.org/bookings/HR-7K2M9Q"
    assert event["STATUS"] == "CONFIRMED"
    assert event["DTSTAMP"].dt == datetime(2027, 2, 1, 10, 0, tzinfo=UTC)
    assert event["ORGANIZER"] == "mailto:academy@mail.example.org"
    assert event["ORGANIZER"].params["CN"] == "Leeds Academy"
    assert event["ATTENDEE"] == "mailto:zoe@example.org"
    assert event["ATTENDEE"].params["CN"] == "Zoë Okafor"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"


def test_somebody_online_has_no_venue_in_the_calendar_and_no_link_either(world):
    world.session(version=2, happened="changed", join_url="https://example.org/meet/march")
    world.booking(mode="online")
    event = calendar(world.deliver()[0]).walk("VEVENT")[0]
    assert event["LOCATION"] == says("email.online")
    assert "example.org/meet" not in event.to_ical().decode()


def test_somebody_in_a_room_yet_to_be_found_is_not_sent_online(world):
    world.session(version=2, happened="changed", venue=None)
    world.booking()
    assert calendar(world.deliver()[0]).walk("VEVENT")[0]["LOCATION"] == says("calendar.place_not_known")


def test_there_is_one_mail_a_meeting_each_with_a_uid_of_its_own(two_days):
    """RFC 5546, 3.2.2: all components of a request have the same UID."""
    two_days.booking()
    assert [uids(calendar(mail)) for mail in two_days.deliver()] == [
        ["HR-7K2M9Q-1@headrow.example.org"],
        ["HR-7K2M9Q-2@headrow.example.org"],
    ]


def test_the_letter_that_tells_comes_first_and_the_others_say_which_date_they_bring(two_days):
    two_days.booking()
    first, second = two_days.deliver()
    assert first["Subject"].startswith(f"{says('booking_email.confirmed')}: ")
    which = says("calendar.date_subject", nth=2, of=2)
    assert second["Subject"] == f"{which}: System Leadership programme: March cohort"
    for text in (plain(second), html(second)):
        assert says("calendar.date_added", nth=2, of=2) in text
        assert "Tuesday 30 March 2027, 9:30am to 4:30pm" in text
        assert "9 March" not in text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2027-03-09T09:30:00+00:00", "2027-03-30T09:30:00+01:00"),
        ("2027-10-19T09:30:00+01:00", "2027-11-02T09:30:00+00:00"),
    ],
)
def test_the_local_time_stays_when_the_clocks_change(world, before, after):
    world.session(version=2, happened="changed", meetings=[times(before, 7), times(after, 7)])
    world.booking()
    mails = world.deliver()
    first, second = (calendar(mail).walk("VEVENT")[0] for mail in mails)
    text = part(mails[1], "application/ics").get_content().decode()
    for event in (first, second):
        assert (event["DTSTART"].dt.hour, event["DTSTART"].dt.minute) == (9, 30)
        assert (event["DTEND"].dt.hour, event["DTEND"].dt.minute) == (16, 30)
        assert event["DTSTART"].params["TZID"] == "Europe/London"
    assert first["DTSTART"].dt.utcoffset() != second["DTSTART"].dt.utcoffset()
    assert second["DTSTART"].dt == datetime.fromisoformat(after)
    assert text.count("BEGIN:VTIMEZONE") == 1
    assert text.index("END:VTIMEZONE") < text.index("BEGIN:VEVENT")


def test_our_time_zone_is_that_of_the_time_zone_database():
    ours = icalendar.Timezone.from_ical(TIME_ZONE).to_tz(lookup_tzid=False)
    moment = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
    while moment.year < 2031:
        assert moment.astimezone(ours).utcoffset() == moment.astimezone(LONDON).utcoffset(), moment
        moment += timedelta(hours=1 if moment.month in (3, 10) else 24)


def test_a_cancellation_takes_back_the_same_events_under_a_higher_sequence(two_days):
    two_days.booking()
    two_days.later(seconds=5)
    two_days.booking("booking_cancelled", version=2)
    calendars = [calendar(mail) for mail in two_days.deliver()]
    asked, called_off = calendars[:2], calendars[2:]
    assert [one["METHOD"] for one in called_off] == ["CANCEL", "CANCEL"]
    assert {str(event["STATUS"]) for one in called_off for event in one.walk("VEVENT")} == {"CANCELLED"}
    assert [uids(one) for one in called_off] == [uids(one) for one in asked]
    assert [sequences(one) for one in calendars] == [{0}, {0}, {1}, {1}]


def test_the_calendar_part_of_a_cancellation_says_so_in_its_type(world):
    world.booking()
    world.booking("booking_cancelled", version=2)
    mail = next(mail for mail in world.deliver() if mail["Subject"].startswith(says("booking_email.cancelled")))
    assert part(mail, "text/calendar").get_param("method") == "CANCEL"


def test_a_waiting_place_given_up_calls_off_nothing(world):
    world.booking("booking_waitlisted")
    world.booking("booking_cancelled", version=2, was_confirmed=False)
    assert not any(has_invite(mail) for mail in world.deliver())


def test_a_place_that_comes_back_keeps_its_uids_and_goes_on_counting(world):
    for version, happened in enumerate(("booking_confirmed", "booking_cancelled", "booking_confirmed"), start=1):
        world.booking(happened, version=version)
        world.later(seconds=1)
    calendars = [calendar(mail) for mail in world.deliver()]
    assert len({tuple(uids(one)) for one in calendars}) == 1
    assert [sequences(one) for one in calendars] == [{0}, {1}, {2}]
    assert [one["METHOD"] for one in calendars] == ["REQUEST", "CANCEL", "REQUEST"]


def test_the_uid_stays_when_the_site_moves(world):
    world.booking()
    uid = uids(last_issued(world))
    with world.begin() as db:
        moved = replace(LETTERHEAD, public_url="https://new.example.net")
        text = invites.last_issued(db, "HR-7K2M9Q", moved)["ics"]
    assert uids(icalendar.Calendar.from_ical(text)) == uid
    assert "https://new.example.net/bookings/HR-7K2M9Q" in text.replace("\r\n ", "")


def test_the_invite_can_be_fetched_as_it_was_sent(world):
    world.booking()
    assert last_issued(world).to_ical() == calendar(world.deliver()[0]).to_ical()
    world.booking("booking_cancelled", version=2)
    assert last_issued(world)["METHOD"] == "CANCEL"


@pytest.mark.parametrize("reference", ["HR-7K2M9Q", "HR-NONE"])
def test_there_is_no_invite_to_fetch_before_there_is_a_place(world, reference):
    world.booking("booking_waitlisted")
    with pytest.raises(NoInvite):
        last_issued(world, reference)


def test_a_mail_that_is_sent_twice_is_the_same_to_the_last_byte(world):
    world.booking()
    world.letterbox.send, keep = lambda letter: kept.append(letter) or 1 / 0, world.letterbox.send
    kept = []
    world.deliver()
    world.letterbox.send = keep
    world.later(seconds=10)
    world.deliver()
    assert kept[0] == world.letterbox.letters[0]
    assert message_from_bytes(kept[0].mail, policy=policy.default)["Message-ID"].endswith("@mail.example.org>")


def test_a_move_keeps_the_entry_in_the_calendar_and_changes_what_it_says(world):
    world.booking()
    before = calendar(world.deliver()[0])
    world.session("april", title="April cohort", meetings=[times("2027-04-06T10:00:00+01:00", hours=2)])
    world.booking("booking_moved", version=2, session="april", **{"from": "march"})
    after = calendar(world.deliver()[0])
    assert uids(after) == uids(before)
    assert (sequences(before), sequences(after)) == ({0}, {1})
    assert str(after.walk("VEVENT")[0]["SUMMARY"]) == "April cohort"


def test_a_move_to_fewer_meetings_takes_the_others_out_of_the_calendar(world):
    world.session("long", meetings=[times(f"2027-03-0{day}T10:00:00+00:00", hours=2) for day in (1, 2, 3)])
    world.session("april", meetings=[times("2027-04-06T10:00:00+01:00", hours=2)])
    world.booking(session="long")
    before = [uids(calendar(mail))[0] for mail in world.deliver()]
    world.booking("booking_moved", version=2, session="april", **{"from": "long"})
    mails = world.deliver()
    told = [(str(calendar(mail)["METHOD"]), *uids(calendar(mail))) for mail in mails]
    assert told == [("REQUEST", before[0]), ("CANCEL", before[1]), ("CANCEL", before[2])]
    assert mails[2]["Subject"].startswith(f"{says('calendar.date_removed')}: ")
    assert f"{says('calendar.removes_date')}\n\nWednesday 3 March 2027, 10am to midday\n" in plain(mails[2])


def test_who_moves_up_from_a_waiting_list_by_moving_is_asked_into_the_calendar(world):
    world.session("april")
    world.booking("booking_waitlisted")
    world.booking("booking_moved", version=2, session="april", was_confirmed=False, **{"from": "march"})
    mails = world.deliver()
    assert [has_invite(mail) for mail in mails] == [False, True]
    assert sequences(calendar(mails[1])) == {0}


def test_of_a_conversion_one_hears_once_and_the_calendar_follows(world):
    """The catalogue and registration both tell of it; whoever comes along hears of it by their booking."""
    world.booking()
    before = calendar(world.deliver()[0])
    world.session(happened="converted", version=2, delivery="virtual", venue=None)
    world.booking("booking_confirmed", version=2, cause="converted", by="team", mode="online", was_confirmed=True)
    [mail] = world.deliver()
    after = calendar(mail)
    assert uids(after) == uids(before)
    assert (sequences(after), str(after.walk("VEVENT")[0]["LOCATION"])) == ({1}, says("email.online"))


def test_whoever_has_another_place_at_the_new_time_is_told_so(world):
    world.session("april", title="April cohort", meetings=[times("2027-04-06T10:00:00+01:00", hours=2)])
    world.booking()
    world.booking(reference="HR-OTHER1", session="april")
    world.deliver()
    world.session(happened="changed", version=2, meetings=[times("2027-04-06T11:00:00+01:00", hours=2)])
    [mail] = world.deliver()
    assert says("change_email.clash", title="April cohort") in plain(mail)


def issued(world, meeting=None):
    with world.begin() as db:
        answer = invites.last_issued(db, "HR-7K2M9Q", LETTERHEAD, meeting)
    parsed = icalendar.Calendar.from_ical(answer["ics"])
    assert parsed["METHOD"] == answer["method"]
    return parsed


def test_of_several_meetings_all_are_published_and_each_can_be_fetched_as_it_was_sent(two_days):
    two_days.booking()
    mailed = [calendar(mail) for mail in two_days.deliver()]
    assert (issued(two_days)["METHOD"], len(uids(issued(two_days)))) == ("PUBLISH", 2)
    assert [issued(two_days, n).to_ical() for n in (1, 2)] == [one.to_ical() for one in mailed]
    with pytest.raises(NoInvite):
        issued(two_days, 3)


def test_what_was_called_off_is_published_as_cancelled(two_days):
    two_days.booking()
    two_days.booking("booking_cancelled", version=2)
    assert {str(event["STATUS"]) for event in issued(two_days).walk("VEVENT")} == {"CANCELLED"}
    assert issued(two_days, 2)["METHOD"] == "CANCEL"


def test_a_date_that_was_dropped_can_be_fetched_but_is_not_published(two_days):
    two_days.booking()
    three = [*two_days_of(two_days), times("2027-04-13T09:30:00+01:00", 7)]
    two_days.session(version=3, happened="changed", meetings=three)
    two_days.later(minutes=5)
    two_days.session(version=4, happened="changed", meetings=three[1:])
    assert [uid[:11] for uid in uids(issued(two_days))] == ["HR-7K2M9Q-2", "HR-7K2M9Q-3"]
    assert issued(two_days, 1)["METHOD"] == "CANCEL"


def two_days_of(world):
    with world.begin() as db:
        return db.get(Session, "march").meetings
