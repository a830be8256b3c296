"""When a session changes, those who hold a place hear of it, with what it was and what it is."""

import uuid
from datetime import datetime

import pytest

from services.notifications.models import Invite
from tests.notifications.conftest import session_data, times
from tests.notifications.reading import calendar, has_invite, html, plain, sequences, uids
from tests.sentences import says

pytestmark = pytest.mark.patient

BEN = str(uuid.UUID(int=99))
LATER = [times("2027-03-10T13:00:00+00:00", 3)]
THREE = [times(f"2027-03-{day}T09:30:00+00:00", 7) for day in ("09", "16", "23")]
TOWN_HALL = {"name": "Town Hall", "address": "The Headrow", "access": "Lift at the side door"}


def change(world, version=2, **changed):
    world.deliver()
    world.later(minutes=5)
    world.session(happened="changed", version=version, **changed)
    return world.deliver()


def heading(name):
    """Return a heading as plain text has it, with the end of its line."""
    return f"{says(name).upper()}\n"


def test_other_times_come_with_the_old_ones_and_a_newer_invite(world):
    world.booking()
    first = calendar(world.deliver()[0])
    (mail,) = change(world, meetings=LATER)
    text = plain(mail)
    assert mail["Subject"] == f"{says('change_email.time')}: System Leadership programme: March cohort"
    assert f"{heading('change_email.old_time')}Tuesday 9 March 2027, 9:30am to 4:30pm\n" in text
    assert f"{heading('email.when')}Wednesday 10 March 2027, 1pm to 4pm\n" in text
    assert says("change_email.old_place").upper() not in text
    assert uids(calendar(mail)) == uids(first)
    assert sequences(calendar(mail)) == {1}
    assert calendar(mail).walk("VEVENT")[0]["DTSTART"].dt.hour == 13


def test_another_venue_comes_with_the_old_one(world):
    world.booking()
    (mail,) = change(world, venue=TOWN_HALL)
    assert mail["Subject"].startswith(f"{says('change_email.place')}:")
    assert f"{heading('change_email.old_place')}Civic meeting rooms\n" in plain(mail)
    access = says("email.getting_in", access="Lift at the side door")
    assert f"{heading('email.where')}Town Hall\nThe Headrow\n{access}\n" in plain(mail)
    assert calendar(mail).walk("VEVENT")[0]["LOCATION"] == "Town Hall, The Headrow"


def test_both_at_once_are_one_mail(world):
    world.booking()
    (mail,) = change(world, venue=TOWN_HALL, meetings=LATER)
    assert mail["Subject"].startswith(f"{says('change_email.time_and_place')}:")


def test_a_better_summary_is_no_news(world):
    world.booking()
    assert change(world, summary="Better words") == []


def test_another_title_comes_with_the_old_one_and_reaches_the_calendar(world):
    world.booking()
    (mail,) = change(world, title="March group")
    assert mail["Subject"] == f"{says('change_email.title')}: March group"
    assert f"{heading('change_email.old_title')}System Leadership programme: March cohort\n" in plain(mail)
    assert f"<h2>{says('change_email.old_title')}</h2>\n<p>System Leadership programme: March cohort</p>" in html(mail)
    assert calendar(mail).walk("VEVENT")[0]["SUMMARY"] == "March group"


def test_all_at_once_are_one_mail_too(world):
    world.booking()
    (mail,) = change(world, venue=TOWN_HALL, meetings=LATER, title="March group")
    assert mail["Subject"].startswith(f"{says('change_email.time_place_and_title')}:")


def test_those_online_are_not_told_of_another_venue(world):
    world.booking(mode="online")
    assert change(world, venue=TOWN_HALL) == []


def test_only_those_with_a_place_are_told(world):
    world.person(id_=BEN, email="ben@example.org", name="Ben")
    world.booking()
    world.booking("booking_waitlisted", reference="HR-BEN", person=BEN)
    assert [mail["To"].addresses[0].addr_spec for mail in change(world, meetings=LATER)] == ["zoe@example.org"]


