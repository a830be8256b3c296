"""Sending a message again: once, to the address of today, with what is still true, and on record."""

import threading
import uuid

import pytest
from sqlalchemy import select, text

from services.bus.models import answers
from services.notifications import messages, overview, preferences
from services.notifications.causes import mailings
from services.notifications.delivery import resends
from services.notifications.delivery.transports import Refused, Unreachable
from services.notifications.errors import MessageNotRepeatable, MessageOutOfDate, MessageWaiting
from services.notifications.message_types import MESSAGE_TYPES
from services.notifications.models import Message
from services.notifications.service import Notifications
from services.registration.voices import feedback
from services.runtime.refusals import NotFound
from services.runtime.settings import Settings
from tests.bus.vouched import VERIFIER, vouched
from tests.notifications.conftest import LETTERHEAD, NOW, ZOE, times
from tests.notifications.reading import calendar, has_invite, html, plain, sequences, uids
from tests.notifications.traces import TRACES, everything
from tests.sentences import says

pytestmark = pytest.mark.patient

TOM = str(uuid.UUID(int=500))
BEFORE = times("2027-01-26T09:30:00+00:00", hours=7)


def resend(world, id_=None, by=TOM):
    """Have the team send a message again, by default the latest that was written; return what it is answered."""
    with world.begin() as db:
        return resends.resend(db, id_ or latest(world, db).id, by, LETTERHEAD, world.now)


def latest(world, db) -> Message:
    return db.scalars(select(Message).order_by(Message.created_at.desc(), Message.urgency, Message.id)).first()


def why_not(world, id_=None) -> str:
    with pytest.raises(MessageOutOfDate) as refusal:
        resend(world, id_)
    assert world.deliver() == []
    return refusal.value.detail


def sent(world, template) -> str:
    """Return the id of the message of this kind."""
    (message,) = [message for message in world.messages() if message.template == template]
    return message.id


@pytest.fixture
def told(world):
    """Zoë has a place, and was told so an hour ago."""
    world.booking()
    world.deliver()
    world.later(hours=1)
    return world


@pytest.fixture
def was_there(world):
    """Zoë had a place in a session that is over, and was there; she was thanked."""
    world.now = NOW.replace(month=1, day=20)
    world.session(version=2, happened="changed", meetings=[BEFORE])
    world.booking()
    world.deliver()
    world.now = NOW.replace(month=1, day=26, hour=18)
    world.attendance()
    return world


# What is sent again


def test_it_says_the_same_and_is_a_mail_of_its_own(told):
    (first,) = told.letterbox.mails
    answer = resend(told)
    (again,) = told.deliver()
    assert (again["Subject"], plain(again), html(again)) == (first["Subject"], plain(first), html(first))
    assert again["Message-ID"] != first["Message-ID"]
    assert answer["subject"] == first["Subject"]


def test_it_is_on_record_who_sent_what_again_and_when(told):
    told.person(id_=TOM, email="tom@example.org", name="Tom")
    first = sent(told, "booking_confirmed")
    answer = resend(told)
    assert (answer["resend_of"], answer["resent_by"], answer["queued_at"]) == (first, TOM, told.now)
    assert (answer["state"], answer["email"], answer["id"] != first) == ("queued", "zoe@example.org", True)
    with told.begin() as db:
        (repeat,) = overview.one(db, first, LETTERHEAD)["repeats"]
        assert overview.one(db, answer["id"], LETTERHEAD)["resent_by_name"] == "Tom"
    assert repeat == {"id": answer["id"], "state": "queued", "queued_at": told.now, "resent_by": TOM,
                      "resent_by_name": "Tom"}  # fmt: skip


def test_what_was_sent_again_counts_as_the_first_one(told):
    first = sent(told, "booking_confirmed")
    second = resend(told)["id"]
    told.deliver()
    told.later(minutes=1)
    third = resend(told, second)
    assert third["resend_of"] == first
    assert len(told.deliver()) == 1


def test_it_goes_to_the_address_and_the_name_of_today(told):
    [letter] = told.messages()
    told.person(happened="changed", version=2, email="new@example.org", name="Zoë Adams")
    told.deliver()
    assert resend(told, letter.id)["email"] == "new@example.org"
    (again,) = told.deliver()
    assert again["To"] == "Zoë Adams <new@example.org>"
    assert says("email.greeting", person="Zoë Adams") in plain(again)
    assert calendar(again).walk("VEVENT")[0]["ATTENDEE"] == "mailto:new@example.org"


