"""Reports of mail servers: believed about our letters and their recipients, and never the cause of an error."""

import random
import uuid
from contextlib import suppress

import pytest
from sqlalchemy import select

from services.notifications.delivery import addresses, bounces
from services.notifications.models import Message, Undeliverable
from services.runtime.refusals import Invalid
from tests.notifications.conftest import ZOE
from tests.notifications.reports import FORMS, report
from tests.sentences import says

pytestmark = pytest.mark.patient


@pytest.fixture
def sent(world):
    """Zoë's place was confirmed, and the server took the letter."""
    world.booking()
    world.deliver()
    world.later(minutes=5)
    return world


def take(world, raw: bytes):
    with world.begin() as db:
        return bounces.take(db, raw, world.now)


def bounce(world, **said):
    """Hand in a report on the only letter."""
    (message,) = world.messages()
    return take(world, report(message.id, **said))


def refused(world, raw: bytes) -> str:
    with pytest.raises(Invalid) as refusal:
        take(world, raw)
    (error,) = refusal.value.errors
    assert error["field"] == "report"
    return error["code"]


def marks(world):
    with world.begin() as db:
        return [(mark.address, mark.status) for mark in db.scalars(select(Undeliverable))]


def everything(world):
    """All that a report can change, as text."""
    with world.begin() as db:
        rows = [
            dict(row) for table in (Message, Undeliverable) for row in db.execute(select(table.__table__)).mappings()
        ]
    return str(rows)


# What a report does


@pytest.mark.parametrize("form", FORMS)
def test_a_letter_that_did_not_arrive_has_bounced_and_its_address_is_marked(sent, form):
    assert bounce(sent, form=form) == {
        "message": sent.messages()[0].id,
        "action": "failed",
        "status": "5.1.1",
        "state": "bounced",
    }
    (message,) = sent.messages()
    assert (message.state, message.reason, message.finished_at < sent.now) == ("bounced", "bounced", True)
    assert marks(sent) == [("zoe@example.org", "5.1.1")]


@pytest.mark.parametrize("form", FORMS)
def test_what_the_server_said_is_kept_without_the_address(sent, form):
    bounce(sent, form=form)
    error = sent.messages()[0].error
    assert error.startswith("5.1.1 550")
    assert "zoe" not in error.lower()


def test_the_name_before_the_at_is_taken_out_too(sent):
    bounce(sent, said="550 5.1.1 unknown user: ZOE in mailbox zoe, not zoetrope")
    assert sent.messages()[0].error == (
        "5.1.1 550 5.1.1 unknown user: (the address) in mailbox (the address), not zoetrope"
    )


def test_when_it_was_sent_is_still_known(sent):
    (before,) = sent.messages()
    bounce(sent)
    (message,) = sent.messages()
    assert (message.id, message.state, message.reason) == (before.id, "bounced", "bounced")
    assert message.finished_at == before.finished_at


@pytest.mark.parametrize("status", ["5.1.0", "5.1.1", "5.1.2", "5.1.10", "5.2.1", "5.4.1", "5.4.4"])
def test_an_address_that_is_dead_is_marked(sent, status):
    bounce(sent, status=status, said="smtp; no")
    assert marks(sent) == [("zoe@example.org", status)]


@pytest.mark.parametrize("status", ["5.2.2", "5.7.1", "5.7.26", "5.0.0", "5.1.7", "5.1.8", "5.3.4", "4.4.7", "4.2.2"])
def test_a_full_mailbox_a_policy_and_patience_at_its_end_mark_nothing(sent, status):
    assert bounce(sent, status=status, said="no")["state"] == "bounced"
    assert marks(sent) == []


def test_a_status_that_says_nothing_is_made_up_for_by_what_the_server_said(sent):
    assert bounce(sent, status="5.0.0", said="550 5.1.1 no such user")["status"] == "5.1.1"
    assert marks(sent) == [("zoe@example.org", "5.1.1")]


def test_a_delay_is_noted_and_changes_no_state(sent):
    assert bounce(sent, action="delayed", status="4.4.1", said="451 4.4.1 timed out")["state"] == "sent"
    (message,) = sent.messages()
    assert (message.error, message.reason) == ("4.4.1 451 4.4.1 timed out", None)


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_a_letter_that_arrived_is_delivered(sent, action):
    assert bounce(sent, action=action, status="2.0.0", said="250 OK")["state"] == "delivered"


