"""Coming back after signing in: the address of a page of ours, and of nobody else's, that `next` carries along."""

import re
from typing import Final
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from gateway.call import Call
from services.bus.refusals import Refusal

HOME: Final = "/"
FIELD: Final = "next"
# A browser reads `//elsewhere` and `/\elsewhere` as other sites, and leaves tabs and line breaks out before it looks.
OURS: Final = re.compile(r"/(?!/)[!-\[\]-~]{0,500}")  # visible ASCII without the backslash
COOKIE: Final = "headrow_next"
LIFE: Final = 600  # seconds, as long as a code is good
NOT_AGAIN: Final = "/sign-in"


def way_back(call: Call, wanted: str | None) -> str:
    """Return `wanted` if it is the path of a page of ours, with or without a query, and else that of the first page."""
    if not wanted or not OURS.fullmatch(wanted) or "//" in wanted:
        return HOME
    path = re.split(r"[?#]", wanted)[0]
    if path.startswith(NOT_AGAIN):
        return HOME
    try:
        route, _ = call.house.router.find("GET", path)
    except Refusal:
        return HOME
    return wanted if route.media == "text/html" else HOME


def with_way_back(path: str, back: str, **query: str) -> str:
    """Return the address of a page of signing in, which leads on to `back` in the end."""
    carried = query if back == HOME else {**query, FIELD: back}
    return f"{path}?{urlencode(carried, safe='/')}" if carried else path


def remember(call: Call, response: Response, back: str) -> None:
    """Have the browser keep the way back: the link in the mail with the code does not know it."""
    if back == HOME:
        forget(response)
        return
    secure = call.house.pages.secure
    response.set_cookie(COOKIE, back, max_age=LIFE, path=NOT_AGAIN, secure=secure, httponly=True, samesite="Lax")


def remembered(call: Call) -> str:
    """Return the way back that this browser keeps, if it does, and else the path of the first page."""
    return way_back(call, call.request.cookies.get(COOKIE))


def forget(response: Response) -> None:
    """Have the browser keep no way back any more."""
    response.delete_cookie(COOKIE, path=NOT_AGAIN)
