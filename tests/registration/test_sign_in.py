"""What signing in protects: only the owner of an address gets in, nobody keeps them out, and nobody learns who has an
account."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
from sqlalchemy import func, select

from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.registration.accounts import sign_in
from services.registration.accounts.sign_in import Origin
from services.registration.errors import CodeWrong, TooManyCodes
from services.registration.models import Guess, SignInCode
from services.runtime.settings import Settings
from tests.registration.conftest import NOW
from tests.registration.kept import let_go

SETTINGS = Settings(secret_key="a secret of at least thirty-two characters")
EMAIL = "amina@example.org"
HOME, ELSEWHERE = "192.0.2.1", "203.0.113.9"
HERS, THEIRS = "of her browser", "of another browser"
A_YEAR = timedelta(days=365)


def ask(db, email=EMAIL, address=HOME, now=NOW, browser=None, settings=SETTINGS):
    """Ask for a code, and return the one that was mailed."""
    sign_in.request_code(db, email, Origin(address, browser), settings, now)
    row = db.execute(select(outbox).where(outbox.c.sensitive).order_by(outbox.c.position.desc())).first()
    return Envelope.from_json(row.envelope).data["code"]


def confirm(db, code, email=EMAIL, now=NOW, browser=None):
    """Return who the code lets in; None where it is wrong."""
    let_in = sign_in.confirm_code(db, email, code, SETTINGS, now, browser)
    return None if isinstance(let_in, CodeWrong) else let_in


def wrong(*codes):
    """Return a code of the same length that is none of these."""
    at = int(codes[0])
    while (text := f"{at:0{len(codes[0])}d}") in codes:
        at = (at + 1) % 10 ** len(codes[0])
    return text


def guess_all(db, email=EMAIL):
    """Ask for two codes, and make three wrong guesses: each is compared with both. Return the codes."""
    codes = ask(db, email), ask(db, email, ELSEWHERE)
    for _ in range(3):
        assert confirm(db, wrong(*codes), email) is None
    return codes


def told_of_guesses(db):
    return db.scalars(select(outbox.c.envelope).where(outbox.c.type == "registration.sign_in_guessed.v1")).all()


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


def test_codes_under_way_stay_good_when_another_is_asked_for(db):
    first = ask(db)
    second = ask(db, now=NOW + timedelta(minutes=5))
    elsewhere = ask(db, address=ELSEWHERE, now=NOW + timedelta(minutes=6))
    late = NOW + timedelta(minutes=9, seconds=59)
    assert confirm(db, second, now=late)
    assert confirm(db, elsewhere, now=late)
    assert confirm(db, first, now=late)


def test_whoever_asks_twice_within_a_minute_is_mailed_the_same_code(db):
    assert ask(db) == ask(db, now=NOW + timedelta(seconds=59))
    assert db.scalar(select(func.count()).select_from(SignInCode)) == 1
    assert ask(db, browser=HERS) != ask(db, browser=THEIRS), "a stranger does not share the code of her browser"


def test_each_time_that_a_code_is_mailed_is_an_event_of_its_own(db):
    ask(db)
    ask(db)
    rows = db.execute(select(outbox.c.envelope).where(outbox.c.sensitive).order_by(outbox.c.position)).scalars()
    events = [Envelope.from_json(row) for row in rows]
    assert len({event.id for event in events}) == 2
    assert [event.version for event in events] == [1, 2]
    assert len({event.subject for event in events}) == 1


def test_an_address_has_three_codes_at_most_and_the_last_of_them_is_mailed_again(db):
    codes = [ask(db, address=f"192.0.2.{n}", now=NOW + timedelta(minutes=n)) for n in range(5)]
    assert len({*codes}) == 3
    assert codes[2] == codes[3] == codes[4]
    assert confirm(db, codes[2], now=NOW + timedelta(minutes=13)), "it is good for ten minutes from when it is mailed"


def test_a_code_is_for_its_own_address(db):
    assert confirm(db, ask(db), email="ben@example.org") is None


def test_the_code_itself_is_kept_nowhere_but_in_its_message(db):
    code = ask(db)
    row = db.scalars(select(SignInCode)).one()
    assert len(row.code_hash) == 64
    assert code not in [value for value in vars(row).values() if isinstance(value, str)]


def test_a_code_that_the_release_before_made_works_and_is_not_mailed_again(db):
    ask(db)
    row = db.scalars(select(SignInCode)).one()
    row.code_hash = sign_in.keyed(SETTINGS.secret_key, EMAIL, "424242")
    assert ask(db) != "424242"
    assert confirm(db, "424242")


def test_an_address_gets_five_codes_an_hour_from_one_network(db):
    for minute in range(5):
        ask(db, now=NOW + timedelta(minutes=minute))
    with pytest.raises(TooManyCodes) as refused:
        ask(db, now=NOW + timedelta(minutes=10))
    assert refused.value.facts["retry_after"] == 50 * 60 + 1
    ask(db, now=NOW + timedelta(minutes=60, seconds=1))


def test_the_same_code_mailed_again_counts(db):
    for _ in range(5):
        ask(db)
    with pytest.raises(TooManyCodes):
        ask(db)


def test_a_stranger_who_asks_in_her_name_locks_nobody_out(db):
    """Five anonymous requests took the owner's code away, and let her have no other for an hour."""
    hers = ask(db)
    for _ in range(5):
        ask(db, address=ELSEWHERE)
    with pytest.raises(TooManyCodes):
        ask(db, address=ELSEWHERE)
    assert confirm(db, hers)
    assert confirm(db, ask(db, now=NOW + timedelta(minutes=2)), now=NOW + timedelta(minutes=2))


