"""A way to an identity provider and back, as this browser keeps it: what comes back in another browser is no use."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, Final

from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web.pages.layout import kept_to_ourselves
from gateway.web.pages.return_url import LIFE
from services.runtime.identity_providers import IdentityProvider
from services.runtime.refusals import NotFound

COOKIE: Final = "headrow_provider"


@dataclass(frozen=True)
class ProviderWay:
    """What the browser was sent to `provider` with, where it is led in the end, and a secret that it is known by.

    `email` is the address of the account that someone is to confirm, once that is known.
    """

    provider: str
    state: str
    secret: str
    back: str
    email: str = ""

    @property
    def known(self) -> dict[str, str]:
        """What registration knows it by."""
        return {"state": self.state, "browser": browser_of(self.secret)}


def browser_of(secret: str) -> str:
    """Return what registration knows a browser by that keeps this secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def provider_of(call: Call, id: str) -> IdentityProvider:
    """Return a provider that people can sign in with. Raises NotFound."""
    for provider in call.app.settings.identity_providers:
        if provider.id == id:
            return provider
    raise NotFound("You cannot sign in with this provider.")


def send(call: Call, method: str, back: str) -> Response:
    """Send the browser to the provider of the path, in a way of its own. Raises a refusal.

    Not by a redirect: what a form leads to must be ours (form-action), and by which hosts a provider leads on is its
    own affair.
    """
    provider, secret = provider_of(call, call.path["slug"]), secrets.token_urlsafe(24)
    given = {"provider": provider.id, "browser": browser_of(secret)}
    told: dict[str, Any] = call.registration(method, given=given).value
    response = call.app.pages.show_form(call, "provider_going.html", provider=provider, url=told["url"])
    response.headers["Refresh"] = f"0; url={told['url']}"
    keep(call, response, ProviderWay(provider.id, told["state"], secret, back))
    return kept_to_ourselves(response)


def way_of(call: Call) -> ProviderWay | None:
    """Return the way that this browser began in the last ten minutes; None where it began none."""
    try:
        kept = _serializer(call).loads(call.app.cookies.read(call.request, COOKIE) or "", max_age=LIFE)
        return ProviderWay(*kept)
    except (BadData, ValueError, TypeError):
        return None


def keep(call: Call, response: Response, way: ProviderWay) -> None:
    """Have the browser keep it."""
    kept = [way.provider, way.state, way.secret, way.back, way.email]
    call.app.cookies.set(response, COOKIE, str(_serializer(call).dumps(kept)), max_age=LIFE)


def forget(call: Call, response: Response) -> None:
    """Have the browser keep it no longer."""
    call.app.cookies.delete(response, COOKIE)


def _serializer(call: Call) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(call.app.settings.secret_key, salt="gateway.providers")
