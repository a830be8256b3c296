"""The mail that `headrow up` wrote to files, so that whoever tries it on their own machine can read their code."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web.pages.layout import HTML, SECURITY
from gateway.web.responses import PRIVATE
from gateway.web.routing import page_routes
from services.runtime.refusals import NotFound

routes = page_routes("dev_mail")
AT_ONCE: Final = 50  # letters on a page
LINK: Final = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)]")
AS_IT_LOOKS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'; sandbox allow-top-navigation-by-user-activation",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


@routes.route("GET", "/dev/mail", "Mail", requires="developer", query=("to",))
def show_letters(call: Call) -> Response:
    """The latest letters first."""
    to = call.query().get("to", "").strip()
    letters = call.notifications("letters_kept", to=to, limit=AT_ONCE).value["items"]
    shown = [{**letter, "written_at": datetime.fromisoformat(letter["written_at"])} for letter in letters]
    return call.app.pages.show_form(call, "dev_letters.html", letters=shown, to=to, most=AT_ONCE)


@routes.route("GET", "/dev/mail/{id}", "A letter", requires="developer")
def show_letter(call: Call) -> Response:
    """As plain text."""
    letter = _letter(call)
    return call.app.pages.show_form(call, "dev_letter.html", letter=letter, pieces=list(pieces_of(letter["text"])))


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
