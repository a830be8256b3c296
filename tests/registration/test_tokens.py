"""What tokens protect: whoever is signed in is known, sees where, and is signed out when and where they want to be."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from services.registration.accounts import roles, tokens
from services.registration.models import Token
from services.runtime.refusals import NotFound, NotSignedIn
from tests.registration.conftest import NOW
from tests.registration.kept import let_go

HOUR = timedelta(hours=1)
PHONE, DESK = "Safari on an iPhone", "Firefox on Windows"


def sign_in(db, person, device=PHONE, now=NOW):
    """Sign in; return the hash of the token."""
    token, _ = tokens.issue(db, person, now, device)
    db.flush()
    return tokens.hash_of(token)


def is_known(db, hashed, now):
    """Say whether the token is good, and note that its owner was there, as each page does."""
    try:
        owner = tokens.signed_in(db, hashed, now)
    except NotSignedIn:
        return False
    tokens.see(db, owner, now)
    return True


def test_a_token_is_known_until_it_expires_or_is_signed_out(db, person):
    amina = person()
    token, expires_at = tokens.issue(db, amina, NOW)
    db.flush()
    hashed = tokens.hash_of(token)
    assert tokens.signed_in(db, hashed, NOW) is amina
    with pytest.raises(NotSignedIn):
        tokens.signed_in(db, hashed, expires_at)
    tokens.sign_out(db, hashed)
    with pytest.raises(NotSignedIn):
        tokens.signed_in(db, hashed, NOW)


@pytest.mark.parametrize("token", [None, "", "x", "0" * 64])
def test_a_wrong_token_is_nobody(db, token):
    with pytest.raises(NotSignedIn):
        tokens.signed_in(db, token, NOW)


def test_the_token_itself_is_not_kept(db, person):
    token, _ = tokens.issue(db, person(), NOW)
    db.flush()
    assert token not in db.scalars(select(Token.hash)).all()


def test_what_is_kept_of_a_token_cannot_be_sent_in_its_place(db, person):
    hashed = sign_in(db, person())
    (kept,) = db.scalars(select(Token.hash))
    assert not is_known(db, kept, NOW)
    assert not is_known(db, tokens.hash_of(kept), NOW)
    assert is_known(db, hashed, NOW)


def test_a_token_that_an_older_release_kept_is_known_until_it_expires(db, person):
    amina, hashed = person(), tokens.hash_of("an older token")
    row = Token(hash=hashed, person_id=amina.id, created_at=NOW, expires_at=NOW + tokens.LIFE, device=PHONE)
    db.add(row)
    db.flush()
    assert is_known(db, hashed, NOW)
    tokens.sign_out(db, hashed)
    assert not is_known(db, hashed, NOW)


def test_a_person_stays_signed_in_for_thirty_days_whether_or_not_they_come_back(db, person):
    hashed = sign_in(db, person())
    assert is_known(db, hashed, NOW + timedelta(days=29, hours=23))
    assert not is_known(db, hashed, NOW + timedelta(days=30))


@pytest.mark.parametrize("role", roles.GRANTABLE)
def test_whoever_has_a_role_is_signed_out_after_twelve_hours_of_work(db, person, role):
    tess = person("tess")
    roles.give(db, tess, role, NOW)
    hashed = sign_in(db, tess)
    assert all(is_known(db, hashed, NOW + n * HOUR) for n in range(12))
    assert not is_known(db, hashed, NOW + 12 * HOUR)


def test_whoever_has_a_role_is_signed_out_two_hours_after_they_were_last_there(db, person):
    tess = person("tess")
    roles.give(db, tess, "team", NOW)
    hashed = sign_in(db, tess)
    assert is_known(db, hashed, NOW + 2 * HOUR - timedelta(seconds=1))
    assert is_known(db, hashed, NOW + 3 * HOUR)
    assert not is_known(db, hashed, NOW + 5 * HOUR)


def test_a_role_that_is_given_later_counts_from_then_on(db, person):
    tess = person("tess")
    hashed = sign_in(db, tess)
    assert is_known(db, hashed, NOW + 3 * HOUR)
    roles.give(db, tess, "operator", NOW + 3 * HOUR)
    assert is_known(db, hashed, NOW + 4 * HOUR)
    assert not is_known(db, hashed, NOW + 7 * HOUR)


def test_a_token_for_a_script_works_for_its_thirty_days_whatever_the_role(db, person):
    tess = person("tess")
    roles.give(db, tess, "operator", NOW)
    hashed = sign_in(db, tess, device=None)
    assert is_known(db, hashed, NOW + timedelta(days=29))


def test_that_somebody_is_there_is_written_down_once_in_ten_minutes(db, person):
    hashed = sign_in(db, person())
    written = []

    @event.listens_for(db.get_bind(), "before_cursor_execute")
    def note(_connection, _cursor, statement, *_):
        written.extend([statement] if statement.startswith("UPDATE tokens") else [])

    for seconds in range(0, 1200, 30):
        assert is_known(db, hashed, NOW + timedelta(seconds=seconds))
    assert len(written) == 1


def test_nobody_is_kept_out_where_it_cannot_be_written_down(db, person, monkeypatch):
    hashed = sign_in(db, person())

    def full(*_):
        raise OperationalError("UPDATE tokens", {}, Exception("disk full"))

    owner = tokens.signed_in(db, hashed, NOW + HOUR)
    monkeypatch.setattr(db, "execute", full)
    tokens.see(db, owner, NOW + HOUR)


def test_everyone_sees_where_they_are_signed_in_and_until_when(db, person):
    amina = person()
    sign_in(db, person("ben"))
    phone, desk = sign_in(db, amina), sign_in(db, amina, DESK, NOW + HOUR)
    script = sign_in(db, amina, None, NOW - HOUR)
    assert is_known(db, phone, NOW + 2 * HOUR)
    rows = tokens.sign_ins(db, amina, NOW + 2 * HOUR)["items"]
    assert [(row["device"], row["current"]) for row in rows] == [(DESK, False), (PHONE, True), (None, False)]
    assert [row["last_used_at"] for row in rows] == [NOW + HOUR, NOW + 2 * HOUR, NOW - HOUR]
    assert [row["expires_at"] for row in rows] == [at + timedelta(days=30) for at in (NOW + HOUR, NOW, NOW - HOUR)]
    assert not {phone, desk, script} & {row["id"] for row in rows}, "an id tells nothing of the token"


def test_what_a_role_has_ended_is_not_among_them(db, person):
    tess = person("tess")
    roles.give(db, tess, "team", NOW)
    sign_in(db, tess)
    [row] = tokens.sign_ins(db, tess, NOW)["items"]
    assert row["expires_at"] == NOW + 2 * HOUR
    assert tokens.sign_ins(db, tess, NOW + 2 * HOUR)["items"] == []


def test_signing_out_in_one_place_leaves_the_others(db, person):
    amina = person()
    phone, desk = sign_in(db, amina), sign_in(db, amina, DESK, NOW + HOUR)
    there = next(row for row in tokens.sign_ins(db, amina, NOW + HOUR)["items"] if row["device"] == PHONE)
    tokens.end(db, amina, there["id"])
    assert (is_known(db, phone, NOW + HOUR), is_known(db, desk, NOW + HOUR)) == (False, True)
    with pytest.raises(NotFound):
        tokens.end(db, amina, there["id"])


def test_nobody_can_sign_out_anyone_else(db, person):
    amina, ben = person(), person("ben")
    hashed = sign_in(db, amina)
    [there] = tokens.sign_ins(db, amina, NOW)["items"]
    with pytest.raises(NotFound):
        tokens.end(db, ben, there["id"])
    tokens.end_all(db, ben)
    assert is_known(db, hashed, NOW)


def test_a_second_press_of_sign_out_is_no_error(db, person):
    hashed = sign_in(db, person())
    for _ in range(2):
        tokens.sign_out(db, hashed)
    assert not is_known(db, hashed, NOW)


def test_signing_out_everywhere_is_also_here(db, person):
    amina = person()
    hashes = [sign_in(db, amina, device) for device in (PHONE, DESK, None)]
    tokens.end_all(db, amina)
    assert not any(is_known(db, hashed, NOW) for hashed in hashes)


def test_what_has_expired_is_forgotten(db, person):
    sign_in(db, person())
    let_go(db, NOW + timedelta(days=30), "sign_ins")
    assert db.scalars(select(Token)).all() == []
