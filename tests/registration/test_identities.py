"""What signing in with an identity provider protects: nobody gets into another's account, and its owner is told."""

from dataclasses import replace

import pyotp
import pytest
from sqlalchemy import select, update

from services.bus import models as bus
from services.registration import my_data
from services.registration.accounts import people, provider_sign_in, roles, second_factor, sign_in, tokens
from services.registration.audit import reading
from services.registration.models import Base, Identity, Person, ProviderSignIn, Token
from services.runtime import clock
from tests.contracts.announced import check_outbox
from tests.registration.abroad import AMINA, HERS, THEIRS, Abroad
from tests.registration.kept import let_go
from tests.registration.provider import fake_provider


@pytest.fixture
def leeds():
    with fake_provider(amr=("mfa",)) as provider:
        yield provider


@pytest.fixture
def abroad(make_engine, leeds):
    abroad = Abroad(make_engine(Base.metadata, bus.metadata), leeds)
    yield abroad
    with abroad.database.begin() as db:
        check_outbox(db)


@pytest.fixture
def newcomer(leeds):
    """Whoever signs in there has no account yet."""
    leeds.says = {"email": "new@example.org"}


class TestNewcomer:
    """Who is new gets an account, as with a code."""

    pytestmark = pytest.mark.usefixtures("newcomer")

    def test_a_new_address_makes_an_account_and_its_owner_is_told(self, abroad):
        signed_in = abroad.sign_in()
        assert signed_in["person"]["email"] == "new@example.org"
        assert abroad.known(signed_in["token"]).id == signed_in["person"]["id"]
        assert [told["provider"] for told in abroad.announced("identity_linked")] == ["Leeds City Council"]

    def test_the_second_time_it_is_the_same_account_whatever_the_address_is_there(self, abroad, leeds):
        first = abroad.sign_in()["person"]
        for email in ("renamed@example.org", AMINA, None):
            leeds.says = {"email": email}
            again = abroad.sign_in()["person"]
            assert (again["id"], again["email"]) == (first["id"], "new@example.org")
        assert len(abroad.announced("identity_linked")) == 1

    @pytest.mark.parametrize("says", [{"email_verified": False}, {"email": None}, {"email": "no address"}])
    def test_an_address_that_nobody_verified_makes_no_account(self, abroad, leeds, says):
        leeds.says = {"email": "new@example.org", **says}
        assert abroad.sign_in() == "identity-without-address"
        with abroad.database.begin() as db:
            assert db.scalar(select(Person.id).where(Person.email == "new@example.org")) is None

    def test_whoever_is_erased_is_a_stranger_the_next_time(self, abroad):
        first = abroad.sign_in()["person"]
        with abroad.database.begin() as db:
            my_data.erase(db, db.get(Person, first["id"]), clock.now())
            assert db.scalar(select(Identity.id)) is None
        assert abroad.sign_in()["person"]["id"] != first["id"]

    def test_a_release_before_that_erases_leaves_nothing_to_sign_in_with(self, abroad):
        first = abroad.sign_in()["person"]
        with abroad.database.begin() as db:
            db.execute(update(Person).where(Person.id == first["id"]).values(email=None, erased_at=clock.now()))
        assert abroad.sign_in()["person"]["id"] != first["id"]


