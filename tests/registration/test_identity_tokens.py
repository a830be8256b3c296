"""What an identity provider says is believed only where it said it, to us, now, and of whoever was sent there."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from services.registration.errors import IdentityProviderAway, IdentityRefused
from services.registration.providers import asking, discovered
from services.registration.providers.client import Client
from services.registration.providers.discovered import Discovered
from tests.registration.provider import SITE, fake_provider

NONCE, VERIFIER = "n" * 64, "v" * 64
LOGOUT = {"http://schemas.openid.net/event/backchannel-logout": {}}


@pytest.fixture
def leeds():
    with fake_provider(domains=("leeds.example",), amr=("mfa",), acr=("phr",)) as provider:
        provider.nonce = NONCE
        yield provider


def come_back(provider, issuer=None, client=None):
    client = client or Client(provider.described, SITE)
    return client.exchange("a code", issuer, NONCE, VERIFIER, datetime.now(UTC))


def test_a_token_that_is_right_says_who_it_is(leeds):
    leeds.says = {"sid": "their session", "email": " Amina@Example.ORG "}
    said = come_back(leeds)
    assert (said.issuer, said.subject, said.email) == (leeds.issuer, "248289761001", "amina@example.org")
    assert (said.session, said.factored) == ("their session", False)


def test_the_code_is_exchanged_with_the_verifier_by_whoever_asked(leeds):
    come_back(leeds)
    assert leeds.form == {
        "grant_type": "authorization_code",
        "code": "a code",
        "code_verifier": VERIFIER,
        "client_id": "headrow",
        "redirect_uri": f"{SITE}/sign-in/providers/leeds/callback",
    }


@pytest.mark.parametrize("methods", [None, ["client_secret_basic"], ["client_secret_post", "private_key_jwt"]])
def test_the_secret_is_read_from_its_file_and_sent_as_the_provider_takes_it(tmp_path, methods):
    (tmp_path / "secret").write_text("s:cr/t\n")
    with fake_provider(secret_file=tmp_path / "secret") as provider:
        provider.nonce = NONCE
        provider.metadata = {"token_endpoint_auth_methods_supported": methods} if methods else {}
        come_back(provider)
        if methods and "client_secret_post" in methods:
            assert provider.form["client_secret"] == "s:cr/t"
        else:
            assert provider.headers["Authorization"] == "Basic aGVhZHJvdzpzJTNBY3IlMkZ0"
            assert "client_secret" not in provider.form


@pytest.mark.parametrize(
    ("made", "taken", "alg"),
    [
        (lambda: RSAKey.generate_key(2048), ["RS256", "RS512"], "RS512"),
        (lambda: RSAKey.generate_key(2048), None, "RS256"),
        (lambda: ECKey.generate_key("P-256"), ["RS256", "ES256"], "ES256"),
    ],
)
def test_with_a_private_key_we_sign_who_we_are_for_a_minute(tmp_path, made, taken, alg):
    key = made()
    (tmp_path / "key.pem").write_bytes(key.as_pem(private=True))
    with fake_provider(key_file=tmp_path / "key.pem") as provider:
        provider.nonce = NONCE
        provider.metadata = {"token_endpoint_auth_signing_alg_values_supported": taken} if taken else {}
        come_back(provider)
        told = jwt.decode(provider.form["client_assertion"], key, algorithms=[alg])
        assert provider.form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        assert (told.header["alg"], told.claims["aud"]) == (alg, f"{provider.issuer}/token")
        assert told.claims["iss"] == told.claims["sub"] == "headrow"
        assert told.claims["exp"] - told.claims["iat"] == 60
        first = told.claims["jti"]
        come_back(provider)
        assert jwt.decode(provider.form["client_assertion"], key, algorithms=[alg]).claims["jti"] != first


@pytest.mark.parametrize("pem", ["no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_with_a_key_that_is_none_a_provider_cannot_be_used(tmp_path, pem):
    (tmp_path / "key.pem").write_text(pem)
    with fake_provider(key_file=tmp_path / "key.pem") as provider, pytest.raises(IdentityProviderAway):
        come_back(provider)


def test_without_the_file_of_its_secret_a_provider_cannot_be_used(tmp_path):
    with fake_provider(secret_file=tmp_path / "not there") as provider, pytest.raises(IdentityProviderAway):
        come_back(provider)


WRONG = {
    "another's audience": {"aud": "another"},
    "ours among others, and made for another": {"aud": ["headrow", "another"], "azp": "another"},
    "ours among others, and made for nobody": {"aud": ["headrow", "another"]},
    "another issuer": {"iss": "https://another.example"},
    "no issuer": {"iss": None},
    "another nonce": {"nonce": "m" * 64},
    "no nonce": {"nonce": None},
    "expired": {"exp": int(time.time()) - 3600},
    "never expiring": {"exp": None},
    "of no number": {"exp": float("nan")},
    "from the future": {"iat": int(time.time()) + 3600},
    "not yet": {"nbf": int(time.time()) + 3600},
    "nobody": {"sub": None},
    "no text": {"sub": 7},
    "too long": {"sub": "s" * 256},
}


@pytest.mark.parametrize("says", WRONG.values(), ids=WRONG.keys())
def test_a_token_with_one_wrong_claim_is_refused(leeds, says):
    leeds.says = says
    with pytest.raises(IdentityRefused):
        come_back(leeds)


def test_a_clock_that_is_half_a_minute_off_does_no_harm(leeds):
    leeds.says = {"iat": int(time.time()) + 30, "exp": int(time.time()) - 30}
    assert come_back(leeds).subject


def test_a_signature_by_another_key_is_refused(leeds):
    other = RSAKey.generate_key(2048, {"kid": "first"})
    leeds.id_token = leeds.signed(leeds.claims(), other)
    with pytest.raises(IdentityRefused):
        come_back(leeds)


def test_a_token_that_was_changed_is_refused(leeds):
    head, _, signature = leeds.signed(leeds.claims()).split(".")
    leeds.says = {"sub": "another"}
    leeds.id_token = ".".join([head, leeds.signed(leeds.claims()).split(".")[1], signature])
    with pytest.raises(IdentityRefused):
        come_back(leeds)


@pytest.mark.parametrize("alg", ["none", "None", "HS256"])
def test_no_signature_and_one_with_what_everyone_knows_are_refused(leeds, alg):
    parts = [json.dumps(part).encode() for part in ({"alg": alg, "kid": "first"}, leeds.claims())]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    key = leeds.key.as_pem(private=False)  # as the secret of HS256: the classic confusion
    signature = hmac.new(key, signed, hashlib.sha256).digest() if alg == "HS256" else b""
    leeds.id_token = (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()
    with pytest.raises(IdentityRefused):
        come_back(leeds)


@pytest.mark.parametrize("token", ["", "a.b.c", "bnVsbA.e30.", "W10.W10.AA", "é.é.é", "." * 40_000])
def test_what_is_no_token_is_refused(leeds, token):
    leeds.id_token = token or " "
    with pytest.raises(IdentityRefused):
        come_back(leeds)


def test_a_token_of_one_provider_is_refused_as_another_s(leeds):
    with fake_provider("nhs") as nhs:
        nhs.nonce = NONCE
        leeds.id_token = nhs.signed(nhs.claims())
        with pytest.raises(IdentityRefused):
            come_back(leeds)


def test_a_browser_that_comes_back_from_another_provider_is_refused(leeds):
    with pytest.raises(IdentityRefused):
        come_back(leeds, issuer="https://another.example")
    assert "/token" not in leeds.asked, "the code is of another provider, and is shown to nobody else"
    leeds.metadata = {"authorization_response_iss_parameter_supported": True}
    with pytest.raises(IdentityRefused):
        come_back(leeds)
    assert come_back(leeds, issuer=leeds.issuer)


class TestAddress:
    """Whose an address is."""

    @pytest.mark.parametrize("verified", [False, None, "true", 1])
    def test_one_that_was_not_verified_is_nobody_s(self, leeds, verified):
        leeds.says = {"email_verified": verified}
        assert come_back(leeds).email is None

    def test_one_of_the_provider_s_own_domain_is_believed_unless_it_says_otherwise(self, leeds):
        leeds.says = {"email": "amina@leeds.example", "email_verified": None}
        assert come_back(leeds).email == "amina@leeds.example"
        leeds.says = {"email": "amina@leeds.example", "email_verified": False}
        assert come_back(leeds).email is None
        leeds.says = {"email": "amina@leeds.example.org", "email_verified": None}
        assert come_back(leeds).email is None

    @pytest.mark.parametrize(
        "email", ["amina", "amina@localhost", 7, ["a@example.org"], "a@example.org\nb@example.org"]
    )
    def test_what_is_no_address_is_none(self, leeds, email):
        leeds.says = {"email": email}
        assert come_back(leeds).email is None

    def test_where_the_token_has_none_it_is_asked_for(self, leeds):
        leeds.says = {"email": None, "email_verified": None}
        leeds.userinfo = {"sub": "248289761001", "email": "amina@example.org", "email_verified": True}
        assert come_back(leeds).email == "amina@example.org"

    def test_another_s_is_refused(self, leeds):
        leeds.says = {"email": None}
        leeds.userinfo = {"sub": "another", "email": "amina@example.org", "email_verified": True}
        with pytest.raises(IdentityRefused):
            come_back(leeds)


@pytest.mark.parametrize(
    ("says", "vouches"),
    [
        ({"amr": ["pwd", "mfa"]}, True),
        ({"acr": "phr"}, True),
        ({"amr": ["pwd"], "acr": "0"}, False),
        ({"amr": "mfa"}, None),
        ({}, False),
    ],
)
def test_a_second_factor_is_vouched_for_only_in_the_words_that_the_operator_named(leeds, says, vouches):
    leeds.says = says
    if vouches is None:
        with pytest.raises(IdentityRefused):
            come_back(leeds)
    else:
        assert come_back(leeds).factored is vouches


def test_a_provider_that_was_not_asked_to_vouches_for_nothing():
    with fake_provider() as provider:
        provider.nonce, provider.says = NONCE, {"amr": ["mfa"], "acr": "phr"}
        assert not come_back(provider).factored


class TestAway:
    """What becomes of us while a provider is not well."""

    @pytest.mark.parametrize("status", [500, 503, 302, 429])
    def test_an_error_or_a_way_elsewhere_is_as_if_it_were_away(self, leeds, status):
        leeds.status = status
        with pytest.raises(IdentityProviderAway):
            come_back(leeds)

    @pytest.mark.parametrize("content", [b"not json", b"[]", b"{" + b" " * asking.MOST + b"}", b"[" * 100_000])
    def test_what_makes_no_sense_or_is_far_too_long_is_too(self, leeds, content):
        leeds.content = content
        with pytest.raises(IdentityProviderAway):
            come_back(leeds)

    def test_nobody_there_is_too(self, leeds):
        leeds.close()
        with pytest.raises(IdentityProviderAway):
            come_back(leeds)

    def test_it_is_not_waited_for_for_ever(self, leeds, monkeypatch):
        monkeypatch.setattr(asking, "SECONDS", (0.2, 0.2))
        leeds.waits = 1.0
        began = time.monotonic()
        with pytest.raises(IdentityProviderAway):
            come_back(leeds)
        assert time.monotonic() - began < 0.9

    @pytest.mark.parametrize("endpoint", ["token_endpoint", "jwks_uri", "authorization_endpoint"])
    @pytest.mark.parametrize(
        "url", [None, "http://elsewhere.example/x", "https://user@elsewhere.example/", "file:///x"]
    )
    def test_where_others_could_listen_nothing_is_asked(self, leeds, endpoint, url):
        leeds.metadata = {endpoint: url}
        with pytest.raises(IdentityProviderAway):
            come_back(leeds)
        assert leeds.asked == ["/.well-known/openid-configuration"]

    def test_one_that_calls_itself_something_else_is_not_used(self, leeds):
        leeds.metadata = {"issuer": "https://another.example"}
        with pytest.raises(IdentityProviderAway):
            come_back(leeds)

    def test_a_code_that_it_does_not_know_is_refused(self, leeds):
        client = Client(leeds.described, SITE)
        come_back(leeds, client=client)
        leeds.status = 400
        with pytest.raises(IdentityRefused):
            come_back(leeds, client=client)


class TestKeys:
    """Keys change, and a change is noticed, but nobody makes us ask all day."""

    def test_a_new_key_is_fetched_when_it_is_first_used(self, leeds):
        ticks = [0.0]
        known = Discovered(leeds.issuer, asking.get, lambda: ticks[0])
        assert [key.kid for key in known.keys("first")] == ["first"]
        leeds.published = [RSAKey.generate_key(2048, {"kid": "second"})]
        ticks[0] += discovered.KEYS_AGAIN
        assert [key.kid for key in known.keys("second")] == ["second"]

    def test_made_up_keys_are_not_looked_for_more_than_once_a_minute(self, leeds):
        ticks = [0.0]
        known = Discovered(leeds.issuer, asking.get, lambda: ticks[0])
        for number in range(20):
            known.keys(f"made up {number}")
        assert leeds.asked.count("/jwks") == 1
        ticks[0] += discovered.KEYS_AGAIN
        for number in range(20):
            known.keys(f"made up {number}")
        assert leeds.asked.count("/jwks") == 2

    def test_a_key_that_was_withdrawn_is_gone_within_the_hour(self, leeds):
        ticks = [0.0]
        known = Discovered(leeds.issuer, asking.get, lambda: ticks[0])
        known.keys("first")
        leeds.published = [RSAKey.generate_key(2048, {"kid": "second"})]
        ticks[0] += discovered.FRESH
        assert [key.kid for key in known.keys("first")] == ["second"]

    def test_while_the_provider_is_away_its_keys_of_today_do(self, leeds):
        ticks = [0.0]
        known = Discovered(leeds.issuer, asking.get, lambda: ticks[0])
        known.keys("first")
        leeds.status = 503
        ticks[0] += discovered.FRESH
        assert known.keys("first")
        ticks[0] += discovered.STALE
        with pytest.raises(IdentityProviderAway):
            known.keys("first")

    def test_keys_of_kinds_that_nobody_knows_are_passed_by(self, leeds):
        strange = [{"kty": "new", "kid": "x"}, {"kty": "oct", "k": "c2VjcmV0", "kid": "y"}, 7]
        keys = {"keys": [*strange, leeds.key.as_dict(private=False)]}
        known = Discovered(leeds.issuer, lambda url: keys if "jwks" in url else leeds.answer(url[len(leeds.issuer) :]))
        assert [key.kid for key in known.keys("first")] == ["first"]


class TestLogout:
    """Who says that someone signed out at a provider is the provider."""

    def token(self, provider, **claims):
        now = int(time.time())
        said = {"iss": provider.issuer, "aud": "headrow", "iat": now, "exp": now + 120, "jti": "j", "events": LOGOUT}
        said |= {"sub": "248289761001", **claims}
        return provider.signed({name: value for name, value in said.items() if value is not None}, typ="logout+jwt")

    def heard(self, provider, **claims):
        return Client(provider.described, SITE).logged_out(self.token(provider, **claims), datetime.now(UTC))

    def test_it_names_the_person_or_the_sign_in(self, leeds):
        assert self.heard(leeds) == ("248289761001", None)
        assert self.heard(leeds, sub=None, sid="s") == (None, "s")

    @pytest.mark.parametrize(
        "claims",
        [
            {"nonce": NONCE},
            {"events": None},
            {"events": {"other": {}}},
            {"events": []},
            {"sub": None},
            {"aud": "another"},
            {"iss": "https://another.example"},
            {"iat": int(time.time()) - 3600, "exp": int(time.time()) + 60},
            {"exp": int(time.time()) - 3600},
            {"jti": None},
        ],
    )
    def test_what_is_no_logout_token_of_theirs_for_us_is_refused(self, leeds, claims):
        with pytest.raises(IdentityRefused):
            self.heard(leeds, **claims)

    def test_a_token_to_sign_in_signs_nobody_out(self, leeds):
        with pytest.raises(IdentityRefused):
            Client(leeds.described, SITE).logged_out(leeds.signed(leeds.claims()), datetime.now(UTC))

    def test_a_token_to_sign_out_signs_nobody_in(self, leeds):
        leeds.id_token = self.token(leeds)
        with pytest.raises(IdentityRefused):
            come_back(leeds)


def test_signing_out_leads_there_and_back_where_there_is_such_a_page(leeds):
    address = Client(leeds.described, SITE).end_session()
    assert address == (
        f"{leeds.issuer}/end?client_id=headrow&post_logout_redirect_uri=https%3A%2F%2Fheadrow.example%2Fsigned-out"
    )
    leeds.metadata = {"end_session_endpoint": None}
    assert Client(leeds.described, SITE).end_session() is None
