"""The mail that `headrow up` wrote to files, so that whoever tries it on their own machine can read their code.

There are sign-in codes in it, which open every account. So these pages are only there where Headrow was started by
`headrow up`, listens to this machine alone, names itself to it alone, and writes mail to files; and they are only shown
to a request that was made on this machine, to a name that only this machine has (else a page from elsewhere could have
its own name lead here, and read them: DNS rebinding).
"""

import re
from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from gateway.answers import PRIVATE
from gateway.call import Call
from gateway.identity import is_made_here
from gateway.pages.layout import HTML, SECURITY
from gateway.routing import Route, page_routes
from services.bus.refusals import NotFound
from services.bus.settings import Settings

routes = page_routes("dev_mail")
AT_ONCE: Final = 50  # letters on a page
OUR_NAMES: Final = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?", re.IGNORECASE)
LINK: Final = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)]")
AS_IT_LOOKS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'; sandbox allow-top-navigation-by-user-activation",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


def routes_for(settings: Settings) -> list[Route]:
    """Return the routes of these pages where there may be any, and otherwise none."""
    alone = is_this_machine(settings.http_host) and is_this_machine(urlsplit(settings.public_url).hostname or "")
    return routes.table if settings.shows_mail and settings.mail.startswith("file:") and alone else []


def is_this_machine(host: str) -> bool:
    """Say whether nobody but this machine can mean itself by this name or address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_shown_to(call: Call) -> bool:
    """Say whether whoever calls may read the mail.

    A proxy that says nothing of itself, as nginx may, speaks HTTP/1.0 by default, which no browser does.
    """
    environ = call.request.environ
    to_us = OUR_NAMES.fullmatch(environ.get("HTTP_HOST", "")) and environ.get("SERVER_PROTOCOL") != "HTTP/1.0"
    return bool(routes_for(call.house.settings) and to_us and is_made_here(call.request))


@routes.route("GET", "/dev/mail", "Mail", requires="developer", query=("to",))
def show_letters(call: Call) -> Response:
    """The latest letters first."""
    to = call.query().get("to", "").strip()
    letters = call.notifications("letters_kept", to=to, limit=AT_ONCE).value["items"]
    shown = [{**letter, "written_at": datetime.fromisoformat(letter["written_at"])} for letter in letters]
    return call.house.pages.show_form(call, "dev_letters.html", letters=shown, to=to, most=AT_ONCE)


@routes.route("GET", "/dev/mail/{id}", "A letter", requires="developer")
def show_letter(call: Call) -> Response:
    """As plain text."""
    letter = _letter(call)
    return call.house.pages.show_form(call, "dev_letter.html", letter=letter, pieces=list(pieces_of(letter["text"])))


@routes.route("GET", "/dev/mail/{id}/html", "A letter as it looks", requires="developer")
def show_as_it_looks(call: Call) -> Response:
    """It runs nothing and loads nothing, and shares no origin with the pages."""
    html = _letter(call)["html"]
    if html is None:
        raise NotFound("There is nothing at this address.")
    return Response(html, 200, {**PRIVATE, **AS_IT_LOOKS}, content_type=HTML)


@routes.route("GET", "/dev/mail/{id}/invite.ics", "The invite of a letter", requires="developer", media="text/calendar")
def download_invite(call: Call) -> Response:
    """As a calendar program takes it."""
    invite = _letter(call)["invite"]
    if invite is None:
        raise NotFound("There is nothing at this address.")
    headers = {**PRIVATE, **SECURITY, "Content-Disposition": 'attachment; filename="invite.ics"'}
    content = invite.replace("\n", "\r\n").encode()
    return Response(content, 200, headers, content_type="text/calendar; charset=utf-8")


def pieces_of(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of a text, and of each whether it is a link."""
    end = 0
    for link in LINK.finditer(text):
        yield text[end : link.start()], False
        yield link[0], True
        end = link.end()
    yield text[end:], False


def _letter(call: Call) -> dict[str, Any]:
    letter: dict[str, Any] = call.notifications("letter_kept", id=call.path["id"]).value
    return letter
