"""What days of guessing come to, by someone who tries all that the rules let through, hour by hour of a moved clock.

The chance is summed over what was really compared: a guess meets a code of n digits with one chance in 10^n. What the
last day gives is taken for each day of the year that is left.
"""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address

import pyotp
import pytest
from sqlalchemy import delete, func, select

from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.registration.accounts import roles, second_factor, sign_in, tokens
from services.registration.accounts.sign_in import Origin
from services.registration.errors import CodeWrong, SecondFactorWrong, TooManyCodes, TooManyTries
from services.registration.models import Audit, FactorTry
from services.runtime.settings import Settings
from tests.registration.conftest import NOW
from tests.registration.kept import let_go

pytestmark = [pytest.mark.patient, pytest.mark.one_database]

LIMITED = Settings(secret_key="a secret of at least thirty-two characters", second_factor="required")
HERS, HOME = "of her browser", "192.0.2.1"
STEP = timedelta(seconds=second_factor.STEP)
MINUTE, HOUR, DAY, YEAR = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(days=365)
DAYS = 3
ACCEPTED = 1e-5  # in a year


def in_a_year(days: list[float]) -> float:
    """Return the chance in a year that begins with these days and goes on like the last of them."""
    return sum(days) + (YEAR.days - len(days)) * days[-1]


class Guesser:
    """Someone who wants into an account by its codes alone, from as many networks and browsers as help."""

    def __init__(self, db, email):
        self.db, self.email = db, email
        self.mailed, self.networks = [], 0
        self.compared = Counter()  # how many codes of so many digits a guess was compared with

    def ask(self, now):
        """Have a new code mailed to a browser and from a network of its own; say whether the rules allow one."""
        good = [row for row in sign_in._open(self.db, self.email, now) if row.tries < sign_in.TRIES]
        if len(good) == sign_in.MOST_OPEN:
            return False  # one of them would be mailed again
        self.networks += 1
        origin = Origin(str(ip_address("198.18.0.0") + self.networks), f"browser {self.networks}")
        with suppress(TooManyCodes):
            self.mailed.append(code_mailed(self.db, self.email, origin, now))
            return True
        return False

    def begin(self, now):
        """Get the most out of short codes: as many guesses as may be wrong but one meet one code, and the last all."""
        self.ask(now)
        rows = sign_in._open(self.db, self.email, now)
        for _ in range(sign_in.GUESSES - 1):
            assert self._try(rows, rows[0].browser, sign_in.SHORT, now) == 1
        for _ in range(sign_in.MOST_OPEN - 1):
            self.ask(now)
        assert self._try(sign_in._open(self.db, self.email, now), None, sign_in.SHORT, now) == sign_in.MOST_OPEN

    def guess(self, now):
        """Try codes of each length as each browser that has one, and as none, until nothing is looked at any more."""
        rows = sign_in._open(self.db, self.email, now)
        for browser in (*(row.browser for row in rows), None):
            for digits in {row.digits for row in rows}:
                while self._try(rows, browser, digits, now):
                    pass

    def _try(self, rows, browser, digits, now):
        before = _tries_of(rows)
        answer = sign_in.confirm_code(self.db, self.email, self._wrong(digits), LIMITED, now, browser)
        assert isinstance(answer, CodeWrong)
        met = _tries_of(rows) - before
        self.compared += met
        return met.total()

    def _wrong(self, digits):
        """Return a code that nobody was mailed: a guess that is lucky would end the sum."""
        return next(text for n in range(1000) if (text := f"{n:0{digits}d}") not in self.mailed)

    @property
    def chance(self):
        return sum(number / 10**digits for digits, number in self.compared.items())


def _tries_of(rows):
    tried = Counter()
    for row in rows:
        tried[row.digits] += row.tries + row.own_tries
    return tried


def code_mailed(db, email, origin, now):
    sign_in.request_code(db, email, origin, LIMITED, now)
    row = db.execute(select(outbox).where(outbox.c.sensitive).order_by(outbox.c.position.desc())).first()
    return Envelope.from_json(row.envelope).data["code"]


def forget_what_slows_this_down(db):
    """Have the record of what was refused, and what was announced, not grow with each guess."""
    db.flush()
    db.execute(delete(Audit))
    db.execute(delete(outbox).where(outbox.c.sensitive))


