"""What nominating protects: the places, those who are nominated, and what nobody is to learn of them by it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.registration import my_data, nominating, retention, schemas
from services.registration.accounts import addresses, coordinators
from services.registration.errors import BookingClosed, SessionCancelled, SessionFull
from services.registration.models import Audit, Booking, Change, Nomination, Person
from services.registration.places import bookings, lookup
from services.runtime.refusals import Invalid, NotFound
from services.runtime.retention import period
from services.runtime.schemas import load
from tests.registration.conftest import NOW, START

pytestmark = pytest.mark.patient

ZOE, BEN = "zoe@example.org", "ben@example.org"
LIST = f"{ZOE}, Zoe Okafor\n{BEN}\n"


@pytest.fixture
def cora(db, person):
    """Someone who coordinates Elm Court."""
    cora = person("cora")
    coordinators.name(db, person("team", granted=["team"]), "Elm Court", cora.email, NOW)
    return cora


@pytest.fixture
def march(told):
    """A session with two places, and a waiting list."""
    return told("march", places_in_room=2, places_online=0, delivery="face_to_face")


def id_of(db, cora):
    return coordinators.coordinated(db, cora)[0]


def nominate(db, cora, csv=LIST, session="march", do=nominating.nominate, now=NOW):
    return schemas.coordinators.NominationsMade().dump(do(db, cora, id_of(db, cora), now, session=session, csv=csv))


def said(told):
    return [(row["line"], row["foreseen"], (row["problem"] or {}).get("code")) for row in told["items"]]


def states(db):
    rows = db.execute(select(Person.email, Booking.state).join(Booking).order_by(Booking.id)).all()
    return [(email, state) for email, state in rows]


def count(db, kind):
    return db.scalar(select(func.count()).select_from(kind))


class TestNominating:
    def test_they_are_booked_in_the_order_of_the_list_and_those_after_them_wait(self, db, march, cora):
        told = nominate(db, cora, LIST + "ann@example.org")
        assert said(told) == [(1, "confirmed", None), (2, "confirmed", None), (3, "waiting", None)]
        assert (told["done"], told["refused"]) == (3, 0)
        assert states(db) == [(ZOE, "confirmed"), (BEN, "confirmed"), ("ann@example.org", "waiting")]

    def test_who_is_new_gets_an_account_with_the_name_that_was_written_or_none(self, db, march, cora):
        nominate(db, cora)
        names = dict(db.execute(select(Person.email, Person.name)).all())
        assert (names[ZOE], names[BEN]) == ("Zoe Okafor", None)

    def test_the_history_says_that_a_colleague_did_it_and_the_event_for_which_organisation(self, db, march, cora):
        nominate(db, cora, f"{ZOE}, Zoe Okafor")
        change = db.scalars(select(Change)).one()
        assert (change.by, change.actor_id, change.cause) == ("colleague", cora.id, "booked")
        row = db.execute(select(outbox.c.envelope).where(outbox.c.type == "registration.booking_confirmed.v1")).one()
        event = Envelope.from_json(row.envelope)
        assert (event.data["nominated_by"], event.data["by"]) == ("Elm Court", "colleague")

    def test_another_name_than_the_account_has_changes_nothing_and_is_told_to_its_owner(self, db, march, cora, person):
        zoe = person("zoe")
        nominate(db, cora, f"{ZOE}, Zoe Somebody")
        assert zoe.name == "Zoe"
        row = db.execute(select(outbox.c.envelope).where(outbox.c.type == "registration.booking_confirmed.v1")).one()
        assert Envelope.from_json(row.envelope).data["meant_for"] == "Zoe Somebody"

    def test_foreseen_it_is_the_same_and_nothing_is_kept(self, db, march, cora):
        foreseen = nominate(db, cora, do=nominating.foresee)
        assert [count(db, kind) for kind in (Booking, Nomination)] == [0, 0]
        assert db.scalar(select(Person).where(Person.email == ZOE)) is None
        assert nominate(db, cora) == foreseen

    def test_each_is_in_the_audit_record_with_whose_data_it_was(self, db, march, cora):
        nominate(db, cora)
        rows = db.execute(select(Audit.actor, Audit.person).where(Audit.object.contains("/nominations"))).all()
        people = set(db.scalars(select(Person.id).where(Person.email.in_([ZOE, BEN]))))
        assert {row.actor for row in rows} == {cora.id}
        assert {row.person for row in rows} == people


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("line", "code"), [("no address", "not-an-email"), (f"{ZOE.upper()}, Zoe", "listed-twice")], ids=str
    )
    def test_a_line_with_a_problem_stops_no_other(self, db, march, cora, line, code):
        told = nominate(db, cora, f"{ZOE}\n{line}\n{BEN}")
        assert said(told) == [(1, "confirmed", None), (2, None, code), (3, "confirmed", None)]
        assert (told["done"], told["refused"]) == (2, 1)

    def test_nobody_is_nominated_twice_for_a_session_by_the_same_coordinator(self, db, march, cora):
        nominate(db, cora, ZOE)
        assert said(nominate(db, cora)) == [(1, None, "already-nominated"), (2, "confirmed", None)]

    def test_who_cancelled_is_not_booked_again_by_another_address(self, db, march, cora, person):
        zoe = person("zoe")
        nominate(db, cora, ZOE)
        [booking] = lookup.page(db, zoe, NOW, None, 5)["items"]
        bookings.cancel(db, zoe, booking["reference"], NOW)
        _second_address(db, zoe, "z.okafor@example.org")
        assert said(nominate(db, cora, "z.okafor@example.org")) == [(1, "confirmed", None)]
        assert states(db) == [(ZOE, "cancelled")]

    def test_a_session_without_a_waiting_list_takes_a_list_only_if_there_is_room_for_all(self, db, told, cora):
        told("march", places_in_room=2, places_online=0, delivery="face_to_face", waiting_list="none")
        with pytest.raises(SessionFull):
            nominate(db, cora, LIST + "ann@example.org")
        assert count(db, Booking) == 0
        assert nominate(db, cora)["done"] == 2

    def test_sessions_that_cannot_be_booked_take_none(self, db, told, cora):
        told("cancelled", status="cancelled")
        told("later", booking_opens_at=START)
        for slug, refusal in (("cancelled", SessionCancelled), ("later", BookingClosed), ("no-such", NotFound)):
            with pytest.raises(refusal):
                nominate(db, cora, session=slug)

    def test_a_list_has_fifty_lines_at_most(self, db, march, cora):
        with pytest.raises(Invalid) as refused:
            nominate(db, cora, "\n".join(f"p{n}@example.org" for n in range(51)))
        assert refused.value.errors[0]["code"] == "too-many-lines"

    @pytest.mark.parametrize("given", [{"csv": ZOE}, {"session": "march"}, {"session": "march", "csv": ZOE, "x": 1}])
    def test_a_session_and_a_list_are_needed(self, given):
        with pytest.raises(Invalid):
            load(schemas.coordinators.NominationsWanted(), given)


class TestWhatNobodyLearns:
    @pytest.mark.parametrize("do", [nominating.foresee, nominating.nominate], ids=["foreseen", "done"])
    @pytest.mark.parametrize("is_known", [False, True], ids=["new", "known"])
    @pytest.mark.parametrize("has_booked", [False, True], ids=["not booked", "booked"])
    def test_the_answer_is_the_same_whoever_it_is(self, db, told, march, cora, person, do, is_known, has_booked):
        """With as many places as before: what is taken is seen by everyone."""
        if is_known or has_booked:
            zoe = person("zoe", name="Somebody Else")
            if has_booked:
                bookings.book(db, zoe, NOW, "march")
                told("march", places_in_room=3, places_online=0, delivery="face_to_face")
        answer = nominate(db, cora, LIST + "ann@example.org", do=do)
        assert answer["items"] == [
            _line(1, ZOE, "Zoe Okafor", "confirmed"),
            _line(2, BEN, None, "confirmed"),
            _line(3, "ann@example.org", None, "waiting"),
        ]

    def test_who_has_booked_keeps_what_they_have_and_is_not_written_to(self, db, march, cora, person):
        bookings.book(db, person("zoe"), NOW, "march")
        nominate(db, cora, ZOE)
        assert states(db) == [(ZOE, "confirmed")]
        assert count(db, Nomination) == 1

    def test_they_see_what_they_typed_and_not_what_became_of_it(self, db, march, cora):
        nominate(db, cora)
        page = nominating.page(db, cora, id_of(db, cora), None, 50)
        shown = schemas.coordinators.NominationPage().dump(page)["items"]
        assert [(row["email"], row["name"], row["session"]) for row in shown] == [
            (BEN, None, "march"),
            (ZOE, "Zoe Okafor", "march"),
        ]
        assert all(row.keys() == {"session", "title", "email", "name", "nominated_at"} for row in shown)

    def test_another_coordinator_of_the_organisation_does_not_see_it(self, db, march, cora, person):
        nominate(db, cora)
        ola = person("ola")
        coordinators.name(db, person("tess", granted=["team"]), "Elm Court", ola.email, NOW)
        assert nominating.page(db, ola, id_of(db, ola), None, 50)["items"] == []


class TestForHowLong:
    def test_it_goes_with_whoever_was_nominated(self, db, march, cora):
        nominate(db, cora)
        my_data.erase(db, db.scalars(select(Person).where(Person.email == ZOE)).one(), NOW)
        assert list(db.scalars(select(Nomination.email))) == [BEN]

    def test_it_goes_a_year_after_the_session(self, db, march, cora):
        nominate(db, cora)
        over = db.scalars(select(Nomination)).first()
        [rule] = [rule for rule in retention.RULES if rule.name == "nominations"]
        just_before = march.ends_at + period("nominations") - timedelta(seconds=1)
        assert db.scalars(rule.due(rule.since(just_before))).all() == []
        assert over.position in db.scalars(rule.due(rule.since(just_before + timedelta(seconds=1)))).all()


def _line(number, email, name, foreseen):
    return {"line": number, "email": email, "name": name, "nominated": True, "foreseen": foreseen, "problem": None}


def _second_address(db, person, email):
    addresses.hold(db, person, email=email, at=NOW)
    db.flush()
