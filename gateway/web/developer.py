"""Who tries Headrow on their own machine, and may therefore read the mail that it writes to files.

There are sign-in codes in it, which open every account. So the pages that show it are only there where Headrow was
started by `headrow up`, listens to this machine alone, names itself to it alone, and writes mail to files; and they are
only shown to a request that was made on this machine, to a name that only this machine has (else a page from elsewhere
could have its own name lead here, and read them: DNS rebinding).
"""

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from werkzeug.wrappers import Request

from gateway.web.identity import is_made_here
from services.runtime.settings import Settings

OUR_NAMES: Final = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?", re.IGNORECASE)


def has_pages(settings: Settings) -> bool:
    """Say whether there may be pages for developers here."""
    alone = is_this_machine(settings.http_host) and is_this_machine(urlsplit(settings.public_url).hostname or "")
    return settings.shows_mail and settings.mail.startswith("file:") and alone


def is_this_machine(host: str) -> bool:
    """Say whether nobody but this machine can mean itself by this name or address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_developer(request: Request, settings: Settings) -> bool:
    """Say whether the request is from someone who may read the mail.

    A proxy that says nothing of itself, as nginx may, speaks HTTP/1.0 by default, which no browser does.
    """
    environ = request.environ
    to_us = OUR_NAMES.fullmatch(environ.get("HTTP_HOST", "")) and environ.get("SERVER_PROTOCOL") != "HTTP/1.0"
    return bool(has_pages(settings) and to_us and is_made_here(request))
