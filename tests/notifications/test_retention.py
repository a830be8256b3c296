"""What notifications lets go of by itself."""

from datetime import timedelta

import pytest

from services.bus import keeping
from services.notifications import retention
from services.notifications.delivery.transports import Folder
from services.runtime.retention import period
from tests.notifications.conftest import ZOE
from tests.notifications.reading import plain
from tests.sentences import says

DAY = timedelta(days=1)


def run(world):
    with world.begin() as db:
        while keeping.let_go(db, retention.RULES, world.now):
            pass


def test_what_an_email_said_goes_after_its_time_and_that_it_was_sent_stays(world):
    world.booking()
    world.deliver()
    world.now += period("message_bodies") - DAY
    run(world)
    assert world.messages()[0].facts is not None
    world.now += DAY
    run(world)
    (message,) = world.messages()
    assert message.facts is None
    assert (message.state, message.subject is not None) == ("sent", True)


def test_what_is_still_to_be_sent_stays(world):
    world.booking()
    world.now += 2 * period("message_bodies")
    run(world)
    assert world.messages()[0].facts is not None


@pytest.mark.parametrize(("days", "left"), [(0, 2), (1, 0)])
def test_the_files_of_the_last_emails_go_after_a_day(world, tmp_path, days, left):
    world.booking()
    world.deliver()
    world.erase()
    world.deliver(Folder(tmp_path))
    world.now += days * DAY
    with world.begin() as db:
        retention.drop_files(db, f"file:{tmp_path}", world.now)
    assert len([*tmp_path.iterdir()]) == left


def test_files_of_emails_go_after_their_time(world, tmp_path):
    world.booking()
    world.deliver(Folder(tmp_path))
    for passes, left in ((period("mail_files"), 1), (DAY, 0)):
        world.now += passes
        with world.begin() as db:
            retention.drop_files(db, f"file:{tmp_path}", world.now)
        assert len([*tmp_path.iterdir()]) == left


def test_whose_account_nobody_uses_reads_until_when_and_what_to_do(world):
    until = (world.now + 30 * DAY).isoformat()
    world.hear("registration.account_unused.v1", f"unused/{ZOE}", {"person": ZOE, "erased_on": until})
    (mail,) = world.deliver()
    assert mail["Subject"] == says("unused_email.subject")
    assert "/account" in plain(mail)
