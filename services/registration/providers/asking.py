"""Asking an identity provider over HTTP: so long, so much, and no redirect is followed."""

import json
import logging
from collections.abc import Mapping
from typing import Any, Final

import requests
from urllib3.exceptions import HTTPError

from services.registration.errors import IdentityProviderAway, IdentityRefused

log = logging.getLogger(__name__)
MOST: Final = 256 * 1024
SECONDS: Final = (2.0, 3.0)  # to connect, and for each time that nothing comes
JSON: Final = "application/json"


def get(url: str, bearer: str | None = None) -> dict[str, Any]:
    """Return the JSON object at an address. Raises IdentityProviderAway, IdentityRefused."""
    return _ask("GET", url, {"Authorization": f"Bearer {bearer}"} if bearer else {})


def post(url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the JSON object that answers a form. Raises IdentityProviderAway, IdentityRefused."""
    return _ask("POST", url, headers, form)


def _ask(method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None = None) -> dict[str, Any]:
    try:
        with requests.request(
            method,
            url,
            headers={"Accept": JSON, **headers},
            data=form,
            auth=lambda request: request,  # not what a .netrc of this machine says
            timeout=SECONDS,
            allow_redirects=False,
            stream=True,
        ) as answer:
            content = answer.raw.read(MOST + 1, decode_content=True)
    except (requests.RequestException, HTTPError, OSError) as error:
        log.warning("%s does not answer (%s)", url, type(error).__name__)
        raise IdentityProviderAway from None
    if 400 <= answer.status_code < 500 and answer.status_code not in (408, 429):
        log.warning("%s refuses (%s)", url, answer.status_code)
        raise IdentityRefused
    return _object(url, answer.status_code, content)


def _object(url: str, status: int, content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content) if status == 200 and len(content) <= MOST else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        log.warning("%s answers %s, with what is not used", url, status)
        raise IdentityProviderAway
    return value
