"""Which address this browser asked a code for, kept in the browser while the code is good.

The link in the email fills in the code only there: whoever opens another's link has to type it, and sees for whom.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web.pages.return_url import LIFE
from services.runtime.mail_addresses import clean

COOKIE: Final = "headrow_asked"


@dataclass(frozen=True)
class AskedHere:
    """For which address a code was asked, and a secret by which this browser is known again."""

    email: str
    secret: str

    @property
    def browser(self) -> str:
        """What registration knows this browser by."""
        return hashlib.sha256(self.secret.encode()).hexdigest()


def asked_here(call: Call) -> AskedHere | None:
    """Return what this browser asked for in the last ten minutes; None where it asked for nothing."""
    try:
        email, secret = _serializer(call).loads(call.app.cookies.read(call.request, COOKIE) or "", max_age=LIFE)
    except (BadData, ValueError, TypeError):
        return None
    return AskedHere(email, secret)


def asks(call: Call, email: str) -> AskedHere:
    """Return how this browser asks a code for that address: as before, if it has asked lately."""
    before = asked_here(call)
    return AskedHere(clean(email), before.secret if before else secrets.token_urlsafe(24))


def remember(call: Call, response: Response, asked: AskedHere) -> None:
    """Have the browser keep it."""
    signed = str(_serializer(call).dumps([asked.email, asked.secret]))
    call.app.cookies.set(response, COOKIE, signed, max_age=LIFE)


def forget(call: Call, response: Response) -> None:
    """Have the browser keep it no longer."""
    call.app.cookies.delete(response, COOKIE)


def _serializer(call: Call) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(call.app.settings.secret_key, salt="gateway.sign_in")
