"""Mail by SMTP, to a real server in this process that answers as it is told to."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from services.notifications.delivery.transports import LETTERS_A_CONNECTION, PutOff, Refused, Server, Unreachable
from tests.notifications import faulty_server
from tests.notifications.letters import letter
from tests.sentences import says


class Post:
    """Takes mails, or answers what it was told to answer to the next commands."""

    def __init__(self) -> None:
        self.connections = 0
        self.taken = []
        self.to_sender, self.to_recipient, self.to_data = [], [], []

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802 - aiosmtpd's name
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        envelope.mail_from = address
        return await self._answer(self.to_sender, server)

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        envelope.rcpt_tos.append(address)
        return await self._answer(self.to_recipient, server)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = await self._answer(self.to_data, server)
        if answer.startswith("250"):
            self.taken.append(envelope)
        return answer

    @staticmethod
    async def _answer(answers, server):
        answer = answers.pop(0) if answers else "250 OK"
        if answer == "slow":
            await asyncio.sleep(0.6)
            return "250 OK"
        if answer == "drop":
            server.transport.abort()
        return answer

    @property
    def subjects(self):
        return [message_from_bytes(envelope.content, policy=policy.default)["Subject"] for envelope in self.taken]


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def start(post) -> Iterator:
    """Start the server: `start(**options of aiosmtpd)` returns its address."""
    running = []

    def start(**options) -> str:
        with socket.create_server(("127.0.0.1", 0)) as found:
            port = found.getsockname()[1]
        controller = Controller(post, "127.0.0.1", port, **options)
        controller.start()
        running.append(controller)
        return f"127.0.0.1:{port}"

    yield start
    for controller in running:
        controller.stop(no_assert=True)


@pytest.fixture
def server(start) -> Iterator[Server]:
    server = Server(f"smtp://{start()}", 2, 2)
    yield server
    server.rest()


def test_a_letter_arrives_as_it_was_written(server, post):
    server.send(letter())
    (envelope,) = post.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == ("academy@example.org", ["zoe@example.org"])
    assert envelope.content == letter().mail


def test_letters_share_a_connection(server, post):
    for number in range(5):
        server.send(letter(str(number)))
    assert post.connections == 1
    server.rest()
    server.send(letter("after a rest"))
    assert post.connections == 2


def test_a_connection_is_not_used_for_ever(server, post):
    for number in range(LETTERS_A_CONNECTION + 1):
        server.send(letter(str(number)))
    assert post.connections == 2


@pytest.mark.parametrize("stage", ["to_recipient", "to_data"])
@pytest.mark.parametrize(("answer", "kind"), [("451 4.7.1 Greylisted", PutOff), ("550 5.1.1 No such user", Refused)])
def test_the_servers_answer_decides_whether_to_try_again(server, post, stage, answer, kind):
    setattr(post, stage, [answer])
    with pytest.raises(kind, match=answer[:3]):
        server.send(letter())
    server.send(letter("next"))
    assert post.subjects == ["next"]
    assert post.connections == 1


@pytest.mark.parametrize("answer", ["451 Later", "550 You are not known here"])
def test_a_server_that_will_not_have_us_has_not_refused_the_letter(server, post, answer):
    post.to_sender = [answer]
    with pytest.raises(Unreachable, match=answer[:3]):
        server.send(letter())


def test_a_server_is_given_longer_to_think_about_a_letter_than_to_say_hello(start, post):
    server = Server(f"smtp://{start()}", connecting=0.3, answering=5)
    post.to_data = ["slow"]
    server.send(letter())
    server.send(letter("next"))
    assert post.subjects == ["one", "next"]
    server.rest()


@pytest.mark.parametrize("stage", ["to_sender", "to_recipient", "to_data"])
def test_a_connection_that_is_lost_is_a_reason_to_try_again(server, post, stage):
    setattr(post, stage, ["drop"])
    with pytest.raises(Unreachable):
        server.send(letter())
    server.send(letter("next"))
    assert post.subjects == ["next"]


def test_a_connection_that_the_server_closed_between_letters_is_replaced(server, post):
    server.send(letter("one"))
    server._idle[0].smtp.sock.shutdown(socket.SHUT_RDWR)
    server.send(letter("two"))
    assert post.subjects == ["one", "two"]


def test_a_port_where_nobody_listens_is_a_reason_to_try_again():
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    with pytest.raises(Unreachable, match="refused"):
        Server(f"smtp://127.0.0.1:{port}").send(letter())


def test_a_server_that_says_nothing_is_given_up_after_a_while():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = Server(f"smtp://127.0.0.1:{silent.getsockname()[1]}", 0.2)
        with pytest.raises(Unreachable, match="timed out"):
            server.send(letter())


def test_what_the_server_says_is_kept_without_the_address(server, post):
    post.to_recipient = ["550 5.1.1 <Zoe@Example.org>: no such user"]
    with pytest.raises(Refused) as refused:
        server.send(letter())
    assert str(refused.value) == "550 5.1.1 <(the address)>: no such user"


def accept(server, session, envelope, mechanism, given):
    return AuthResult(success=(given.login, given.password) == (b"me", b"secret"), handled=False)


def test_the_password_is_given_where_the_server_is_on_this_machine(start, post):
    address = start(authenticator=accept, auth_require_tls=False)
    Server(f"smtp://me:secret@{address}", 2, 2).send(letter())
    assert post.subjects == ["one"]
    with pytest.raises(Unreachable, match="535"):
        Server(f"smtp://me:wrong@{address}", 2, 2).send(letter())


def test_the_password_never_crosses_a_network_in_clear(start):
    server = Server(f"smtp://me:secret@{start(authenticator=accept, auth_require_tls=False)}")
    server.is_here = False
    with pytest.raises(Unreachable, match=says("refusal.readable_password")):
        server.send(letter())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> ssl.SSLContext:
    return faulty_server.certificate(tmp_path_factory.mktemp("certificate"))


def test_a_connection_is_encrypted_where_the_server_can(start, post, certificate):
    server = Server(f"smtp://{start(tls_context=certificate, require_starttls=True)}", 2, 2)
    server.is_here = False
    server.send(letter())
    assert post.subjects == ["one"]
    server.rest()


def test_the_password_is_not_given_to_a_server_that_may_be_another(start, post, certificate):
    server = Server(f"smtp://me:secret@{start(tls_context=certificate, authenticator=accept)}", 2, 2)
    server.is_here = False
    with pytest.raises(Unreachable, match="certificate"):
        server.send(letter())


def test_a_certificate_is_checked_where_tls_was_asked_for(start, certificate):
    with pytest.raises(Unreachable, match="certificate"):
        Server(f"smtps://{start(ssl_context=certificate)}", 2, 2).send(letter())


def test_a_message_goes_all_the_way_and_comes_back_after_a_451(world, server, post):
    world.booking()
    post.to_recipient = ["451 4.7.1 Greylisted"]
    world.deliver(server)
    assert post.taken == []
    world.later(seconds=5)
    world.deliver(server)
    (envelope,) = post.taken
    mail = message_from_bytes(envelope.content, policy=policy.default)
    assert mail["Subject"] == f"{says('booking_email.confirmed')}: System Leadership programme: March cohort"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert world.messages()[0].state == "sent"


@pytest.mark.parametrize(("stage", "recipient"), [("to_recipient", True), ("to_data", False)])
def test_a_refusal_says_whether_it_is_the_recipient_that_is_refused(server, post, stage, recipient):
    setattr(post, stage, ["550 5.1.1 no"])
    with pytest.raises(Refused) as refusal:
        server.send(letter())
    assert refusal.value.recipient is recipient
