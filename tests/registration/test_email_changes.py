"""What changing an address protects: the account stays its owner's, and nobody learns who else has one."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from services.bus.models import outbox
from services.registration import my_data
from services.registration.accounts import email_changes, email_undo, people, roles, sign_in, tokens
from services.registration.errors import EmailUndoOver, TooManyCodes
from services.registration.models import EmailChange, Guess, Person, SignInCode
from services.runtime.refusals import Invalid, NotSignedIn
from tests.registration.conftest import NOW
from tests.registration.email_changes import NEW, SETTINGS, ask, change, confirm
from tests.registration.email_changes import told as said
from tests.registration.kept import let_go

OLD = "amina@example.org"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def wrong(code):
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"


def is_signed_in(db, token, now=NOW):
    try:
        tokens.signed_in(db, tokens.hash_of(token), now)
    except NotSignedIn:
        return False
    return True


class TestChanging:
    def test_the_new_address_counts_once_its_code_came_back(self, db, person):
        amina = person()
        code = ask(db, amina)
        assert amina.email == OLD
        assert email_changes.under_way(db, amina, NOW) == {"email": NEW, "expires_at": NOW + sign_in.CODE_LIFE}
        assert confirm(db, amina, code).email == NEW
        assert (said(db, "person_changed")["email"], said(db, "person_changed")["version"]) == (NEW, 2)
        assert people.ensure_account(db, NEW, NOW) is amina
        assert email_changes.under_way(db, amina, NOW) == {"email": None, "expires_at": None}

    def test_the_old_address_is_told_how_to_take_it_back(self, db, person):
        undo = change(db, person())
        event = said(db, "email_changed")
        assert (event["email"], event["until"]) == (OLD, "2027-01-19T08:00:00+00:00")
        assert NEW not in str(event), "who reads the old mailbox may be somebody else"
        assert email_undo.check(db, undo, SETTINGS.secret_key, NOW)["email"] == OLD

    @pytest.mark.parametrize("role", [None, "team"])
    def test_all_other_sign_ins_end(self, db, person, role):
        amina = person()
        if role:
            roles.give(db, amina, role, NOW)
        there, here = (tokens.issue(db, amina, NOW, "Firefox on Windows")[0] for _ in range(2))
        db.flush()
        assert is_signed_in(db, here)
        change(db, amina)
        assert (is_signed_in(db, there), is_signed_in(db, here)) == (False, True)

    def test_one_cannot_change_to_the_address_that_one_has(self, db, person):
        with pytest.raises(Invalid) as refused:
            ask(db, person(), OLD)
        assert [error["code"] for error in refused.value.errors] == ["same-address"]

    def test_only_the_last_address_that_was_asked_for_can_be_confirmed(self, db, person):
        amina = person()
        first, second = ask(db, amina, "typo@new.example"), ask(db, amina, NEW, NOW + MINUTE)
        assert confirm(db, amina, first, NOW + MINUTE) is None
        assert confirm(db, amina, second, NOW + MINUTE) is amina

    def test_asking_twice_leaves_the_first_code_good(self, db, person):
        amina = person()
        first = ask(db, amina)
        ask(db, amina, now=NOW + MINUTE)
        assert confirm(db, amina, first, NOW + 2 * MINUTE) is amina

    def test_a_code_is_good_for_ten_minutes_and_for_its_asker(self, db, person):
        amina, ben = person(), person("ben")
        code = ask(db, amina)
        assert confirm(db, ben, code) is None
        assert confirm(db, amina, code, NOW + sign_in.CODE_LIFE) is None

    def test_it_signs_nobody_in(self, db, person):
        code = ask(db, person())
        assert sign_in.confirm_code(db, NEW, code, SETTINGS, NOW).code == "code-wrong"

    def test_who_was_erased_meanwhile_changes_nothing(self, db, person):
        amina = person()
        code = ask(db, amina)
        my_data.erase(db, amina, NOW)
        with pytest.raises(NotSignedIn):
            confirm(db, amina, code)


class TestWhatIsTaken:
    def test_asking_for_an_address_that_has_an_account_looks_the_same_and_tells_its_owner(self, db, person):
        amina = person()
        person("ben")
        assert ask(db, amina, "ben@example.org") is None
        event = said(db, "email_change_asked")
        assert (event["email"], event["code"]) == ("ben@example.org", None)
        assert email_changes.under_way(db, amina, NOW)["email"] == "ben@example.org"
        row = db.scalar(select(EmailChange))
        mailed = sign_in.code_of(SETTINGS.secret_key, row.id, row.digits)
        assert [confirm(db, amina, code) for code in ("000000", mailed)] == [None, None]
        assert db.scalar(select(func.count()).select_from(Guess)) == 0, "there was nothing to guess"

    def test_an_account_that_was_made_meanwhile_keeps_its_address(self, db, person):
        amina = person()
        code = ask(db, amina)
        people.ensure_account(db, NEW, NOW)
        with pytest.raises(Invalid) as refused:
            confirm(db, amina, code)
        assert [error["code"] for error in refused.value.errors] == ["address-taken"]
        assert amina.email == OLD

    def test_nobody_gets_an_account_with_the_old_address_for_seven_days(self, db, person):
        amina, ben = person(), person("ben")
        change(db, amina)
        with pytest.raises(Invalid) as refused:
            people.ensure_account(db, OLD, NOW + 7 * DAY - MINUTE)
        assert [error["code"] for error in refused.value.errors] == ["address-changed"]
        assert ask(db, ben, OLD) is None
        assert people.ensure_account(db, OLD, NOW + 7 * DAY).id != amina.id

    def test_one_can_go_back_to_ones_own_old_address(self, db, person):
        amina = person()
        change(db, amina)
        change(db, amina, OLD, NOW + MINUTE)
        assert amina.email == OLD


class TestLimits:
    def test_codes_for_a_change_count_as_codes_to_sign_in(self, db, person):
        for n in range(sign_in.CODES_PER_EMAIL_AND_NETWORK):
            ask(db, person(f"p{n}"))
        with pytest.raises(TooManyCodes):
            ask(db, person())
        with pytest.raises(TooManyCodes):
            sign_in.request_code(db, NEW, sign_in.Origin("192.0.2.1"), SETTINGS, NOW)

    def test_nobody_asks_for_many_addresses(self, db, person):
        amina = person()
        for n in range(email_changes.ASKED_PER_PERSON):
            ask(db, amina, f"a{n}@new.example", address=f"192.0.{n}.1")
        with pytest.raises(TooManyCodes) as refused:
            ask(db, amina, address="192.0.99.1")
        assert refused.value.facts["retry_after"] == 3601
        ask(db, amina, now=NOW + timedelta(hours=1))

    def test_a_code_bears_five_wrong_tries(self, db, person):
        amina = person()
        code = ask(db, amina)
        for _ in range(sign_in.TRIES):
            assert confirm(db, amina, wrong(code)) is None
        assert confirm(db, amina, code) is None

    def test_after_six_guesses_at_an_address_its_codes_have_twelve_digits(self, db, person):
        amina, ben = person(), person("ben")
        first, other = ask(db, amina), ask(db, ben)
        for guesser, code in ((amina, first), (amina, first), (amina, first), (ben, other), (ben, other), (ben, other)):
            assert confirm(db, guesser, wrong(code)) is None
        assert [confirm(db, who, code) for who, code in ((amina, first), (ben, other))] == [None, None]
        long = ask(db, amina)
        assert len(long) == sign_in.LONG
        assert confirm(db, amina, long) is amina
        assert {row.browser for row in db.scalars(select(Guess))} == {email_changes._guesser(ben)}

    def test_wrong_codes_to_sign_in_count_as_well(self, db, person):
        amina = person()
        for address in ("192.0.2.1", "203.0.113.9"):
            sign_in.request_code(db, NEW, sign_in.Origin(address), SETTINGS, NOW)
        for _ in range(3):
            sign_in.confirm_code(db, NEW, "000000", SETTINGS, NOW)
        assert len(ask(db, amina)) == sign_in.LONG


class TestUndoing:
    def undo(self, db, token, now=NOW):
        answer = email_undo.undo(db, token, SETTINGS.secret_key, now)
        db.flush()
        return answer

    def is_over(self, db, token, now=NOW):
        for act in (email_undo.check, email_undo.undo):
            with pytest.raises(EmailUndoOver):
                act(db, token, SETTINGS.secret_key, now)

    def test_the_old_address_comes_back_and_everyone_is_signed_out(self, db, person):
        amina = person()
        link = change(db, amina)
        token, _ = tokens.issue(db, amina, NOW, "Firefox on Windows")
        later = ask(db, amina, "third@new.example")
        self.undo(db, link)
        assert (amina.email, said(db, "person_changed")["email"]) == (OLD, OLD)
        assert not is_signed_in(db, token)
        assert confirm(db, amina, later) is None, "what was under way has ended"
        event = said(db, "email_change_undone")
        assert (event["email"], event["given_up"]) == (OLD, NEW)
        assert people.ensure_account(db, OLD, NOW) is amina

    def test_looking_changes_nothing(self, db, person):
        amina = person()
        link = change(db, amina)
        assert email_undo.check(db, link, SETTINGS.secret_key, NOW) == {
            "email": OLD,
            "what": "changed",
            "until": NOW + 7 * DAY,
        }
        assert amina.email == NEW

    def test_it_works_once_and_for_seven_days(self, db, person):
        amina = person()
        link = change(db, amina)
        self.is_over(db, link, NOW + 7 * DAY)
        self.undo(db, link, NOW + 7 * DAY - MINUTE)
        self.is_over(db, link)

    @pytest.mark.parametrize("token", ["", "x", "IjEi.c2lnbmVk"])
    def test_a_link_that_is_not_ours_is_over(self, db, token):
        self.is_over(db, token)

    def test_a_link_that_another_secret_signed_is_over(self, db, person):
        change(db, person())
        row = db.scalar(select(EmailChange))
        self.is_over(db, email_undo.token_of(row.id, "another secret of thirty-two characters"))

    def test_the_first_owner_takes_back_all_that_came_after(self, db, person):
        """Whoever got into an account might change its address twice."""
        amina = person()
        first = change(db, amina)
        second = change(db, amina, "third@new.example", NOW + DAY)
        self.undo(db, first, NOW + 2 * DAY)
        assert amina.email == OLD
        self.is_over(db, second, NOW + 2 * DAY)

    def test_a_later_change_alone_can_be_taken_back(self, db, person):
        amina = person()
        first = change(db, amina)
        self.undo(db, change(db, amina, "third@new.example", NOW + DAY), NOW + DAY)
        assert amina.email == NEW
        self.undo(db, first, NOW + DAY)
        assert amina.email == OLD

    def test_who_went_back_by_themselves_is_signed_out_all_the_same(self, db, person):
        amina = person()
        link = change(db, amina)
        change(db, amina, OLD, NOW + MINUTE)
        token, _ = tokens.issue(db, amina, NOW, "Firefox on Windows")
        db.flush()
        version = amina.version
        self.undo(db, link, NOW + DAY)
        assert (amina.email, amina.version, is_signed_in(db, token)) == (OLD, version, False)


class TestWhatIsKept:
    def test_the_export_has_what_is_under_way_and_what_was_changed(self, db, person):
        amina = person()
        change(db, amina)
        ask(db, amina, "third@new.example", NOW + MINUTE)
        changed, asked = my_data.export(db, amina)["email_changes"]
        assert (changed["old_email"], changed["email"], changed["confirmed_at"]) == (OLD, NEW, NOW)
        assert (asked["email"], asked["confirmed_at"]) == ("third@new.example", None)

    def test_erasure_leaves_none_of_it(self, db, person):
        amina = person()
        change(db, amina)
        ask(db, amina, "third@new.example", NOW + MINUTE)
        my_data.erase(db, amina, NOW + MINUTE)
        db.flush()
        assert [db.scalars(select(kind)).all() for kind in (EmailChange, SignInCode)] == [[], []]
        assert people.ensure_account(db, OLD, NOW + MINUTE).id != amina.id
        kept = str([row.envelope for row in db.execute(select(outbox.c.envelope))])
        assert "third@new.example" not in kept

    def test_what_cannot_be_made_or_undone_any_more_is_dropped(self, db, person):
        amina = person()
        change(db, amina)
        ask(db, amina, "third@new.example")
        let_go(db, NOW + timedelta(hours=1), "address_changes")
        assert [row.email for row in db.scalars(select(EmailChange))] == [NEW]
        let_go(db, NOW + 7 * DAY, "address_changes")
        assert db.scalars(select(EmailChange)).all() == []
        assert db.scalar(select(func.count()).select_from(Person)) == 1
