"""What people are told of their bookings: once a cause, nothing stale, in words that say what they need."""

import uuid
from datetime import UTC, datetime

import pytest

from tests.notifications.conftest import times
from tests.notifications.reading import calendar, has_invite, html, plain, sequences, uids
from tests.sentences import says

pytestmark = pytest.mark.one_database

DAYS = [times("2027-03-09T09:30:00+00:00", hours=7), times("2027-03-16T09:30:00+00:00", hours=7)]
EVENING = datetime(2027, 3, 9, 17, 0, tzinfo=UTC)
APPLIED = {"cause": "applied", "application": True, "position": None}
GIVEN = {"cause": "admitted", "by": "team", "application": True}
REFUSED = {"cause": "refused", "by": "team", "application": True, "was_confirmed": False}
WITHDRAWN = {"application": True, "was_confirmed": False}
REDUCED = {"cause": "places_reduced", "was_confirmed": True}
ALL = ("booking_confirmed", "booking_waitlisted", "place_offered", "offer_expired", "booking_cancelled")


def only(mails):
    assert len(mails) == 1
    return mails[0]


@pytest.mark.parametrize("happened", ALL)
def test_each_message_names_the_session_the_time_and_the_booking(world, happened):
    world.booking(happened)
    mail = only(world.deliver())
    for text in (plain(mail), html(mail)):
        assert "System Leadership programme: March cohort" in text
        assert "Tuesday 9 March 2027, 9:30am to 4:30pm" in text
        assert "HR-7K2M9Q" in text
        assert "https://headrow.example.org/bookings/HR-7K2M9Q" in text
        assert says("email.greeting", person="Zoë Okafor") in text
    assert mail["To"] == "Zoë Okafor <zoe@example.org>"
    assert mail["From"] == "Leeds Academy <academy@mail.example.org>"


@pytest.mark.parametrize(
    ("happened", "changed", "subject"),
    [
        ("booking_confirmed", {}, says("booking_email.confirmed")),
        ("booking_waitlisted", {}, says("booking.waiting")),
        ("booking_waitlisted", REDUCED, says("booking_email.back_to_waiting")),
        ("place_offered", {}, says("booking_email.offered")),
        ("offer_expired", {}, says("booking_email.offer_expired")),
        ("booking_cancelled", {}, says("booking_email.cancelled")),
        ("booking_cancelled", {"was_confirmed": False}, says("booking_email.left_waiting_list")),
        ("booking_cancelled", {"was_confirmed": False, "cause": "declined"}, says("booking_email.declined")),
        ("booking_cancelled", {"by": "team"}, says("booking_email.cancelled_by_others")),
        ("booking_cancelled", {"by": "system"}, says("booking_email.cancelled_by_others")),
        ("booking_cancelled", {"by": "system", "cause": "session_cancelled"}, says("booking_email.session_cancelled")),
        ("booking_waitlisted", APPLIED, says("application_email.applied")),
        ("booking_confirmed", GIVEN, says("application_email.given")),
        ("booking_cancelled", REFUSED, says("application_email.refused")),
        ("booking_cancelled", WITHDRAWN, says("application_email.withdrawn")),
    ],
)
def test_the_start_of_the_subject_says_what_it_is(world, happened, changed, subject):
    world.booking(happened, **changed)
    mail = only(world.deliver())
    assert mail["Subject"] == f"{subject}: System Leadership programme: March cohort"
    assert len(subject) < 40
    assert f"<h1>{subject}</h1>" in html(mail)


@pytest.mark.parametrize(("mode", "how"), [("online", "online"), ("in_room", "in person")])
def test_who_comes_along_reads_how_it_takes_place_now_and_may_keep_or_give_up_the_place(world, mode, how):
    world.booking("booking_confirmed", cause="converted", by="team", mode=mode, was_confirmed=True)
    mail = only(world.deliver())
    assert mail["Subject"].startswith(f"{says('conversion_email.subject', how=how)}: ")
    for text in (plain(mail), html(mail)):
        assert says("conversion_email.place_kept", how=how) in text
        assert says("conversion_email.needs") in text
        assert "https://headrow.example.org/bookings/HR-7K2M9Q/needs" in text
        assert says("conversion_email.nothing_to_do") in text


