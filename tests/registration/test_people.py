"""What accounts protect: nobody overwrites a change unseen, and erasure leaves counts and no names."""

import json
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from services.bus import idempotency
from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.registration import my_data, schemas
from services.registration.accounts import corrections, people, roles, tokens
from services.registration.models import Booking, Person, Sector, Session
from services.registration.places import bookings, figures, sessions
from services.runtime.refusals import Invalid, StaleVersion
from services.runtime.schemas import load
from tests.registration.conftest import NOW, START
from tests.registration.email_changes import SETTINGS
from tests.registration.events import told_types

PROFILE = {
    "name": "Amina Khan",
    "sector": "citizen",
    "organisation": "Elm Court",
    "job_role": "Care worker",
    "access_needs": "A hearing loop.\nA quiet corner.",
}


def test_every_field_that_is_accepted_is_kept_and_shown(db, person):
    changed = people.change(db, person(), 1, load(schemas.ProfileChange(), PROFILE), NOW)
    shown = schemas.PersonView().dump(changed)
    assert {name: shown[name] for name in PROFILE} == PROFILE
    assert shown["version"] == 2


def test_a_change_that_was_made_upon_an_old_version_is_refused(db, person):
    amina = person()
    people.change(db, amina, 1, {"name": "Amina"}, NOW)
    people.change(db, amina, 1, {"name": "Amina K."}, NOW)
    with pytest.raises(StaleVersion):
        people.change(db, amina, 1, {"name": "Amina L."}, NOW)


def test_a_change_that_changes_nothing_announces_nothing(db, person):
    amina = person()
    people.change(db, amina, 1, {"name": amina.name}, NOW)
    assert amina.version == 1
    assert told_types(db) == []


def test_a_sector_that_the_city_does_not_have_is_refused_by_name(db, person):
    with pytest.raises(Invalid) as refused:
        people.change(db, person(), 1, {"sector": "circus"}, NOW)
    assert refused.value.errors[0]["field"] == "sector"


@pytest.mark.parametrize(
    "given", [{"name": None}, {"name": "  "}, {"name": "a" * 121}, {"roles": ["team"]}, {"id": "x"}]
)
def test_what_cannot_be_said_about_oneself_is_refused(given):
    with pytest.raises(Invalid):
        load(schemas.ProfileChange(), given)


def test_new_needs_are_known_where_one_has_a_place_already(db, told, person):
    for slug, month in (("march", 3), ("april", 4), ("may", 5), ("june", 6)):
        told(slug, meetings=[{"starts_at": NOW.replace(month=month), "ends_at": NOW.replace(month=month, hour=9)}])
    amina, ben = person(access_needs="A ramp"), person("ben", access_needs="A ramp")
    same, own, gone = (
        bookings.book(db, amina, NOW, slug, access_needs=needs)["reference"]
        for slug, needs in (("march", "A ramp"), ("april", "A hearing loop"), ("may", "A ramp"))
    )
    bookings.cancel(db, amina, gone, NOW)
    bens = bookings.book(db, ben, NOW, "june", access_needs="A ramp")["reference"]

    def needs(reference):
        db.expire_all()
        return db.scalar(select(Booking.access_needs).where(Booking.reference == reference))

    people.change(db, amina, 1, {"access_needs": "Captions"}, NOW)
    assert [needs(one) for one in (same, own, gone, bens)] == ["Captions", "A hearing loop", "A ramp", "A ramp"]
    people.change(db, amina, 2, {"access_needs": None}, NOW)
    assert needs(same) is None
    people.change(db, amina, 3, {"access_needs": "A ramp"}, NOW)
    assert (needs(same), needs(own)) == ("A ramp", "A hearing loop")


def test_only_the_roles_that_there_are_can_be_given(db, person):
    amina = person()
    roles.give(db, amina, "team", NOW)
    roles.give(db, amina, "team", NOW)
    assert amina.roles == ["person", "team"]
    with pytest.raises(Invalid):
        roles.give(db, amina, "person", NOW)


def _described(version, *sectors):
    """Return the event that describes the city with these sectors."""
    event_id = str(uuid.uuid4())
    return Envelope(
        event_id, "catalogue.city_described.v1", "catalogue", "city/1", version, NOW, None, {"sectors": sectors}
    )


def test_the_sectors_are_those_that_the_catalogue_tells_of(db):
    hospital = {"code": "hospital", "name": "Hospitals and clinics", "workforce": 1}
    sessions.keep_sectors(db, _described(2, hospital, {"code": "academia", "name": "Academia", "workforce": None}))
    sessions.keep_sectors(db, _described(1, {**hospital, "name": "What it was called before"}))
    db.flush()
    assert {s.code: s.name for s in db.scalars(select(Sector))} == {
        "hospital": "Hospitals and clinics",
        "academia": "Academia",
        "citizen": "Citizens",
    }


def test_the_export_holds_all_that_is_held(db, told, person):
    told()
    amina = person(organisation="Elm Court", access_needs="A hearing loop")
    tokens.issue(db, amina, NOW)
    booked = bookings.book(db, amina, NOW, "march", access_needs="Step-free")
    export = my_data.export(db, amina)
    assert export["person"]["organisation"] == "Elm Court"
    assert export["bookings"][0]["reference"] == booked["reference"]
    assert export["bookings"][0]["access_needs"] == "Step-free"
    assert export["signed_in"] == [{"at": NOW, "until": NOW + tokens.LIFE, "device": None, "last_used_at": None}]