def test_nobody_is_told_whose_place_is_gone(world):
    world.booking()
    world.booking("booking_cancelled", version=2)
    assert change(world, meetings=LATER) == []


def test_a_stale_change_is_not_told(world):
    world.booking()
    assert len(change(world, version=3, meetings=LATER)) == 1
    assert change(world, version=2, meetings=session_data()["meetings"]) == []


def test_there_is_no_word_of_change_when_the_session_is_off_or_over(world):
    world.booking()
    world.deliver()
    world.session(happened="cancelled", version=2, status="cancelled", meetings=LATER)
    assert world.deliver() == []
    world.later(days=100)
    world.session(happened="changed", version=3, venue=TOWN_HALL)
    assert world.deliver() == []


def test_a_change_is_told_against_what_the_person_last_heard(world):
    world.session(happened="changed", version=2, meetings=LATER)
    world.booking()
    assert change(world, version=3, meetings=LATER) == []
    (mail,) = change(world, version=4, meetings=session_data()["meetings"])
    assert f"{heading('change_email.old_time')}Wednesday 10 March 2027, 1pm to 4pm\n" in plain(mail)


def test_a_date_that_is_dropped_leaves_the_calendar_under_its_own_uid(world):
    both = [*session_data()["meetings"], times("2027-03-23T09:30:00+00:00", 7)]
    world.session(happened="changed", version=2, meetings=both)
    world.booking()
    world.deliver()
    left, gone = (calendar(mail) for mail in change(world, version=3))
    assert (left["METHOD"], uids(left)) == ("REQUEST", ["HR-7K2M9Q-1@headrow.example.org"])
    assert (gone["METHOD"], uids(gone)) == ("CANCEL", ["HR-7K2M9Q-2@headrow.example.org"])
    assert str(left.walk("VEVENT")[0]["SUMMARY"]) == "System Leadership programme: March cohort"


def test_of_several_dates_the_one_that_is_dropped_goes_and_the_others_keep_their_entries(world):
    world.session(happened="changed", version=2, meetings=THREE)
    world.booking()
    world.deliver()
    issued = [calendar(mail) for mail in change(world, version=3, meetings=THREE[1:])]
    said = [(str(one["METHOD"]), uids(one)[0][:11], str(one.walk("VEVENT")[0]["SUMMARY"])[-8:]) for one in issued]
    assert said == [
        ("REQUEST", "HR-7K2M9Q-2", "(1 of 2)"),
        ("REQUEST", "HR-7K2M9Q-3", "(2 of 2)"),
        ("CANCEL", "HR-7K2M9Q-1", "(1 of 3)"),
    ]
    back = [calendar(mail) for mail in change(world, version=4, meetings=THREE)]
    assert [uids(one)[0][:11] for one in back] == ["HR-7K2M9Q-1", "HR-7K2M9Q-2", "HR-7K2M9Q-3"]
    assert {str(one["METHOD"]) for one in back} == {"REQUEST"}
    assert [sequences(one) for one in back] == [{2}, {2}, {2}]


def test_of_several_dates_only_the_one_that_moved_is_issued_again(world):
    world.session(happened="changed", version=2, meetings=THREE)
    world.booking()
    world.deliver()
    (mail,) = change(world, version=3, meetings=[THREE[0], *LATER, THREE[2]])
    assert uids(calendar(mail)) == ["HR-7K2M9Q-2@headrow.example.org"]
    assert sequences(calendar(mail)) == {1}


def test_what_has_taken_place_stays_in_the_calendar_as_it_was(world):
    world.session(happened="changed", version=2, meetings=THREE)
    world.booking()
    world.deliver()
    world.now = datetime.fromisoformat(THREE[0]["ends_at"])
    changed = change(world, version=3, meetings=THREE, venue=TOWN_HALL)
    assert [uids(calendar(mail))[0][:11] for mail in changed] == ["HR-7K2M9Q-2", "HR-7K2M9Q-3"]
    world.booking("booking_cancelled", version=2)
    called_off = world.deliver()
    assert [uids(calendar(mail))[0][:11] for mail in called_off] == ["HR-7K2M9Q-2", "HR-7K2M9Q-3"]


