"""What every form has: a token against other sites, and a key, so that sending it twice is doing it once.

The token is signed, and bound to the browser that the form was shown to.
"""

import hmac
import re
import secrets
from typing import Final

from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from gateway.web.call import AnyCall
from gateway.web.cookies import Cookies
from gateway.web.errors import CrossSite, StaleForm
from gateway.web.identity import is_from_elsewhere

COOKIE: Final = "headrow_form"
FIELD: Final = "form_token"
LIFE: Final = 24 * 3600  # seconds
KEY: Final = re.compile(r"[A-Za-z0-9_-]{10,60}")


def new_key() -> str:
    """Return a key for a form: sending it twice is doing it once."""
    return secrets.token_urlsafe(16)


def key_of(call: AnyCall) -> str | None:
    """Return the key of the form that was sent."""
    key = str(call.given.get("key", ""))
    return key if KEY.fullmatch(key) else None


def typed(call: AnyCall, *names: str) -> dict[str, str]:
    """Return what was typed into these fields of the form that was sent, with the line breaks that we use."""
    return {name: call.given.get(name, "").replace("\r\n", "\n") for name in names}


class Forms:
    """Makes and checks the tokens."""

    def __init__(self, secret_key: str, cookies: Cookies) -> None:
        self._serializer = URLSafeTimedSerializer(secret_key, salt="gateway.forms")
        self._cookies = cookies

    def token(self, call: AnyCall) -> str:
        """Return a token for a form on the page that answers `call`."""
        return str(self._serializer.dumps(self._binding(call) or self._new_binding(call)))

    def check(self, call: AnyCall) -> None:
        """Raises StaleForm unless the form was ours, and shown to this browser as it is signed in now.

        Raises CrossSite where it was sent from elsewhere: it has no token, or the browser says so.
        """
        token, binding = call.given.pop(FIELD, ""), self._binding(call)
        try:
            signed = self._serializer.loads(token, max_age=LIFE)
        except BadData:
            signed = None
        if signed is not None and binding is not None and hmac.compare_digest(str(signed), binding):
            return
        if not token or is_from_elsewhere(call.request, call.app.settings.public_url):
            raise CrossSite
        raise StaleForm

    def remember(self, call: AnyCall, response: Response) -> None:
        """Set the cookie that the page's tokens are bound to, if it is a new one."""
        if nonce := call.request.environ.get("gateway.form_nonce"):
            self._cookies.set(response, COOKIE, nonce, max_age=LIFE)

    def _binding(self, call: AnyCall) -> str | None:
        if call.token:
            return call.token
        return call.request.environ.get("gateway.form_nonce") or self._cookies.read(call.request, COOKIE)

    def _new_binding(self, call: AnyCall) -> str:
        nonce: str = call.request.environ.setdefault("gateway.form_nonce", secrets.token_urlsafe(24))
        return nonce