@pytest.mark.parametrize("failure", [Refused("550 no such mailbox"), Unreachable("no answer")])
def test_what_failed_can_be_sent_again(world, failure):
    world.booking()
    for _ in range(60):
        world.letterbox.failures = [failure]
        world.deliver()
        world.later(hours=2)
    assert [message.state for message in world.messages()] == ["failed"]
    world.letterbox.failures = []
    resend(world)
    assert len(world.deliver()) == 1


def test_what_was_resent_and_failed_can_be_sent_again(told):
    resend(told)
    told.letterbox.failures = [Refused("550 no such mailbox")]
    told.deliver()
    resend(told)
    assert len(told.deliver()) == 1


def test_what_the_team_wrote_can_be_sent_again(told):
    with told.begin() as db:
        mailings.send(db, "march", told.now, "all", "Bring a pen", "Please.")
    told.deliver()
    resend(told, sent(told, "team_message"))
    assert [mail["Subject"] for mail in told.deliver()] == ["Bring a pen"]


def test_a_place_in_the_line_was_true_then_and_is_left_out(world):
    world.booking("booking_waitlisted")
    (first,) = world.deliver()
    assert "number 3" in plain(first)
    resend(world)
    (again,) = world.deliver()
    assert "number" not in plain(again)


def test_of_what_else_is_on_only_what_is_still_to_come_is_named(world):
    world.session("soon", title="Soon", meetings=[times("2027-02-02T09:00:00+00:00", hours=1)])
    world.session("later", title="Later", meetings=[times("2027-03-01T09:00:00+00:00", hours=1)])
    world.booking()
    world.session(version=2, happened="cancelled", status="cancelled")
    world.booking("booking_cancelled", version=2, cause="session_cancelled", by="team")
    first = world.deliver()[-1]
    assert "Soon" in plain(first)
    world.later(days=3)
    resend(world, sent(world, "booking_cancelled"))
    (again,) = world.deliver()
    assert ("Soon" in plain(again), "Later" in plain(again)) == (False, True)


def test_it_waits_for_the_morning_like_any_other(told):
    told.now = NOW.replace(hour=22)
    answer = resend(told)
    assert answer["due_at"] == NOW.replace(day=2, hour=7)
    assert told.deliver() == []
    told.now = answer["due_at"]
    assert len(told.deliver()) == 1


def test_a_clash_that_is_none_any_more_is_left_out(told):
    moved = times("2027-04-06T09:30:00+00:00", hours=7)
    told.session("april", title="April cohort", meetings=[moved])
    told.booking(reference="HR-APRIL", session="april")
    told.session(version=2, happened="changed", meetings=[moved])
    first = told.deliver()[-1]
    assert "April cohort" in plain(first)
    told.booking("booking_cancelled", version=2, reference="HR-APRIL", session="april")
    told.deliver()
    resend(told, sent(told, "session_changed"))
    (again,) = told.deliver()
    assert "April cohort" not in plain(again)


def test_the_form_is_taken_to_be_open_as_long_as_it_is():
    assert resends.FORM_OPEN == feedback.OPEN_FOR


# Invites


def test_an_invite_comes_again_under_its_uid_and_the_sequence_of_now(told):
    (first,) = told.letterbox.mails
    resend(told)
    (again,) = told.deliver()
    assert calendar(again)["METHOD"] == "REQUEST"
    assert uids(calendar(again)) == uids(calendar(first))
    assert sequences(calendar(again)) == {0}


def test_an_invite_that_has_moved_on_comes_as_it_is_now(told):
    """There and back again: the letter is true as it was, and the calendar has seen a higher sequence since."""
    told.session(version=2, happened="changed", meetings=[times("2027-03-10T09:30:00+00:00", hours=7)])
    told.deliver()
    told.later(hours=1)
    told.session(version=3, happened="changed")
    told.deliver()
    resend(told, sent(told, "booking_confirmed"))
    (again,) = told.deliver()
    assert sequences(calendar(again)) == {2}
    assert calendar(again).walk("VEVENT")[0]["DTSTART"].dt.isoformat() == "2027-03-09T09:30:00+00:00"


def test_a_cancellation_comes_again_as_one(told):
    told.booking("booking_cancelled", version=2)
    told.deliver()
    resend(told, sent(told, "booking_cancelled"))
    (again,) = told.deliver()
    assert (calendar(again)["METHOD"], sequences(calendar(again))) == ("CANCEL", {1})