def test_who_waits_again_because_of_a_conversion_reads_why(world):
    world.booking("booking_waitlisted", cause="converted", by="team", mode="online", was_confirmed=True, position=1)
    text = plain(only(world.deliver()))
    assert says("conversion_email.takes_place", how="online") in text
    assert says("booking_email.place_taken_back") in text


def test_an_offer_that_came_along_still_stands(world):
    world.booking("place_offered", cause="converted", by="team", mode="online")
    assert says("conversion_email.offer_stands") in plain(only(world.deliver()))


@pytest.mark.parametrize(("mode", "back"), [("online", "in the room"), ("in_room", "online")])
def test_who_has_a_place_of_the_other_mode_reads_why_and_how_to_get_the_old_one_back(world, mode, back):
    world.booking("booking_confirmed", cause="places_reduced", by="team", mode=mode, was_confirmed=True)
    mail = only(world.deliver())
    now = {"online": "online", "in_room": "in person"}[mode]
    assert mail["Subject"].startswith(f"{says('conversion_email.subject', how=now)}: ")
    assert says("mode_email.fewer_places", where=back) in plain(mail)
    assert says("mode_email.among_the_first", where=back) in plain(mail)


@pytest.mark.parametrize(("by", "came_free"), [("person", False), ("system", True)])
def test_who_changed_over_reads_how_they_take_part_now(world, by, came_free):
    world.booking("booking_confirmed", cause="changed_mode", by=by, mode="online", was_confirmed=True)
    text = plain(only(world.deliver()))
    assert says("mode_email.now_online") in text
    assert (says("mode_email.came_free") in text) == came_free


def test_who_was_let_in_reads_that_they_wait_no_more(world):
    world.booking("booking_confirmed", cause="admitted", by="team", reason="She came from far away.")
    text = plain(only(world.deliver()))
    assert says("mode_email.admitted") in text
    assert "far away" not in text, "that is for the team to read"


def test_who_came_without_a_place_hears_of_what_is_still_to_come(world):
    world.session(happened="changed", version=2, meetings=DAYS)
    world.now = EVENING
    world.booking("booking_confirmed", cause="came", by="team")
    mail = only(world.deliver())
    assert says("came_email.came") in plain(mail)
    assert has_invite(mail)


def test_who_came_to_the_last_meeting_gets_no_email_and_nor_do_they_when_it_was_a_mistake(world):
    world.now = EVENING
    world.booking("booking_confirmed", cause="came", by="team")
    world.booking("booking_cancelled", 2, cause="not_there", by="team", was_confirmed=True)
    assert world.deliver() == []


@pytest.mark.parametrize(
    ("happened", "told"),
    [
        ("booking_waitlisted", says("came_email.back_on_the_list")),
        ("booking_cancelled", says("came_email.no_place")),
    ],
)
def test_a_mistake_is_put_right_where_it_was_told(world, happened, told):
    world.booking("booking_confirmed", cause="came", by="team")
    world.deliver()
    world.booking(happened, 2, cause="not_there", by="team", was_confirmed=True)
    assert told in plain(only(world.deliver()))


def test_a_guest_without_an_address_is_written_to_by_nobody(world):
    guest = str(uuid.UUID(int=77))
    world.person(id_=guest, email=None, name="Pat")
    world.booking("booking_confirmed", cause="came", by="team", person=guest)
    world.attendance(person=guest)
    assert world.deliver() == []


@pytest.mark.parametrize(("mode", "waits_for"), [("online", "in the room"), ("in_room", "online")])
def test_who_is_asked_about_the_other_mode_loses_nothing_by_saying_no(world, mode, waits_for):
    world.booking("place_offered", cause="other_mode", by="system", mode=mode)
    text = plain(only(world.deliver()))
    assert says("mode_email.waiting_for", where=waits_for) in text
    assert says("mode_email.no_costs_nothing") in text


