"""What registration says of a person: believed for a minute, and from registration alone."""

import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.bus.assertions import LEEWAY, LIFE, TOLD, Signer, Verifier, person_of, signing_key, verifying_keys, vouch
from services.runtime.refusals import NotSignedIn
from services.runtime.settings import Settings
from tests.bus.vouched import SETTINGS, SOMEONE, VERIFIER, vouched

NOW = datetime(2027, 3, 9, 14, 0, tzinfo=UTC)
KEY = signing_key(SETTINGS)
KEYS = verifying_keys(SETTINGS)
PAIR = Settings(signing_key="AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
KNOWS_PAIR = Settings(verifying_keys=("A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg",))


def test_a_person_is_who_registration_says():
    assert person_of(KEYS, vouch(KEY, SOMEONE, NOW), NOW) == SOMEONE


def test_nothing_is_told_that_no_service_needs():
    private = {"email": "amina@example.org", "access_needs": "A quiet room"}
    assert person_of(KEYS, vouch(KEY, {**SOMEONE, **private}, NOW), NOW).keys() == set(TOLD)
    assert not {"email", "access_needs"} & set(TOLD)


@pytest.mark.parametrize(
    ("later", "is_good"),
    [(timedelta(0), True), (LIFE, True), (LIFE + LEEWAY, False), (timedelta(hours=1), False), (-LEEWAY, True),
     (-LEEWAY - timedelta(seconds=1), False)],
)  # fmt: skip
def test_it_is_good_for_a_minute_and_clocks_may_differ_a_little(later, is_good):
    assertion = vouch(KEY, SOMEONE, NOW)
    if is_good:
        assert person_of(KEYS, assertion, NOW + later)
    else:
        with pytest.raises(NotSignedIn):
            person_of(KEYS, assertion, NOW + later)


@pytest.mark.parametrize(
    "forged",
    [
        jwt.encode({"iss": "registration", "iat": NOW, "exp": NOW + LIFE, "person": SOMEONE}, None, "none"),
        jwt.encode({"iss": "registration", "iat": NOW, "exp": NOW + LIFE, "person": SOMEONE}, "k" * 32, "HS256"),
        jwt.encode({"iss": "catalogue", "iat": NOW, "exp": NOW + LIFE, "person": SOMEONE}, KEY, "EdDSA"),
        jwt.encode({"iss": "registration", "iat": NOW, "person": SOMEONE}, KEY, "EdDSA"),
        jwt.encode({"iss": "registration", "iat": NOW, "exp": NOW + LIFE}, KEY, "EdDSA"),
        jwt.encode({"iss": "registration", "iat": NOW, "exp": NOW + LIFE, "person": "me"}, KEY, "EdDSA"),
        vouch(signing_key(Settings(secret_key="x" * 32)), SOMEONE, NOW),
        "",
        None,
        {"id": "someone", "roles": ["team"]},
    ],
    ids=["no signature", "another algorithm", "another issuer", "no end", "nobody", "no person", "another key",
         "empty", "none", "a person as they say"],
)  # fmt: skip
def test_what_registration_did_not_sign_vouches_for_nobody(forged):
    with pytest.raises(NotSignedIn):
        person_of(KEYS, forged, NOW)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_one_byte_that_was_changed_is_noticed(place, byte):
    signed = bytearray(vouch(KEY, SOMEONE, NOW).encode())
    place %= len(signed)
    before, signed[place] = signed[place], byte
    try:
        assert person_of(KEYS, signed.decode("latin-1"), NOW) == SOMEONE
        assert before == byte or place == len(signed) - 1, "the last letter of base64 has bits that say nothing"
    except NotSignedIn:
        assert before != byte


def test_a_caller_in_the_form_of_a_person_is_not_believed():
    assert VERIFIER.person_of(None) is None
    assert VERIFIER.person_of(vouched({"id": "amina"}))["id"] == "amina"
    for caller in ({"id": "amina", "roles": ["team"]}, {}, "amina", ["amina"], {"assertion": json.dumps(SOMEONE)}):
        with pytest.raises(NotSignedIn):
            VERIFIER.person_of(caller)


def test_registration_has_a_key_of_its_own_where_one_is_set_and_the_others_know_it_without_having_it():
    assertion = {"assertion": Signer(PAIR).vouch(SOMEONE)}
    assert Verifier(KNOWS_PAIR).person_of(assertion) == SOMEONE
    with pytest.raises(NotSignedIn):
        VERIFIER.person_of(assertion)
    with pytest.raises(NotSignedIn):
        Verifier(KNOWS_PAIR).person_of(vouched({}))


def test_while_one_key_takes_over_from_another_both_are_known():
    old = SETTINGS.verifying_keys or KNOWS_PAIR.verifying_keys
    both = Settings(verifying_keys=(*old, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"))
    assert Verifier(both).person_of({"assertion": Signer(PAIR).vouch(SOMEONE)}) == SOMEONE