def test_an_address_gets_twenty_codes_an_hour_from_everywhere(db):
    for n in range(20):
        ask(db, address=f"192.0.2.{n}")
    with pytest.raises(TooManyCodes):
        ask(db, address=ELSEWHERE)


@pytest.mark.parametrize("addresses", [("192.0.2.1",), tuple(f"2001:db8::{n:x}" for n in range(1, 201))])
def test_two_hundred_people_of_one_network_all_get_a_code(db, addresses):
    codes = {n: ask(db, f"p{n}@example.org", addresses[n % len(addresses)]) for n in range(200)}
    assert all(confirm(db, code, f"p{n}@example.org") for n, code in codes.items())


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(sign_in, "CODES_PER_NETWORK", 10)


def test_a_network_has_a_limit_whichever_of_its_addresses_asks(db, few):
    for n in range(10):
        ask(db, f"p{n}@example.org", f"2001:db8::{n:x}")
    with pytest.raises(TooManyCodes):
        ask(db, "one.more@example.org", "2001:db8::ffff")
    ask(db, "one.more@example.org", "2001:db8:0:1::1")


def test_a_known_network_has_no_limit_of_its_own(db, few):
    known = replace(SETTINGS, known_networks=(ip_network("192.0.2.0/24"),))
    for n in range(12):
        ask(db, f"p{n}@example.org", HOME, settings=known)
    for n in range(10):
        ask(db, f"q{n}@example.org", ELSEWHERE, settings=known)
    with pytest.raises(TooManyCodes):
        ask(db, "one.more@example.org", ELSEWHERE, settings=known)


def test_all_together_get_so_many_codes_an_hour(db):
    settings = replace(SETTINGS, codes_per_hour=10, known_networks=(ip_network("0.0.0.0/0"),))
    for n in range(10):
        ask(db, f"p{n}@example.org", f"192.0.2.{n}", settings=settings)
    assert sign_in.asked_lately(db, NOW) == 10
    with pytest.raises(TooManyCodes) as refused:
        ask(db, "one.more@example.org", ELSEWHERE, settings=settings)
    assert refused.value.facts["retry_after"] == 60 * 60 + 1
    assert sign_in.asked_lately(db, NOW + timedelta(hours=1)) == 0


def test_without_limits_there_are_as_many_codes_as_one_asks_for(db):
    for _ in range(7):
        ask(db, settings=replace(SETTINGS, limits=False))


# Guessing


def test_what_a_stranger_tries_does_not_use_up_the_tries_of_her_browser(db):
    code = ask(db, browser=HERS)
    for _ in range(5):
        assert confirm(db, wrong(code), browser=THEIRS) is None
    assert confirm(db, code, browser=THEIRS) is None
    assert confirm(db, code, browser=HERS)


def test_a_stranger_who_uses_up_the_tries_of_all_codes_leaves_her_one_that_works(db):
    """Three of the stranger's were mailed to her again and again, which no longer let anyone in."""
    guess_all(db)
    for hour in range(1, 4):
        now = NOW + timedelta(hours=hour)
        for n in range(3):
            code = ask(db, address=f"198.51.100.{n}", now=now, browser=f"{THEIRS}, {n}")
        for _ in range(15):
            assert confirm(db, wrong(code), now=now) is None
        assert confirm(db, ask(db, now=now, browser=HERS), now=now, browser=HERS)