def guess_for_a_day(db, guesser, now):
    """Have someone guess from hour to hour for a day; return the chance that they had."""
    before = guesser.chance
    for hour in range(24):
        for minute in range(0, 60, 2):
            at = now + hour * HOUR + minute * MINUTE
            if guesser.ask(at):
                guesser.guess(at)
        let_go(db, now + (hour + 1) * HOUR, "sign_in_codes", "sign_in_guesses")
        forget_what_slows_this_down(db)
    return guesser.chance - before


def come_in(db, email, now):
    """Have the owner sign in, which forgives what her own browser got wrong."""
    code = code_mailed(db, email, Origin(HOME, HERS), now)
    assert sign_in.confirm_code(db, email, code, LIMITED, now, HERS).email == email
    let_go(db, now + HOUR, "sign_in_codes", "sign_in_guesses")


def test_days_of_guessing_codes_get_in_with_less_than_one_chance_in_a_hundred_thousand_a_year(db, person):
    """And so it is a year later, when the guesses of the first are forgotten."""
    email = person("amina").email
    for begin, days in ((NOW, DAYS), (NOW + YEAR + 2 * DAYS * DAY, 1)):
        guesser = Guesser(db, email)
        guesser.begin(begin - HOUR)
        chances = [guesser.chance]
        for day in range(days):
            chances.append(guess_for_a_day(db, guesser, begin + 2 * day * DAY))
            come_in(db, email, begin + (2 * day + 1) * DAY + HOUR)
        assert guesser.compared[sign_in.LONG] > days * 24 * 150, "it is not for want of trying"
        assert 0 < in_a_year(chances) < ACCEPTED


class App:
    """The authenticator app of someone of the team, set up at a moment."""

    def __init__(self, db, person, now):
        self.db, self.person = db, person
        roles.give(db, person, "team", now)
        tokens.signed_in(db, tokens.hash_of(sign_in.admit(db, person, now, "Firefox", needs_factor=True)["token"]), now)
        self._app = pyotp.TOTP(second_factor.begin(db, person, None, LIMITED, now)["secret"])
        assert second_factor.confirm(db, person, self._app.at(now), LIMITED, now)["recovery_codes"]

    def try_it(self, now, code, browser):
        return second_factor.refuse(self.db, self.person, second_factor.Given(code, browser), LIMITED, now)

    @property
    def wrong_codes(self):
        """How many were looked at."""
        return self.db.scalar(select(func.count()).select_from(FactorTry))

    def right(self, now, many):
        """Return so many codes in a row, the last of them of now."""
        return "".join(self._app.at(now + n * STEP) for n in range(1 - many, 1))

    def wrong(self, now, many):
        """Return what is right at no time near this one, so that no luck ends the sum."""
        near = {self._app.at(now + n * STEP) for n in range(-4, 5)}
        return next(text for n in range(100) if (text := f"{n:06d}") not in near) * many


def test_days_of_guessing_a_second_factor_get_in_with_less_than_one_chance_in_a_hundred_thousand_a_year(db, person):
    """By someone who reads the owner's emails, and so needs nothing else. The owner comes in each day meanwhile."""
    app = App(db, person("tess"), NOW)
    right = 2 * second_factor.DRIFT + 1  # so many codes are right at a moment
    each = {
        second_factor.SHORT: right / 10**second_factor.SHORT,
        second_factor.LONG: max(right / 10**second_factor.LONG, second_factor.RECOVERY_CODES / 2**80),
    }
    chances, seen = [], Counter()
    for day in range(DAYS):
        begin, before = NOW + HOUR + 2 * day * DAY, seen.copy()
        for minute in range(0, 24 * 60, 3):
            now = begin + minute * MINUTE
            for many in (1, 2, 2):
                count = app.wrong_codes
                refused = app.try_it(now, app.wrong(now, many), f"browser {minute}")
                assert isinstance(refused, (SecondFactorWrong, TooManyTries))
                seen[many * second_factor.SHORT] += app.wrong_codes - count
        later = begin + DAY + HOUR
        assert app.try_it(later, app.right(later, 2), HERS) is None
        let_go(db, later, "second_factor_guesses")
        chances.append(sum((seen - before)[digits] * chance for digits, chance in each.items()))
    assert seen[second_factor.LONG] > DAYS * 24 * 15, "it is not for want of trying"
    assert 0 < in_a_year(chances) < ACCEPTED
