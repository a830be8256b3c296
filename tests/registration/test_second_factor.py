"""What the second factor protects: nobody has a role's powers by reading another's emails, and nobody guesses it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import func, select

from services.bus.envelope import Envelope
from services.bus.models import metadata as bus_tables
from services.bus.models import outbox
from services.registration import access, my_data
from services.registration.accounts import facilitators, roles, second_factor, sign_in, tokens
from services.registration.accounts.sign_in import Origin
from services.registration.errors import (
    CodeWrong,
    SecondFactorNotBegun,
    SecondFactorOff,
    SecondFactorRequired,
    SecondFactorWrong,
    TooManyTries,
)
from services.registration.models import Base, FactorTry, Person, RecoveryCode, SecondFactor, SignInCode, Token
from services.runtime.database import Transactions
from services.runtime.refusals import NotAllowed, NotFound, NotSignedIn
from services.runtime.settings import Settings
from tests.registration.conftest import NOW
from tests.registration.kept import let_go

REQUIRED = Settings(secret_key="a secret of at least thirty-two characters", second_factor="required")
OPTIONAL = Settings(secret_key=REQUIRED.secret_key, second_factor="optional")
STEP = timedelta(seconds=30)
MINUTE = timedelta(minutes=1)
HERS, THEIRS = "of her browser", "of another browser"
PHONE = "Safari on an iPhone"


def come_in(db, person, now=NOW, settings=REQUIRED, device=PHONE):
    """Have someone be signed in, without a second factor; return the hash of the token."""
    token = sign_in.admit(db, person, now, device, needs_factor=settings.needs_second_factor)["token"]
    return tokens.hash_of(token)


def known(db, hashed, now=NOW, settings=REQUIRED):
    return tokens.signed_in(db, hashed, now, needs_factor=settings.needs_second_factor)


class Member:
    """Someone of the team whose authenticator app was set up at NOW, and the token with which that was done."""

    def __init__(self, db, person, settings=REQUIRED):
        self.db, self.person, self.settings = db, person, settings
        self.token = come_in(db, person, settings=settings)
        self.set_up()

    def set_up(self, now=NOW, code=None):
        begun = second_factor.begin(self.db, self.person, code, self.settings, now)
        app = pyotp.TOTP(begun["secret"])
        answer = second_factor.confirm(self.db, self.person, app.at(now), self.settings, now)
        self.app, self.recovery = app, answer["recovery_codes"]

    def code(self, now, of=1):
        return "".join(self.app.at(now + n * STEP) for n in range(1 - of, 1))

    def wrong(self, now, of=1):
        """Return a code that is right at no time near this one."""
        near = [self.app.at(now + n * STEP) for n in range(-4, 5)]
        return next(text for n in range(100) if (text := f"{n:06d}") not in near) * of

    def sign_in(self, factor, now, browser=None):
        """Sign in with a code that was mailed, and a second factor; return who is let in, or what is in the way."""
        return sign_in.confirm_code(self.db, self.person.email, self.ask(now), self.settings, now, browser, factor)

    def ask(self, now):
        """Return a code that is mailed now; never is one held back, as others ask for none."""
        self.db.query(SignInCode).delete()
        sign_in.request_code(self.db, self.person.email, Origin("192.0.2.1"), self.settings, now)
        row = self.db.execute(select(outbox).where(outbox.c.sensitive).order_by(outbox.c.position.desc())).first()
        return Envelope.from_json(row.envelope).data["code"]


@pytest.fixture
def tess(db, person):
    tess = person("tess")
    roles.give(db, tess, "team", NOW)
    return tess


@pytest.fixture
def member(db, tess):
    return Member(db, tess)


def tries(db):
    return db.scalar(select(func.count()).select_from(FactorTry))


class TestSigningIn:
    def test_without_the_second_factor_a_right_code_lets_nobody_in_and_stays_good(self, db, member):
        later = NOW + MINUTE
        code = member.ask(later)

        def confirm(factor):
            return sign_in.confirm_code(db, member.person.email, code, REQUIRED, later, None, factor)

        missing = confirm(None)
        assert isinstance(missing, SecondFactorRequired)
        assert missing.facts == {"digits": 6}
        assert isinstance(confirm(member.wrong(later)), SecondFactorWrong)
        assert confirm(member.code(later)) is member.person
        db.flush()
        assert isinstance(confirm(member.code(later + STEP)), CodeWrong), "it is used up now"

    def test_a_wrong_code_of_ours_tells_nothing_of_whether_there_is_a_second_factor(self, db, member, person):
        later = NOW + MINUTE
        plain = person("amina")
        code = member.ask(later)
        wrong = "000000" if code != "000000" else "111111"
        for email in (member.person.email, plain.email):
            for factor in (None, member.code(later), member.wrong(later)):
                got = sign_in.confirm_code(db, email, wrong, REQUIRED, later, None, factor)
                assert (type(got), got.facts) == (CodeWrong, {})
        assert tries(db) == 0

    def test_whoever_has_no_second_factor_signs_in_as_before(self, db, tess, person):
        for one in (tess, person("amina")):
            code = Member.ask(type("", (), {"db": db, "person": one, "settings": REQUIRED})(), NOW)
            assert sign_in.confirm_code(db, one.email, code, REQUIRED, NOW) is one

    def test_a_code_is_taken_half_a_minute_early_and_late_and_no_further(self, member):
        now = NOW + timedelta(hours=1)
        far = [member.code(now + n * STEP) for n in (-2, 2)]
        assert [type(member.sign_in(code, now)) for code in far] == [SecondFactorWrong] * 2
        for n in (-1, 0, 1):
            assert member.sign_in(member.code(now + n * STEP), now) is member.person

    def test_a_code_is_taken_once_and_none_from_before_it(self, member):
        now = NOW + timedelta(hours=1)
        assert member.sign_in(member.code(now), now) is member.person
        assert isinstance(member.sign_in(member.code(now), now), SecondFactorWrong)
        assert isinstance(member.sign_in(member.code(now - STEP), now), SecondFactorWrong)

    def test_the_code_that_turned_it_on_is_used_up(self, member):
        assert isinstance(member.sign_in(member.code(NOW), NOW), SecondFactorWrong)

    def test_each_recovery_code_is_good_once(self, db, member):
        assert len({*member.recovery}) == 10
        for n, shown in enumerate(member.recovery[:2]):
            code = shown.replace("-", "")
            assert member.sign_in(code, NOW + n * MINUTE) is member.person
            assert isinstance(member.sign_in(code, NOW + n * MINUTE), SecondFactorWrong)
        assert second_factor.view(db, member.person, REQUIRED)["recovery_codes_left"] == 8

    def test_a_recovery_code_is_good_for_its_owner_alone(self, db, member, person):
        olu = person("olu")
        roles.give(db, olu, "operator", NOW)
        another = Member(db, olu)
        code = another.recovery[0].replace("-", "")
        assert isinstance(member.sign_in(code, NOW), SecondFactorWrong)
        assert another.sign_in(code, NOW) is olu


class TestPowers:
    def test_a_role_does_not_count_without_the_second_factor_that_it_needs(self, db, tess):
        here = known(db, come_in(db, tess))
        assert (here.roles, here.roles_withheld) == (["person"], ["team"])
        with pytest.raises(SecondFactorRequired):
            access.team(db, here, NOW, {})
        with pytest.raises(SecondFactorRequired):
            access.staff(db, here, NOW, {})
        with pytest.raises(SecondFactorRequired):
            access.facilitator(db, here, NOW, {"slug": "march"})

    def test_whoever_lacks_the_role_is_told_just_that(self, db, person):
        with pytest.raises(NotAllowed):
            access.team(db, known(db, come_in(db, person("amina"))), NOW, {})

    def test_the_answer_to_signing_in_says_which_roles_do_not_count(self, db, tess):
        told = sign_in.admit(db, tess, NOW, PHONE, needs_factor=True)["person"]
        assert (told["roles"], told["roles_withheld"]) == (["person"], ["team"])

    def test_where_it_is_optional_a_role_counts_without(self, db, tess):
        here = known(db, come_in(db, tess, settings=OPTIONAL), settings=OPTIONAL)
        assert (here.roles, here.roles_withheld) == (["person", "team"], [])

    def test_a_token_of_the_command_is_good_without(self, db, tess):
        token, _ = tokens.issue(db, tess, NOW)
        db.flush()
        assert known(db, tokens.hash_of(token)).roles == ["person", "team"]

    @pytest.mark.parametrize("settings", [REQUIRED, OPTIONAL])
    def test_whoever_gave_it_has_their_role(self, db, tess, settings):
        member = Member(db, tess, settings)
        assert known(db, member.token, settings=settings).roles == ["person", "team"], "who has just set it up"
        now = NOW + MINUTE
        assert member.sign_in(member.code(now), now) is tess
        assert known(db, come_in(db, tess, now, settings), now, settings).roles == ["person", "team"]

    @pytest.mark.parametrize("settings", [REQUIRED, OPTIONAL])
    def test_a_sign_in_that_slipped_by_without_it_has_no_powers(self, db, tess, settings):
        """Such as one of the release before, or one that was under way while the app was turned on."""
        Member(db, tess, settings)
        db.info.pop("factored", None)
        assert known(db, come_in(db, tess, settings=settings), settings=settings).roles == ["person"]

    def test_a_facilitator_is_asked_for_none(self, db, person, told, tess):
        told("march")
        fay = person("fay")
        facilitators.name(db, tess, "march", NOW, fay.email)
        here = known(db, come_in(db, fay))
        access.facilitator(db, here, NOW, {"slug": "march"})
        assert here.roles_withheld == []
        with pytest.raises(NotAllowed):
            second_factor.begin(db, fay, None, REQUIRED, NOW)

    def test_once_it_is_removed_the_role_does_not_count_any_more(self, db, member):
        now = NOW + MINUTE
        assert second_factor.remove(db, member.person, member.code(now), REQUIRED, now) is None
        assert known(db, member.token, now).roles == ["person"]
        assert known(db, member.token, now, OPTIONAL).roles == ["person", "team"]

    def test_a_role_that_is_taken_is_gone_whatever_was_given(self, db, member):
        roles.take_from(db, member.person.email, "team", NOW)
        with pytest.raises(NotSignedIn):
            known(db, member.token)


class TestSettingUp:
    def test_it_is_on_once_a_code_of_the_app_was_entered(self, db, tess):
        come_in(db, tess)
        assert second_factor.view(db, tess, REQUIRED) == {
            "on": False,
            "since": None,
            "recovery_codes_left": 0,
            "required": True,
        }
        begun = second_factor.begin(db, tess, None, REQUIRED, NOW)
        app = pyotp.parse_uri(begun["otpauth_uri"])
        assert (app.name, app.issuer, app.secret) == (tess.email, "Headrow", begun["secret"])
        assert isinstance(second_factor.confirm(db, tess, "000000", REQUIRED, NOW), SecondFactorWrong)
        assert not second_factor.view(db, tess, REQUIRED)["on"]
        assert len(second_factor.confirm(db, tess, app.at(NOW), REQUIRED, NOW)["recovery_codes"]) == 10
        told = second_factor.view(db, tess, REQUIRED)
        assert (told["on"], told["since"], told["recovery_codes_left"]) == (True, NOW, 10)

    def test_what_is_kept_makes_no_code_without_the_secret_key(self, db, member):
        row = db.scalars(select(SecondFactor)).one()
        assert member.app.secret not in repr(vars(row))
        stolen = Settings(secret_key="a guess of at least thirty-two characters")
        assert second_factor._app(stolen, row.seed).secret != member.app.secret
        hashes = db.scalars(select(RecoveryCode.hash)).all()
        assert not {*member.recovery, *(code.replace("-", "") for code in member.recovery)} & {*hashes}

    def test_what_was_begun_is_shown_again_only_there_and_for_an_hour(self, db, tess):
        elsewhere = come_in(db, tess)
        here = come_in(db, tess)
        begun = second_factor.begin(db, tess, None, REQUIRED, NOW)
        assert second_factor.begun(db, tess, REQUIRED, NOW) == begun
        code = pyotp.TOTP(begun["secret"]).at
        late = NOW + timedelta(hours=1)
        with pytest.raises(SecondFactorNotBegun):
            second_factor.confirm(db, tess, code(late), REQUIRED, late)
        known(db, elsewhere)
        with pytest.raises(SecondFactorNotBegun):
            second_factor.begun(db, tess, REQUIRED, NOW)
        with pytest.raises(SecondFactorNotBegun):
            second_factor.confirm(db, tess, code(NOW), REQUIRED, NOW)
        known(db, here)
        assert second_factor.confirm(db, tess, code(NOW), REQUIRED, NOW)
        with pytest.raises(SecondFactorNotBegun):
            second_factor.confirm(db, tess, code(NOW + STEP), REQUIRED, NOW)

    def test_turning_it_on_ends_the_other_sign_ins_but_not_the_tokens_of_scripts(self, db, tess):
        elsewhere = come_in(db, tess)
        token, _ = tokens.issue(db, tess, NOW)
        db.flush()
        member = Member(db, tess)
        kept = {*db.scalars(select(Token.hash))}
        assert kept == {tokens.kept_of(member.token), tokens.kept_of(tokens.hash_of(token))}
        assert elsewhere not in kept

    @pytest.mark.parametrize("given", ["none", "wrong", "used"])
    def test_nothing_of_it_changes_without_a_fresh_code(self, db, member, given):
        now = NOW + MINUTE
        code = {"none": None, "wrong": member.wrong(now), "used": member.code(NOW)}[given]
        kind = SecondFactorRequired if given == "none" else SecondFactorWrong
        before = second_factor.view(db, member.person, REQUIRED)
        assert isinstance(second_factor.begin(db, member.person, code, REQUIRED, now), kind)
        if code is not None:
            assert isinstance(second_factor.remove(db, member.person, code, REQUIRED, now), kind)
        with pytest.raises(SecondFactorNotBegun):
            second_factor.begun(db, member.person, REQUIRED, now)
        assert second_factor.view(db, member.person, REQUIRED) == before

    def test_another_app_takes_the_place_of_the_first_once_it_is_confirmed(self, db, member):
        first, now = member.app, NOW + MINUTE
        begun = second_factor.begin(db, member.person, member.code(now), REQUIRED, now)
        later = now + MINUTE
        assert member.sign_in(first.at(later), later) is member.person
        app = pyotp.TOTP(begun["secret"])
        known(db, member.token)
        later += MINUTE
        assert second_factor.confirm(db, member.person, app.at(later), REQUIRED, later)
        later += MINUTE
        assert isinstance(member.sign_in(first.at(later), later), SecondFactorWrong)
        assert member.sign_in(app.at(later), later) is member.person

    def test_new_recovery_codes_take_the_place_of_the_old_ones(self, db, member):
        now = NOW + MINUTE
        new = second_factor.renew_codes(db, member.person, member.code(now), REQUIRED, now)["recovery_codes"]
        assert isinstance(member.sign_in(member.recovery[0].replace("-", ""), now), SecondFactorWrong)
        assert member.sign_in(new[0].replace("-", ""), now) is member.person

    def test_where_there_is_none_there_is_none_to_change(self, db, tess):
        come_in(db, tess)
        for change in (second_factor.remove, second_factor.renew_codes):
            with pytest.raises(SecondFactorOff):
                change(db, tess, "123456", REQUIRED, NOW)


class TestGuessing:
    def test_after_three_wrong_codes_two_in_a_row_are_asked_for(self, db, member):
        now = NOW + timedelta(hours=1)
        told = [member.sign_in(member.wrong(now), now, THEIRS) for _ in range(3)]
        assert [refusal.facts["digits"] for refusal in told] == [6, 6, 12]
        assert member.sign_in(None, now).facts["digits"] == 12
        alone = member.sign_in(member.code(now), now)
        assert (type(alone), alone.facts) == (SecondFactorWrong, {"digits": 12})
        assert tries(db) == 3, "one code alone is not even looked at"
        assert member.sign_in(member.code(now, of=2), now, HERS) is member.person

    def test_two_codes_must_follow_each_other_and_both_be_fresh(self, member):
        now = NOW + timedelta(hours=1)
        for _ in range(3):
            member.sign_in(member.wrong(now), now)
        assert member.sign_in(member.code(now, of=2), now) is member.person
        later = now + STEP
        assert isinstance(member.sign_in(member.code(later, of=2), later), SecondFactorWrong)
        later += STEP
        apart = member.code(later - 2 * STEP) + member.code(later)
        assert isinstance(member.sign_in(apart, later), SecondFactorWrong)

    def test_after_five_wrong_codes_in_a_quarter_of_an_hour_nothing_is_looked_at(self, member):
        now = NOW + timedelta(hours=1)
        for n in range(5):
            member.sign_in(member.wrong(now, of=1 if n < 3 else 2), now + n * MINUTE)
        late = now + timedelta(minutes=5)
        for factor in (member.code(late, of=2), member.recovery[0].replace("-", "")):
            refused = member.sign_in(factor, late)
            assert (type(refused), refused.facts) == (TooManyTries, {"retry_after": 10 * 60 + 1})
        late = now + timedelta(minutes=15)
        assert member.sign_in(member.code(late, of=2), late) is member.person

    def test_whoever_mistypes_and_then_gets_it_right_has_guessed_nothing(self, db, member):
        for week in range(1, 10):
            now = NOW + timedelta(days=7 * week)
            member.sign_in(member.wrong(now), now, HERS)
            assert member.sign_in(member.code(now), now, HERS) is member.person
        assert tries(db) == 0

    def test_that_the_owner_gets_in_forgives_no_stranger(self, db, member):
        now = NOW + timedelta(hours=1)
        for _ in range(3):
            member.sign_in(member.wrong(now), now, THEIRS)
        assert member.sign_in(member.code(now, of=2), now, HERS) is member.person
        assert member.sign_in(None, now).facts["digits"] == 12
        year = now + second_factor.REMEMBERED_FOR
        assert member.sign_in(None, year).facts["digits"] == 6
        let_go(db, year, "second_factor_guesses")
        assert tries(db) == 0

    def test_whoever_sets_it_up_again_begins_without_any(self, db, member):
        now = NOW + timedelta(hours=1)
        for _ in range(3):
            member.sign_in(member.wrong(now), now, THEIRS)
        known(db, member.token, now)
        member.set_up(now, member.code(now, of=2))
        assert tries(db) == 0

    def test_the_owner_is_told_once(self, db, member):
        now = NOW + timedelta(hours=1)
        for n in range(5):
            member.sign_in(member.wrong(now, of=1 if n < 3 else 2), now)
        type_ = "registration.second_factor_guessed.v1"
        [told] = db.scalars(select(outbox.c.envelope).where(outbox.c.type == type_))
        assert Envelope.from_json(told).data["person"] == member.person.id

    def test_codes_of_someone_signed_in_count_as_well(self, db, member):
        now = NOW + MINUTE
        for n in range(5):
            second_factor.remove(db, member.person, member.wrong(now, of=1 if n < 3 else 2), REQUIRED, now)
        assert isinstance(member.sign_in(member.code(now, of=2), now), TooManyTries)

    def test_guessing_for_a_year_gets_in_with_less_than_one_chance_in_a_hundred_thousand(self, db, member):
        """By someone who reads the owner's emails: every minute for four hours, and then on and on at that pace."""
        hours = 4
        for minute in range(hours * 60):
            now = NOW + timedelta(hours=1, minutes=minute)
            for factor in (member.wrong(now), member.wrong(now, of=2)):
                given = second_factor.Given(factor, f"browser {minute}")
                assert second_factor.refuse(db, member.person, given, REQUIRED, now) is not None
        short = db.scalar(select(func.count()).select_from(FactorTry).where(FactorTry.short.is_(True)))
        assert (short, tries(db)) == (3, hours * 4 * second_factor.TRIES)
        near = 2 * second_factor.DRIFT + 1  # codes that are right at a moment
        each = max(near / 10**12, second_factor.RECOVERY_CODES / 2**80)
        assert 0 < short * near / 10**6 + 365 * 24 / hours * tries(db) * each < 1e-5