class TestOneWay:
    """A way there and back is of one browser, of one provider, and good once."""

    def test_what_came_back_is_good_once(self, abroad):
        state = abroad.go()
        abroad.come_back(state)
        assert abroad.come_back(state) == "identity-over"
        assert abroad.confirm(state)["token"]
        assert abroad.finish(state) == "identity-over"
        assert abroad.come_back(state) == "identity-over"

    def test_another_browser_cannot_use_it(self, abroad, leeds):
        state = abroad.go()
        asked = len(leeds.asked)
        assert abroad.come_back(state, browser=THEIRS) == "identity-over"
        assert len(leeds.asked) == asked, "the code is not even shown"
        abroad.come_back(state)
        assert abroad.finish(state, browser=THEIRS) == "identity-over"
        given = {"state": state, "browser": THEIRS}
        assert abroad.told("mail_provider_code", given=given, address="192.0.2.1") == "identity-over"

    def test_a_state_that_nobody_began_is_nothing(self, abroad):
        assert abroad.come_back("00000000-0000-0000-0000-000000000000") == "identity-over"

    def test_it_is_over_after_ten_minutes(self, abroad):
        state = abroad.go()
        with abroad.database.begin() as db:
            db.execute(update(ProviderSignIn).values(created_at=clock.now() - provider_sign_in.LIFE))
        assert abroad.come_back(state) == "identity-over"

    def test_what_was_begun_at_one_provider_does_not_end_at_another(self, make_engine, leeds):
        with fake_provider("nhs", name="NHS") as nhs:
            abroad = Abroad(make_engine(Base.metadata, bus.metadata), leeds, nhs)
            state = abroad.go()
            assert abroad.come_back(state, provider="nhs") == "identity-over"
            assert "/token" not in nhs.asked, "a dishonest provider is not shown the code of another"

    def test_the_nonce_is_that_of_the_way(self, abroad, leeds):
        abroad.go()
        nonce = leeds.nonce
        state = abroad.go()
        leeds.nonce = nonce
        assert abroad.come_back(state) == "identity-refused"

    def test_a_provider_that_is_not_configured_is_not_there(self, abroad):
        assert abroad.told("begin_at_provider", given={"provider": "other", "browser": HERS}) == "not-found"

    def test_while_it_is_away_nothing_is_begun(self, abroad, leeds):
        leeds.status = 503
        assert (
            abroad.told("begin_at_provider", given={"provider": "leeds", "browser": HERS}) == "identity-provider-away"
        )
        with abroad.database.begin() as db:
            assert db.scalar(select(ProviderSignIn.id)) is None

    def test_the_provider_is_asked_outside_of_a_transaction(self, abroad, leeds):
        """The database of the world is SQLite's too, where one transaction at a time writes."""
        state, made = abroad.go(), leeds.answer
        seen = []

        def answer(path):
            with abroad.database.begin() as db:
                seen.append(db.scalar(select(ProviderSignIn.id)))
            return made(path)

        leeds.answer = answer
        assert abroad.come_back(state) == {"added": False}
        assert seen == [state] * 2, "of the token and of the keys"

    def test_what_is_left_is_let_go_of_after_an_hour(self, abroad):
        abroad.come_back(abroad.go())
        with abroad.database.begin() as db:
            assert db.scalar(select(ProviderSignIn.email)) == AMINA
            db.execute(update(ProviderSignIn).values(created_at=clock.now() - sign_in.WINDOW))
            let_go(db, clock.now())
            assert db.scalar(select(ProviderSignIn.id)) is None


class TestAccountThatIsThere:
    """Whoever has a provider say an address does not have the account of that address."""

    def test_it_is_not_theirs_until_a_code_says_so(self, abroad):
        state = abroad.go()
        abroad.come_back(state)
        assert abroad.finish(state) == "identity-unconfirmed"
        assert abroad.finish(state, code="000000") == "code-wrong"
        assert abroad.announced("identity_linked") == []
        signed_in = abroad.confirm(state)
        assert signed_in["person"]["email"] == AMINA
        assert len(abroad.announced("identity_linked")) == 1
        assert abroad.sign_in()["person"]["id"] == signed_in["person"]["id"]

    def test_guesses_at_that_code_count_as_any_other(self, abroad):
        state = abroad.go()
        abroad.come_back(state)
        given = {"state": state, "browser": HERS}
        abroad.told("mail_provider_code", given=given, address="192.0.2.1")
        right = abroad.mailed()
        wrong = "000000" if right != "000000" else "111111"
        for _ in range(sign_in.TRIES):
            assert abroad.finish(state, code=wrong) == "code-wrong"
        assert abroad.finish(state, code=right) == "code-wrong"

    def test_an_address_that_someone_may_take_back_makes_no_account(self, abroad, monkeypatch, leeds):
        leeds.says = {"email": "left@example.org"}
        monkeypatch.setattr(people, "reserved", lambda *_: True)
        assert abroad.sign_in() == "invalid"


