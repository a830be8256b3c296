"""Mail by GOV.UK Notify, to a stand-in that speaks its HTTP API: sent once, and every failure what it is."""

import logging
import socket
import time

import pytest

from services.notifications.delivery.notify import Notify, body_of
from services.notifications.delivery.transports import Refused, Unreachable
from services.notifications.delivery.ways import transport_for
from services.notifications.emails import Letter
from tests.notifications import notify as stand_in
from tests.notifications.conftest import NOW
from tests.notifications.notify import KEY, SECRET, SERVICE, TEMPLATE
from tests.sentences import says

pytestmark = [pytest.mark.patient, pytest.mark.one_database]


def letter(id_="one", **more) -> Letter:
    given = {"plain": "Hello Zoë,\n\nWHEN\n9 March\n", **more}
    return Letter(id_, NOW, "academy@example.org", "zoe@example.org", "Your place in March", b"", **given)


@pytest.fixture
def there():
    with stand_in.running() as notify:
        yield notify


@pytest.fixture
def notify(there):
    notify = Notify(there.url, 1, 1)
    yield notify
    notify.rest()


def test_a_letter_fills_in_the_template(notify, there):
    notify.send(letter(one_click_unsubscribe_url="https://headrow.example.org/stop"))
    assert there.taken == [
        {
            "email_address": "zoe@example.org",
            "template_id": TEMPLATE,
            "personalisation": {"subject": "Your place in March", "body": "Hello Zoë,\n\n# WHEN\n9 March"},
            "reference": "one",
            "one_click_unsubscribe_url": "https://headrow.example.org/stop",
        }
    ]
    assert there.asked == []


def test_the_address_is_that_of_https_but_for_tests():
    url = f"notify://{KEY}@api.notifications.service.gov.uk/{TEMPLATE}"
    assert transport_for(url).address == "https://api.notifications.service.gov.uk"


@pytest.mark.parametrize("url", [f"notify://{KEY}@host", f"notify://swordfish@host/{TEMPLATE}", "notify:///x"])
def test_what_is_no_address_of_notify_is_said_without_the_key(url):
    with pytest.raises(ValueError, match="API_KEY@HOST/TEMPLATE_ID") as error:
        Notify(url)
    assert SECRET not in str(error.value)
    assert "swordfish" not in str(error.value)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (400, Refused, "400 email_address Not a valid address"),
        ((400, "BadRequestError", "Can’t send to this recipient using a team-only API key"), Refused, "team-only"),
        ((400, "BadRequestError", "Missing personalisation: body"), Unreachable, "Missing personalisation"),
        ((404, "NoResultFound", "No result found"), Unreachable, "404"),
        (403, Unreachable, says("refusal.notify_key")),
        (429, Unreachable, "429 Exceeded rate limit"),
        (500, Unreachable, "500 Internal server error"),
        ((503, "Exception", "Try later"), Unreachable, "503"),
        ("slow", Unreachable, "503"),
        ("garbage", Unreachable, "200"),
    ],
)
def test_the_answer_decides_whether_to_try_again(notify, there, answer, kind, said):
    there.next = [answer]
    with pytest.raises(kind, match=said):
        notify.send(letter())
    notify.send(letter("next"))
    assert there.taken[-1]["reference"] == "next"


def test_only_a_wrong_address_is_held_against_the_recipient(notify, there):
    there.next = [400, (400, "BadRequestError", "Content is longer than 1MB")]
    found = []
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            notify.send(letter())
        found.append(refused.value.recipient)
    assert found == [True, False]


def test_a_template_that_is_not_there_loses_no_letter(there):
    with pytest.raises(Unreachable, match="Template not found"):
        Notify(there.url.replace(TEMPLATE, "another"), 1, 1).send(letter())


def test_a_port_where_nobody_listens_is_a_reason_to_try_again():
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    with pytest.raises(Unreachable):
        Notify(f"notify+http://{KEY}@127.0.0.1:{port}/{TEMPLATE}", 1, 1).send(letter())


@pytest.mark.parametrize("answer", ["lost", "slow"])
def test_what_was_taken_without_a_word_is_not_sent_again(world, notify, there, answer):
    world.booking()
    there.next = [answer]
    world.deliver(notify)
    assert [message.state for message in world.messages()] == ["queued"]
    world.later(seconds=5)
    if answer == "slow":
        time.sleep(1)  # it takes the letter long after we gave up
    world.deliver(notify)
    (message,) = world.messages()
    assert message.state == "sent"
    assert [one["reference"] for one in there.taken] == there.asked == [message.id]


def test_what_was_refused_for_now_is_sent_when_it_is_tried_again(world, notify, there):
    world.booking()
    there.next = [429, 500]
    for seconds in (0, 5, 15):
        world.later(seconds=seconds)
        world.deliver(notify)
    (message,) = world.messages()
    assert (message.state, message.attempts) == ("sent", 3)
    assert [one["reference"] for one in there.taken] == [message.id]


def test_an_invite_that_cannot_come_along_is_spoken_of(world, notify, there):
    world.booking()
    world.later(minutes=1)
    world.deliver(notify)
    world.booking("booking_cancelled", version=2)
    world.deliver(notify)
    booked, cancelled = [one["personalisation"]["body"] for one in there.taken]
    page = "https://headrow.example.org/bookings/HR-7K2M9Q"
    assert booked.endswith(f"{says('email.from_booking_page')}\n{page}")
    assert cancelled.endswith(f"{says('email.delete_old_times')}\n{page}")
    assert f"# {says('email.when').upper()}\nTuesday 9 March 2027, 9:30am to 4:30pm" in booked


def test_neither_key_nor_address_gets_into_a_log_or_an_error(world, there, caplog):
    caplog.set_level(logging.DEBUG)
    world.booking()
    there.next = [403, (400, "ValidationError", "email_address zoe@example.org is not valid")]
    notify = Notify(there.url, 1, 1)
    world.deliver(notify)
    world.later(seconds=5)
    world.deliver(notify)
    (message,) = world.messages()
    assert message.error == "GOV.UK Notify: 400 email_address (the address) is not valid"
    assert SECRET not in caplog.text
    assert "zoe@" not in caplog.text


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("# not a heading", r"\# not a heading"),
        ("#1 of 3", r"\#1 of 3"),
        ("1. May", r"1\. May"),
        ("^ this", r"\^ this"),
        ("---", r"\---"),
        ("- - -", r"\- - -"),
        ("- one of a list", "- one of a list"),
        ("-5 degrees", r"\-5 degrees"),
        ("    indented", "indented"),
        ("[here](https://evil.example)", r"\[here\](https://evil.example)"),
        ("a *b* `c` | d", r"a \*b\* \`c\` \| d"),
        ("https://example.org/a_b*c?d=[e]", "https://example.org/a_b*c?d=[e]"),
        ("((subject))", "((subject))"),
    ],
)
def test_what_looks_like_markup_is_shown_as_it_stands(line, shown):
    assert body_of(letter(plain=f"Hello,\n{line}\n")) == f"Hello,\n{shown}"


def test_the_doctor_can_look_at_key_and_template(there):
    Notify(there.url, 1, 1).look()
    there.template = {"subject": "News", "body": "((body))"}
    with pytest.raises(Unreachable, match=r"has no \(\(subject\)\)"):
        Notify(there.url, 1, 1).look()
    with pytest.raises(Unreachable, match="404 No result found"):
        Notify(there.url.replace(TEMPLATE, "another"), 1, 1).look()
    with pytest.raises(Unreachable, match=says("refusal.notify_key")):
        Notify(there.url.replace(SECRET, SERVICE), 1, 1).look()