def test_a_change_to_many_is_one_message_each_and_goes_behind_single_ones(world):
    for number in range(20):
        person = str(uuid.UUID(int=1000 + number))
        world.person(id_=person, email=f"p{number}@example.org", name=None)
        world.booking(reference=f"HR-{number}", person=person)
    world.deliver()
    world.session(happened="changed", version=2, meetings=LATER)
    world.later(seconds=1)
    world.booking(reference="HR-LATE")
    subjects = [mail["Subject"] for mail in world.deliver()]
    assert subjects[0].startswith(says("booking_email.confirmed"))
    assert len(subjects) == 21


def test_a_confirmation_that_follows_a_change_carries_it_already(world):
    world.session(happened="changed", version=2, meetings=LATER)
    world.booking()
    (mail,) = world.deliver()
    assert has_invite(mail)
    assert "Wednesday 10 March 2027, 1pm to 4pm" in plain(mail)
    with world.begin() as db:
        assert db.get(Invite, "HR-7K2M9Q").sequence == 0


AGAIN = [times("2027-03-11T13:00:00+00:00", 3)]


def test_the_first_change_goes_at_once_and_those_of_the_next_five_minutes_are_one(world):
    world.booking()
    assert len(change(world, meetings=LATER)) == 1
    world.later(minutes=1)
    world.session(happened="changed", version=3, meetings=AGAIN)
    world.later(minutes=1)
    world.session(happened="changed", version=4, meetings=AGAIN, venue=TOWN_HALL)
    world.when_due()
    assert world.deliver() == []
    world.later(minutes=3)
    world.when_due()
    (mail,) = world.deliver()
    assert mail["Subject"].startswith(says("change_email.time_and_place"))
    assert f"{heading('change_email.old_time')}Wednesday 10 March 2027, 1pm to 4pm\n" in plain(mail)
    assert f"{heading('email.when')}Thursday 11 March 2027, 1pm to 4pm\n" in plain(mail)


def test_what_is_changed_back_within_five_minutes_is_not_told(world):
    world.booking()
    change(world, meetings=LATER)
    world.session(happened="changed", version=3, meetings=AGAIN)
    world.session(happened="changed", version=4, meetings=LATER)
    world.later(minutes=5)
    world.when_due()
    assert world.deliver() == []


def test_a_change_that_nobody_was_told_of_holds_back_none(world):
    world.session(happened="changed", version=2, meetings=LATER)
    world.booking()
    world.deliver()
    world.session(happened="changed", version=3, meetings=AGAIN)
    assert len(world.deliver()) == 1


def test_a_session_that_is_called_off_meanwhile_has_no_change_left_to_tell(world):
    world.booking()
    change(world, meetings=LATER)
    world.session(happened="changed", version=3, meetings=AGAIN)
    world.session(happened="cancelled", version=4, status="cancelled", meetings=AGAIN)
    world.later(minutes=6)
    world.when_due()
    assert world.deliver() == []


def test_nobody_is_told_that_a_topic_of_their_session_was_renamed(world):
    world.booking()
    assert change(world, topics=["social-care"]) == []
    world.later(minutes=30)
    assert world.deliver() == []


def test_nobody_is_told_again_of_a_cancelled_session_whose_topic_was_renamed(world):
    world.booking()
    world.deliver()
    world.session(happened="cancelled", version=2, status="cancelled", cancel_reason="Snow")
    world.booking("booking_cancelled", version=2, cause="session_cancelled")
    assert len(world.deliver()) == 1
    world.session(happened="cancelled", version=3, status="cancelled", cancel_reason="Snow", topics=["social-care"])
    world.later(minutes=30)
    assert world.deliver() == []