def test_dates_that_were_dropped_leave_the_calendar_again(world):
    two = [times("2027-03-09T09:30:00+00:00", hours=7), times("2027-03-10T09:30:00+00:00", hours=7)]
    world.session(version=2, happened="changed", meetings=two)
    world.booking()
    world.deliver()
    world.later(hours=1)
    world.session(version=3, happened="changed", meetings=two[:1])
    dropped = next(mail for mail in world.deliver() if mail["Subject"].startswith(says("calendar.date_removed")))
    resend(world, sent(world, "meeting_cancelled"))
    (again,) = world.deliver()
    assert calendar(again)["METHOD"] == "CANCEL"
    assert uids(calendar(again)) == uids(calendar(dropped))
    world.later(hours=1)
    world.session(version=4, happened="changed", meetings=two)
    world.deliver()
    assert why_not(world, sent_first(world, "meeting_cancelled")) == says("resend.other_calendar")


def sent_first(world, template):
    return next(m.id for m in world.messages() if m.template == template and m.resend_of is None)


def test_what_the_team_sends_again_goes_to_a_marked_address_too(world):
    world.booking()
    world.letterbox.failures = [Refused("550 5.1.1 nobody", recipient=True)]
    world.deliver()
    world.later(hours=1)
    resend(world)
    assert len(world.deliver()) == 1


# What is out of date


def test_a_booking_that_has_changed_is_not_told_as_it_was(told):
    first = sent(told, "booking_confirmed")
    told.booking("booking_cancelled", version=2)
    told.deliver()
    assert why_not(told, first) == says("resend.booking_changed")


def test_a_session_that_is_at_another_time_or_place_is_not_told_as_it_was(told):
    first = sent(told, "booking_confirmed")
    told.session(version=2, happened="changed", venue={"name": "Town Hall", "address": None, "access": None})
    told.deliver()
    assert why_not(told, first) == says("resend.session_changed")
    resend(told, sent(told, "session_changed"))
    (again,) = told.deliver()
    assert "Town Hall" in plain(again)
    assert has_invite(again)


def test_a_session_that_is_over_or_off_is_not_told_of(told):
    first = sent(told, "booking_confirmed")
    told.session(version=2, happened="cancelled", status="cancelled")
    assert why_not(told, first) == says("resend.session_cancelled")
    told.now = NOW.replace(month=4)
    assert why_not(told, first) == says("resend.session_over")


def test_an_offer_that_is_gone_is_not_made_again(world):
    world.booking("place_offered")
    world.deliver()
    world.later(hours=49)
    assert why_not(world) == says("resend.too_late")


def test_an_offer_that_was_taken_is_not_made_again(world):
    world.booking("place_offered")
    world.deliver()
    world.booking("booking_confirmed", version=2)
    world.deliver()
    assert why_not(world, sent(world, "place_offered")) == says("resend.booking_changed")


def test_a_reminder_comes_again_only_before_its_session(told):
    told.now = NOW.replace(month=3, day=2, hour=10)
    told.when_due()
    told.deliver()
    resend(told, sent(told, "reminder_week"))
    assert len(told.deliver()) == 1
    told.now = NOW.replace(month=3, day=8)
    assert why_not(told, sent_first(told, "reminder_week")) == says("resend.too_late")


def test_a_link_to_join_that_has_changed_is_not_sent_again(world):
    link = {"delivery": "virtual", "venue": None}
    world.session(version=2, happened="changed", **link, join_url="https://example.org/a")
    world.booking(mode="online")
    world.now = NOW.replace(month=3, day=9, hour=8, minute=40)
    world.when_due()
    world.deliver()
    world.session(version=3, happened="changed", **link, join_url="https://example.org/b")
    world.deliver()
    assert why_not(world, sent(world, "reminder_hour")) == says("resend.session_changed")


def test_what_the_team_wrote_to_those_with_a_place_is_not_sent_to_somebody_without(told):
    with told.begin() as db:
        mailings.send(db, "march", told.now, "all", "Bring a pen", "Please.")
    told.booking("booking_cancelled", version=2)
    told.deliver()
    assert why_not(told, sent(told, "team_message")) == says("resend.booking_changed")


def test_what_people_do_not_want_any_more_is_not_sent_again(told):
    told.now = NOW.replace(month=3, day=2, hour=10)
    told.when_due()
    told.deliver()
    with told.begin() as db:
        preferences.choose(db, ZOE, {"reminders": False}, told.now)
    assert why_not(told, sent(told, "reminder_week")) == says("resend.not_wanted")


