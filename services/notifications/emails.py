"""Letters: a message row written out as a mail, ready for any transport.

With an invite, its structure is the one that Outlook, Google and Apple act on: mixed(alternative(plain, html,
calendar), attached invite.ics). Its bytes depend on nothing but the message, so that a second sending is the same mail.
"""

import base64
import binascii
import dataclasses
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from services.notifications.calendar import icalendar
from services.notifications.composing.email_layout import EmailLayout
from services.notifications.composing.headers import address_field, field, mailbox_field
from services.notifications.composing.wording import in_language
from services.notifications.composing.writing import write
from services.notifications.message_types import MESSAGE_TYPES
from services.notifications.models import Facts, Message

LONGEST_LINE = 998  # RFC 5322, 2.1.1


@dataclass(frozen=True)
class Letter:
    """A mail with its envelope; `id` and `written_at` are the message's own.

    What comes after `mail` is for transports that write the mail themselves: `in_place_of_invite` is what to say where
    no calendar file can come along.
    """

    id: str
    written_at: datetime
    sender: str
    recipient: str
    subject: str
    mail: bytes
    plain: str = ""
    in_place_of_invite: str | None = None
    one_click_unsubscribe_url: str | None = None
    tried_before: bool = dataclasses.field(default=False, compare=False)


def compose(message: Message, email_layout: EmailLayout) -> Letter:
    """Write the message out. Raises ValueError, KeyError or a Jinja error where its facts do not make a letter."""
    email_layout = named(email_layout, message)
    facts, address = message.facts or {}, message.address or ""
    subject, plain, html = write_out(message, email_layout)
    invite = facts.get("invite")
    calendar = icalendar.write(invite, email_layout, address, facts.get("name")) if invite else None
    body = _body(message.id, plain, html, calendar, invite["method"] if invite else "")
    one_click = _one_click(message, email_layout)
    mail = _head(message, email_layout, subject, one_click) + body
    return Letter(
        message.id,
        message.created_at,
        email_layout.sender[1],
        address,
        subject,
        mail,
        plain=plain,
        in_place_of_invite=_in_place_of(invite, email_layout) if invite else None,
        one_click_unsubscribe_url=one_click,
        tried_before=message.attempts > 1,
    )


def write_out(message: Message, email_layout: EmailLayout) -> tuple[str, str, str]:
    """Return the subject, the plain text and the HTML of a message. Raises as `compose` does."""
    email_layout = named(email_layout, message)
    facts, kind = message.facts or {}, MESSAGE_TYPES[message.template]
    links = {
        "choose": email_layout.emails(message.person) if message.person else None,
        "stop": email_layout.emails(message.person, kind.topic) if message.person and kind.topic else None,
    }
    wording = in_language(email_layout.language)
    unsaid = {"name": None, "invite": None, "further": 0}  # by a release before, or by messages without them
    return write(message.template, {**unsaid, **facts, **links}, message.address or "", email_layout, wording)


def named(email_layout: EmailLayout, message: Message) -> EmailLayout:
    """Return the layout with the name that the team's site had when the message was queued."""
    site = ((message.facts or {}).get("voice") or {}).get("site")
    return dataclasses.replace(email_layout, site=site) if site else email_layout


def _in_place_of(invite: Facts, email_layout: EmailLayout) -> str:
    """Return what to say where the invite cannot come along."""
    _, page = in_language(email_layout.language).translations.gettext, icalendar.page_of(invite, email_layout)
    if invite["method"] == "CANCEL":
        said = _("This email cannot change your calendar. Please delete the old times from it.")
    elif invite.get("facilitates"):
        said = _("This email comes without a file. Please put the dates into your calendar yourself.")
    else:
        said = _("This email comes without a file. You can get the calendar file from your booking page.")
    return f"{said}\n{page}"


def _one_click(message: Message, email_layout: EmailLayout) -> str | None:
    """Return where a mail program can stop messages like this one, if it is one that can be stopped in that way."""
    kind = MESSAGE_TYPES[message.template]
    return email_layout.emails(message.person, kind.topic) if kind.is_news and message.person else None


def _head(message: Message, email_layout: EmailLayout, subject: str, one_click: str | None) -> bytes:
    name, address = email_layout.sender
    fields = [
        field("Message-ID", f"<{message.id}@{address.rpartition('@')[2]}>"),
        field("Date", format_datetime(message.created_at)),
        mailbox_field("From", name, address),
        mailbox_field("To", (message.facts or {}).get("name") or "", message.address or ""),
        field("Subject", subject),
        field("Auto-Submitted", "auto-generated"),
    ]
    if one_click:  # RFC 2369 and RFC 8058: mail programs show a button for it
        fields.append(address_field("List-Unsubscribe", one_click))
        fields.append(field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    if message.correlation_id:
        fields.append(field("X-Correlation-Id", message.correlation_id))
    fields.append(b"MIME-Version: 1.0\r\n")
    return b"".join(fields)


def _body(id: str, plain: str, html: str, calendar: str | None, method: str) -> bytes:
    """Return the MIME body. It is written here: the generator of `email` takes as long as all of the rest."""
    alternatives = [_text("text/plain; charset=UTF-8", plain), _text("text/html; charset=UTF-8", html)]
    if calendar is None:
        return _multipart("alternative", id, alternatives)
    alternatives.append(_text(f"text/calendar; charset=UTF-8; method={method}; component=VEVENT", calendar))
    return _multipart("mixed", id, [_multipart("alternative", id, alternatives), _attached("invite.ics", calendar)])


def _multipart(kind: str, id: str, parts: list[bytes]) -> bytes:
    boundary = f"=_{kind}_{id}".encode()  # no text can know the id before it is written
    between = b"--" + boundary + b"\r\n"
    head = _fields(("Content-Type", f'multipart/{kind}; boundary="{boundary.decode()}"'))
    return head + b"".join(between + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"


def _attached(name: str, text: str) -> bytes:
    head = _fields(
        ("Content-Type", f'application/ics; name="{name}"'),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-Disposition", f'attachment; filename="{name}"'),
    )
    return head + base64.encodebytes(text.encode()).replace(b"\n", b"\r\n")


def _text(content_type: str, text: str) -> bytes:
    lines = text.replace("\r\n", "\n")
    if lines.isascii() and max(map(len, lines.split("\n"))) < LONGEST_LINE:
        return _fields(("Content-Type", content_type)) + lines.replace("\n", "\r\n").encode()
    quoted = binascii.b2a_qp(lines.encode(), istext=True).replace(b"\n", b"\r\n")  # mostly readable in the file still
    return _fields(("Content-Type", content_type), ("Content-Transfer-Encoding", "quoted-printable")) + quoted


def _fields(*fields: tuple[str, str]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode("ascii") + b"\r\n"
