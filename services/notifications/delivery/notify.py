"""Letters by GOV.UK Notify, which writes them out by a template of its own: one with a subject and a body to fill in.

It takes plain text with a little markup, and no calendar file. Each letter carries its id as reference, by which a
second try finds out whether the first one arrived after all.
"""

import logging
import re
from collections.abc import Collection
from typing import Any
from urllib.parse import unquote, urlsplit

from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient

from services.notifications.delivery.transports import NotDelivered, Refused, Unreachable, without_address
from services.notifications.emails import Letter

CONNECTING, ANSWERING = 10.0, 60.0  # seconds
KEY = re.compile(r".*([0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}-?){2}", re.IGNORECASE)
OF_THE_TEMPLATE = re.compile(
    r"template (not found|has been deleted)|not suitable|missing personalisation", re.IGNORECASE
)
NO_KEY = "GOV.UK Notify does not accept the API key: make a new one there, and put it into HEADROW_MAIL"

# The client tells its log what it raises, without a care for addresses. We write it down, once, with care.
logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL)


class Notify:
    """Hands letters to GOV.UK Notify, `notify://API_KEY@HOST/TEMPLATE_ID` (https) or `notify+http://…` for tests."""

    doubles = False  # it is asked first whether it has the letter

    def __init__(self, url: str, connecting: float = CONNECTING, answering: float = ANSWERING) -> None:
        parts = urlsplit(url)
        key, self.template = unquote(parts.username or ""), parts.path.strip("/")
        if not (parts.hostname and self.template and KEY.fullmatch(key)):
            raise ValueError("the address of GOV.UK Notify must be notify://API_KEY@HOST/TEMPLATE_ID")
        scheme = "http" if parts.scheme == "notify+http" else "https"
        self.address = f"{scheme}://{parts.netloc.rpartition('@')[2]}"
        self._key, self._timeouts = key, (connecting, answering)
        self._idle: list[Any] = []  # a client serves one sender at a time

    def send(self, letter: Letter) -> None:
        """Hand the letter over, unless it is there already from an earlier try."""
        client = self._idle.pop() if self._idle else self._new_client()
        try:
            if not (letter.tried_before and _is_there(client, letter)):
                client.send_email_notification(
                    email_address=letter.recipient,
                    template_id=self.template,
                    personalisation={"subject": letter.subject, "body": body_of(letter)},
                    reference=letter.id,
                    one_click_unsubscribe_url=letter.one_click_unsubscribe_url,
                )
        except APIError as error:
            raise _failure(error, letter) from None  # its cause holds the request, with the address in it
        finally:
            self._idle.append(client)

    def rest(self) -> None:
        """Close the connections that nobody is using."""
        while self._idle:
            self._idle.pop().request_session.close()

    def forget(self, address: str | None, ids: Collection[str]) -> None:
        """Nothing is kept here; Notify itself forgets after the days that are set there."""

    def look(self) -> None:
        """Look whether the key and the template will do. Raises NotDelivered, which says what will not."""
        client = self._new_client()
        try:
            template = client.get_template(self.template)
        except APIError as error:
            raise _failure(error) from None
        finally:
            client.request_session.close()
        text = f"{template.get('subject')} {template.get('body')}"
        if missing := [place for place in ("((subject))", "((body))") if place not in text]:
            raise Unreachable(f"the template at GOV.UK Notify has no {' and no '.join(missing)}")

    def _new_client(self) -> Any:
        make: Any = NotificationsAPIClient
        return make(self._key, base_url=self.address, timeout=self._timeouts)


def _is_there(client: Any, letter: Letter) -> bool:
    return bool(client.get_all_notifications(template_type="email", reference=letter.id)["notifications"])


def _failure(error: APIError, letter: Letter | None = None) -> NotDelivered:
    """Return what an error means: only what is wrong with this one letter is a refusal of it."""
    status = error.status_code
    if status == 403:
        return Unreachable(without_address(f"{NO_KEY} ({_said(error)})", ""))
    text = without_address(f"GOV.UK Notify: {status} {_said(error)}", letter.recipient if letter else "")
    if status == 400 and not OF_THE_TEMPLATE.search(text):
        return Refused(text, recipient="email_address" in text)
    return Unreachable(text)


def _said(error: APIError) -> str:
    """Return what Notify said: a text, or a list of `{error, message}`."""
    said: Any = error.message
    if isinstance(said, list):
        return "; ".join(str(one.get("message", one)) if isinstance(one, dict) else str(one) for one in said)
    return str(said)


def body_of(letter: Letter) -> str:
    """Return the plain text as Notify's markup: headings for lines in capitals, links bare, all else as it stands.

    What goes for an invite elsewhere is said in words.
    """
    paragraphs = [_paragraph(text) for text in letter.plain.strip().split("\n\n")]
    if letter.in_place_of_invite:
        paragraphs.append(_paragraph(letter.in_place_of_invite))
    return "\n\n".join(filter(None, paragraphs))


def _paragraph(text: str) -> str:
    first, *others = [line.strip() for line in text.strip("\n").split("\n")]
    if others and first.isupper():
        return "\n".join([f"# {_escaped(first)}", *map(_escaped, others)])
    return "\n".join(map(_escaped, [first, *others]))


def _escaped(line: str) -> str:
    """Return the line so that Notify shows it as it stands; a list stays one, a link stays one."""
    parts = re.split(r"(https?://\S+)", line)
    parts[::2] = [re.sub(r"([\\`*_\[\]~|])", r"\\\1", part) for part in parts[::2]]
    return re.sub(r"^([#+^=]|-(?! [^-\s])|\d+(?=[.)]))", _escaped_start, "".join(parts))


def _escaped_start(found: re.Match[str]) -> str:
    mark = found[0]
    return f"{mark}\\" if mark.isdigit() else f"\\{mark}"