def test_thanks_come_again_unless_the_list_says_something_else_by_now(was_there):
    was_there.when_due()
    was_there.deliver()
    thanks = sent(was_there, "thanks")
    resend(was_there, thanks)
    assert len(was_there.deliver()) == 1
    was_there.attendance("absent", version=3)
    assert why_not(was_there, thanks) == says("resend.not_there")


def test_who_has_answered_is_not_asked_again(was_there):
    was_there.when_due()
    was_there.now = NOW.replace(month=1, day=28, hour=18)
    was_there.when_due()
    was_there.deliver()
    asked = sent(was_there, "feedback_asked")
    resend(was_there, asked)
    assert len(was_there.deliver()) == 1
    was_there.later(days=60)
    assert why_not(was_there, asked) == says("resend.form_closed")
    was_there.hear("registration.feedback_given.v1", "feedback/HR-7K2M9Q", {"reference": "HR-7K2M9Q"}, 1)
    assert why_not(was_there, asked) == says("resend.answered")


def test_a_pledge_that_was_taken_back_is_not_reminded_of_again(was_there):
    pledged = {"reference": "HR-7K2M9Q", "pledged": True}
    was_there.hear("registration.feedback_given.v1", "feedback/HR-7K2M9Q", pledged, 1)
    was_there.now = NOW.replace(month=3, day=9, hour=18)
    was_there.when_due()
    was_there.deliver()
    reminder = sent(was_there, "pledge_reminder")
    resend(was_there, reminder)
    assert len(was_there.deliver()) == 1
    taken_back = {**pledged, "pledged": False}
    was_there.hear("registration.feedback_given.v1", "feedback/HR-7K2M9Q", taken_back, 2)
    assert why_not(was_there, reminder) == says("resend.pledge_withdrawn")


def test_who_was_there_after_all_is_not_told_again_that_they_were_missed(was_there):
    was_there.attendance("absent", version=5)
    was_there.later(hours=1)
    was_there.when_due()
    was_there.deliver()
    told = sent(was_there, "missed")
    resend(was_there, told)
    assert len(was_there.deliver()) == 1
    was_there.attendance("attended", version=6)
    was_there.deliver()  # the certificate
    assert why_not(was_there, told) == says("resend.not_absent")


def test_what_has_been_withdrawn_is_not_led_to_again(was_there):
    was_there.when_due()
    was_there.material()
    was_there.later(minutes=5)
    was_there.when_due()
    was_there.deliver()
    told = sent(was_there, "materials_published")
    resend(was_there, told)
    assert len(was_there.deliver()) == 1
    was_there.material("withdrawn", version=2)
    assert why_not(was_there, told) == says("resend.withdrawn")


def test_news_is_for_those_who_still_ask_for_it_and_have_not_booked(world):
    world.interest(programme="slp")
    world.session("april")
    world.deliver()
    news = sent(world, "interest_matched")
    resend(world, news)
    assert len(world.deliver()) == 1
    world.booking(session="april")
    world.deliver()
    assert why_not(world, news) == says("resend.booked")
    world.interest("withdrawn", version=2)
    assert why_not(world, news) == says("resend.not_asked")


def test_what_became_stale_while_it_waited_is_not_sent_either(told):
    resend(told)
    told.later(minutes=2)
    told.booking("booking_cancelled", version=2)
    assert [mail["Subject"].split(":")[0] for mail in told.deliver()] == [says("booking_email.cancelled")]


# What cannot be sent again


def test_a_code_is_never_sent_again(world):
    world.sign_in()
    world.deliver()
    with pytest.raises(MessageNotRepeatable, match=says("resend.sign_in_code")):
        resend(world)


def test_nothing_is_sent_to_somebody_who_was_erased(told):
    told.erase(told_before=True)
    with pytest.raises(MessageNotRepeatable, match=says("resend.erased")):
        resend(told)


def test_what_is_not_kept_is_not_sent(told):
    with told.begin() as db:
        db.execute(text("UPDATE messages SET facts = NULL"))
    with pytest.raises(MessageNotRepeatable, match=says("resend.not_kept")):
        resend(told)


def test_what_is_not_there_is_not_found(world):
    with pytest.raises(NotFound):
        resend(world, str(uuid.uuid4()))


def test_what_waits_is_not_sent_twice(world):
    world.booking()
    with pytest.raises(MessageWaiting) as refusal:
        resend(world)
    assert refusal.value.facts["message"] == world.messages()[0].id


