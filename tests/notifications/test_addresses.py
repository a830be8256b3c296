"""Addresses that take no mail: marked, shown, written to no more but for codes, and trusted again."""

import uuid

import pytest
from sqlalchemy import select

from services.notifications.causes import mailings
from services.notifications.delivery import addresses, bounces
from services.notifications.delivery.transports import PutOff, Refused
from services.notifications.models import Undeliverable
from services.notifications.service import Notifications
from services.runtime.refusals import NotFound
from tests.bus.vouched import VERIFIER, vouched
from tests.notifications.conftest import ZOE
from tests.notifications.reports import report
from tests.sentences import says

HERSELF = {"id": ZOE, "roles": ["person"]}
TEAM = {"id": "7c1e0b52-4d3a-4b7e-8f21-0a1b2c3d4e5f", "roles": ["person", "team"]}
OPERATOR = {"id": "an-operator", "roles": ["person", "operator"]}

NOBODY = Refused("550 5.1.1 no such user", recipient=True)


def marks(world):
    with world.begin() as db:
        return [(mark.address, mark.status) for mark in db.scalars(select(Undeliverable))]


def address(world, person=ZOE):
    with world.begin() as db:
        return addresses.address_of(db, person)


@pytest.fixture
def marked(world):
    """A server said that there is nobody at Zoë's address."""
    world.booking(reference="HR-1")
    world.letterbox.failures = [NOBODY]
    world.deliver()
    world.later(minutes=1)
    return world


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("550 5.1.1 no such user", "5.1.1"),
        ("550 no such user", "550"),
        ("554 5.4.4 no host", "5.4.4"),
        ("550 5.5.0 mailbox unavailable", "5.5.0"),
        ("553 sorry, that domain is not in my list", "553"),
    ],
)
def test_a_recipient_who_is_refused_for_good_is_marked(world, answer, status):
    world.booking()
    world.letterbox.failures = [Refused(answer, recipient=True)]
    world.deliver()
    assert marks(world) == [("zoe@example.org", status)]
    (message,) = world.messages()
    assert (message.state, message.reason) == ("failed", "refused")


@pytest.mark.parametrize(
    "failure",
    [
        Refused("554 5.6.0 bad content"),
        Refused("550 5.1.1 in the answer to DATA"),
        PutOff("450 4.2.1 busy"),
        Refused("552 5.2.2 mailbox full", recipient=True),
        Refused("552 over quota", recipient=True),
        Refused("554 5.7.1 client host 192.5.1.1 blocked", recipient=True),
        Refused("530 5.7.0 authentication required", recipient=True),
        Refused("503 bad sequence of commands", recipient=True),
    ],
)
def test_what_is_not_about_the_address_marks_nothing(world, failure):
    world.booking()
    world.letterbox.failures = [failure]
    world.deliver()
    assert marks(world) == []


def test_to_a_marked_address_only_codes_are_still_tried(marked):
    marked.booking(reference="HR-2")
    marked.sign_in()
    assert [mail["Subject"] for mail in marked.deliver()] == [says("sign_in_email.subject", academy="Leeds Academy")]
    first, second, code = sorted(marked.messages(), key=lambda message: (message.created_at, message.urgency == 0))
    assert (first.reason, second.state, second.reason, code.state) == ("refused", "failed", "address_marked", "sent")
    assert code.reason is None


def test_a_code_that_a_server_takes_proves_nothing(marked):
    marked.sign_in()
    marked.deliver()
    assert len(marks(marked)) == 1


def test_a_marked_address_does_not_wait_for_what_is_before_it(world):
    world.booking(reference="HR-1")
    world.letterbox.failures = [PutOff("450 busy")]
    world.deliver()
    (message,) = world.messages()
    with world.begin() as db:
        addresses.mark_refused(db, "ZOE@example.org", "550 no", message.id, world.now)
    world.later(seconds=1)
    world.booking(reference="HR-2")
    world.deliver()
    assert [message.reason for message in world.messages()] == [None, "address_marked"]


def test_others_are_written_to(marked):
    ben = str(uuid.UUID(int=99))
    marked.person(id_=ben, email="ben@example.org", name="Ben")
    marked.booking(reference="HR-BEN", person=ben)
    assert len(marked.deliver()) == 1


def test_a_refused_code_to_somebody_who_is_not_known_leaves_no_mark(world):
    world.sign_in(email="stranger@example.org")
    world.letterbox.failures = [NOBODY]
    world.deliver()
    assert marks(world) == []


def test_the_person_sees_it_in_plain_words(world):
    assert address(world) == {"email": "zoe@example.org", "state": "ok", "since": None, "why": None}
    world.booking()
    world.letterbox.failures = [NOBODY]
    world.deliver()
    assert address(world) == {
        "email": "zoe@example.org",
        "state": "undeliverable",
        "since": world.now,
        "why": says("undeliverable.no_such_address"),
    }


