"""Whether a request was made on this machine, by someone who uses it, and is not one that a proxy here passes on.

A proxy need not say that it is one. So this machine is only believed in where nobody else is served: the site names
itself to this machine alone, and no proxy is set; and the request asks for a name that only this machine has (else a
page from elsewhere could have its own name lead here: DNS rebinding).
"""

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from werkzeug.wrappers import Request

from services.runtime.settings import Settings

OUR_NAMES: Final = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?", re.IGNORECASE)
ADDRESSES: Final = ("127.0.0.1", "::1", "::ffff:127.0.0.1")
OF_A_PROXY: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")


def is_this_machine(host: str) -> bool:
    """Say whether nobody but this machine can mean itself by this name or address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_alone(settings: Settings) -> bool:
    """Say whether Headrow names itself to this machine alone, and no proxy is in front of it."""
    return is_this_machine(urlsplit(settings.public_url).hostname or "") and not settings.proxies


def is_made_here(request: Request, settings: Settings) -> bool:
    """Say whether someone on this machine asks, where only this machine is served.

    A proxy that says nothing of itself, as nginx may, speaks HTTP/1.0 by default, which no browser does.
    """
    environ = request.environ
    to_us = OUR_NAMES.fullmatch(environ.get("HTTP_HOST", "")) and environ.get("SERVER_PROTOCOL") != "HTTP/1.0"
    passed_on = any(name in request.headers for name in OF_A_PROXY)
    return bool(is_alone(settings) and to_us and request.remote_addr in ADDRESSES and not passed_on)