def test_two_clicks_are_one(told):
    first = sent(told, "booking_confirmed")
    again = resend(told, first)["id"]
    for id_ in (first, again):
        with pytest.raises(MessageWaiting) as refusal:
            resend(told, id_)
        assert refusal.value.facts["message"] == again
    assert len(told.deliver()) == 1


def test_two_at_once_are_one(told):
    first, outcomes = sent(told, "booking_confirmed"), []

    def click():
        try:
            outcomes.append(resend(told, first)["state"])
        except MessageWaiting:
            outcomes.append("waiting")

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join(20)
    assert sorted(outcomes) == ["queued", "waiting", "waiting", "waiting"]
    assert len(told.deliver()) == 1


def test_each_kind_can_be_judged_by_every_check_with_facts_of_any_age(told):
    """Rows from before a fact was thought of: a clear answer, and no fault."""
    for template in MESSAGE_TYPES:
        with told.begin() as db:
            row = db.scalars(select(Message).where(Message.state == "sent")).first()
            row.template, row.session, row.facts = template, None, {"materials": []}
            id_ = row.id
        try:
            outcome = resend(told, id_)["state"]
        except (MessageOutOfDate, MessageNotRepeatable) as refusal:
            outcome = refusal.detail
        assert outcome
        with told.begin() as db:
            db.execute(text("DELETE FROM messages WHERE state = 'queued'"))


# The call, and what is left of people


@pytest.fixture
def service(told):
    """The service as the bus calls it."""
    service = Notifications()
    service.database = told.begin.__self__
    service.verifier = VERIFIER
    service.config = Settings(mail_from=LETTERHEAD.mail_from, public_url=LETTERHEAD.public_url, secret_key="k" * 32)
    return service


def ask(service, method, **named):
    return getattr(Notifications, method)(service, caller=vouched({"id": TOM, "roles": ["person", "team"]}), **named)


def test_the_calls_answer_in_the_shapes_that_are_described(service, told):
    # The service's own clock is far from the test's: what stays true whatever the time is asked for.
    with told.begin() as db:
        mailings.send(db, "march", told.now, "all", "Bring a pen", "Please.")
    told.deliver()
    id_ = sent(told, "team_message")
    first = ask(service, "resend", id=id_, key="k")
    assert first.refusal is None
    again = ask(service, "resend", id=id_, key="k")
    assert (again.value, again.replayed) == (first.value, True)
    other = ask(service, "resend", id=id_, key="l")
    assert (other.refusal.code, other.refusal.facts) == ("message-waiting", {"message": first.value["id"]})
    page = ask(service, "messages_page", wanted={"template": "team_message"}, cursor=None, limit=20).value
    assert {item["id"] for item in page["items"]} == {id_, first.value["id"]}
    whole = ask(service, "message", id=id_).value
    assert {name: whole[name] for name in first.value} == next(i for i in page["items"] if i["id"] == id_)
    assert [repeat["id"] for repeat in whole["repeats"]] == [first.value["id"]]


def test_erasure_leaves_nothing_of_what_was_sent_again(service, told):
    resend(told)
    told.deliver()
    resend(told)
    ask(service, "message", id=sent_first(told, "booking_confirmed"))
    told.erase(told_before=True)
    in_the_record = f'\\"person\\":\\"{ZOE}\\"'  # which keeps ids, and nothing else of anyone
    left = everything(told).replace(f"people/{ZOE}", "").replace(in_the_record, "")
    assert [trace for trace in TRACES if trace in left] == []
    assert [message.state for message in told.messages()] == ["sent", "sent"]


def test_what_the_team_was_answered_about_somebody_goes_with_them(service, told):
    with told.begin() as db:
        mailings.send(db, "march", told.now, "all", "Bring a pen", "Please.")
    told.deliver()
    assert ask(service, "resend", id=sent(told, "team_message"), key="k").refusal is None
    told.erase(told_before=True)
    with told.begin() as db:
        assert db.execute(select(answers)).all() == []


def test_who_sent_it_again_is_forgotten_with_them(told):
    told.person(id_=TOM, email="tom@example.org", name="Tom")
    resend(told)
    told.deliver()
    told.erase(id_=TOM, told_before=True)
    assert TOM not in everything(told).replace(f"people/{TOM}", "")
    assert [message.resend_of is not None for message in told.messages()] == [False, True]


def test_the_export_of_the_person_shows_it(told):
    resend(told)
    with told.begin() as db:
        assert [held["sent_again"] for held in messages.messages_of(db, ZOE)] == [False, True]