def test_what_was_relayed_can_bounce_further_on(sent):
    bounce(sent, action="relayed", status="2.0.0")
    assert bounce(sent)["state"] == "bounced"


@pytest.mark.parametrize("action", ["delivered", "delayed", "failed"])
def test_a_letter_that_bounced_stays_so(sent, action):
    bounce(sent)
    before = everything(sent)
    assert bounce(sent, action=action, status="2.0.0" if action == "delivered" else "4.4.1")["state"] == "bounced"
    assert everything(sent) == before


@pytest.mark.parametrize(("action", "status"), [("failed", "5.1.1"), ("delayed", "4.4.1"), ("delivered", "2.0.0")])
def test_the_same_report_twice_changes_nothing(sent, action, status):
    bounce(sent, action=action, status=status)
    before = everything(sent)
    sent.later(hours=1)
    bounce(sent, action=action, status=status)
    assert everything(sent) == before


def test_a_later_letter_that_arrives_takes_the_mark_off(sent):
    sent.later(seconds=1)
    sent.booking(reference="HR-2")
    sent.deliver()
    first, second = sent.messages()
    take(sent, report(first.id))
    take(sent, report(second.id, action="delivered", status="2.0.0"))
    assert marks(sent) == []


def test_an_earlier_letter_that_arrives_late_does_not(sent):
    sent.later(seconds=1)
    sent.booking(reference="HR-2")
    sent.deliver()
    first, second = sent.messages()
    take(sent, report(second.id))
    take(sent, report(first.id, action="delivered", status="2.0.0"))
    assert marks(sent) == [("zoe@example.org", "5.1.1")]


def test_a_report_on_a_letter_whose_sender_died_ends_it(world):
    world.booking()
    assert bounce(world)["state"] == "bounced"
    assert world.deliver() == []
    (message,) = world.messages()
    assert (message.state, message.reason, message.finished_at) == ("bounced", "bounced", world.now)


def test_what_failed_already_stays_failed(world):
    world.booking("place_offered")
    world.later(days=30)
    world.deliver()
    assert bounce(world)["state"] == "failed"


def test_a_sign_in_code_bounces_and_marks_nothing_as_nobody_knows_where_it_went(world):
    world.sign_in()
    world.deliver()
    assert bounce(world)["state"] == "bounced"
    assert world.messages()[0].error == "5.1.1"
    assert marks(world) == []


def test_a_sign_in_code_that_arrives_takes_the_mark_off(sent):
    bounce(sent)
    sent.sign_in()
    sent.deliver()
    code = sent.messages()[1]
    take(sent, report(code.id, action="delivered", status="2.0.0"))
    assert marks(sent) == []


def test_a_report_on_somebody_who_was_erased_brings_nothing_of_them_back(sent):
    sent.erase(told_before=True)
    assert bounce(sent)["state"] == "bounced"
    assert "zoe" not in everything(sent)
    assert marks(sent) == []


def test_erasure_takes_what_a_server_said_and_the_mark(sent):
    bounce(sent)
    sent.erase(told_before=True)
    (message,) = sent.messages()
    assert (message.state, message.error, message.address) == ("bounced", None, None)
    assert marks(sent) == []


def test_a_letter_to_an_address_that_they_had_before_marks_nothing(sent):
    [letter] = sent.messages()
    sent.person(happened="changed", version=2, email="new@example.org")
    assert take(sent, report(letter.id))["state"] == "bounced"
    assert marks(sent) == []


# Which report is believed


def test_a_report_that_names_another_address_alone_is_on_this_letter_that_was_forwarded(sent):
    assert bounce(sent, address="zoe@elsewhere.example")["state"] == "bounced"
    assert marks(sent) == [("zoe@example.org", "5.1.1")]


def several(id_, *named):
    raw = report(id_).decode()
    block = raw[raw.index("Final-Recipient") : raw.index("\r\n\r\n", raw.index("Final-Recipient"))]
    blocks = [block.replace("zoe@example.org", address).replace("5.1.1", status) for address, status in named]
    return raw.replace(block, "\r\n\r\n".join(blocks)).encode()


def test_of_several_recipients_ours_is_found(sent):
    (message,) = sent.messages()
    raw = several(message.id, ("a@example.org", "5.1.1"), ("Zoe@Example.ORG", "5.2.2"))
    assert take(sent, raw)["status"] == "5.2.2"


