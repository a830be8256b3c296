"""What signing in protects: only the owner of an address gets in, and nobody learns who has an account."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.registration.accounts import people, sign_in
from services.registration.errors import TooManyCodes
from services.registration.models import SignInCode, Token
from services.runtime.refusals import NotSignedIn
from tests.registration.conftest import NOW

SECRET = "a secret of at least thirty-two characters"
EMAIL = "amina@example.org"


def ask(db, email=EMAIL, address="192.0.2.1", now=NOW, **kwargs):
    """Ask for a code, and return the one that was mailed."""
    sign_in.request_code(db, email, address, SECRET, now, **kwargs)
    row = db.execute(select(outbox).where(outbox.c.sensitive).order_by(outbox.c.position.desc())).first()
    return Envelope.from_json(row.envelope).data["code"]


def confirm(db, code, email=EMAIL, now=NOW):
    return sign_in.confirm_code(db, email, code, SECRET, now)


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_the_code_that_was_mailed_signs_in_and_makes_the_account(db):
    person = confirm(db, ask(db))
    assert person.email == EMAIL
    assert confirm(db, ask(db)).id == person.id


def test_asking_tells_nothing_of_whether_the_address_is_known(db, person):
    person("amina")
    assert len(ask(db, EMAIL)) == len(ask(db, "nobody@example.org")) == 6


def test_a_code_works_once(db):
    code = ask(db)
    assert confirm(db, code)
    assert confirm(db, code) is None


def test_a_code_works_for_ten_minutes(db):
    assert confirm(db, ask(db), now=NOW + timedelta(minutes=10)) is None
    assert confirm(db, ask(db), now=NOW + timedelta(minutes=9, seconds=59))


def test_after_five_wrong_tries_the_right_code_is_wrong_too(db):
    code = ask(db)
    assert [confirm(db, wrong(code)) for _ in range(5)] == [None] * 5
    assert confirm(db, code) is None


def test_after_four_wrong_tries_the_right_code_still_works(db):
    code = ask(db)
    assert [confirm(db, wrong(code)) for _ in range(4)] == [None] * 4
    assert confirm(db, code)


def test_a_new_code_makes_the_one_before_worthless(db):
    first, second = ask(db), ask(db)
    assert first == second or confirm(db, first) is None
    assert confirm(db, second)


def test_a_code_is_for_its_own_address(db):
    assert confirm(db, ask(db), email="ben@example.org") is None


def test_the_code_itself_is_kept_nowhere_but_in_its_message(db):
    code = ask(db)
    row = db.scalars(select(SignInCode)).one()
    assert code not in row.code_hash
    assert len(row.code_hash) == 64


def test_an_address_gets_five_codes_an_hour(db):
    for minute in range(5):
        ask(db, now=NOW + timedelta(minutes=minute))
    with pytest.raises(TooManyCodes) as refused:
        ask(db, now=NOW + timedelta(minutes=10))
    assert refused.value.facts["retry_after"] == 50 * 60 + 1
    ask(db, now=NOW + timedelta(minutes=60, seconds=1))


def test_a_network_address_gets_thirty_codes_an_hour(db):
    for n in range(30):
        ask(db, f"p{n}@example.org")
    with pytest.raises(TooManyCodes):
        ask(db, "one.more@example.org")
    ask(db, "one.more@example.org", address="192.0.2.2")


def test_without_limits_there_are_as_many_codes_as_one_asks_for(db):
    for _ in range(7):
        ask(db, limits=False)


def test_a_token_is_recognised_until_it_expires_or_is_signed_out(db, person):
    amina = person()
    token, expires_at = people.issue_token(db, amina, NOW)
    db.flush()
    hashed = people.hash_of(token)
    assert people.signed_in(db, hashed, NOW) is amina
    with pytest.raises(NotSignedIn):
        people.signed_in(db, hashed, expires_at)
    people.sign_out(db, hashed)
    with pytest.raises(NotSignedIn):
        people.signed_in(db, hashed, NOW)


@pytest.mark.parametrize("token", [None, "", "x", "0" * 64])
def test_a_wrong_token_is_nobody(db, token):
    with pytest.raises(NotSignedIn):
        people.signed_in(db, token, NOW)


def test_the_token_itself_is_not_kept(db, person):
    token, _ = people.issue_token(db, person(), NOW)
    db.flush()
    assert token not in db.scalars(select(Token.hash)).all()


def test_what_has_run_out_is_forgotten(db, person):
    people.issue_token(db, person(), NOW)
    ask(db)
    db.flush()
    sign_in.forget_old_codes(db, NOW + timedelta(hours=1))
    people.forget_expired_tokens(db, NOW + timedelta(days=30))
    assert db.scalars(select(SignInCode)).all() == []
    assert db.scalars(select(Token)).all() == []