class TestAtOnce:
    @pytest.fixture
    def transactions(self, make_engine):
        return Transactions(make_engine(Base.metadata, bus_tables))

    @pytest.fixture
    def there(self, transactions):
        """A team member's app and recovery codes, set up in a database that several use at once."""
        with transactions.begin() as db:
            tess = Person(email="tess@example.org", granted=[], created_at=NOW, version=1)
            db.add(tess)
            db.flush()
            roles.give(db, tess, "team", NOW)
            return Member(db, tess)

    @pytest.mark.parametrize("kind", ["app", "recovery"])
    def test_of_four_who_try_the_same_code_one_gets_in(self, transactions, there, kind):
        now = NOW + timedelta(hours=1)
        code = there.code(now) if kind == "app" else there.recovery[0].replace("-", "")

        def try_it(_):
            return transactions.run(
                lambda db: second_factor.refuse(
                    db, db.get_one(Person, there.person.id), second_factor.Given(code), REQUIRED, now
                )
            )

        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(try_it, range(4))).count(None) == 1

    def test_of_many_who_guess_at_once_no_more_are_compared_than_may_be(self, transactions, there):
        now = NOW + timedelta(hours=1)
        wrong = there.wrong(now)

        def guess(n):
            given = second_factor.Given(wrong * (1 + n % 2), f"browser {n}")
            return transactions.run(
                lambda db: second_factor.refuse(db, db.get_one(Person, there.person.id), given, REQUIRED, now)
            )

        with ThreadPoolExecutor(4) as threads:
            assert None not in list(threads.map(guess, range(24)))
        with transactions.begin() as db:
            short = db.scalar(select(func.count()).select_from(FactorTry).where(FactorTry.short.is_(True)))
            assert (short <= second_factor.SHORT_TRIES, tries(db)) == (True, second_factor.TRIES)