@pytest.mark.parametrize(("offered", "where"), [("online", "online"), ("in_room", "in the room")])
@pytest.mark.parametrize(("then", "cause"), [("booking_confirmed", "promoted"), ("place_offered", "freed")])
def test_who_gets_what_they_waited_for_need_not_answer_about_the_other_mode(world, offered, where, then, cause):
    world.booking("place_offered", cause="other_mode", by="system", mode=offered)
    world.deliver()
    wanted = "in_room" if offered == "online" else "online"
    world.booking(then, version=2, cause=cause, by="system", mode=wanted)
    assert says("mode_email.offer_ended", where=where) in plain(only(world.deliver()))


def test_who_takes_what_they_were_offered_reads_of_no_other_offer(world):
    world.booking("place_offered", cause="other_mode", by="system", mode="online")
    world.deliver()
    world.booking("booking_confirmed", version=2, cause="accepted", mode="online")
    assert says("mode_email.offer_ended", where="online") not in plain(only(world.deliver()))


def test_who_said_no_to_the_other_mode_is_still_on_the_list(world):
    world.booking("booking_waitlisted", cause="declined", by="person", mode="in_room", position=2)
    mail = only(world.deliver())
    assert mail["Subject"].startswith(says("mode_email.still_waiting"))
    assert says("mode_email.kept_position") in plain(mail)


def test_those_whose_session_is_called_off_read_what_else_is_on(world):
    world.booking()
    world.session("later", title="Another cohort", meetings=[times("2027-05-04T09:30:00+01:00", hours=7)])
    world.session("past", title="A past one", meetings=[times("2027-01-04T09:30:00+00:00", hours=7)])
    world.session("other", title="Another programme", programme="talks")
    world.deliver()
    world.session(happened="cancelled", version=2, status="cancelled", cancel_reason="Snow")
    world.booking("booking_cancelled", version=2, cause="session_cancelled", by="team")
    mail = only(world.deliver())
    for text in (plain(mail), html(mail)):
        assert "Another cohort" in text
        assert "https://headrow.example.org/sessions/later" in text
        assert "A past one" not in text
        assert "Another programme" not in text


def call_off(world, version=2):
    world.session(happened="cancelled", version=version, status="cancelled", cancel_reason="Snow")
    world.booking("booking_cancelled", version=version, cause="session_cancelled", by="team")
    world.deliver()


BACK = {"cause": "session_reinstated", "by": "team", "version": 3}


@pytest.mark.parametrize("told_first", ["session", "booking"])
def test_to_uncancel_a_session_is_told_each_once_with_an_invite_that_takes_the_place_of_the_old_one(world, told_first):
    world.booking()
    first = calendar(only(world.deliver()))
    call_off(world)
    told = {
        "session": lambda: world.session(happened="reinstated", version=3),
        "booking": lambda: world.booking("booking_confirmed", **BACK),
    }
    for happened in sorted(told, key=lambda name: name != told_first):
        told[happened]()
    mail = only(world.deliver())
    assert mail["Subject"] == f"{says('booking_email.called_back')}: System Leadership programme: March cohort"
    assert says("booking_email.place_again") in plain(mail)
    assert "https://headrow.example.org/bookings/HR-7K2M9Q" in plain(mail)
    again = calendar(mail)
    assert str(again["METHOD"]) == "REQUEST"
    assert uids(again) == uids(first)
    assert sequences(again) == {2}
    world.when_due()
    assert world.deliver() == []


def test_who_waits_again_or_is_asked_reads_that_the_session_takes_place_after_all(world):
    world.booking("booking_waitlisted")
    world.deliver()
    call_off(world)
    world.booking("booking_waitlisted", **BACK)
    mail = only(world.deliver())
    assert mail["Subject"].startswith(says("booking_email.takes_place_after_all"))
    assert says("booking_email.waiting_again") in plain(mail)
    world.booking("place_offered", cause="session_reinstated", by="team", version=4)
    mail = only(world.deliver())
    assert mail["Subject"].startswith(says("booking_email.takes_place_after_all"))
    assert says("booking_email.check_what_else") in plain(mail)