def test_a_new_address_has_no_mark_and_the_old_one_is_forgotten(marked):
    marked.person(happened="changed", version=2, email="new@example.org")
    assert address(marked)["state"] == "ok"
    assert marks(marked) == []
    marked.booking(reference="HR-2")
    assert {mail["To"].addresses[0].addr_spec for mail in marked.deliver()} == {"new@example.org"}


def test_a_new_name_leaves_the_mark(marked):
    marked.person(happened="changed", version=2, name="Zoë O.")
    assert len(marks(marked)) == 1


def test_to_say_try_again_takes_the_mark_off_and_twice_is_harmless(marked):
    for _ in range(2):
        with marked.begin() as db:
            assert addresses.trust(db, ZOE)["state"] == "ok"
    marked.booking(reference="HR-2")
    assert len(marked.deliver()) == 1


def test_a_mark_keeps_when_it_was_first_said(marked):
    since = address(marked)["since"]
    marked.sign_in()
    marked.letterbox.failures = [Refused("550 5.1.1 still nobody", recipient=True)]
    marked.deliver()
    assert address(marked)["since"] == since


def test_somebody_who_is_not_known_or_was_erased_has_no_address(marked):
    marked.erase()
    for person in (ZOE, "nobody"):
        with marked.begin() as db, pytest.raises(NotFound):
            addresses.address_of(db, person)
        with marked.begin() as db, pytest.raises(NotFound):
            addresses.trust(db, person)
    assert marks(marked) == []


def test_the_team_sees_whom_no_mail_reaches_page_by_page(world):
    for number in range(5):
        id_ = str(uuid.UUID(int=number + 100))
        world.person(id_=id_, email=f"p{number}@example.org", name="P")
        world.booking(reference=f"HR-{number}", person=id_)
        world.letterbox.failures = [NOBODY]
        world.deliver()
        world.later(minutes=1)
    seen, cursor = [], None
    while True:
        with world.begin() as db:
            page = addresses.page(db, cursor, 2)
        seen += [item["email"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [f"p{number}@example.org" for number in (4, 3, 2, 1, 0)]
    assert set(page["items"][0]) == {"person", "email", "since", "why"}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("550 5.1.1 no", "5.1.1"),
        ("550-5.7.26 no", "5.7.26"),
        ("host 192.0.2.550 said 550 no", "550"),
        ("client 5.1.1.7 blocked", "5.0.0"),
        ("", "5.0.0"),
        ("5.1.1", "5.1.1"),
        ("1550 x", "5.0.0"),
    ],
)
def test_the_code_is_found_in_what_a_server_says(answer, code):
    assert addresses.code_in(answer) == code


# As it is asked over the bus


@pytest.fixture
def service(marked):
    service = Notifications()
    service.database = marked.begin.__self__
    service.verifier = VERIFIER
    return service


def test_the_service_answers_in_the_shapes_that_are_described(service, marked):
    view = Notifications.address_of(service, caller=vouched(HERSELF), person=ZOE).value
    assert view["state"] == "undeliverable"
    (item,) = Notifications.undeliverable(service, caller=vouched(TEAM), cursor=None, limit=20).value["items"]
    assert item == {"person": ZOE, "email": view["email"], "since": view["since"], "why": view["why"]}
    held = Notifications.messages_of(service, caller=vouched(HERSELF), person=ZOE).value
    assert [mark["status"] for mark in held["undeliverable"]] == ["5.1.1"]
    assert Notifications.trust_address(service, caller=vouched(HERSELF), person=ZOE).value["state"] == "ok"


def test_the_service_takes_reports_as_text_of_bytes(service, marked):
    marked.sign_in()
    marked.deliver()
    raw = report(marked.messages()[-1].id) + b"\xff\x00"
    taken = Notifications.take_bounce(service, caller=vouched(OPERATOR), given={"report": raw.decode("latin-1")}).value
    assert (taken["state"], taken["status"]) == ("bounced", "5.1.1")
    for given in ({"report": "\N{SNOWMAN}"}, {"report": ""}, {}, {"report": 1}):
        assert Notifications.take_bounce(service, caller=vouched(OPERATOR), given=given).refusal.code == "invalid"


def test_what_is_counted_of_a_team_s_message_adds_up(world):
    world.booking()
    world.deliver()
    with world.begin() as db:
        mailings.send(db, "march", world.now, "all", "Hello", "You")
    world.deliver()
    letter = next(message for message in world.messages() if message.template == "team_message")
    for action, status in (("delivered", "2.0.0"), ("failed", "5.1.1")):
        with world.begin() as db:
            state = bounces.take(db, report(letter.id, action=action, status=status), world.now)["state"]
            (item,) = mailings.page(db, "march", None, 20)["items"]
        counts = {name: item[name] for name in ("queued", "sent", "delivered", "bounced", "failed")}
        assert counts == {**dict.fromkeys(counts, 0), state: 1}
