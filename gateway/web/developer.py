"""Who tries Headrow on their own machine, and may therefore read the mail that it writes to files.

There are sign-in codes in it, which open every account. So the pages that show it are only there where Headrow was
started by `headrow up`, listens to this machine alone, names itself to it alone, and writes mail to files; and they are
only shown to a request that was made on this machine (`this_machine.py`).
"""

from werkzeug.wrappers import Request

from gateway.web.this_machine import is_alone, is_made_here, is_this_machine
from services.runtime.settings import Settings


def has_pages(settings: Settings) -> bool:
    """Say whether there may be pages for developers here."""
    alone = is_this_machine(settings.http_host) and is_alone(settings)
    return settings.shows_mail and settings.mail.startswith("file:") and alone


def is_developer(request: Request, settings: Settings) -> bool:
    """Say whether the request is from someone who may read the mail."""
    return has_pages(settings) and is_made_here(request, settings)
