"""What asking for an evaluation protects: each person is asked once at each moment, at the right one, or not at all."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from services.notifications import preferences
from services.notifications.causes import evaluations, scheduled_notices
from services.notifications.models import EvaluationAsked
from services.registration.evaluation import moments
from services.registration.schemas.evaluation import MOMENTS
from tests.notifications.conftest import ZOE, times
from tests.notifications.reading import plain
from tests.sentences import says

pytestmark = pytest.mark.patient

START = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)
END = START + timedelta(hours=7)
BEN = str(uuid.UUID(int=99))
BEFORE, DAY, QUARTER = "before", "on_the_day", "after_3_months"
SUBJECTS = {BEFORE: says("evaluation_email.before"), DAY: says("evaluation_email.after")}


def asked(world, at):
    """Return who is asked by then, and told so."""
    world.now = at
    world.when_due()
    mails = [mail for mail in world.deliver() if mail["Subject"].partition(":")[0] in SUBJECTS.values()]
    return sorted(mail["To"].addresses[0].username for mail in mails)


def ben(world, session="march", reference="HR-BEN", **told):
    world.person(id_=BEN, email="ben@example.org", name="Ben")
    world.booking(reference=reference, person=BEN, session=session, **told)


def other_session(world, slug="april", starts_at="2027-04-13T09:30:00+00:00", **changed):
    world.session(slug, meetings=[times(starts_at, 2)], title="April", **changed)


def test_a_week_before_those_with_a_place_are_asked_once(world):
    world.evaluation(BEFORE)
    world.booking()
    assert asked(world, START - timedelta(days=7, seconds=1)) == []
    assert asked(world, START - timedelta(days=7)) == ["zoe"]
    assert asked(world, START - timedelta(days=1)) == []


def test_the_email_leads_to_the_questions_and_says_until_when(world):
    world.evaluation(BEFORE)
    world.booking()
    world.now = START - timedelta(days=7)
    world.when_due()
    (mail,) = [mail for mail in world.deliver() if says("evaluation_email.before") in mail["Subject"]]
    assert "https://headrow.example.org/sessions/march/evaluation" in plain(mail)
    assert "9 March" in plain(mail)


def test_who_gets_a_place_later_is_asked_in_an_hour_and_the_others_are_not_asked_again(world):
    world.evaluation(BEFORE)
    world.booking()
    assert asked(world, START - timedelta(days=7)) == ["zoe"]
    world.now = START - timedelta(days=3)
    ben(world)
    assert asked(world, START - timedelta(days=3) + timedelta(minutes=59)) == []
    assert asked(world, START - timedelta(days=3) + timedelta(minutes=60)) == ["ben"]


def test_those_who_wait_are_not_asked(world):
    world.evaluation(BEFORE)
    world.booking("booking_waitlisted")
    assert asked(world, START - timedelta(days=7)) == []


def test_nobody_is_asked_before_a_session_that_has_begun(world):
    world.evaluation(BEFORE)
    world.now = START - timedelta(minutes=30)
    world.booking()
    assert asked(world, START + timedelta(minutes=30)) == []


@pytest.mark.parametrize(("days", "moment"), [(0, DAY), (91, QUARTER), (182, "after_6_months"), (365, MOMENTS[-1])])
def test_later_those_who_came_are_asked(world, days, moment):
    world.evaluation(moment)
    world.booking()
    ben(world)
    world.now = END
    world.attendance()
    world.attendance("absent", reference="HR-BEN", person=BEN)
    due = END + timedelta(days=days) if days else END + timedelta(hours=1)
    assert asked(world, due - timedelta(seconds=1)) == []
    assert asked(world, due) == ["zoe"]
    assert asked(world, due + timedelta(days=1)) == []


def test_who_was_found_to_have_come_later_is_asked_as_well(world):
    world.evaluation(DAY)
    world.booking()
    ben(world)
    world.now = END
    world.attendance()
    world.attendance("absent", reference="HR-BEN", person=BEN)
    assert asked(world, END + timedelta(hours=1)) == ["zoe"]
    world.now = END + timedelta(days=2)
    world.attendance(reference="HR-BEN", person=BEN, version=3)
    assert asked(world, END + timedelta(days=2, hours=1)) == ["ben"]


def test_who_has_answered_by_themselves_is_not_asked(world):
    world.evaluation(DAY)
    world.booking()
    data = {"person": ZOE, "subject": "programmes/slp", "moment": DAY}
    world.hear("registration.evaluation_answered.v1", f"evaluation-answers/{ZOE}", data)
    assert asked(world, END + timedelta(hours=1)) == []


def test_someone_of_two_sessions_of_a_programme_is_asked_once(world):
    other_session(world)
    world.evaluation(DAY)
    world.booking()
    ben(world, "april")
    world.booking(reference="HR-APRIL", session="april")
    assert asked(world, END + timedelta(hours=1)) == ["zoe"]
    assert asked(world, datetime(2027, 4, 13, 12, 30, tzinfo=UTC)) == ["ben"]


def test_someone_who_came_to_one_session_is_not_asked_before_the_next(world):
    other_session(world)
    world.booking()
    world.now = END
    world.evaluation(BEFORE)
    world.booking(reference="HR-APRIL", session="april")
    ben(world, "april")
    assert asked(world, datetime(2027, 4, 6, 9, 30, tzinfo=UTC)) == ["ben"]


def test_a_booking_that_moved_is_not_asked_again(world):
    other_session(world)
    world.evaluation(BEFORE)
    world.booking()
    assert asked(world, START - timedelta(days=7)) == ["zoe"]
    world.booking("booking_moved", 2, session="april", **{"from": "march"})
    assert asked(world, datetime(2027, 4, 6, 9, 30, tzinfo=UTC)) == []


def test_a_session_that_is_put_off_asks_nobody_again(world):
    world.evaluation(BEFORE)
    world.booking()
    assert asked(world, START - timedelta(days=7)) == ["zoe"]
    world.session(happened="changed", version=2, meetings=[times("2027-05-11T09:30:00+00:00", 7)])
    assert asked(world, datetime(2027, 5, 4, 9, 30, tzinfo=UTC)) == []


def test_questions_of_its_own_stand_in_for_those_of_the_programme(world):
    world.evaluation(BEFORE)
    world.evaluation(subject="sessions/march")
    world.booking()
    assert asked(world, START - timedelta(days=7)) == []
    world.evaluation(subject="sessions/march", asks=False, version=2)
    assert asked(world, START - timedelta(days=6)) == ["zoe"]


def test_questions_that_the_team_writes_late_are_asked_in_an_hour(world):
    world.booking()
    assert asked(world, START - timedelta(days=7)) == []
    world.now = START - timedelta(days=2)
    world.evaluation(BEFORE)
    assert asked(world, START - timedelta(days=2) + timedelta(minutes=59)) == []
    assert asked(world, START - timedelta(days=2) + timedelta(hours=1)) == ["zoe"]


def test_what_is_not_asked_any_more_is_not_sent(world):
    world.evaluation(BEFORE)
    world.booking()
    world.evaluation(version=2)
    assert asked(world, START - timedelta(days=7)) == []


def test_who_gives_up_their_place_before_the_email_goes_gets_none(world):
    world.evaluation(BEFORE)
    world.booking()
    world.now = START - timedelta(days=7)
    world.when_due()
    world.booking("booking_cancelled", 2)
    assert says("evaluation_email.before") not in [mail["Subject"].partition(":")[0] for mail in world.deliver()]


def test_people_can_do_without(world):
    world.evaluation(BEFORE)
    world.booking()
    with world.begin() as db:
        preferences.choose(db, ZOE, {"follow_ups": False}, world.now)
    assert asked(world, START - timedelta(days=7)) == []


def test_who_was_asked_is_forgotten_with_them(world):
    world.evaluation(BEFORE)
    world.booking()
    assert asked(world, START - timedelta(days=7)) == ["zoe"]
    world.erase()
    with world.begin() as db:
        assert db.query(EvaluationAsked).count() == 0


def test_accounts_that_were_merged_are_asked_once(world):
    world.evaluation(DAY)
    ben(world)
    data = {"person": BEN, "subject": "programmes/slp", "moment": DAY}
    world.hear("registration.evaluation_answered.v1", f"evaluation-answers/{BEN}", data)
    world.merge(BEN)
    world.reassign(ZOE, reference="HR-BEN")
    assert asked(world, END + timedelta(hours=1)) == []


def test_people_are_asked_while_registration_takes_answers():
    """The two services have the same times, each by itself."""
    assert {*evaluations.NOTICES} == {*MOMENTS}
    assert {moment: scheduled_notices.MONTHS[evaluations.NOTICES[moment]] for moment in moments.LATER} == moments.LATER
    assert {DAY: moments.ON_THE_DAY_FOR, **dict.fromkeys(moments.LATER, moments.LATER_FOR)} == evaluations.OPEN_FOR
