"""After a session: thanks, the certificate, what there is to watch, one question, and six weeks on a pledge."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete

from services.notifications import preferences
from services.notifications.models import ScheduledNotice
from tests.notifications.conftest import ZOE
from tests.notifications.reading import html, plain
from tests.sentences import says

pytestmark = pytest.mark.patient

END = datetime(2027, 3, 9, 16, 30, tzinfo=UTC)
BEN = str(uuid.UUID(int=99))
SLIDES = "d5af42b2-4576-41d5-98f2-e1fdd9b57e10"


def subjects(mails):
    return sorted(mail["Subject"].partition(":")[0] for mail in mails)


@pytest.fixture
def held(world):
    """Zoë and Ben had a place; the session is just over."""
    world.person(id_=BEN, email="ben@example.org", name="Ben")
    world.booking()
    world.booking(reference="HR-BEN", person=BEN)
    world.deliver()
    world.now = END + timedelta(minutes=5)
    return world


def after(world, **time):
    world.now = END + timedelta(**time)
    world.when_due()
    return world.deliver()


def test_an_hour_after_the_end_those_who_came_are_thanked(held):
    held.attendance()
    held.attendance("absent", reference="HR-BEN", person=BEN)
    assert after(held, minutes=59) == []
    (mail,) = [mail for mail in after(held, hours=1) if to_whom([mail]) == ["zoe@example.org"]]
    assert mail["Subject"] == f"{says('follow_up_email.thanks')}: System Leadership programme: March cohort"
    assert "https://headrow.example.org/bookings/HR-7K2M9Q/certificate" in plain(mail)
    assert "https://headrow.example.org/bookings/HR-7K2M9Q/feedback" in html(mail)
    assert mail["List-Unsubscribe"] is None


def test_who_cancelled_half_way_or_came_after_all_is_thanked_as_well(held):
    held.booking("booking_cancelled", 2, cause="cancelled", was_confirmed=True)
    held.deliver()
    held.attendance("partly_attended", version=3)
    held.booking("booking_cancelled", 2, reference="HR-BEN", person=BEN, cause="cancelled", was_confirmed=True)
    held.deliver()
    (mail,) = after(held, hours=1)
    assert mail["To"].addresses[0].addr_spec == "zoe@example.org"


def test_where_nobody_took_attendance_all_who_had_a_place_are_thanked_without_a_certificate(held):
    mails = after(held, hours=1)
    assert subjects(mails) == [says("follow_up_email.thanks")] * 2
    assert "certificate" not in plain(mails[0])


def ends(world, at, version=2):
    """Correct when the session of 9 March ended."""
    meeting = {"starts_at": "2027-03-09T09:30:00+00:00", "ends_at": f"2027-03-{at}:00+00:00"}
    world.session(happened="changed", version=version, meetings=[meeting])
    return world.deliver()


def test_nobody_is_thanked_twice_when_the_end_is_corrected(held):
    """Reported elsewhere: the end was corrected after the thanks went out, and everyone was thanked twice."""
    assert len(after(held, hours=1)) == 2
    held.now = END + timedelta(hours=1, minutes=10)
    ends(held, "09T18:00")
    assert after(held, hours=2, minutes=30) == []
    assert subjects(after(held, days=2, hours=2)) == [says("follow_up_email.feedback")] * 2
    ends(held, "09T18:30", version=3)
    assert after(held, days=4) == []


def test_who_was_thanked_without_a_certificate_hears_of_it_once_though_the_end_was_corrected(held):
    after(held, hours=1)
    ends(held, "10T18:00")
    held.attendance("attended")
    held.attendance("attended", version=3)
    assert subjects(held.deliver()) == [says("follow_up_email.certificate")]
    assert after(held, days=1, hours=4) == []


def test_who_was_left_out_when_the_others_were_thanked_is_thanked_at_the_corrected_end(held):
    held.attendance()
    assert to_whom(after(held, hours=1)) == ["zoe@example.org"]
    ends(held, "10T18:00")
    held.attendance("attended", reference="HR-BEN", person=BEN)
    assert to_whom(after(held, days=1, hours=2, minutes=30)) == ["ben@example.org"]


def test_a_certificate_that_comes_later_is_told_once(held):
    after(held, hours=1)
    held.attendance("partly_attended")
    held.attendance("attended", version=3)
    assert subjects(held.deliver()) == [says("follow_up_email.certificate")]


def test_a_certificate_that_the_thanks_told_of_is_not_told_again(held):
    held.attendance()
    after(held, hours=1)
    held.attendance("attended", version=3)
    assert held.deliver() == []


def test_who_was_absent_gets_no_certificate(held):
    after(held, hours=1)
    held.attendance("absent")
    assert held.deliver() == []


def test_attendance_that_arrives_out_of_order_does_not_go_back(held):
    held.attendance("absent", version=5)
    held.attendance("attended", version=4)
    assert subjects(after(held, hours=1)) == [says("follow_up_email.missed")]


def test_two_days_later_those_who_said_nothing_are_asked_once(held):
    after(held, hours=1)
    held.hear("registration.feedback_given.v1", "bookings/HR-BEN", {"reference": "HR-BEN"}, 5)
    (mail,) = after(held, days=2)
    assert mail["Subject"].startswith(says("follow_up_email.feedback"))
    assert mail["To"].addresses[0].addr_spec == "zoe@example.org"
    assert mail["List-Unsubscribe"].startswith("<https://headrow.example.org/emails/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert after(held, days=3) == []


def test_a_service_that_was_away_for_a_month_asks_nobody(held):
    assert after(held, days=30) == []


def test_thanks_can_wait_for_the_morning(held):
    held.session("late", meetings=[{"starts_at": "2027-03-09T18:30:00+00:00", "ends_at": "2027-03-09T20:30:00+00:00"}])
    held.booking(reference="HR-LATE", session="late")
    held.deliver()
    earlier = after(held, hours=1)  # of the session that ended at half past four
    assert subjects(earlier) == [says("follow_up_email.thanks")] * 2
    assert after(held, hours=5) == []
    assert subjects(after(held, hours=14, minutes=31)) == [says("follow_up_email.thanks")]


def test_what_is_published_together_is_one_message(held):
    held.material()
    held.later(minutes=4)
    held.material(id_=SLIDES, kind="slides", title="Slides", minutes=None)
    held.when_due()
    assert held.deliver() == []
    held.later(minutes=1)
    held.when_due()
    mails = held.deliver()
    assert subjects(mails) == [says("materials_email.subject")] * 2
    recording = says("materials_email.recording", title="Recording of the day")
    assert f"{recording}:\nhttps://example.org/watch\n" in plain(mails[0])
    assert says("materials_email.minutes", minutes=84) in plain(mails[0])
    assert says("materials_email.slides", title="Slides") in plain(mails[0])


def test_what_is_only_corrected_is_no_news(held):
    held.material()
    held.later(minutes=5)
    held.when_due()
    held.deliver()
    held.material(version=2, title="Recording")
    held.later(minutes=6)
    held.when_due()
    assert held.deliver() == []


def test_what_was_withdrawn_before_it_was_told_is_not_told(held):
    held.material()
    held.material("withdrawn", version=2)
    held.later(minutes=6)
    held.when_due()
    assert held.deliver() == []


def test_who_was_absent_hears_only_of_what_everyone_may_see(held):
    held.attendance("absent", reference="HR-BEN", person=BEN)
    held.material(audience="attendees")
    held.later(minutes=6)
    held.when_due()
    assert [mail["To"].addresses[0].addr_spec for mail in held.deliver()] == ["zoe@example.org"]
    held.material(id_=SLIDES, audience="community")
    held.later(minutes=6)
    held.when_due()
    assert held.deliver() == []


def test_what_is_for_those_who_booked_is_told_to_those_with_a_place(held):
    held.material(audience="booked")
    held.later(minutes=6)
    held.when_due()
    told = {mail["To"].addresses[0].addr_spec for mail in held.deliver()}
    assert told == {"zoe@example.org", "ben@example.org"}


# Six weeks on


def pledge(world, version=1, pledged=True, reference="HR-7K2M9Q"):
    data = {"reference": reference, "pledged": pledged}
    return world.hear("registration.feedback_given.v1", f"feedback/{reference}", data, version)


def to_whom(mails):
    return [mail["To"].addresses[0].addr_spec for mail in mails]


@pytest.fixture
def asked(held):
    """Both were thanked, and asked how it was."""
    after(held, hours=1)
    after(held, days=2)
    return held


def test_six_weeks_later_whoever_pledged_something_is_reminded_once(asked):
    pledge(asked)
    pledge(asked, pledged=False, reference="HR-BEN")
    assert after(asked, days=41, hours=23) == []
    (mail,) = after(asked, days=42)
    assert to_whom([mail]) == ["zoe@example.org"]
    assert mail["Subject"] == f"{says('follow_up_email.pledge')}: System Leadership programme: March cohort"
    assert "https://headrow.example.org/bookings/HR-7K2M9Q/pledge" in plain(mail)
    assert "https://headrow.example.org/bookings/HR-7K2M9Q/pledge" in html(mail)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert after(asked, days=43) == []


def test_nobody_is_reminded_where_nothing_was_said_of_pledges(asked):
    asked.hear("registration.feedback_given.v1", "feedback/HR-BEN", {"reference": "HR-BEN"})
    assert after(asked, days=42) == []


def test_a_pledge_that_was_withdrawn_or_made_anew_counts_as_it_stands(asked):
    pledge(asked)
    pledge(asked, 2, pledged=False)
    pledge(asked, 1, pledged=False, reference="HR-BEN")
    pledge(asked, 2, reference="HR-BEN")
    assert to_whom(after(asked, days=42)) == ["ben@example.org"]


def test_older_news_of_a_pledge_changes_nothing(asked):
    pledge(asked, 2, pledged=False)
    pledge(asked, 1)
    assert after(asked, days=42) == []


def test_a_pledge_that_is_made_after_six_weeks_is_not_reminded_of(asked):
    assert after(asked, days=42) == []
    asked.now = END + timedelta(days=42, minutes=1)
    pledge(asked)
    assert after(asked, days=43) == []


def test_a_pledge_is_reminded_of_in_the_morning_unless_it_was_withdrawn_in_the_night(held):
    evening = [{"starts_at": "2027-03-09T18:30:00+00:00", "ends_at": "2027-03-09T21:30:00+00:00"}]
    held.session("late", meetings=evening)
    theirs = {"HR-LATE": ZOE, "HR-LATE-BEN": BEN}
    for reference, person in theirs.items():
        held.booking(reference=reference, session="late", person=person)
    after(held, days=4)
    for reference in theirs:
        pledge(held, reference=reference)
    assert after(held, days=42, hours=5) == []
    pledge(held, 2, pledged=False, reference="HR-LATE-BEN")
    assert after(held, days=42, hours=13) == []  # 6.30 in the summer of the city
    assert to_whom(after(held, days=42, hours=13, minutes=31)) == ["zoe@example.org"]


def test_a_service_that_was_away_for_two_weeks_reminds_nobody(asked):
    pledge(asked)
    assert after(asked, days=56, seconds=1) == []


def test_who_was_not_there_after_all_is_not_reminded(asked):
    pledge(asked)
    asked.attendance("absent", version=4)
    assert after(asked, days=42) == []


def test_who_wants_nothing_after_sessions_is_not_reminded(asked):
    pledge(asked)
    with asked.begin() as db:
        preferences.choose(db, ZOE, {"follow_ups": False}, asked.now)
    assert after(asked, days=42) == []


def test_a_pledge_after_a_session_that_was_told_of_before_there_were_reminders_is_reminded_of(asked):
    with asked.begin() as db:
        db.execute(delete(ScheduledNotice).where(ScheduledNotice.what == "pledge_reminder"))
    pledge(asked)
    assert to_whom(after(asked, days=42)) == ["zoe@example.org"]


def test_a_session_that_ends_later_moves_the_reminder(asked):
    pledge(asked)
    later = [{"starts_at": "2027-03-10T09:30:00+00:00", "ends_at": "2027-03-11T16:30:00+00:00"}]
    asked.session(happened="changed", version=2, meetings=later)
    asked.deliver()
    assert says("follow_up_email.pledge") not in subjects(after(asked, days=42))
    assert says("follow_up_email.pledge") in subjects(after(asked, days=44))


def test_erasing_somebody_forgets_that_they_pledged(asked):
    pledge(asked)
    asked.erase(told_before=True)
    assert after(asked, days=42) == []


@pytest.mark.parametrize("state", ["attended", "absent"])
def test_nobody_hears_of_what_was_imported_of_a_session_long_ago_nor_that_it_was_undone(world, state):
    world.now = END + timedelta(days=14)
    world.booking(cause="imported", by="team")
    world.attendance(state, imported=True)
    assert world.deliver() == []
    assert after(world, days=43) == []
    world.attendance("confirmed", version=3, imported=True)
    world.booking("booking_cancelled", 4, cause="import_undone", by="team")
    assert world.deliver() == []


def test_an_older_registration_does_not_say_that_anything_was_imported(held):
    after(held, hours=1)
    held.attendance()
    assert subjects(held.deliver()) == [says("follow_up_email.certificate")]
