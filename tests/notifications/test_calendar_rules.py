"""Invites and feeds held against the standards, point by point: RFC 5545, RFC 5546, RFC 6047."""

import random
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.notifications import messages
from services.notifications.calendar import invites
from services.notifications.composing.headers import one_line
from services.runtime.city_time import TIME_ZONE, with_time_zone
from services.runtime.schemas import CITY
from tests.examples import examples
from tests.notifications.calendar_client import CalendarClient, Shown, properties, unfolded
from tests.notifications.conftest import LETTERHEAD, NOW, ZOE, times
from tests.notifications.reading import calendar, has_invite, part, sequences, uids
from tests.sentences import says

pytestmark = pytest.mark.patient

LONDON = ZoneInfo("Europe/London")
ODD = "Zoë’s “day”; a, b\\c, x:y " + "é" * 90
BOTH_WAYS = [times("2027-03-27T22:00:00+00:00", 6), times("2027-10-30T22:00:00+01:00", 6)]  # over the change itself
UTC_TIME = re.compile(r"\d{8}T\d{6}Z")


@pytest.fixture
def odd(world):
    """A session whose title takes all the escaping there is, with meetings over midnight and over both changes."""
    world.session(version=2, happened="changed", title=ODD, meetings=BOTH_WAYS)
    return world


def texts_of(mails) -> list[str]:
    """The iCalendar objects of mails, to the last byte: the attachment holds them as they are."""
    return [part(mail, "application/ics").get_content().decode() for mail in mails]


def asked(world, **changed) -> list[str]:
    world.booking(**changed)
    return texts_of(world.deliver())


def called_off(world) -> list[str]:
    world.booking()
    world.deliver()
    world.later(seconds=5)
    world.booking("booking_cancelled", version=2)
    return texts_of(world.deliver())


def published(world) -> str:
    world.booking()
    with world.begin() as db:
        issued = invites.last_issued(db, "HR-7K2M9Q", LETTERHEAD)
    assert issued["method"] == "PUBLISH"
    return issued["ics"]


def all_kinds(world) -> list[str]:
    publication = published(world)
    requests = texts_of(world.deliver())
    world.booking("booking_cancelled", version=2)
    return [publication, *requests, *texts_of(world.deliver())]


# RFC 5545: what a text must be


def test_3_1_lines_end_in_crlf_and_are_folded_at_75_octets_between_characters(odd):
    for text in all_kinds(odd):
        lines = text.encode().split(b"\r\n")
        assert lines.pop() == b""
        assert b"\n" not in b"".join(lines)
        assert max(map(len, lines)) <= 75
        assert all(line.decode() for line in lines), "no character is cut in two"
        assert any(line.startswith(b" ") for line in lines)


def test_3_3_11_texts_are_escaped_and_read_back_as_they_were(odd):
    for text in all_kinds(odd):
        raw = next(line for line in unfolded(text) if line.startswith("SUMMARY:"))
        assert raw.startswith("SUMMARY:Zoë’s “day”\\; a\\, b\\\\c\\, x:y é")
        summary = str(icalendar.Calendar.from_ical(text).walk("VEVENT")[0]["SUMMARY"])
        assert summary in (f"{one_line(ODD)} (1 of 2)", f"{one_line(ODD)} (2 of 2)")
        description = next(line for line in unfolded(text) if line.startswith("DESCRIPTION:"))
        access = says("email.getting_in", access="Step-free\\, hearing loop")
        assert f"\\n{access}\\n" in description


def test_3_4_and_3_6_there_is_one_object_with_what_it_needs_once_and_no_line_outside(odd):
    for text in all_kinds(odd):
        lines = unfolded(text)
        assert (lines[0], lines[-1], lines.count("BEGIN:VCALENDAR")) == ("BEGIN:VCALENDAR", "END:VCALENDAR", 1)
        [names] = properties(text, "VCALENDAR")
        assert sorted(names) == ["CALSCALE", "METHOD", "PRODID", "VERSION"]
        assert "VERSION:2.0" in lines


def test_3_6_1_an_event_has_what_is_required_and_nothing_twice(odd):
    required = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "SEQUENCE", "STATUS", "ORGANIZER", "LOCATION", "URL"}
    for text in all_kinds(odd):
        for names in properties(text, "VEVENT"):
            assert required <= {*names}
            assert len(names) == len({*names})
            assert "DURATION" not in names


