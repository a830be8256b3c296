"""What merging two accounts protects: nothing is lost or doubled, only what was shown is done, and it can be undone."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from services.bus.models import outbox
from services.registration.accounts import facilitators, people, roles, second_factor, sign_in, tokens, unused
from services.registration.attendance import certificates
from services.registration.errors import (
    CodeWrong,
    MergeChanged,
    MergeOver,
    MergeRefused,
    NothingProven,
    SecondFactorRequired,
    TooManyCodes,
)
from services.registration.merging import asked, previews, proving
from services.registration.models import (
    Booking,
    Certificate,
    Facilitator,
    Interest,
    Merge,
    MergeCode,
    SecondFactor,
    Suggestion,
    Token,
)
from services.registration.places import bookings, calling_back, overview
from services.registration.voices import interests, suggestions
from services.runtime.refusals import Invalid, NotAllowed, NotSignedIn, Unavailable
from tests.registration.attendance import record
from tests.registration.conftest import NOW, START
from tests.registration.email_changes import SETTINGS, change
from tests.registration.email_changes import told as said
from tests.registration.merging import ask, merge, merge_own, prove, undo
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


class TestProving:
    def test_the_code_goes_to_the_other_address_and_proves_that_account(self, db, kept, other):
        code = ask(db, kept, OLD)
        assert (said(db, "merge_asked")["email"], said(db, "merge_asked")["person"]) == (OLD, kept.id)
        with pytest.raises(NothingProven):
            proving.proven(db, kept, NOW)
        assert prove(db, kept, code) is other
        assert proving.proven(db, kept, NOW) is other

    def test_nobody_merges_what_they_have_not_proved(self, db, kept, other, person):
        shown = previews.preview(db, kept, other)
        with pytest.raises(NothingProven):
            asked.merge_proven(db, kept, NOW, shown["version"], "kept")
        code = ask(db, kept, OLD)
        assert isinstance(prove(db, kept, wrong(code)), CodeWrong)
        assert isinstance(prove(db, person("eve"), code), CodeWrong), "a code is its asker's"
        with pytest.raises(NothingProven):
            asked.merge_proven(db, kept, NOW, shown["version"], "kept")

    def test_who_asks_does_not_learn_whether_an_address_has_an_account(self, db, kept):
        assert ask(db, kept, "nobody@example.org") is None
        row = db.scalar(select(MergeCode))
        assert (row.other_id, row.tries) == (None, 0)
        assert isinstance(prove(db, kept, "000000"), CodeWrong)
        assert row.tries == 1

    def test_ones_own_address_is_no_other_account(self, db, kept):
        with pytest.raises(Invalid):
            ask(db, kept, kept.email)

    def test_what_was_proven_is_so_for_half_an_hour_and_once(self, db, kept, other):
        prove(db, kept, ask(db, kept, OLD))
        with pytest.raises(NothingProven):
            proving.proven(db, kept, NOW + proving.PROVEN_FOR)
        ask(db, kept, "nobody@example.org", now=NOW + 2 * MINUTE)
        with pytest.raises(NothingProven):
            proving.proven(db, kept, NOW + 2 * MINUTE)

    def test_a_code_is_good_for_ten_minutes_and_five_tries(self, db, kept, other):
        code = ask(db, kept, OLD)
        assert isinstance(prove(db, kept, code, now=NOW + sign_in.CODE_LIFE), CodeWrong)
        code = ask(db, kept, OLD, now=NOW + 2 * MINUTE)
        for _ in range(sign_in.TRIES):
            prove(db, kept, wrong(code), now=NOW + 2 * MINUTE)
        assert isinstance(prove(db, kept, code, now=NOW + 2 * MINUTE), CodeWrong)

    def test_wrong_codes_count_with_those_of_signing_in_so_that_codes_grow_long(self, db, kept, other):
        for n in range(2):
            code = ask(db, kept, OLD, now=NOW + n * DAY)
            for _ in range(sign_in.GUESSES // 2):
                prove(db, kept, wrong(code), now=NOW + n * DAY)
        assert len(ask(db, kept, OLD, now=NOW + 3 * DAY)) == sign_in.LONG
        assert said(db, "sign_in_guessed")["person"] == other.id

    def test_codes_can_be_asked_for_as_often_as_sign_in_codes(self, db, kept, other):
        for _ in range(proving.ASKED_PER_PERSON):
            ask(db, kept, OLD)
        with pytest.raises(TooManyCodes):
            ask(db, kept, OLD)

    def test_the_second_factor_of_the_other_account_applies(self, db, kept, person):
        boss = person("boss", granted=["team"])
        db.add(SecondFactor(person_id=boss.id, seed="a seed", since=NOW))
        code = ask(db, kept, boss.email)
        assert isinstance(prove(db, kept, code), SecondFactorRequired)
        with pytest.raises(NothingProven):
            proving.proven(db, kept, NOW)
        app = second_factor._app(SETTINGS, "a seed").at(NOW)
        assert prove(db, kept, code, app) is boss
        assert "factored" not in db.info, "it was given for the other account, and not here"

    def test_ones_own_second_factor_applies_where_it_was_not_given(self, db, other, person):
        boss = person("boss", granted=["team"])
        db.add(SecondFactor(person_id=boss.id, seed="a seed", since=NOW))
        code = ask(db, boss, OLD)
        with pytest.raises(SecondFactorRequired):
            prove(db, boss, code)


class TestWhatIsShown:
    def test_of_two_bookings_for_one_session_the_better_place_stays(self, db, kept, other, person, told):
        told(places_in_room=2)
        told("april", places_in_room=1, meetings=[{"starts_at": START + DAY, "ends_at": START + DAY + 60 * MINUTE}])
        book(db, person("ben"), "april")
        first, second = book(db, other), book(db, kept)
        waits, behind = book(db, kept, "april"), book(db, other, "april")
        shown = previews.preview(db, kept, other)
        pairs = {row["stays"]["reference"]: row["let_go"]["reference"] for row in shown["doubled"]}
        assert pairs == {first: second, waits: behind}

    def test_a_place_goes_before_a_wait(self, db, kept, other, told):
        told(places_in_room=1)
        has, waits = book(db, other), book(db, kept)
        [pair] = previews.preview(db, kept, other)["doubled"]
        assert (pair["stays"]["reference"], pair["let_go"]["reference"]) == (has, waits)

    def test_what_overlaps_is_said(self, db, kept, other, told):
        told(), told("talk")
        book(db, kept), book(db, other, "talk")
        [clash] = previews.preview(db, kept, other)["clashes"]
        assert (clash["one"]["session"], clash["other"]["session"]) == ("march", "talk")

    def test_nothing_changes_by_looking(self, db, kept, other, told):
        told()
        book(db, other)
        before = db.scalar(select(func.count()).select_from(outbox))
        assert previews.preview(db, kept, other) == previews.preview(db, kept, other)
        assert (db.scalar(select(func.count()).select_from(outbox)), other.merged_into) == (before, None)

    @pytest.mark.parametrize("what", ["book", "name", "cancel"])
    def test_what_is_confirmed_is_what_was_shown(self, db, kept, other, told, what):
        told(), told("talk")
        reference = book(db, other)
        version = previews.preview(db, kept, other)["version"]
        prove(db, kept, ask(db, kept, OLD))
        {
            "book": lambda: book(db, other, "talk", allow_clash=True),
            "name": lambda: people.change(db, other, other.version, {"name": "Amy Lee"}, NOW),
            "cancel": lambda: bookings.cancel(db, other, reference, NOW),
        }[what]()
        with pytest.raises(MergeChanged):
            asked.merge_proven(db, kept, NOW, version, "kept")


class TestMerging:
    def test_everything_is_the_kept_account_s(self, db, kept, other, told):
        session = told()
        reference = book(db, other)
        interests.register(db, other, NOW, programme="slp")
        suggestions.suggest(db, other, NOW, kind="theme", text="Sleep")
        db.flush()
        merge_own(db, kept, other)
        assert found(db, reference).person_id == kept.id
        assert db.scalars(select(Interest.person_id)).all() == [kept.id]
        assert db.scalars(select(Suggestion.person_id)).all() == [kept.id]
        assert (kept.organisation, kept.job_role, kept.name) == ("General Hospital", "Nurse", "Amina")
        assert session.taken("in_room") == 1
        assert said(db, "booking_reassigned")["person"] == kept.id
        check_places(db)

    def test_the_name_is_the_one_that_was_chosen(self, db, kept, other):
        merge_own(db, kept, other, name="other")
        assert kept.name == "Amy"

    def test_the_lesser_of_two_bookings_is_let_go_once_and_its_place_passed_on(self, db, kept, other, person, told):
        session = told(places_in_room=2)
        stays, goes = book(db, kept), book(db, other)
        next_ = book(db, person("ben"))
        merge_own(db, kept, other)
        assert [found(db, one).state for one in (stays, goes, next_)] == ["confirmed", "cancelled", "confirmed"]
        assert found(db, goes).person_id == kept.id, "it stays on record"
        of_type = select(func.count()).select_from(outbox).where(outbox.c.type == "registration.booking_cancelled.v1")
        assert db.scalar(of_type) == 1
        assert (said(db, "booking_cancelled")["cause"], said(db, "booking_cancelled")["person"]) == ("merged", other.id)
        assert session.taken("in_room") == 2
        check_places(db)

    def test_old_addresses_and_ids_lead_to_the_kept_account(self, db, kept, other):
        merge_own(db, kept, other)
        assert people.ensure_account(db, OLD, NOW) is kept
        assert people.one(db, other.id) is kept
        assert [one.id for one in overview.find_people(db, OLD, None, 10)["items"]] == [kept.id]
        assert people.number(db) == 1
        sign_in.request_code(db, OLD, sign_in.Origin("192.0.2.1"), SETTINGS, NOW)
        code = said(db, "sign_in_requested")["code"]
        assert sign_in.confirm_code(db, OLD, code, SETTINGS, NOW) is kept

    def test_whoever_is_signed_in_to_the_other_account_is_signed_out(self, db, kept, other):
        token = tokens.issue(db, other, NOW, "Firefox on Windows")[0]
        merge_own(db, kept, other)
        assert db.scalar(select(Token)) is None
        late = tokens.issue(db, other, NOW, "Firefox on Windows")[0]  # of someone who signed in at that moment
        db.flush()
        for one in (token, late):
            with pytest.raises(NotSignedIn):
                tokens.signed_in(db, tokens.hash_of(one), NOW)
        with pytest.raises(Unavailable):
            bookings.new_booking(other, NOW)

    def test_certificates_stay_valid(self, db, kept, other, told, person):
        told()
        reference = book(db, other)
        record(db, person("tess", granted=["team"]), reference, START + 8 * 60 * MINUTE)
        code = db.scalar(select(Certificate.code))
        merge_own(db, kept, other, now=START + DAY)
        assert certificates.verify(db, code)["name"] == "Amina"
        assert certificates.of_booking(db, kept, reference)["code"] == code

    def test_a_role_goes_over_with_its_second_factor_if_both_were_proven(self, db, kept, person):
        boss = person("boss")
        roles.give(db, boss, "team", NOW)
        db.add(SecondFactor(person_id=boss.id, seed="a seed", since=NOW))
        code = ask(db, kept, boss.email)
        prove(db, kept, code, second_factor._app(SETTINGS, "a seed").at(NOW))
        asked.merge_proven(db, kept, NOW, asked.proven_preview(db, kept, NOW)["version"], "kept")
        assert (kept.granted, boss.granted) == (["team"], [])
        assert second_factor.view(db, kept, SETTINGS)["on"]

    def test_who_facilitates_a_session_goes_on_doing_so(self, db, kept, other, told, person):
        told()
        boss = person("boss", granted=["team"])
        for one in (kept, other):
            facilitators.name(db, boss, "march", NOW, one.email)
        row = merge(db, kept, other)
        assert db.scalars(select(Facilitator.person_id)).all() == [kept.id]
        assert said(db, "facilitator_taken_back") is not None
        undo(db, row, by=kept)
        assert {*db.scalars(select(Facilitator.person_id))} == {kept.id, other.id}

    def test_two_bookings_do_not_both_come_back_with_a_session_that_is_called_back(self, db, kept, other, told):
        told()
        book(db, kept), book(db, other)
        told(status="cancelled", cancel_reason="Snow")
        merge_own(db, kept, other)
        told(status="published")
        assert [one.state for one in db.scalars(select(Booking))].count("confirmed") == 1
        assert said(db, "booking_confirmed")["cause"] == calling_back.CAUSE
        check_places(db)

    def test_it_waits_until_a_change_of_address_cannot_be_undone(self, db, kept, other):
        prove(db, kept, ask(db, kept, OLD))
        change(db, other, "eve@example.org")
        with pytest.raises(MergeRefused):
            asked.proven_preview(db, kept, NOW)

    def test_accounts_are_not_merged_in_a_chain_that_could_not_be_undone(self, db, kept, other, person):
        merge_own(db, kept, other)
        third = person("third")
        with pytest.raises(MergeRefused):
            merge_own(db, third, kept)
        merge_own(db, kept, third)
        assert people.ensure_account(db, third.email, NOW) is kept

    def test_nobody_is_warned_that_a_merged_account_is_not_used(self, db, kept, other):
        merge_own(db, kept, other)
        assert other.id not in db.scalars(unused.to_warn(NOW + 800 * DAY)).all()


class TestTheTeam:
    def test_merges_accounts_without_a_role_and_says_why(self, db, kept, other, person):
        tess = person("tess", granted=["team"])
        version = asked.team_preview(db, tess, kept.id, OLD, NOW)["version"]
        asked.merge_by_team(db, tess, kept.id, NOW, OLD, version, "kept", "She called us.")
        row = db.scalar(select(Merge))
        assert (row.by_id, row.reason, other.merged_into) == (tess.id, "She called us.", kept.id)
        assert said(db, "person_merged")["by"] == "team"

    def test_leaves_accounts_with_a_role_to_operators_and_no_role_goes_over(self, db, kept, person):
        tess, olu = person("tess", granted=["team"]), person("olu", granted=["operator"])
        boss = person("boss", granted=["team"])
        with pytest.raises(NotAllowed):
            asked.team_preview(db, tess, kept.id, boss.email, NOW)
        version = asked.team_preview(db, olu, kept.id, boss.email, NOW)["version"]
        with pytest.raises(MergeRefused):
            asked.merge_by_team(db, olu, kept.id, NOW, boss.email, version, "kept", "Hers.")
        version = asked.team_preview(db, olu, boss.id, kept.email, NOW)["version"]
        asked.merge_by_team(db, olu, boss.id, NOW, kept.email, version, "kept", "Hers.")
        assert (kept.merged_into, boss.granted) == (boss.id, ["team"])

    def test_merges_nobody_into_its_own_account(self, db, other, person):
        olu = person("olu", granted=["operator"])
        with pytest.raises(NotAllowed):
            asked.team_preview(db, olu, olu.id, OLD, NOW)

    def test_is_shown_accounts_of_the_same_name_and_organisation(self, db, other, person):
        same = person("amy2", name="AMY", organisation="general  hospital")
        person("amy3", name="Amy", organisation="Elsewhere")
        assert [one.id for one in asked.suspects(db, other.id)["items"]] == [same.id]

    @pytest.mark.parametrize("name", ["Zoë O’Kafor", "zoe  okafor", "ZOE O'KAFOR", "Zoe\u0308 Okafor"])
    def test_is_shown_accounts_whose_names_search_finds_as_the_same(self, db, person, name):
        """Someone writes their name with an accent on one computer, and without it on another."""
        zoe = person("zoe", name="Zoë O’Kafor", organisation="General Hospital")
        same = person("zoe2", name=name, organisation="General Hospital")
        for n, another in enumerate(("Zoe O’Kafor Smith", "Zoe", "Zo% O’Kafor", "")):
            person(f"other{n}", name=another, organisation="General Hospital")
        for one, found in ((zoe, same), (same, zoe)):
            assert [row.id for row in asked.suspects(db, one.id)["items"]] == [found.id]
        same.search_key = None  # as the release before leaves it
        db.flush()
        assert [row.id for row in asked.suspects(db, zoe.id)["items"]] == [same.id]

    def test_undoes_what_it_merged_and_what_people_did(self, db, kept, other, person):
        tess = person("tess", granted=["team"])
        made = merge_own(db, kept, other)
        with pytest.raises(MergeOver):
            asked.undo_by_team(db, tess, tess.id, made["id"], NOW, made["version"])
        asked.undo_by_team(db, tess, kept.id, made["id"], NOW, made["version"])
        assert other.merged_into is None
