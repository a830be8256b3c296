"""The sign-in code: at once, easy to copy, and gone as soon as it was sent."""

from datetime import timedelta

import pytest

from tests.notifications.conftest import ZOE
from tests.notifications.reading import html, plain
from tests.sentences import says

pytestmark = pytest.mark.one_database

LINK = "https://headrow.example.org/sign-in/confirm#email=zoe%2Bnhs%40example.org&code=042042"


def test_the_code_stands_alone_on_a_line(world):
    world.sign_in()
    assert "042042" in plain(world.deliver()[0]).splitlines()


def test_the_code_is_not_in_the_subject_that_a_locked_screen_shows(world):
    world.sign_in()
    assert world.deliver()[0]["Subject"] == says("sign_in_email.subject", academy="Leeds Academy")


def test_a_long_code_is_written_so_that_it_can_be_typed(world):
    world.sign_in(code="012345678901")
    assert "0123 4567 8901" in plain(world.deliver()[0]).splitlines()


def test_the_link_carries_address_and_code_where_no_server_is_told(world):
    world.sign_in(email="zoe+nhs@example.org")
    mail = world.deliver()[0]
    assert LINK in plain(mail).splitlines()
    assert LINK.replace("&", "&amp;") in html(mail)


def test_it_says_how_long_the_code_works(world):
    world.sign_in()
    assert says("sign_in_email.good_until", time="Monday 1 February 2027, 10:10am") in plain(world.deliver()[0])


def test_neither_code_nor_address_is_kept_once_it_is_sent(world):
    world.sign_in()
    world.deliver()
    message = world.messages()[0]
    assert (message.state, message.facts, message.address) == ("sent", None, None)
    assert "042042" not in repr(vars(message))


def test_a_code_that_is_no_longer_good_is_not_sent_and_not_kept(world):
    world.sign_in(good_for=timedelta(minutes=10))
    world.later(minutes=10)
    assert world.deliver() == []
    message = world.messages()[0]
    assert (message.state, message.reason, message.facts) == ("failed", "expired", None)


def test_whoever_was_guessed_at_is_told_what_has_changed(world):
    world.hear("registration.sign_in_guessed.v1", f"guesses/{ZOE}", {"person": ZOE, "at": world.now})
    [mail] = world.deliver()
    assert (mail["To"], mail["Subject"]) == ("Zoë Okafor <zoe@example.org>", says("guessed_email.subject"))


def test_whoever_s_second_factor_was_guessed_at_is_told_what_to_do(world):
    world.hear("registration.second_factor_guessed.v1", f"second-factors/{ZOE}", {"person": ZOE, "at": world.now})
    [mail] = world.deliver()
    assert (mail["To"], mail["Subject"]) == ("Zoë Okafor <zoe@example.org>", says("factor_guessed_email.subject"))
    assert "https://headrow.example.org/account/second-factor" in plain(mail)


def test_whoever_can_sign_in_with_a_provider_is_told_and_how_to_remove_it(world):
    told = {"person": ZOE, "provider": "Leeds City Council", "at": world.now}
    world.hear("registration.identity_linked.v1", "identities/1", told)
    [mail] = world.deliver()
    assert (mail["To"], mail["Subject"]) == ("Zoë Okafor <zoe@example.org>", says("identity_email.subject"))
    assert "Leeds City Council" in plain(mail)
    assert "https://headrow.example.org/account/ways-to-sign-in" in plain(mail)


def test_a_code_does_not_wait_behind_other_mail(world):
    world.booking()
    world.later(seconds=1)
    world.sign_in()
    code, booked = (mail["Subject"] for mail in world.deliver())
    assert code == says("sign_in_email.subject", academy="Leeds Academy")
    assert booked.startswith(says("booking_email.confirmed"))