def test_erasure_leaves_counts_and_nothing_that_names_anybody(db, told, person):
    told(places_in_room=1)
    amina = people.ensure_account(db, "amina@example.org", NOW)
    people.change(db, amina, 1, PROFILE, NOW)
    ben = person("ben")
    told("past", meetings=[{"starts_at": NOW + timedelta(hours=1), "ends_at": NOW + timedelta(hours=2)}])
    past = bookings.book(db, amina, NOW, "past", access_needs="A hearing loop")
    booked = bookings.book(db, amina, NOW, "march")
    waits = bookings.book(db, ben, NOW, "march")
    row: idempotency.Row = {
        "caller": amina.id, "key": "key", "fingerprint": "mark", "answer": {"value": "Amina Khan"}, "created_at": NOW
    }  # fmt: skip
    idempotency.keep(db, row)
    my_data.erase(db, amina, NOW + timedelta(hours=3))

    everything = json.dumps(
        [
            str(dict(row))
            for table in ("people", "bookings", "sign_in_codes", "tokens", "answers")
            for row in db.execute(select(*_columns(table))).mappings()
        ]
    )
    everything += str([bytes(row.envelope or b"") for row in db.execute(select(outbox))])
    for name in ("Amina", "Elm Court", "Care worker", "hearing loop", "amina@"):
        assert name not in everything
    assert db.get(Person, amina.id).sector == "citizen"
    assert _state(db, past) == "confirmed"
    assert _state(db, booked) == "cancelled"
    assert _state(db, waits) == "confirmed"
    assert told_types(db)[-1] == "registration.person_erased.v1"


def test_an_older_event_of_the_catalogue_changes_nothing(db, told):
    told(title="First")
    told(title="Second")
    state = {"slug": "march", "version": 1, "title": "First"}
    sessions.keep(db, state, NOW)
    assert db.get(Session, "march").title == "Second"


def test_a_cancelled_session_cancels_all_its_bookings_and_says_why(db, told, person):
    told(places_in_room=1)
    for name in ("amina", "ben"):
        bookings.book(db, person(name), NOW, "march")
    told(status="cancelled", cancel_reason="The speaker is ill")
    assert {(b.state, b.reason) for b in db.scalars(select(Booking))} == {("cancelled", "The speaker is ill")}
    session = db.get(Session, "march")
    assert (session.taken_in_room, session.waiting_in_room) == (0, 0)


def test_the_figures_are_announced_once_for_each_change(db, told, person):
    told()
    told("april")
    db.flush()
    figures.announce(db, NOW)
    db.flush()
    figures.announce(db, NOW)
    bookings.book(db, person(), NOW, "april")
    figures.announce(db, NOW)
    rows = db.execute(select(outbox).where(outbox.c.type == "registration.places_changed.v1")).all()
    changed = [[s["session"] for s in Envelope.from_json(row.envelope).data["changed"]] for row in rows]
    assert changed == [["april", "march"], ["april"]]


def test_more_figures_than_fit_in_one_event_follow_in_the_next(db, told):
    for n in range(3):
        told(f"s{n}", meetings=[{"starts_at": START, "ends_at": START + timedelta(hours=1)}])
    db.flush()
    figures.announce(db, NOW, limit=2)
    assert "announce_places" in db.info["woken"]


def _columns(table):
    from services.bus import models as bus
    from services.registration.models import Base

    return [*(Base.metadata.tables.get(table) if table in Base.metadata.tables else bus.metadata.tables[table]).columns]


def _state(db, booked):
    return db.scalar(select(Booking.state).where(Booking.reference == booked["reference"]))


def correct(db, team, person, given, version=None):
    secret, version = SETTINGS.secret_key, version or person.version
    return corrections.correct(db, team, person.id, version, given, secret, NOW)


class TestCorrecting:
    def correct(self, db, team, person, **given):
        return correct(db, team, person, load(schemas.PersonCorrection(), given))

    def test_the_team_corrects_what_somebody_said_and_they_are_told_which_of_it(self, db, person):
        amina, team = person(), person("team")
        corrected = self.correct(db, team, amina, name="Amina Khan", sector="citizen", job_role="Nurse")
        assert (corrected.name, corrected.sector, corrected.job_role) == ("Amina Khan", "citizen", "Nurse")
        assert told_types(db) == ["registration.person_changed.v1", "registration.person_corrected.v1"]
        envelope = Envelope.from_json(db.scalars(select(outbox.c.envelope).order_by(outbox.c.position.desc())).first())
        assert envelope.data == {"person": amina.id, "changed": ["job_role", "name", "sector"], "version": 2}

    def test_what_was_right_already_is_told_to_nobody(self, db, person):
        amina, team = person(), person("team")
        self.correct(db, team, amina, name=amina.name)
        assert (amina.version, told_types(db)) == (1, [])

    def test_two_who_correct_at_once_do_not_overwrite_each_other(self, db, person):
        amina, team = person(), person("team")
        correct(db, team, amina, {"name": "Amina Khan"})
        with pytest.raises(StaleVersion):
            correct(db, team, amina, {"name": "Amina Kahn"}, version=1)

    @pytest.mark.parametrize("given", [{"email": "x@localhost"}, {"access_needs": "None"}, {"name": "\u200b"}])
    def test_the_team_corrects_no_needs_and_to_no_address_that_is_none(self, given):
        with pytest.raises(Invalid):
            load(schemas.PersonCorrection(), given)

    def test_a_name_that_the_team_gives_fills_only_what_is_empty(self, db, told, person):
        told()
        team = person("team", granted=["team"])
        person("amina")
        person("ben", name=None)
        made = [
            bookings.book_for(db, team, NOW, "march", f"{who}@example.org", name)
            for who, name in (("amina", "Ann"), ("ben", "Ben Ward"), ("cleo", "Cleo"), ("dan", None))
        ]
        assert [(row["person"].name, row["name_used"]) for row in made] == [
            ("Amina", False),
            ("Ben Ward", True),
            ("Cleo", True),
            (None, None),
        ]