def test_what_was_planned_of_a_session_that_is_called_back_is_planned_again(world):
    world.booking()
    call_off(world)
    world.session(happened="reinstated", version=3)
    world.booking("booking_confirmed", **BACK)
    world.deliver()
    world.now = datetime(2027, 3, 2, 9, 30, tzinfo=UTC)
    world.when_due()
    assert only(world.deliver())["Subject"].startswith(says("reminder_email.week"))


def test_nobody_hears_of_a_session_that_is_called_back_as_of_a_new_one(world):
    world.interest(programme="slp")
    world.session(happened="cancelled", version=2, status="cancelled", cancel_reason="Snow")
    world.session(happened="reinstated", version=3)
    assert world.deliver() == []


def test_who_moved_reads_from_where_to_where(world):
    world.booking()
    world.deliver()
    world.session("april", title="April cohort")
    world.booking("booking_moved", version=2, session="april", **{"from": "march"})
    mail = only(world.deliver())
    assert mail["Subject"] == f"{says('booking_email.moved')}: April cohort"
    for text in (plain(mail), html(mail)):
        assert says("booking_email.moved_from", title="System Leadership programme: March cohort") in text
        assert "April cohort" in text


def test_a_confirmation_tells_of_the_venue_and_how_to_get_in(world):
    world.booking()
    mail = only(world.deliver())
    for text in (plain(mail), html(mail)):
        assert "Civic meeting rooms" in text
        assert "Leeds city centre" in text
        assert "Step-free, hearing loop" in text


def test_a_confirmation_for_those_online_keeps_the_link_for_later(world):
    world.session(version=2, happened="changed", join_url="https://example.org/meet/march")
    world.booking(mode="online")
    mail = only(world.deliver())
    assert "example.org/meet" not in mail.as_string()
    assert says("email.online") in plain(mail)
    assert says("email.link_to_join") in plain(mail)
    assert "Civic meeting rooms" not in plain(mail)


def test_somebody_who_waited_reads_that_a_place_came_free(world):
    world.booking("booking_waitlisted")
    world.booking(version=2, cause="promoted", by="system")
    assert says("booking_email.promoted") in plain(world.deliver()[1])


def test_somebody_booked_by_the_team_reads_who_did_it(world):
    world.booking(by="team")
    assert says("booking_email.confirmed_by_team") in plain(only(world.deliver()))


def test_those_who_wait_are_told_where_they_stand(world):
    world.booking("booking_waitlisted")
    assert says("booking.waiting_number", number=3) in plain(only(world.deliver()))


def test_those_who_wait_without_a_known_position_are_not_told_one(world):
    world.booking("booking_waitlisted", position=None)
    assert "number" not in plain(only(world.deliver()))


def test_somebody_whose_place_was_taken_back_reads_that_first_and_loses_the_calendar_entry(world):
    world.booking()
    world.booking("booking_waitlisted", version=2, cause="places_reduced", by="team", was_confirmed=True)
    mail = next(mail for mail in world.deliver() if mail["Subject"].startswith(says("booking_email.back_to_waiting")))
    assert says("booking_email.place_taken_back") in plain(mail)
    assert calendar(mail)["METHOD"] == "CANCEL"


def test_an_offer_says_until_when_and_where_to_answer(world):
    world.booking("place_offered", offer_expires_at="2027-02-03T17:00:00+00:00")
    text = plain(only(world.deliver()))
    assert f"{says('booking_email.answer_before').upper()}\nWednesday 3 February 2027, 5pm\n" in text
    page = "https://headrow.example.org/bookings/HR-7K2M9Q"
    assert f"{says('booking_email.accept')}:\n{page}/accept\n" in text
    assert f"{says('booking_email.decline')}:\n{page}/decline\n" in text


