"""What facilitators protect: they do at their sessions what the day needs, see nothing more of people, and end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from services.bus import models as bus
from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.registration import access, my_data, schemas
from services.registration.accounts import facilitators, roles
from services.registration.attendance import check_in, day_sheet, expected
from services.registration.errors import SessionCancelled, SessionFinished
from services.registration.models import Base, Facilitator, Person
from services.registration.places import bookings, sessions
from services.runtime import clock
from services.runtime.refusals import Invalid, NotAllowed, NotFound
from services.runtime.schemas import load
from tests.registration.calls import SECRET, TEAMS, World
from tests.registration.conftest import NOW, START, state_of

pytestmark = pytest.mark.patient

FAY = "fay@example.org"
OVER = START + timedelta(hours=7)
DAY = timedelta(days=1)


@pytest.fixture
def team(person):
    return person("team", granted=["team"])


@pytest.fixture
def march(told):
    return told("march")


@pytest.fixture
def fay(db, march, team, person):
    """Somebody who facilitates the session in March."""
    fay = person("fay")
    facilitators.name(db, team, "march", NOW, FAY)
    return fay


def announced(db):
    rows = db.execute(select(outbox).where(outbox.c.type.contains("facilitator")).order_by(outbox.c.position)).all()
    return [(Envelope.from_json(row.envelope), row.erase_key) for row in rows]


def count(db):
    return db.scalar(select(func.count()).select_from(Facilitator))


class TestNaming:
    def test_whoever_is_named_facilitates_the_session_which_is_shown_and_announced(self, db, march, team, person):
        fay = person("fay")
        named = facilitators.name(db, team, "march", NOW, FAY)
        shown = schemas.FacilitatorView().dump(named)
        assert shown == {
            "id": named["id"],
            "session": "march",
            "person": {"id": fay.id, "name": "Fay", "email": FAY},
            "since": NOW.isoformat(),
            "named_by": {"id": team.id, "name": "Team"},
        }
        assert facilitators.facilitated(db, fay, NOW) == ["march"]
        [(event, erase_key)] = announced(db)
        assert (event.type, event.subject) == ("registration.facilitator_named.v1", f"facilitators/{named['id']}")
        assert event.data == {"id": named["id"], "person": fay.id, "session": "march", "new": True, "version": 1}
        assert (erase_key, event.sensitive) == (fay.id, True)

    def test_named_twice_is_named_once(self, db, march, team, person):
        first = facilitators.name(db, team, "march", NOW, FAY)
        again = facilitators.name(db, person("other", granted=["team"]), "march", NOW + DAY, FAY)
        assert schemas.FacilitatorView().dump(again) == schemas.FacilitatorView().dump(first)
        assert (count(db), len(announced(db))) == (1, 1)

    def test_the_database_refuses_a_second_one_whatever_the_code_does(self, db, fay, team):
        db.add(Facilitator(session="march", person_id=fay.id, since=NOW, named_by=team.id))
        with pytest.raises(IntegrityError):
            db.flush()

    def test_who_has_no_account_gets_one(self, db, march, team):
        named = facilitators.name(db, team, "march", NOW, "new@example.org")
        person = db.scalars(select(Person).where(Person.email == "new@example.org")).one()
        assert (named["person"], person.name, person.granted) == (person, None, [])

    def test_a_session_that_is_not_there_or_not_published_has_none(self, db, team):
        with pytest.raises(NotFound):
            facilitators.name(db, team, "no-such", NOW, FAY)
        with pytest.raises(NotFound):
            facilitators.page(db, "no-such", None, 20)
        assert db.scalar(select(Person).where(Person.email == FAY)) is None, "an account for nothing"

    def test_nobody_is_named_for_a_session_that_is_cancelled(self, db, told, team):
        told(status="cancelled")
        with pytest.raises(SessionCancelled):
            facilitators.name(db, team, "march", NOW, FAY)

    def test_somebody_may_be_named_afterwards_for_as_long_as_it_lasts(self, db, march, team):
        facilitators.name(db, team, "march", OVER + 13 * DAY, FAY)
        with pytest.raises(SessionFinished):
            facilitators.name(db, team, "march", OVER + 14 * DAY, "late@example.org")

    @pytest.mark.parametrize(
        "given", [{}, {"email": "x"}, {"email": None}, {"email": FAY, "session": "march"}], ids=str
    )
    def test_only_an_address_is_taken(self, given):
        with pytest.raises(Invalid):
            load(schemas.FacilitatorWanted(), given)

    def test_an_address_is_the_same_in_any_case(self):
        assert load(schemas.FacilitatorWanted(), {"email": " Fay@Example.org"})["email"] == FAY

    def test_they_are_listed_page_by_page_in_the_order_in_which_they_were_named(self, db, told, march, team):
        told("april")
        for name in ("a", "b", "c"):
            facilitators.name(db, team, "march", NOW, f"{name}@example.org")
        facilitators.name(db, team, "april", NOW, FAY)
        first = facilitators.page(db, "march", None, 2)
        second = facilitators.page(db, "march", first["next"], 2)
        shown = schemas.FacilitatorPage().dump({"items": [*first["items"], *second["items"]], "next": second["next"]})
        assert [one["person"]["email"][0] for one in shown["items"]] == ["a", "b", "c"]
        assert shown["next"] is None


class TestForHowLong:
    def test_taken_back_it_is_over_at_once(self, db, fay, team):
        [one] = facilitators.page(db, "march", None, 20)["items"]
        facilitators.take_back(db, team, "march", one["id"], NOW)
        assert facilitators.facilitated(db, fay, NOW) == []
        with pytest.raises(NotAllowed):
            access.facilitator(db, fay, NOW, {"slug": "march"})
        with pytest.raises(NotFound):
            facilitators.take_back(db, team, "march", one["id"], NOW)
        assert facilitators.name(db, team, "march", NOW, FAY)["id"] != one["id"]
        kinds = [event.type.split(".")[1] for event, _ in announced(db)]
        assert kinds == ["facilitator_named", "facilitator_taken_back", "facilitator_named"]

    def test_what_is_of_another_session_is_not_taken_back_by_this_one(self, db, told, fay, team):
        told("april")
        [one] = facilitators.page(db, "march", None, 20)["items"]
        with pytest.raises(NotFound):
            facilitators.take_back(db, team, "april", one["id"], NOW)
        assert count(db) == 1

    def test_it_ends_two_weeks_after_the_session(self, db, fay):
        for now, theirs in ((OVER, ["march"]), (OVER + 14 * DAY - DAY / 2, ["march"]), (OVER + 14 * DAY, [])):
            assert facilitators.facilitated(db, fay, now) == theirs
        with pytest.raises(NotAllowed):
            access.facilitator(db, fay, OVER + 14 * DAY, {"slug": "march"})
        assert count(db) == 1, "who facilitated it is still known"

    def test_a_session_that_is_cancelled_stays_in_the_list_and_expects_nobody(self, db, told, fay, person):
        bookings.book(db, person("amina"), NOW, "march")
        told(status="cancelled")
        db.flush()
        assert facilitators.facilitated(db, fay, NOW) == ["march"]
        assert expected.page(db, "march", None, 20)["items"] == []

    def test_sessions_come_the_soonest_first(self, db, told, fay, team):
        week = timedelta(weeks=1)
        for slug, starts in (("april", START + 4 * week), ("february", START - 3 * week)):
            meetings = [{"starts_at": starts, "ends_at": starts + timedelta(hours=1)}]
            told(slug, meetings=meetings)
            facilitators.name(db, team, slug, NOW, FAY)
        assert facilitators.facilitated(db, fay, NOW) == ["february", "march", "april"]


class TestRoles:
    def test_the_account_says_which_sessions_and_has_the_role_with_them(self, db, fay, person, team):
        shown = schemas.PersonView().dump(facilitators.with_sessions(db, fay, NOW))
        assert (shown["roles"], shown["facilitates"]) == (["person", "facilitator"], ["march"])
        later = facilitators.with_sessions(db, fay, OVER + 14 * DAY)
        assert (later["roles"], later["facilitates"]) == (["person"], [])
        facilitators.name(db, team, "march", NOW, "team@example.org")
        assert facilitators.with_sessions(db, team, NOW)["roles"] == ["person", "facilitator", "team"]
        assert facilitators.with_sessions(db, person("amina"), NOW)["roles"] == ["person"]

    def test_it_counts_for_the_session_it_was_given_for(self, db, told, fay, team, person):
        told("april")
        access.facilitator(db, fay, NOW, {"slug": "march"})
        access.facilitator(db, team, NOW, {"slug": "april"})
        for who, slug in ((fay, "april"), (fay, "no-such"), (person("amina"), "march")):
            with pytest.raises(NotAllowed):
                access.facilitator(db, who, NOW, {"slug": slug})

    def test_an_operator_is_no_facilitator(self, db, march, person):
        with pytest.raises(NotAllowed):
            access.sessions_open_to(db, person("operator", granted=["operator"]), NOW)


class TestErasure:
    def test_erasure_forgets_what_somebody_was_named_for_also_where_it_was_announced(self, db, fay):
        my_data.erase(db, fay, NOW)
        assert count(db) == 0
        assert announced(db) == []

    def test_whoever_named_somebody_is_named_no_more_once_erased(self, db, fay, team):
        my_data.erase(db, team, NOW)
        [one] = schemas.FacilitatorPage().dump(facilitators.page(db, "march", None, 20))["items"]
        assert one["named_by"] == {"id": team.id, "name": None}
        assert one["person"]["email"] == FAY

    def test_the_export_holds_it_also_once_it_is_over(self, db, fay):
        assert my_data.export(db, fay)["facilitates"] == [{"session": "march", "since": NOW}]


class TestWhomTheySee:
    def test_who_is_expected_is_a_name_and_where_they_work(self, db, fay, person):
        given = {"organisation": "St James’s", "job_role": "Nurse", "access_needs": "Step-free"}
        amina = person("amina", **given)
        reference = bookings.book(db, amina, NOW, "march", access_needs="A quiet room")["reference"]
        shown = schemas.ExpectedPage().dump(expected.page(db, "march", None, 20))
        assert shown["items"] == [
            {
                "reference": reference,
                "mode": "in_room",
                "person": {
                    "name": "Amina",
                    "sector": "hospital",
                    "organisation": "St James’s",
                    "job_role": "Nurse",
                },
            }
        ]

    def test_the_day_sheet_counts_needs_of_those_who_have_a_place_and_tells_none(self, db, told, fay, person):
        told("march", places_in_room=2)
        gone = person("gone")
        booked = bookings.book(db, gone, NOW, "march", access_needs="A ramp")
        bookings.cancel(db, gone, booked["reference"], NOW)
        for name, needs in (("amina", "A quiet room"), ("ben", None), ("waits", "Captions")):
            bookings.book(db, person(name), NOW, "march", access_needs=needs)
        db.flush()
        told = schemas.DaySheet().dump(day_sheet.facts(db, "march"))
        assert told == {"join_url": "https://example.org/meet", "needs": 1}
        with pytest.raises(NotFound):
            day_sheet.facts(db, "no-such")

    def test_the_day_sheet_has_the_link_to_join_while_the_session_is_on(self, db, told, fay):
        told("march", join_url="https://example.org/join", version=2)
        assert day_sheet.facts(db, "march")["join_url"] == "https://example.org/join"
        told("march", join_url="https://example.org/join", status="cancelled", version=3)
        assert day_sheet.facts(db, "march")["join_url"] is None

    def test_nobody_is_expected_who_waits_or_has_cancelled_or_comes_to_something_else(self, db, told, fay, person):
        told("march", places_in_room=1)
        told("april")
        gone = bookings.book(db, person("gone"), NOW, "march")["reference"]
        bookings.book(db, person("amina"), NOW, "march")
        bookings.cancel(db, db.scalar(select(Person).where(Person.name == "Gone")), gone, NOW)
        bookings.book(db, person("waits"), NOW, "march")
        bookings.book(db, person("ben"), NOW, "april")
        assert [one["person"]["name"] for one in expected.page(db, "march", None, 20)["items"]] == ["Amina"]

    def test_the_list_comes_in_pages(self, db, told, fay, person):
        told("march", places_in_room=3)
        for name in ("a", "b", "c"):
            bookings.book(db, person(name), NOW, "march")
        first = expected.page(db, "march", None, 2)
        second = expected.page(db, "march", first["next"], 2)
        assert [one["person"]["name"] for one in [*first["items"], *second["items"]]] == ["A", "B", "C"]
        with pytest.raises(NotFound):
            expected.page(db, "no-such", None, 2)

    def test_a_code_of_another_session_tells_them_nothing(self, db, told, fay, person, team):
        told("april")
        amina = person("amina")
        codes = {}
        for slug in ("march", "april"):
            reference = bookings.book(db, amina, NOW, slug, allow_clash=True)["reference"]
            codes[slug] = check_in.token_of(reference, "secret")
        for verb in (check_in.look_up, check_in.check_in):
            with pytest.raises(NotAllowed):
                verb(db, fay, codes["april"], "secret", START)
            assert verb(db, fay, codes["march"], "secret", START)["name"] == "Amina"
        scans = [{"token": codes[slug], "at": START} for slug in ("april", "march")]
        refused, known = check_in.take_scans(db, fay, scans, "secret", START)["items"]
        assert (refused["result"], refused["problem"]) == ("refused", "not-allowed")
        assert (refused["reference"], refused["session"], refused["meeting"]) == (None, None, None)
        assert known["result"] == "already_checked_in"

    def test_a_code_of_somebody_who_waits_elsewhere_is_refused_as_any_other(self, db, told, fay, person):
        told("april", places_in_room=1)
        bookings.book(db, person("first"), NOW, "april")
        code = check_in.token_of(bookings.book(db, person("amina"), NOW, "april")["reference"], "secret")
        with pytest.raises(NotAllowed):
            check_in.look_up(db, fay, code, "secret", START)


class House(World):
    """Also somebody who facilitates the session, one other session, and somebody who booked that."""

    def __init__(self, engine) -> None:
        super().__init__(engine)
        with self.service.database.begin() as db:
            self._person(db, "fay")
            starts = clock.now() + timedelta(minutes=10)
            sessions.keep(db, state_of("other", starts, hours=1, places_in_room=5), clock.now())
            ben = self._person(db, "ben")
            self.elsewhere = bookings.book(db, ben, clock.now(), "other")["reference"]
        named = self.ask("name_facilitator", "team", slug="now", given={"email": FAY}).value
        self.naming = named["id"]


@pytest.fixture
def house(make_engine):
    return House(make_engine(Base.metadata, bus.metadata))


OURS = {
    "name_facilitator": {"slug": "now", "given": {"email": FAY}},
    "facilitators": {"slug": "now", "cursor": None, "limit": 5},
    "take_back_facilitator": {"slug": "now", "id": "x"},
}
THEIRS = {**TEAMS, "expected": {"slug": "now", "cursor": None, "limit": 5}, "day_sheet": {"slug": "now"}}
NOT_THEIRS = {
    "session_bookings": {"slug": "now", "cursor": None, "limit": 5},
    "book_for": {"slug": "now", "given": {"email": FAY}},
    "find_people": {"q": "a", "cursor": None, "limit": 5},
    "sectors_of": {"slugs": ["now"]},
    "fillings": {"slugs": ["now"]},
    "demand": {"cursor": None, "limit": 5},
    "suggestions": {"cursor": None, "limit": 5},
    "session_feedback": {"slug": "now", "cursor": None, "limit": 5},
    "forecast_change": {"slug": "now", "given": {}},
    "foresee_admission": {"reference": "x"},
    "admit": {"reference": "x", "given": {}},
    "give_role": {"given": {"email": FAY, "role": "team"}},
    "roles": {"cursor": None, "limit": 5},
    "take_role": {"id": "x"},
}


class TestOperators:
    @pytest.fixture
    def olu(self, house):
        with house.service.database.begin() as db:
            roles.give(db, house._person(db, "olu"), "operator", clock.now())
        return "olu"

    def test_operators_see_all_who_facilitate_name_them_and_take_that_back(self, house, olu):
        [row] = house.ask("all_facilitators", olu, cursor=None, limit=5).value["items"]
        assert (row["session"], row["person"]["email"], row["named_by"]["name"]) == ("now", FAY, "Team")
        given = {"email": "ben@example.org"}
        assert house.ask("name_facilitator", olu, slug="other", given=given).value["named_by"]["name"] == "Olu"
        assert len(house.ask("all_facilitators", "team", cursor=None, limit=5).value["items"]) == 2
        assert house.ask("take_back_facilitator", olu, slug="now", id=row["id"]).refusal is None
        assert house.ask("me", "fay").refusal.code == "not-signed-in"

    def test_an_operator_does_not_raise_themselves(self, house, olu):
        given = {"email": "olu@example.org"}
        assert house.ask("name_facilitator", olu, slug="now", given=given).refusal.code == "own-role"
        assert house.ask("name_facilitator", "team", slug="now", given={"email": "team@example.org"}).refusal is None

    @pytest.mark.parametrize("who", ["amina", "fay"])
    def test_nobody_else_sees_them_all(self, house, who):
        assert house.ask("all_facilitators", who, cursor=None, limit=5).refusal.code == "not-allowed"


class TestCalls:
    @pytest.mark.parametrize("who", ["amina", "fay"])
    @pytest.mark.parametrize("method", OURS)
    def test_the_team_alone_names_them(self, house, method, who):
        assert house.ask(method, who, **OURS[method]).refusal.code == "not-allowed"

    @pytest.mark.parametrize("method", NOT_THEIRS)
    def test_everything_else_of_the_team_stays_the_team_s(self, house, method):
        assert house.ask(method, "fay", **NOT_THEIRS[method]).refusal.code == "not-allowed"

    def test_nobody_else_s_booking_is_there(self, house):
        for method, named in {
            "booking": {}, "cancel": {"given": {}}, "move": {"given": {"session": "other"}}, "check_in_token": {},
            "history": {"cursor": None, "limit": 5}, "certificate": {},
        }.items():  # fmt: skip
            assert house.ask(method, "fay", reference=house.reference, **named).refusal.code == "not-found"
        for method, named in {"add_note": {"given": {"text": "x"}}, "booking_of_person": {}}.items():
            assert house.ask(method, "fay", reference=house.reference, **named).refusal.code == "not-allowed"
        for method in ("bookings_of_person",):
            asked = {"person": house.ask("me", "amina").value["id"], "cursor": None, "limit": 5}
            assert house.ask(method, "fay", **asked).refusal.code == "not-allowed"

    def test_they_take_attendance_of_their_session_and_are_shown_no_address(self, house):
        given = {"records": [{"reference": house.reference, "meeting": 1, "present": True}]}
        assert house.ask("record_attendance", "fay", slug="now", given=given).value["recorded"] == 1
        sheet = {"csv": f"reference,meeting,present\n{house.reference},1,no\n"}
        assert house.ask("take_attendance_report", "fay", slug="now", given=sheet).value["recorded"] == 1
        [row] = house.ask("attendance", "fay", slug="now", cursor=None, limit=5).value["items"]
        expected_of_amina = {"name": "Amina", "sector": "hospital", "organisation": None, "job_role": None}
        assert row["person"] == expected_of_amina
        assert [record["recorded_by"]["name"] for record in row["records"]] == ["Fay", "Fay"]
        [row] = house.ask("attendance", "team", slug="now", cursor=None, limit=5).value["items"]
        assert row["person"] == {**expected_of_amina, "id": row["person"]["id"], "email": "amina@example.org"}

    def test_they_check_people_in_at_their_session(self, house):
        token = check_in.token_of(house.reference, SECRET)
        assert house.ask("check_in", "fay", token=token).value["already"] is False
        assert house.ask("look_up_check_in", "team", token=token).value["already"] is True

    def test_another_session_is_closed_to_them(self, house):
        other = {
            method: {**named, **({"slug": "other"} if "slug" in named else {})} for method, named in THEIRS.items()
        }
        token = check_in.token_of(house.elsewhere, SECRET)
        for method, named in other.items():
            if "token" in named:
                named["token"] = token
            if method != "take_scans":
                assert house.ask(method, "fay", **named).refusal.code == "not-allowed", method

    @pytest.mark.parametrize("method", THEIRS)
    def test_once_it_is_taken_back_all_is_closed_to_them(self, house, method):
        house.ask("take_back_facilitator", "team", slug="now", id=house.naming)
        assert house.ask(method, "fay", **THEIRS[method]).refusal.code == "not-signed-in"
        house.sign_in("fay")
        assert house.ask(method, "fay", **THEIRS[method]).refusal.code == "not-allowed"
        assert house.ask("who", "fay").value["roles"] == ["person"]

    @pytest.mark.parametrize("method", ["who", "me"])
    def test_whoever_asks_who_they_are_is_told_which_sessions(self, house, method):
        told = house.ask(method, "fay").value
        assert (told["roles"], told["facilitates"]) == (["person", "facilitator"], ["now"])
        assert house.ask(method, "team").value["facilitates"] == []

    def test_a_changed_account_says_so_too(self, house):
        changed = house.ask("change_me", "fay", version=2, given={"job_role": "Coach"}).value
        assert (changed["job_role"], changed["facilitates"]) == ("Coach", ["now"])

    def test_named_by_many_at_once_is_named_once(self, house):
        with ThreadPoolExecutor(6) as hands:
            given = {"email": "amina@example.org"}
            named = list(hands.map(lambda _: house.ask("name_facilitator", "team", slug="now", given=given), range(6)))
        assert len({reply.value["id"] for reply in named}) == 1

    def test_the_answer_kept_for_a_key_is_forgotten_with_the_person(self, house):
        given, key = {"email": FAY}, "k"
        first = house.ask("name_facilitator", "team", slug="now", given=given, key=key)
        assert house.ask("name_facilitator", "team", slug="now", given=given, key=key).replayed
        house.ask("erase_me", "fay")
        again = house.ask("name_facilitator", "team", slug="now", given=given, key=key)
        assert not again.replayed
        assert again.value["person"]["id"] != first.value["person"]["id"]

    def test_a_person_s_own_token_still_opens_their_own(self, house):
        reference = house.ask("book", "fay", given={"session": "now"}, key="b").value["reference"]
        assert house.ask("booking", "fay", reference=reference).value["session"] == "now"