class TestSignedIn:
    """Whoever is signed in adds a way, and removes it."""

    def test_it_is_added_to_the_account_that_asked_whatever_its_address(self, abroad, leeds):
        leeds.says = {"email": "elsewhere@example.org", "email_verified": False}
        assert abroad.come_back(abroad.go("amina")) == {"added": True}
        assert abroad.sign_in()["person"]["email"] == AMINA
        assert len(abroad.announced("identity_linked")) == 1

    def test_it_signs_nobody_in_by_itself(self, abroad):
        state = abroad.go("amina")
        abroad.come_back(state)
        assert abroad.finish(state) == "identity-over"

    def test_what_another_account_signs_in_with_is_not_taken(self, abroad, leeds):
        leeds.says = {"email": "new@example.org"}
        abroad.sign_in()
        assert abroad.come_back(abroad.go("amina")) == "identity-taken"
        leeds.says = {"email": None}
        assert abroad.sign_in()["person"]["email"] == "new@example.org"

    def test_they_see_their_own_and_nobody_else_s(self, abroad):
        abroad.link_amina()
        [row] = abroad.told("identities", "amina")["items"]
        assert (row["provider"], row["last_used_at"] is not None) == ("Leeds City Council", True)
        assert abroad.told("identities", "team")["items"] == []
        assert abroad.told("remove_identity", "team", id=row["id"]) == "not-found"

    def test_what_is_removed_signs_nobody_in_and_ends_what_came_by_it(self, abroad):
        token = abroad.link_amina()["token"]
        [row] = abroad.told("identities", "amina")["items"]
        assert abroad.told("remove_identity", "amina", id=row["id"]) is None
        with abroad.database.begin() as db:
            assert db.get(Token, tokens.kept_of(tokens.hash_of(token))) is None
        assert abroad.sign_in() == "identity-unconfirmed"

    def test_whoever_removes_what_they_came_by_stays_without_what_it_vouched_for(self, abroad, leeds):
        leeds.says = {"amr": ["mfa"]}
        token = abroad.link_amina()["token"]
        abroad.world.tokens["here"] = {"token": tokens.hash_of(token)}
        [row] = abroad.told("identities", "here")["items"]
        abroad.told("remove_identity", "here", id=row["id"])
        with abroad.database.begin() as db:
            kept = db.get(Token, tokens.kept_of(tokens.hash_of(token)))
            assert (kept.identity_id, kept.vouched) == (None, False)

    def test_one_whose_provider_is_configured_no_more_is_called_by_its_host(self, abroad):
        abroad.link_amina()
        abroad.world.service.settings = replace(abroad.settings, identity_providers=())
        assert abroad.told("identities", "amina")["items"][0]["provider"] == "127.0.0.1"

    def test_it_is_in_the_export_and_in_the_record_and_erased_with_the_person(self, abroad, leeds):
        abroad.link_amina()
        held = abroad.told("export_me", "amina")
        assert [row["subject"] for row in held["identities"]] == ["248289761001"]
        assert "identity-linked" in [row["action"] for row in held["audit"]]
        [row] = abroad.told("identities", "amina")["items"]
        abroad.told("remove_identity", "amina", id=row["id"])
        with abroad.database.begin() as db:
            amina = db.scalar(select(Person).where(Person.email == AMINA))
            assert "identity-removed" in [row["action"] for row in reading.of_person(db, amina)]
        abroad.link_amina()
        abroad.come_back(abroad.go())
        abroad.told("erase_me", "amina")
        with abroad.database.begin() as db:
            assert (db.scalar(select(Identity.id)), db.scalar(select(ProviderSignIn.id))) == (None, None)