def test_several_recipients_without_ours_are_refused(sent):
    (message,) = sent.messages()
    raw = several(message.id, ("a@example.org", "5.1.1"), ("b@example.org", "5.2.2"))
    assert refused(sent, raw) == "several-recipients"


def test_a_letter_that_we_did_not_write_is_refused(sent):
    assert refused(sent, report(str(uuid.uuid4()))) == "not-our-letter"


def test_a_report_that_returns_nothing_is_refused(sent):
    raw = report(sent.messages()[0].id)
    assert refused(sent, raw.replace(b"text/rfc822-headers", b"text/plain")) == "no-message-id"
    assert refused(sent, raw.replace(b"Message-ID: <", b"Message-ID: <not-")) == "no-message-id"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00" * 1000,
        b"Subject: Out of office\r\n\r\nI am away.",
        b"Content-Type: multipart/report\r\n\r\nno boundary",
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n--x--",
        b"Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n????",
        b"Content-Type: message/rfc822\r\n\r\n" * 2000,
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(2000)),
        b"Content-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe\xfd",
        b": \r\n" * 5000,
        b"\r\n\r\n" + b"From: x\r\n" * 5000,
    ],
)
def test_what_is_no_report_is_refused_in_words(sent, raw):
    assert refused(sent, raw)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("Action: failed", "Action: exploded"),
        ("Action: failed", "X-Action: failed"),
        ("Final-Recipient: rfc822; zoe@example.org\r\nOriginal-Recipient: rfc822;zoe@example.org\r\n", ""),
    ],
)
def test_a_report_that_does_not_say_what_became_of_the_letter_is_refused(sent, was, becomes):
    raw = report(sent.messages()[0].id).decode()
    assert was in raw
    assert refused(sent, raw.replace(was, becomes).encode())
    assert sent.messages()[0].state == "sent"


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("Status: 5.1.1\r\n", ""),
        ("Status: 5.1.1", "Status: 5.1.1 (bad destination mailbox address)"),
        ("Action: failed", "ACTION:   Failed (really)"),
        ("charset=utf-8", "charset=no-such-charset"),
        ("Diagnostic-Code: smtp; 550", "Diagnostic-Code: smtp; \N{SNOWMAN}\N{PILE OF POO} 550"),
        ("Final-Recipient: rfc822; zoe@example.org", "Final-Recipient: rfc822; <ZOE@example.org>"),
    ],
)
def test_a_report_that_is_written_a_little_differently_is_understood(sent, was, becomes):
    raw = report(sent.messages()[0].id).decode()
    assert was in raw
    assert take(sent, raw.replace(was, becomes).encode())["status"] == "5.1.1"
    assert marks(sent) == [("zoe@example.org", "5.1.1")]


def test_line_ends_of_unix_are_as_good(sent):
    assert take(sent, report(sent.messages()[0].id).replace(b"\r\n", b"\n"))["state"] == "bounced"


def test_a_report_that_returns_a_huge_letter_is_understood(sent):
    raw = report(sent.messages()[0].id, form="exchange")
    assert take(sent, raw.replace(b"Your place is booked.", b"x" * 300_000))["state"] == "bounced"


def test_no_damage_to_a_report_is_more_than_a_refusal(sent):
    """Bytes that are lost, changed and doubled: it is taken or refused, and nothing else is raised."""
    dice = random.Random(3464)
    for round_ in range(300):
        raw = bytearray(report(sent.messages()[0].id, form=list(FORMS)[round_ % 3]))
        for _ in range(dice.randrange(1, 12)):
            at = dice.randrange(len(raw))
            end = at + dice.randrange(1, 40)
            raw[at:end] = dice.choice([b"", bytes([dice.randrange(256)]), raw[at:end] * 2, b"\r\n", b"\x00\xff"])
        with sent.begin() as db:
            with suppress(Invalid):
                bounces.take(db, bytes(raw), sent.now)
            db.rollback()


def test_the_export_shows_the_mark(sent):
    bounce(sent)
    with sent.begin() as db:
        (held,) = addresses.held_on(db, ZOE)
    assert held == {
        "address": "zoe@example.org",
        "since": sent.now,
        "status": "5.1.1",
        "why": says("undeliverable.no_such_address"),
    }