class TestLosing:
    def test_the_command_removes_it_and_signs_the_person_out(self, db, member):
        token, _ = tokens.issue(db, member.person, NOW)
        db.flush()
        db.info.pop("token")
        second_factor.remove_for(db, member.person.email, NOW)
        with pytest.raises(NotSignedIn):
            known(db, member.token)
        assert known(db, tokens.hash_of(token)).roles == ["person", "team"], "a script goes on"
        assert not second_factor.view(db, member.person, REQUIRED)["on"]
        assert member.sign_in(None, NOW) is member.person

    @pytest.mark.parametrize("email", ["tess@example.org", "nobody@example.org"])
    def test_it_says_so_where_there_is_nothing_to_remove(self, db, tess, email):
        with pytest.raises(NotFound):
            second_factor.remove_for(db, email, NOW)

    def test_erasing_a_person_leaves_nothing_of_it(self, db, member):
        member.sign_in(member.wrong(NOW), NOW)
        my_data.erase(db, member.person, NOW)
        assert [db.scalars(select(kind)).all() for kind in (SecondFactor, RecoveryCode, FactorTry)] == [[], [], []]

    def test_what_is_held_says_that_there_is_one_and_since_when_and_no_secret(self, db, member):
        held = my_data.export(db, member.person)
        assert held["second_factor"] == {"on_since": NOW, "recovery_codes_left": 10, "wrong_codes": []}
        assert member.app.secret not in repr(held)
        assert db.scalars(select(SecondFactor.seed)).one() not in repr(held)

    def test_a_person_without_one_holds_none(self, db, tess):
        held = my_data.export(db, tess)["second_factor"]
        assert held == {"on_since": None, "recovery_codes_left": 0, "wrong_codes": []}