@pytest.mark.parametrize(
    ("state", "words"),
    [("waiting", says("booking_email.still_waiting")), ("cancelled", says("booking_email.can_book_again"))],
)
def test_after_an_offer_has_ended_it_is_clear_what_is_left(world, state, words):
    world.booking("offer_expired", state=state)
    assert words in plain(only(world.deliver()))


def test_those_whose_session_is_off_read_why(world):
    world.session(version=2, happened="cancelled", status="cancelled", cancel_reason="The speaker is ill.")
    world.booking("booking_cancelled", cause="session_cancelled", by="team")
    assert says("booking_email.reason", reason="The speaker is ill.") in plain(only(world.deliver()))


def test_nobody_is_told_their_own_reason(world):
    world.booking("booking_cancelled", reason="Shift swapped")
    assert "Shift swapped" not in plain(only(world.deliver()))


def test_somebody_without_a_name_is_greeted_all_the_same(world):
    world.person(happened="changed", version=2, name=None)
    world.booking()
    assert plain(only(world.deliver())).startswith(f"{says('email.greeting_without_name')}\n")


@pytest.mark.parametrize("happened", ["booking_waitlisted", "place_offered", "offer_expired"])
def test_there_is_no_invite_before_there_is_a_place(world, happened):
    world.booking(happened)
    assert not has_invite(only(world.deliver()))


def test_the_same_event_twice_is_one_message(world):
    event = world.booking()
    world.booking(id_=event)
    world.sign_in(id_="00000000-0000-0000-0000-0000000000aa")
    world.sign_in(id_="00000000-0000-0000-0000-0000000000aa")
    assert sorted(message.template for message in world.messages()) == ["booking_confirmed", "sign_in"]


def test_an_offer_that_was_taken_before_its_event_came_is_not_told(world):
    world.booking("booking_confirmed", version=3, cause="accepted")
    world.booking("place_offered", version=2)
    assert [message.template for message in world.messages()] == ["booking_confirmed"]


def test_a_place_that_was_cancelled_before_its_confirmation_came_is_not_confirmed(world):
    world.booking("booking_cancelled", version=2)
    world.booking("booking_confirmed", version=1)
    mail = only(world.deliver())
    assert mail["Subject"].startswith(says("booking_email.cancelled"))
    assert not has_invite(mail)


def test_somebody_who_is_erased_is_not_told_that_their_booking_went_too(world):
    world.booking("booking_cancelled", cause="erased", by="system")
    assert world.messages() == []


def test_what_came_of_a_message_stands_under_its_cause(world):
    cause = world.booking()
    world.deliver()
    (sent,) = world.messages()
    assert (sent.state, sent.finished_at) == ("sent", world.now)
    assert (sent.event_id, sent.template) == (cause, "booking_confirmed")
    assert sent.correlation_id == "00000000-0000-0000-0000-000000000007"


def test_who_applied_hears_of_no_waiting_list_and_of_no_position(world):
    world.booking("booking_waitlisted", **APPLIED)
    mail = only(world.deliver())
    assert says("booking.waiting") not in plain(mail)
    assert not has_invite(mail)


def test_who_is_nominated_reads_that_a_coordinator_applied_and_not_the_team(world):
    world.booking("booking_waitlisted", **APPLIED, by="colleague", nominated_by="Elm Court")
    text = plain(only(world.deliver()))
    assert says("application_email.by_coordinator", organisation="Elm Court") in text
    assert says("application_email.by_team") not in text
    assert "https://headrow.example.org/account/sharing" in text


def test_who_got_no_place_reads_why_and_what_else_is_on(world):
    world.session("april", title="April cohort")
    world.booking("booking_cancelled", **REFUSED, reason="Most of you came from one hospital.")
    text = plain(only(world.deliver()))
    assert says("application_email.team_wrote", reason="Most of you came from one hospital.") in text
    assert "April cohort" in text