def test_3_6_5_the_time_zone_that_events_name_is_there_once_and_before_them(odd):
    for text in all_kinds(odd):
        assert set(re.findall(r"TZID=([^:;]+)[:;]", text)) == {"Europe/London"}
        assert text.count("BEGIN:VTIMEZONE") == text.count("TZID:Europe/London") == 1
        assert text.index("END:VTIMEZONE") < text.index("BEGIN:VEVENT")
    for kind in ("STANDARD", "DAYLIGHT"):
        [names] = properties(TIME_ZONE, kind)
        assert {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE"} <= {*names}
        assert len(names) == len({*names})


def test_3_6_5_the_time_zone_is_that_of_the_time_zone_database():
    ours = icalendar.Timezone.from_ical(TIME_ZONE).to_tz(lookup_tzid=False)
    moment = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
    while moment.year < 2031:
        assert moment.astimezone(ours).utcoffset() == moment.astimezone(LONDON).utcoffset(), moment
        moment += timedelta(hours=1 if moment.month in (3, 10) else 24)


def test_3_6_5_a_calendar_without_events_still_holds_a_component():
    empty = with_time_zone(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n")
    assert len(icalendar.Calendar.from_ical(empty).walk("VTIMEZONE")) == 1


def test_3_8_2_times_are_local_and_right_over_midnight_and_both_changes_of_the_clock(odd):
    winter, summer = (icalendar.Calendar.from_ical(text).walk("VEVENT")[0] for text in asked(odd))
    assert [winter[name].to_ical() for name in ("DTSTART", "DTEND")] == [b"20270327T220000", b"20270328T050000"]
    assert [summer[name].to_ical() for name in ("DTSTART", "DTEND")] == [b"20271030T220000", b"20271031T030000"]
    for event in (winter, summer):
        assert event["DTSTART"].params["TZID"] == event["DTEND"].params["TZID"] == "Europe/London"
        assert event["DTEND"].dt.astimezone(UTC) - event["DTSTART"].dt.astimezone(UTC) == timedelta(hours=6)


def test_3_8_7_2_the_stamp_is_in_utc(odd):
    for text in all_kinds(odd):
        stamps = [line for line in unfolded(text) if line.startswith("DTSTAMP")]
        assert stamps
        assert all(UTC_TIME.fullmatch(stamp.removeprefix("DTSTAMP:")) for stamp in stamps)


# RFC 5546: what each method may say


def test_2_1_5_each_issue_has_a_higher_sequence_and_a_stamp_that_is_no_earlier(odd):
    odd.booking()
    for version, happened in enumerate(("booking_cancelled", "booking_confirmed", "booking_cancelled"), start=2):
        odd.later(seconds=3)
        odd.booking(happened, version=version)
    calendars = [calendar(mail) for mail in odd.deliver()]
    for uid in {uids(one)[0] for one in calendars}:
        events = [one.walk("VEVENT")[0] for one in calendars if uids(one) == [uid]]
        assert [int(event["SEQUENCE"]) for event in events] == [0, 1, 2, 3]
        stamps = [event["DTSTAMP"].dt for event in events]
        assert stamps == sorted(stamps)


def test_3_2_1_what_is_published_names_an_organizer_and_no_attendee(odd):
    text = published(odd)
    parsed = icalendar.Calendar.from_ical(text)
    assert parsed["METHOD"] == "PUBLISH"
    assert len({*uids(parsed)}) == len(uids(parsed)) == 2
    for names in properties(text, "VEVENT"):
        assert names.count("ORGANIZER") == 1
        assert not {"ATTENDEE", "REQUEST-STATUS"} & {*names}
    assert {str(event["STATUS"]) for event in parsed.walk("VEVENT")} == {"CONFIRMED"}


def test_3_2_2_a_request_speaks_of_one_uid_to_one_attendee(odd):
    texts = asked(odd)
    assert len(texts) == 2
    for text in texts:
        parsed = icalendar.Calendar.from_ical(text)
        [event] = parsed.walk("VEVENT")
        assert (parsed["METHOD"], event["STATUS"]) == ("REQUEST", "CONFIRMED")
        assert str(event["ORGANIZER"]) == "mailto:academy@mail.example.org"
        assert str(event["ATTENDEE"]) == "mailto:zoe@example.org"
        given = {name: event["ATTENDEE"].params[name] for name in ("ROLE", "PARTSTAT", "RSVP")}
        assert given == {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
        assert "REQUEST-STATUS" not in event
        assert not event.walk("VALARM"), "reminders are mails"


def test_3_2_5_a_cancellation_speaks_of_the_same_uid_to_the_same_attendee(odd):
    before = [calendar(mail) for mail in odd.deliver()]
    assert not before
    texts = called_off(odd)
    assert len(texts) == 2
    for n, text in enumerate(texts, start=1):
        parsed = icalendar.Calendar.from_ical(text)
        [event] = parsed.walk("VEVENT")
        assert (parsed["METHOD"], event["STATUS"]) == ("CANCEL", "CANCELLED")
        assert uids(parsed) == [f"HR-7K2M9Q-{n}@headrow.example.org"]
        assert sequences(parsed) == {1}
        assert str(event["ATTENDEE"]) == "mailto:zoe@example.org"
        assert not event.walk("VALARM")


def test_3_2_5_one_person_s_cancellation_names_nobody_else(odd):
    odd.person("0c8f4f5e-3f3a-4d38-8a53-6e1c7a2b9d10", email="ben@example.org", name="Ben Oluwole")
    odd.booking(reference="HR-BEN", person="0c8f4f5e-3f3a-4d38-8a53-6e1c7a2b9d10")
    odd.deliver()
    for text in called_off(odd):
        assert not re.search("ben|oluwole", "\n".join(unfolded(text)), re.IGNORECASE)


# RFC 6047: how mail carries it


def test_2_3_addresses_are_proper_mailto_uris(world):
    world.person(happened="changed", version=2, email="o'neil&co+x%y@example.org")
    world.booking()
    event = calendar(world.deliver()[0]).walk("VEVENT")[0]
    assert str(event["ATTENDEE"]) == "mailto:o'neil%26co+x%25y@example.org"  # RFC 6068, 2


@pytest.mark.parametrize("happened", ["booking_confirmed", "booking_cancelled"])
def test_2_4_the_type_names_the_method_of_the_object_the_component_and_the_charset(odd, happened):
    odd.booking()
    if happened == "booking_cancelled":
        odd.deliver()
        odd.booking(happened, version=2)
    for mail in odd.deliver():
        inline = part(mail, "text/calendar")
        assert inline.get_param("method") == calendar(mail)["METHOD"]
        assert inline.get_param("component") == "VEVENT"
        assert inline.get_content_charset() == "utf-8"
        assert inline.get_content_disposition() in (None, "inline")


def test_2_4_objects_of_different_methods_are_in_mails_of_their_own(world):
    world.session("two", meetings=BOTH_WAYS)
    world.booking(session="two")
    world.deliver()
    world.booking("booking_moved", version=2, **{"from": "two"})
    mails = world.deliver()
    assert [[calendar(mail)["METHOD"], part(mail, "text/calendar").get_param("method")] for mail in mails] == [
        ["REQUEST", "REQUEST"],
        ["CANCEL", "CANCEL"],
    ]


def test_2_4_it_is_an_alternative_to_the_text_the_last_and_so_the_best(odd):
    odd.booking()
    mixed = odd.deliver()[0]
    assert mixed.get_content_type() == "multipart/mixed"
    alternative, attached = mixed.iter_parts()
    assert alternative.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in alternative.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    assert (attached.get_content_disposition(), attached.get_filename()) == ("attachment", "invite.ics")


def test_2_5_what_is_not_ascii_is_encoded_so_that_any_server_carries_it(odd):
    odd.booking()
    odd.deliver()
    for letter in odd.letterbox.letters:
        assert letter.mail.isascii()
        assert max(map(len, letter.mail.split(b"\r\n"))) <= 998
        mail = message_from_bytes(letter.mail, policy=policy.default)
        assert part(mail, "text/calendar")["Content-Transfer-Encoding"] in ("quoted-printable", "base64")
        assert part(mail, "text/calendar").get_content().encode() == part(mail, "application/ics").get_content()


# Whatever becomes of a booking, the calendar shows the meetings that it has


DAYS = [
    times(f"2027-{month:02}-{day:02}T09:30:00+00:00", 3) for month, day in ((3, 9), (3, 30), (4, 6), (10, 26), (11, 2))
]
SLUGS = ("march", "april")
slugs = st.sampled_from(SLUGS)
meetings = st.lists(st.sampled_from(DAYS), min_size=1, max_size=4, unique_by=lambda day: day["starts_at"])
STEPS = st.one_of(
    st.tuples(st.just("meetings"), slugs, meetings),
    st.tuples(st.just("title"), slugs, st.sampled_from(["One", "Two"])),
    st.tuples(st.just("venue"), slugs, st.sampled_from([None, {"name": "Here", "address": None, "access": None}])),
    st.tuples(st.just("confirm"), st.sampled_from(["in_room", "online"])),
    st.tuples(st.just("cancel")),
    st.tuples(st.just("move"), slugs),
    st.tuples(st.just("deliver")),
    st.tuples(st.just("wait"), st.sampled_from([10, 120])),
)


class Life:
    """One booking's life, and the calendar of whoever made it."""

    def __init__(self, world, number: int) -> None:
        self.world, self.reference = world, f"HR-{number}"
        self.names = {slug: f"{slug}-{number}" for slug in SLUGS}
        about = {"title": "One", "meetings": [DAYS[0]], "venue": None, "delivery": "hybrid"}
        self.told = {slug: dict(about) for slug in SLUGS}
        self.versions = dict.fromkeys(SLUGS, 1)
        self.version, self.place, self.mode = 0, None, "in_room"
        self.mails = []
        for slug in SLUGS:
            world.session(self.names[slug], **self.told[slug])

    def do(self, step) -> None:
        self.world.later(seconds=1)
        getattr(self, step[0], lambda *what: self.change(step[0], *what))(*step[1:])

    def change(self, what, slug, value) -> None:
        self.told[slug][what] = value
        self.versions[slug] += 1
        self.world.session(self.names[slug], "changed", self.versions[slug], **self.told[slug])

    def confirm(self, mode) -> None:
        self.place, self.mode = self.place or "march", mode
        self.hear("booking_confirmed")

    def cancel(self) -> None:
        if self.place:
            self.hear("booking_cancelled")
            self.place = None

    def move(self, slug) -> None:
        if self.place:
            before, self.place = self.place, slug
            self.hear("booking_moved", **{"from": self.names[before]})

    def hear(self, happened, **more) -> None:
        self.version += 1
        where = self.names[self.place or "march"]
        named = {"reference": self.reference, "session": where, "mode": self.mode}
        self.world.booking(happened, self.version, **named, **more)

    def wait(self, seconds) -> None:
        self.world.later(seconds=seconds)

    def deliver(self) -> None:
        self.mails += self.world.deliver()

    def has(self) -> list[Shown]:
        """What the calendar is to show."""
        if self.place is None:
            return []
        session = self.told[self.place]
        venue = session["venue"] or {"name": says("calendar.place_not_known")}
        place = says("email.online") if self.mode == "online" else venue["name"]
        count = len(session["meetings"])
        found = []
        for nth, meeting in enumerate(session["meetings"], start=1):
            title = f"{session['title']} ({nth} of {count})" if count > 1 else session["title"]
            starts_at, ends_at = (datetime.fromisoformat(meeting[name]) for name in ("starts_at", "ends_at"))
            found.append(Shown(starts_at.astimezone(CITY), ends_at.astimezone(CITY), title, place))
        return sorted(found, key=lambda there: there.starts_at)


@pytest.fixture(scope="module")
def numbers():
    return iter(range(1, 1_000_000))


@pytest.mark.one_database  # it does what the tests around it do, in another order
@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(steps=st.lists(STEPS, max_size=12))
def test_whatever_becomes_of_a_booking_the_calendar_shows_its_meetings(world, numbers, steps):
    world.now = NOW
    world.letterbox.letters.clear()
    life = Life(world, next(numbers))
    for step in [*steps, *[("deliver",)] * 6]:  # what must come after another letter is looked at again in a second
        life.do(step)
    assert {message.state for message in world.messages()} <= {"sent", "failed"}
    calendars = [calendar(mail) for mail in life.mails if has_invite(mail)]
    assert all(len(uids(one)) == 1 for one in calendars)
    for order in (calendars, random.Random(1).sample(calendars, len(calendars))):
        client = CalendarClient()
        for one in order:
            client.take_in(one)
        assert client.shows == life.has()


@pytest.mark.parametrize(
    ("happened", "left"), [("booking_cancelled", []), ("booking_confirmed", [DAYS[0]]), ("booking_waitlisted", [])]
)
def test_what_a_letter_that_came_too_late_would_have_taken_out_is_taken_out_all_the_same(world, happened, left):
    """The mail server is away for a while, and the next event about the booking overtakes what is queued."""
    world.session(version=2, happened="changed", meetings=DAYS[:3])
    world.booking()
    client = CalendarClient()
    for mail in world.deliver():
        client.take_in(calendar(mail))
    assert len(client.shows) == 3
    world.later(seconds=1)
    world.session(version=3, happened="changed", meetings=DAYS[:1])
    world.later(minutes=5)
    world.booking(happened, version=2)
    for _ in range(3):  # what must come after another letter is looked at again in a second
        for mail in world.deliver():
            client.take_in(calendar(mail))
        world.later(seconds=1)
    assert {message.reason for message in world.messages()} == {None, "overtaken"}
    assert [there.starts_at for there in client.shows] == [datetime.fromisoformat(day["starts_at"]) for day in left]


def test_of_one_cause_template_and_part_there_is_one_message(world):
    draft = messages.Draft("meeting_invite", ZOE, "zoe@example.org", {})
    cause = Cause("cause", None)
    with world.begin() as db:
        for part in (2, 3, 2):
            messages.queue(db, cause, [replace(draft, part=part)], world.now)
    assert sorted(message.part for message in world.messages()) == [2, 3]


@dataclass(frozen=True)
class Cause:
    """Why a message is written."""

    id: str
    correlation_id: str | None
