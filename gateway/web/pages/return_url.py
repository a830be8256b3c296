"""Coming back after signing in: the address of a page of ours, and of nobody else's, that `next` carries along."""

import re
from typing import Final

from werkzeug.wrappers import Response

from gateway.web.call import AnyCall
from gateway.web.routing import Route, url_for
from services.runtime.refusals import Refusal

FIELD: Final = "next"
# A browser reads `//elsewhere` and `/\elsewhere` as other sites, and leaves tabs and line breaks out before it looks.
OURS: Final = re.compile(r"/(?!/)[!-\[\]-~]{0,500}")  # visible ASCII without the backslash
COOKIE: Final = "headrow_next"
LIFE: Final = 600  # seconds, as long as a code is good


def home() -> str:
    """Return where signing in leads whoever came from no page of ours."""
    return url_for("home.home")


def _not_again() -> str:
    return url_for("sign_in.show_sign_in")


def way_back(call: AnyCall, wanted: str | None) -> str:
    """Return `wanted` if it is the path of a page of ours, with or without a query, and else that of the first page."""
    if not wanted or not OURS.fullmatch(wanted) or "//" in wanted:
        return home()
    if _path_of(wanted).startswith(_not_again()):
        return home()
    try:
        route = route_of(call, wanted)
    except Refusal:
        return home()
    return wanted if route.media == "text/html" else home()


def route_of(call: AnyCall, address: str) -> Route:
    """Return the route of one of our pages. Raises NotFound, NoSuchMethod."""
    return call.app.router.find("GET", _path_of(address))[0]


def _path_of(address: str) -> str:
    return re.split(r"[?#]", address)[0]


def with_way_back(name: str, back: str, **query: str) -> str:
    """Return the address of a page of signing in, which leads on to `back` in the end."""
    return url_for(name, **query, **({} if back == home() else {FIELD: back}))


def remember(call: AnyCall, response: Response, back: str) -> None:
    """Have the browser keep the way back: the link in the mail with the code does not know it."""
    if back == home():
        forget(call, response)
    else:
        call.app.cookies.set(response, COOKIE, back, max_age=LIFE)


def remembered(call: AnyCall) -> str:
    """Return the way back that this browser keeps, if it does, and else the path of the first page."""
    return way_back(call, call.app.cookies.read(call.request, COOKIE))


def forget(call: AnyCall, response: Response) -> None:
    """Have the browser keep no way back any more."""
    call.app.cookies.delete(response, COOKIE)
