"""Undoing a merge, and what is left of one in the end: each account is what it was, and nothing outlives its time."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from services.bus.models import outbox
from services.registration import my_data, replay
from services.registration.accounts import identities, people, roles, second_factor, tokens
from services.registration.errors import (
    MergeChanged,
    MergeOver,
)
from services.registration.merging import asked, lasting, undoing
from services.registration.models import (
    Address,
    Booking,
    Identity,
    Interest,
    Merge,
    MergeCode,
    MergeMove,
    Person,
    SecondFactor,
    Session,
    Token,
)
from services.registration.outcomes import settling
from services.registration.places import bookings
from services.registration.voices import interests
from tests.registration.attendance import record
from tests.registration.conftest import NOW, START
from tests.registration.email_changes import SETTINGS
from tests.registration.email_changes import told as said
from tests.registration.kept import let_go
from tests.registration.merging import merge, merge_own, undo
from tests.registration.rules import check_places

OLD = "amy@example.org"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
END = NOW + 30 * DAY


@pytest.fixture
def kept(person):
    return person("amina")


@pytest.fixture
def other(person):
    return person("amy", organisation="General Hospital", job_role="Nurse")


def wrong(code):
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"


def book(db, who, slug="march", now=NOW, **named):
    return bookings.book(db, who, now, slug, **named)["reference"]


def found(db, reference):
    return db.scalar(select(Booking).where(Booking.reference == reference).execution_options(populate_existing=True))


class TestUndoing:
    def test_each_account_is_what_it_was(self, db, kept, other, told):
        told(), told("talk")
        mine, theirs = book(db, kept, "talk", allow_clash=True), book(db, other)
        interests.register(db, other, NOW, programme="slp")
        interests.register(db, kept, NOW, programme="slp")
        db.flush()
        row = merge(db, kept, other, name="other")
        assert db.scalar(select(func.count()).select_from(Interest)) == 1
        undo(db, row, NOW + DAY, by=kept)
        assert [found(db, one).person_id for one in (mine, theirs)] == [kept.id, other.id]
        assert (kept.name, kept.organisation, other.name, other.merged_into) == ("Amina", None, "Amy", None)
        assert {*db.scalars(select(Interest.person_id))} == {kept.id, other.id}
        assert said(db, "person_parted")["email"] == OLD
        assert people.ensure_account(db, OLD, NOW) is other
        assert db.scalar(select(MergeMove)) is None
        check_places(db)

    def test_what_was_done_since_stays_with_the_kept_account(self, db, kept, other, told):
        told(), told("talk")
        theirs = book(db, other)
        row = merge(db, kept, other)
        since = book(db, kept, "talk", NOW + MINUTE, allow_clash=True)
        people.change(db, kept, kept.version, {"organisation": "Elsewhere"}, NOW)
        shown = undoing.preview(db, row)
        assert [one["reference"] for one in shown["goes_back"]] == [theirs]
        assert [one["reference"] for one in shown["stays"]] == [since]
        undo(db, row, NOW + DAY, by=kept)
        assert (found(db, since).person_id, kept.organisation) == (kept.id, "Elsewhere")

    def test_a_place_that_was_let_go_does_not_come_back_and_that_is_said(self, db, kept, other, person, told):
        told(places_in_room=2)
        book(db, kept)
        goes, next_ = book(db, other), book(db, person("ben"))
        row = merge(db, kept, other)
        assert [one["reference"] for one in undoing.preview(db, row)["lost"]] == [goes]
        undo(db, row, by=kept)
        assert (found(db, goes).state, found(db, goes).person_id) == ("cancelled", other.id)
        assert found(db, next_).state == "confirmed"
        check_places(db)

    def test_roles_and_the_second_factor_go_back(self, db, kept, person):
        boss = person("boss")
        roles.give(db, boss, "team", NOW)
        db.add(SecondFactor(person_id=boss.id, seed="a seed", since=NOW))
        db.flush()
        undo(db, merge(db, kept, boss), by=kept)
        assert (kept.granted, boss.granted) == ([], ["team"])
        assert [second_factor.view(db, one, SETTINGS)["on"] for one in (kept, boss)] == [False, True]

    def test_is_for_thirty_days_and_once(self, db, kept, other):
        row = merge(db, kept, other)
        with pytest.raises(MergeOver):
            undoing.one(db, kept, row.id, END)
        undo(db, row, by=kept)
        with pytest.raises(MergeOver):
            undoing.one(db, kept, row.id, NOW)

    def test_is_only_for_its_owner(self, db, kept, other, person):
        made = merge_own(db, kept, other)
        for one in (other, person("eve")):
            with pytest.raises(MergeOver):
                asked.undo_own(db, one, made["id"], NOW, made["version"])

    def test_a_way_to_sign_in_leads_to_the_account_that_is_kept_and_goes_back_with_the_other(self, db, kept, other):
        db.add(Identity(person_id=other.id, issuer="https://leeds.example", subject="amy", created_at=NOW))
        row = merge(db, kept, other)
        assert identities.find(db, "https://leeds.example", "amy").person_id == kept.id
        undo(db, row, NOW + DAY, by=kept)
        assert identities.find(db, "https://leeds.example", "amy").person_id == other.id

    def test_what_is_undone_is_what_was_shown(self, db, kept, other, told):
        told()
        made = merge_own(db, kept, other)
        book(db, kept, now=NOW + MINUTE)
        with pytest.raises(MergeChanged):
            asked.undo_own(db, kept, made["id"], NOW, made["version"])

    def test_everyone_else_who_is_signed_in_is_signed_out(self, db, kept, other):
        row = merge(db, kept, other)
        tokens.issue(db, kept, NOW, "Firefox on Windows")
        db.flush()
        undo(db, row, by=kept)
        assert db.scalar(select(Token)) is None


class TestAfterwards:
    def test_after_thirty_days_its_address_is_the_kept_accounts_and_nothing_else_stays(self, db, kept, other, told):
        told()
        book(db, other)
        merge(db, kept, other)
        let_go(db, END, "merges")
        assert (other.email, other.name, other.organisation, other.job_role) == (None, None, None, None)
        assert Address.all_of(db, kept) == [kept.email, OLD]
        assert (db.scalar(select(Merge)), db.scalar(select(MergeMove))) == (None, None)
        assert people.ensure_account(db, OLD, END) is kept
        assert (said(db, "person_merged")["undo_until"], said(db, "person_merged")["told_before"]) == (None, True)

    def test_an_undone_merge_leaves_both_accounts_alone_after_thirty_days(self, db, kept, other):
        undo(db, merge(db, kept, other), by=kept)
        let_go(db, END, "merges")
        assert (other.name, db.scalar(select(Merge))) == ("Amy", None)

    @pytest.mark.parametrize("when", [NOW, END])
    def test_erasure_erases_both_at_once(self, db, kept, other, told, when):
        told()
        book(db, other)
        merge(db, kept, other)
        let_go(db, when, "merges")
        my_data.erase(db, kept, when)
        db.flush()
        assert [(one.email, one.name, one.erased_at is None) for one in (kept, other)] == [(None, None, False)] * 2
        assert (db.scalar(select(Merge)), db.scalar(select(MergeMove)), db.scalar(select(MergeCode))) == (None,) * 3
        erased = select(outbox.c.envelope).where(outbox.c.type == "registration.person_erased.v1")
        assert {one for one in (kept.id, other.id) if one in str(db.scalars(erased).all())} == {kept.id, other.id}
        assert people.ensure_account(db, OLD, when) not in (kept, other)

    def test_what_was_merged_is_exported(self, db, kept, other):
        merge_own(db, kept, other)
        [held] = my_data.export(db, kept)["merged_accounts"]
        assert (held["email"], held["undo_until"]) == (OLD, END)
        assert "accounts-merged" in {row["action"] for row in my_data.export(db, kept)["audit"]}

    def test_announcing_again_does_not_bring_the_merged_account_back(self, db, kept, other):
        merge(db, kept, other)
        db.execute(outbox.delete())
        cursor = (0, None)
        while cursor is not None:
            cursor = replay.tell(db, cursor)
        told = list(db.scalars(select(outbox.c.type).order_by(outbox.c.position)))
        assert told == ["registration.person_changed.v1", "registration.person_merged.v1"]

    def test_a_correction_of_attendance_is_for_whoever_has_the_booking(self, db, kept, other, told, person):
        session = told()
        reference = book(db, other)
        record(db, person("tess", granted=["team"]), reference, START + 8 * 60 * MINUTE)
        merge(db, kept, other, START + DAY)
        settling.settle_booking(db, Session.locked(db, session.slug), found(db, reference), START + DAY)
        assert said(db, "attendance_recorded")["person"] == kept.id

    def test_what_is_held_of_chained_merges_is_held_on_whoever_is_left(self, db, kept, other, person):
        merge(db, kept, other)
        let_go(db, END, "merges")
        last = person("last")
        merge(db, last, kept, END)
        assert {one.id for one in lasting.parts_of(db, last)} == {kept.id, other.id}
        assert people.ensure_account(db, OLD, END) is last
        assert db.get_one(Person, other.id).erased_at is None
