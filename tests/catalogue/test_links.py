"""The link check: what is asked, when one is called broken, and what is never asked."""

import socket
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest

from services.catalogue import asking, links
from services.runtime import clock
from services.runtime.refusals import NotAllowed
from tests.catalogue.given import slides

pytestmark = pytest.mark.patient

DAY = timedelta(days=1)
OK, GONE = asking.Answer(True, "200 OK"), asking.Answer(False, "404 Not Found")
UNKNOWN = asking.Answer(None, "?")


class Site(BaseHTTPRequestHandler):
    """A web site of the test's: what it answers stands in the path, and what it was asked is kept."""

    asked: list[tuple[str, str, str]]

    def answer(self) -> None:
        self.asked.append((self.command, self.path, self.headers.get("User-Agent", "")))
        what = self.path.strip("/").split("/")
        status = int(what[0].removeprefix("get-")) if what[0].removeprefix("get-").isdigit() else 200
        if what[0].startswith("get-") and self.command == "GET":
            status = 200
        self.send_response(status)
        if what[0] == "302":
            self.send_header("Location", "/".join(what[1:]).replace("_", "/"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site():
    """Return the address of a web site on this machine, and what it was asked."""
    kept: list[tuple[str, str, str]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Mine", (Site,), {"asked": kept}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", kept
    server.shutdown()
    server.server_close()


def anyone(_):
    return True


# Asking


@pytest.mark.parametrize(
    ("path", "ok", "methods"),
    [
        ("/200", True, ["HEAD"]),
        ("/404", False, ["HEAD", "GET"]),
        ("/get-405", True, ["HEAD", "GET"]),
        ("/500", False, ["HEAD", "GET"]),
        ("/403", True, ["HEAD", "GET"]),
        ("/429", True, ["HEAD"]),
        ("/302/_200", True, ["HEAD", "HEAD"]),
        ("/302/_404", False, ["HEAD", "HEAD", "GET"]),
    ],
)
def test_the_head_is_asked_for_and_the_whole_where_that_is_refused(site, path, ok, methods):
    address, kept = site
    assert asking.ask(address + path, anyone).ok is ok
    assert [method for method, _, _ in kept] == methods
    assert all(agent.startswith("Headrow/") for _, _, agent in kept)


def test_a_circle_of_redirects_ends(site):
    address, kept = site
    assert asking.ask(f"{address}/302/_302_.", anyone).ok is False
    assert len(kept) <= 12


def test_what_nobody_answers_and_what_has_no_host_failed():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert asking.ask(f"http://127.0.0.1:{unused.getsockname()[1]}/", anyone).ok is False
    assert asking.ask("http://nowhere.invalid/", anyone).ok is False


PRIVATE = (
    "127.0.0.1 10.1.2.3 169.254.169.254 192.168.1.1 100.64.0.1 0.0.0.0 224.0.0.1"
    " ::1 fd00::1 fe80::1 64:ff9b::a00:1 2002:a00:1::"
)


@pytest.mark.parametrize("address", PRIVATE.split())
def test_an_address_that_is_not_of_the_open_network_is_none_of_ours(address):
    assert not asking.is_public(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_an_address_of_the_open_network_is_asked(address):
    assert asking.is_public(ip_address(address))


@pytest.mark.parametrize("url", ["{site}/200", "http://localhost:{port}/200", "http://[::ffff:127.0.0.1]:{port}/200"])
def test_no_address_of_a_private_network_is_asked_whatever_it_is_called(site, url):
    address, kept = site
    answer = asking.ask(url.format(site=address, port=address.rpartition(":")[2]))
    assert (answer.ok, kept) == (None, [])


def test_a_redirect_to_a_private_network_is_not_followed(site):
    address, kept = site
    seen = []

    def first_alone(found):
        seen.append(found)
        return len(seen) == 1

    assert asking.ask(f"{address}/302/_200", first_alone).ok is None
    assert [path for _, path, _ in kept] == ["/302/_200"]


@pytest.mark.parametrize("url", ["ftp://example.org/a", "file:///etc/passwd", "https://"])
def test_what_is_no_web_address_is_not_asked(url):
    assert asking.ask(url, anyone).ok is None


# When one is broken


def publish(catalogue, url="https://example.org/slides.pdf"):
    added = catalogue.ask("add_material", slug="talk", given=slides(url=url))
    return catalogue.ask("publish_material", id=added["id"], given={})


def check(catalogue, answer, after=timedelta(0)):
    """Ask all that is due so much later, and return how many were asked."""
    clock.start_at(clock.now() + after)
    with catalogue.transactions.begin() as db:
        links.keep_up(db, clock.now())
    asked = []
    while links.check_next(catalogue.transactions.begin, clock.now, lambda url: asked.append(url) or answer):
        pass
    return asked


def broken(catalogue):
    return catalogue.ask("broken_links")


def test_a_link_is_broken_once_it_failed_on_two_days(published):
    material = publish(published)
    assert check(published, GONE) == [material["url"]]
    assert broken(published)["total"] == 0
    assert check(published, GONE, after=timedelta(hours=2)) == []
    check(published, GONE, after=DAY)
    [link] = broken(published)["items"]
    assert (link["url"], link["said"], link["materials"]) == (material["url"], GONE.said, [material])
    assert link["broken_since"] < link["checked_at"]
    assert published.ask("broken_links")["checked"] == 1


def test_an_answer_takes_it_off_the_list_and_the_days_begin_again(published):
    publish(published)
    check(published, GONE)
    check(published, GONE, after=DAY)
    assert check(published, OK, after=3 * DAY) != []
    assert broken(published)["total"] == 0
    assert check(published, GONE, after=6 * DAY) == []
    check(published, GONE, after=2 * DAY)
    assert broken(published)["total"] == 0


def test_what_answers_is_asked_once_a_week(published):
    publish(published)
    assert len(check(published, OK)) == 1
    assert check(published, OK, after=6 * DAY) == []
    assert len(check(published, OK, after=DAY)) == 1


def test_what_cannot_be_asked_from_here_is_not_broken(published):
    publish(published)
    check(published, UNKNOWN)
    check(published, UNKNOWN, after=8 * DAY)
    assert broken(published)["total"] == 0


def test_only_what_is_published_is_asked_and_what_is_withdrawn_is_let_go_of(published):
    published.ask("add_material", slug="talk", given=slides(url="https://example.org/draft"))
    shown = publish(published)
    assert check(published, GONE) == [shown["url"]]
    check(published, GONE, after=DAY)
    published.ask("withdraw_material", id=shown["id"])
    assert check(published, GONE, after=8 * DAY) == []
    assert broken(published) == {"items": [], "next": None, "total": 0, "checked": 0}


def test_one_address_of_a_host_is_asked_at_a_time(published):
    urls = ["https://a.example/1", "https://a.example/2", "https://b.example/1"]
    for url in urls:
        publish(published, url)
    with published.transactions.begin() as db:
        links.keep_up(db, clock.now())
    held = []
    for _ in range(3):
        with published.transactions.begin() as db:
            held.append(links.claim(db, clock.now()))
    assert [link and link[1] for link in held] == ["https://a.example/1", "https://b.example/1", None]
    with published.transactions.begin() as db:
        links.note(db, held[0][0], OK, clock.now())
        assert links.claim(db, clock.now())[1] == "https://a.example/2"


def test_what_a_process_that_ended_held_is_asked_again(published):
    publish(published)
    with published.transactions.begin() as db:
        links.keep_up(db, clock.now())
        assert links.claim(db, clock.now())
    with published.transactions.begin() as db:
        assert links.claim(db, clock.now()) is None
        assert links.claim(db, clock.now() + links.LEASE)


def test_nothing_is_asked_while_no_transaction_may_wait(published):
    publish(published)
    with published.transactions.begin() as db:
        links.keep_up(db, clock.now())

    def writes_meanwhile(_):
        with published.transactions.begin() as db:
            links.keep_up(db, clock.now())
        return OK

    assert links.check_next(published.transactions.begin, clock.now, writes_meanwhile)


@pytest.mark.parametrize("turned_on", [True, False])
def test_the_service_checks_links_only_where_that_is_turned_on(published, turned_on):
    publish(published)
    asked = []
    service = published.service
    service.ask = lambda url: asked.append(url) or OK
    service.config = type("Config", (), {"check_links": turned_on})()
    service.keep_up_links()
    assert service.check_links() is turned_on
    assert (len(asked), published.ask("broken_links")["checked"]) == ((1, 1) if turned_on else (0, 0))


def test_only_the_team_reads_which_are_broken(published):
    with pytest.raises(NotAllowed):
        published.ask("broken_links", caller={"id": "somebody", "roles": ["person"]})