def test_after_six_wrong_guesses_an_address_gets_codes_of_twelve_digits(db, person):
    amina = person("amina")
    for code in guess_all(db, amina.email):
        assert len(code) == 6
        assert confirm(db, code, amina.email) is None, "what can be guessed is worth nothing any more"
    later = NOW + timedelta(minutes=2)
    long = ask(db, amina.email, now=later)
    assert len(long) == 12
    assert confirm(db, long, amina.email, later).id == amina.id
    assert len(ask(db, amina.email, now=NOW + A_YEAR - timedelta(days=1))) == 12
    assert len(ask(db, amina.email, now=NOW + A_YEAR + timedelta(days=1))) == 6


def test_the_owner_is_told_once_that_someone_guesses(db, person):
    amina = person("amina")
    guess_all(db, amina.email)
    for n in range(3):
        later = NOW + timedelta(hours=n + 1)
        assert confirm(db, wrong(ask(db, amina.email, now=later)), amina.email, later) is None
    [told] = told_of_guesses(db)
    assert Envelope.from_json(told).data["person"] == amina.id


def test_guesses_at_an_address_without_an_account_count_as_well_and_tell_nobody(db):
    guess_all(db)
    assert len(ask(db, address="198.51.100.1")) == 12
    assert told_of_guesses(db) == []


def test_whoever_mistypes_and_then_gets_in_has_guessed_nothing(db):
    for week in range(10):
        now = NOW + timedelta(days=7 * week)
        code = ask(db, now=now, browser=HERS)
        assert len(code) == 6
        assert confirm(db, wrong(code), now=now, browser=HERS) is None
        assert confirm(db, code, now=now, browser=HERS)
    assert db.scalars(select(Guess)).all() == []


def test_that_the_owner_gets_in_forgives_no_stranger(db):
    for week in range(6):
        now = NOW + timedelta(days=7 * week)
        code = ask(db, now=now, browser=HERS)
        assert confirm(db, wrong(code), now=now, browser=THEIRS) is None
        assert bool(confirm(db, code, now=now, browser=HERS)) == (week < 5)
    assert len(ask(db, now=NOW + timedelta(days=49))) == 12


def test_whoever_is_let_in_elsewhere_is_forgiven_nothing_here(db):
    code = ask(db, browser=THEIRS)
    confirm(db, wrong(code), browser=THEIRS)
    own = ask(db, "ben@example.org", browser=THEIRS)
    assert confirm(db, own, "ben@example.org", browser=THEIRS)
    assert db.scalar(select(func.sum(Guess.codes))) == 1


def test_guessing_for_a_year_gets_in_with_less_than_one_chance_in_a_hundred_thousand(db):
    """From many networks, with browsers of its own and without: for two hours, and then every hour as in the last."""
    chances = [0.0, 0.0]
    for hour in range(2):
        now = NOW + timedelta(hours=hour)
        codes = set()
        for n in range(sign_in.CODES_PER_EMAIL):
            at = now + timedelta(minutes=2 * n)
            browser = f"browser {n}" if n % 2 else None
            with suppress(TooManyCodes):
                codes.add(ask(db, address=f"198.51.100.{n}", now=at, browser=browser))
            open_before = {row.id: row.tries + row.own_tries for row in sign_in._open(db, EMAIL, at)}
            for tried in range(12):
                confirm(db, wrong(*codes), now=at, browser=browser if tried % 2 else None)
            rows = db.scalars(select(SignInCode).where(SignInCode.id.in_(open_before))).all()
            compared = sum((row.tries + row.own_tries - open_before[row.id]) / 10**row.digits for row in rows)
            chances[hour] += compared
        let_go(db, now + timedelta(hours=1), "sign_in_codes", "sign_in_guesses")
    assert 0 < chances[0] + (365 * 24 - 1) * chances[1] < 1e-5


def test_whoever_deletes_their_account_leaves_no_guesses_behind(db):
    guess_all(db)
    sign_in.forget_guesses(db, ["ben@example.org"], SETTINGS.secret_key)
    assert db.scalar(select(func.sum(Guess.codes))) == 6
    sign_in.forget_guesses(db, [EMAIL], SETTINGS.secret_key)
    assert db.scalars(select(Guess)).all() == []


def test_what_has_run_out_is_forgotten(db):
    ask(db)
    confirm(db, "000000")
    let_go(db, NOW + timedelta(hours=1), "sign_in_codes", "sign_in_guesses")
    assert len(db.scalars(select(Guess)).all()) == 1
    let_go(db, NOW + A_YEAR, "sign_in_codes", "sign_in_guesses")
    assert [db.scalars(select(kind)).all() for kind in (SignInCode, Guess)] == [[], []]
