"""One's own change is on the page that follows it.

Pages and answers are made of what events told (`read_model.py`), and those come a moment after the answer to a change.
So that answer says what was announced last, and this gateway waits until it has heard of it. The browser carries the
same on in a cookie, as another gateway may be asked for the next page, and waits then. Events of one service come in
order, so that the last stands for all of a change.

A wait has an end: an event that is late, or a cookie that was made up, makes a page slow for its reader; that is all.
"""

import re
from typing import TYPE_CHECKING, Final

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from gateway.call import Call

COOKIE: Final = "headrow_seen"
LIFE: Final = 60  # seconds
PATIENCE: Final = 2.0  # seconds
CARRIED: Final = re.compile(r"([a-z]{1,20}(?:/[a-z0-9-]{1,80})?):([0-9]{1,9})")


def catch_up(call: "Call") -> None:
    """Wait until this gateway has heard of what the visitor has just changed, wherever they did."""
    carried = CARRIED.fullmatch(call.request.cookies.get(COOKIE, ""))
    if carried and call.caller is not None:
        call.in_vain = not call.house.model.wait_for(carried[1], int(carried[2]), PATIENCE)


def carry_on(call: "Call", response: Response) -> None:
    """Wait until this gateway has heard of what was changed just now, and have the browser tell it to the others."""
    if call.announced is not None:
        subject, version = call.announced
        call.house.model.wait_for(subject, version, PATIENCE)
        if call.route.page:
            secure = call.house.pages.secure
            carried = f"{subject}:{version}"
            response.set_cookie(COOKIE, carried, max_age=LIFE, secure=secure, httponly=True, samesite="Lax")
    elif call.in_vain:
        response.delete_cookie(COOKIE)
