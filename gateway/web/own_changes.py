"""One's own change is on the page that follows it.

Pages and answers are made of what events told (`read_model.py`), and those come a moment after the answer to a change.
So that answer says what was announced last, and this gateway waits until it has heard of it. The browser carries the
same on in a cookie, as another gateway may be asked for the next page, and waits then. Events of one service come in
order, so that the last stands for all of a change. Where a second service makes something of the change, such as the
figures of a session's places, a handler says that this is to be waited for.

A wait has an end: an event that is late, or a cookie that was made up, makes a page slow for its reader; that is all.
"""

import re
from typing import Final

from werkzeug.wrappers import Request, Response

from gateway.web.cookies import Cookies
from gateway.web.response_cache import Model

COOKIE: Final = "headrow_seen"
LIFE: Final = 60  # seconds
PATIENCE: Final = 2.0  # seconds
CARRIED: Final = re.compile(r"([a-z]{1,20}(?:/[a-z0-9-]{1,80})?):([0-9]{1,9})")


def catch_up(request: Request, cookies: Cookies, model: Model) -> bool:
    """Wait until the model has what the visitor has just changed, wherever they did; say whether it has it by then."""
    carried = CARRIED.fullmatch(cookies.read(request, COOKIE) or "")
    return carried is None or model.wait_for(carried[1], int(carried[2]), PATIENCE)


def wait_for(model: Model, announced: tuple[str, int]) -> None:
    """Wait until the model has what was changed just now."""
    model.wait_for(*announced, PATIENCE)


def carry_on(response: Response, cookies: Cookies, announced: tuple[str, int]) -> None:
    """Have the browser tell the other gateways of what was changed just now."""
    cookies.set(response, COOKIE, "{}:{}".format(*announced), max_age=LIFE)
