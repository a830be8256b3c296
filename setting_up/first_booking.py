"""Books a place as a newcomer would: sign in by the emailed code, say who you are, book, read the email."""

import email
import email.policy
import json
import re
import socket
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

MAIL_WITHIN = 60  # seconds
EMAIL = "first@example.org"


class WentWrong(Exception):
    """A step did not end as it should; the message says which."""


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(address: str, within: float, alive: Callable[[], bool]) -> None:
    """Return once Headrow is ready at `address`. Raises WentWrong if it has ended, or is not ready in time."""
    deadline = time.monotonic() + within
    while True:
        try:
            urllib.request.urlopen(f"{address}/health/ready", timeout=5).close()
            return
        except OSError as error:
            if not alive():
                raise WentWrong("Headrow ended before it was ready") from error
            if time.monotonic() > deadline:
                raise WentWrong(f"Headrow was not ready within {within:.0f} s: {error}") from error
            time.sleep(0.2)


def book(address: str, mail: Path) -> Iterator[str]:
    """Book a place at `address`, whose emails are files in `mail`; yield what happened. Raises WentWrong."""
    page = _get(f"{address}/")
    sheet = re.search(r'href="(/static/[^"]*headrow[^"]*\.css[^"]*)"', page)
    if not sheet or "nhsuk" not in _get(address + sheet[1]):
        raise WentWrong("the home page has no style sheet")
    yield "the home page is there, and its style sheet"
    _post(f"{address}/api/v1/sign-in", {"email": EMAIL})
    code = _in_mail(mail, r"^(\d{6})\s*$")
    token = _post(f"{address}/api/v1/sign-in/confirm", {"email": EMAIL, "code": code})["token"]
    yield "signed in with the emailed code"
    me = {"name": "First Visitor", "sector": "social_care"}
    _ask("PATCH", f"{address}/api/v1/me", me, token, {"If-Match": '"1"'})
    session = _open_session(address)
    booking = _post(f"{address}/api/v1/bookings", {"session": session["slug"]}, token)
    if booking["state"] != "confirmed":
        raise WentWrong(f"the booking is {booking['state']}, not confirmed")
    yield f"booked {session['title']}: {booking['reference']}"
    yield f"the email has come: {_in_mail(mail, 'booked: (.*)')}"


def _open_session(address: str) -> Any:
    """Return a session that takes bookings and has one mode only, so that none need be chosen."""
    sessions = json.loads(_get(f"{address}/api/v1/sessions?limit=100"))["items"]
    for session in sessions:
        places = [mode["left"] for mode in session["places"].values() if mode["capacity"]]
        if session["booking"] == "open" and len(places) == 1 and places[0] > 0 and not session.get("held_places"):
            return session
    raise WentWrong("no session takes bookings")


def _in_mail(folder: Path, pattern: str) -> str:
    """Return what `pattern` finds in the subject or text of the newest email to us with it, once one has come."""
    deadline = time.monotonic() + MAIL_WITHIN
    while time.monotonic() < deadline:
        for file in sorted(folder.glob("*.eml"), reverse=True):
            message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            text = message.get_body(("plain",))
            said = f"{message['Subject']}\n\n{text.get_content() if text else ''}"
            if EMAIL in str(message["To"]) and (found := re.search(pattern, said, re.MULTILINE)):
                return found[1]
        time.sleep(0.2)
    raise WentWrong(f"no email with {pattern} came within {MAIL_WITHIN} s")


def _get(address: str) -> str:
    return _open(urllib.request.Request(address))


def _post(address: str, given: dict[str, Any], token: str = "") -> Any:
    return _ask("POST", address, given, token, {"Idempotency-Key": str(uuid.uuid4())})


def _ask(method: str, address: str, given: dict[str, Any], token: str, headers: dict[str, str]) -> Any:
    request = urllib.request.Request(address, json.dumps(given).encode(), headers, method=method)
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    return json.loads(_open(request) or "null")


def _open(request: urllib.request.Request) -> str:
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        said = error.read().decode(errors="replace")
        raise WentWrong(f"{request.get_method()} {request.full_url} answered {error.code}: {said}") from error