class TestSecondFactor:
    """Whoever has a role gives our second factor too, unless the provider is said to vouch for one."""

    @pytest.fixture(autouse=True)
    def required(self, abroad):
        abroad.world.service.settings = replace(abroad.settings, second_factor="required")
        abroad.link_amina()
        with abroad.database.begin() as db:
            roles.give(db, db.scalar(select(Person).where(Person.email == AMINA)), "team", clock.now())

    def set_up(self, abroad):
        """Have Amina have an authenticator app."""
        with abroad.database.begin() as db:
            amina = db.scalar(select(Person).where(Person.email == AMINA))
            db.info["token"] = None
            secret = second_factor.begin(db, amina, None, abroad.settings, clock.now())["secret"]
            app = pyotp.TOTP(secret)
            codes = second_factor.confirm(db, amina, app.at(clock.now()), abroad.settings, clock.now())
        return codes["recovery_codes"]

    def test_without_an_app_the_role_does_not_count(self, abroad):
        signed_in = abroad.sign_in()
        assert (signed_in["person"]["roles"], signed_in["person"]["roles_withheld"]) == (["person"], ["team"])

    def test_with_an_app_its_code_is_asked_for(self, abroad):
        recovery, *_ = self.set_up(abroad)
        state = abroad.go()
        abroad.come_back(state)
        assert abroad.finish(state) == "second-factor-required"
        assert abroad.finish(state, second_factor="000000") == "second-factor-wrong"
        signed_in = abroad.finish(state, second_factor=recovery)
        assert "team" in signed_in["person"]["roles"]

    def test_a_provider_that_vouches_is_enough(self, abroad, leeds):
        self.set_up(abroad)
        leeds.says = {"amr": ["pwd", "mfa"]}
        signed_in = abroad.sign_in()
        assert "team" in signed_in["person"]["roles"]
        assert "team" in abroad.known(signed_in["token"]).roles

    def test_a_provider_that_vouches_is_enough_without_an_app(self, abroad, leeds):
        leeds.says = {"amr": ["mfa"]}
        assert "team" in abroad.sign_in()["person"]["roles"]

    def test_to_link_an_account_with_an_app_its_code_is_asked_for_even_so(self, abroad, leeds):
        self.set_up(abroad)
        leeds.says = {"sub": "another there", "amr": ["mfa"]}
        state = abroad.go()
        abroad.come_back(state)
        assert abroad.confirm(state) == "second-factor-required"
        assert len(abroad.announced("identity_linked")) == 1


class TestSigningOut:
    """Signing out here tells of the provider, and signing out there ends what came by it."""

    def test_whoever_came_by_a_provider_is_told_which(self, abroad):
        token = abroad.link_amina()["token"]
        abroad.world.tokens["here"] = {"token": tokens.hash_of(token)}
        assert abroad.told("sign_out", "here", token=tokens.hash_of(token)) == {"provider": "leeds"}
        code = abroad.world.tokens["amina"]["token"]
        assert abroad.told("sign_out", "amina", token=code) == {"provider": None}

    def test_the_provider_s_page_to_sign_out_is_known(self, abroad, leeds):
        assert abroad.told("provider_sign_out", given={"provider": "leeds"})["url"].startswith(f"{leeds.issuer}/end?")

    def test_signing_out_there_ends_what_came_by_it_and_no_more(self, abroad, leeds):
        leeds.says = {"sid": "monday"}
        monday = abroad.link_amina()["token"]
        leeds.says = {"sid": "tuesday"}
        tuesday = abroad.sign_in()["token"]
        self.heard(abroad, sid="monday")
        with abroad.database.begin() as db:
            rows = [db.get(Token, tokens.kept_of(tokens.hash_of(token))) for token in (monday, tuesday)]
            assert [row is not None for row in rows] == [False, True]
        self.heard(abroad, sub="248289761001")
        with abroad.database.begin() as db:
            assert db.get(Token, tokens.kept_of(tokens.hash_of(tuesday))) is None
            assert db.get(Token, tokens.kept_of(abroad.world.tokens["amina"]["token"])) is not None
            amina = db.scalar(select(Person).where(Person.email == AMINA))
            assert [row["action"] for row in reading.of_person(db, amina)].count("sign-ins-ended") == 2

    def heard(self, abroad, **whom):
        provider = abroad.provider
        claims = {name: provider.claims()[name] for name in ("iss", "aud", "iat", "exp")}
        events = {"http://schemas.openid.net/event/backchannel-logout": {}}
        token = provider.signed({**claims, "jti": "j", "events": events, **whom}, typ="logout+jwt")
        assert abroad.told("end_by_provider", given={"provider": "leeds", "logout_token": token}) is None
