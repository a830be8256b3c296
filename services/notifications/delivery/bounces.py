"""Bounces: reports of mail servers on what became of a letter (RFC 3464), in a multipart/report (RFC 6522).

A report comes from outside, and anybody may have written it: it is believed only about a letter of ours whose
Message-ID it returns, and only if it names the letter's recipient, or no more than one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import Message as Mime
from email.policy import compat32
from typing import Any, Final

from sqlalchemy.orm import Session as OrmSession

from services.notifications.composing.headers import one_line
from services.notifications.delivery import addresses
from services.notifications.message_types import TO_AN_ADDRESS
from services.notifications.models import Message
from services.runtime.refusals import Invalid

LARGEST: Final = 64 * 1024  # bytes of a report that are read: what comes after that is the letter that is returned
MOST_PARTS: Final = 50  # a report has three; so no nesting can exhaust the stack
MOST_RECIPIENTS: Final = 100
STATUSES: Final = ("message/delivery-status", "message/global-delivery-status")
RETURNED: Final = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")
ARRIVED: Final = ("delivered", "relayed", "expanded")
ACTIONS: Final = ("failed", "delayed", *ARRIVED)
OURS: Final = re.compile(r"(?im)^message-id:\s*<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@[^\s<>]{1,255}>")
ADDRESS: Final = re.compile(r"[^\s<>\"'(),;:]{1,128}@[^\s<>\"'(),;:]{1,255}")
LONGEST: Final = 500  # characters of what a server said


@dataclass(frozen=True)
class Fate:
    """What a report says of one recipient: `action` is one of ACTIONS, `status` a code such as 5.1.1."""

    addresses: frozenset[str]
    action: str
    status: str
    said: str


def take(db: OrmSession, report: bytes, now: datetime) -> dict[str, Any]:
    """Write down what a report says became of one of our letters; the same report again changes nothing.

    Returns `{message, action, status, state}`, where `state` is the message's now. Raises Invalid on field `report`.
    """
    parts = list(_parts(_parsed(report)))
    fates = [fate for part in parts if part.get_content_type() in STATUSES for fate in _fates(part)]
    if not fates:
        raise _wrong("no-report")
    message = db.get(Message, _id_of_letter(parts), with_for_update=True)
    if message is None:
        raise _wrong("not-our-letter")
    fate = _fate_of(message, fates)
    _write_down(db, message, fate, now)
    db.flush()
    return {"message": message.id, "action": fate.action, "status": fate.status, "state": message.state}


def _wrong(code: str, **limits: Any) -> Invalid:
    return Invalid.field("report", code, **limits)


def _parsed(report: bytes) -> Mime:
    """Return the report as a mail. `compat32` does not read into headers, which are not to be trusted."""
    head = report[:LARGEST]
    if len(re.findall(rb"(?im)^content-type[ \t]*:", head)) > MOST_PARTS:
        raise _wrong("too-many-parts")
    return message_from_bytes(head, policy=compat32)


def _parts(mime: Mime) -> Iterator[Mime]:
    """Yield the parts of a mail that are no multiparts themselves, and not what is in a mail that it returns."""
    if mime.get_content_maintype() != "multipart":
        yield mime
    elif mime.is_multipart():
        for part in mime.get_payload():
            assert isinstance(part, Mime)
            yield from _parts(part)


def _fates(part: Mime) -> Iterator[Fate]:
    """Yield what a delivery status says of each recipient. Raises Invalid where it says what we do not know."""
    blocks = [dict(_fields(block)) for block in re.split(r"\n[ \t]*\n", _text(part))]
    for fields in [block for block in blocks if "final-recipient" in block or "original-recipient" in block]:
        named = [fields.get(name, "").rpartition(";")[2] for name in ("final-recipient", "original-recipient")]
        action = fields.get("action", "").partition("(")[0].strip().lower()
        if action not in ACTIONS:
            raise _wrong("unknown-action", choices=[*ACTIONS])
        said = fields.get("diagnostic-code", "").partition(";")[2] or fields.get("diagnostic-code", "")
        plain = frozenset(filter(None, (_plain(address) for address in named)))
        yield Fate(plain, action, _status(fields.get("status", ""), said), said)


def _text(part: Mime) -> str:
    """Return the text of a part as it stands, its encoding undone; a delivery status is kept as blocks of fields."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return "\n\n".join(_as_text(block) for block in payload if isinstance(block, Mime))
    decoded = part.get_payload(decode=True)
    text = decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else ""
    return text.replace("\r\n", "\n")


def _as_text(block: Mime) -> str:
    fields = [f"{name}: {value}" for name, value in block.items()]
    return "\n".join(fields) + "\n\n" + _text(block)


def _fields(block: str) -> Iterator[tuple[str, str]]:
    """Yield the names, in lower case, and the values of a block's header fields, the first of each name last."""
    unfolded = re.sub(r"\n[ \t]+", " ", block)
    found = re.findall(r"(?m)^([A-Za-z-]{1,60})[ \t]*:(.*)$", unfolded)
    yield from ((name.lower(), value.strip()) for name, value in reversed(found))


def _plain(address: str) -> str:
    return address.strip().strip("<>").strip().lower()


def _status(status: str, said: str) -> str:
    """Return the code of a report, the fuller one where it says no more than that something is wrong."""
    code, in_words = addresses.code_in(status), addresses.code_in(said)
    vague = code.endswith(".0.0") and in_words[0] == code[0] and in_words.count(".") == 2
    return in_words if vague or not status.strip() else code


def _id_of_letter(parts: list[Mime]) -> str:
    for part in parts:
        head = re.split(r"\n[ \t]*\n", _text(part), maxsplit=1)[0] if part.get_content_type() in RETURNED else ""
        if found := OURS.search(head):
            return found[1].lower()
    raise _wrong("no-message-id")


def _fate_of(message: Message, fates: list[Fate]) -> Fate:
    """Return what is said of the message's recipient. Raises Invalid where that cannot be told."""
    if len(fates) > MOST_RECIPIENTS:
        raise _wrong("too-many-recipients")
    theirs = [fate for fate in fates if message.address and message.address.lower() in fate.addresses]
    if len(theirs or fates) > 1:
        raise _wrong("several-recipients")
    return (theirs or fates)[0]


def _write_down(db: OrmSession, message: Message, fate: Fate, now: datetime) -> None:
    if fate.action in ARRIVED:
        if message.state in ("queued", "sent"):
            _settle(message, "delivered", now)
        if message.state == "delivered":
            for address in _confirmed(message, fate):
                addresses.unmark_delivered(db, address, message)
    elif message.state in ("queued", "sent", "delivered") and fate.action == "delayed":
        message.error = _without_addresses(message, fate)
    elif message.state in ("queued", "sent", "delivered"):
        _bounce(db, message, fate, now)


def _bounce(db: OrmSession, message: Message, fate: Fate, now: datetime) -> None:
    address = message.address
    error = _without_addresses(message, fate)
    _settle(message, "bounced", now)
    message.error, message.reason = error, "bounced"
    if address:  # what a report says of an address that we do not know from the letter may be made up
        addresses.mark_bounced(db, address, fate.status, message.id, now)


def _settle(message: Message, state: str, now: datetime) -> None:
    """Change the state; of a queued message, a server has taken what its sender could not say that it was sent."""
    if message.state == "queued":
        message.finished_at, message.leased_until, message.reason, message.error = now, None, None, None
        if message.template in TO_AN_ADDRESS:
            message.facts, message.address = None, None
    message.state = state


def _confirmed(message: Message, fate: Fate) -> list[str]:
    """Return where the letter arrived. Of a sign-in code only the report knows: to be wrong costs one letter."""
    if message.address:
        return [message.address]
    return sorted(fate.addresses) if message.template in TO_AN_ADDRESS else []


def _without_addresses(message: Message, fate: Fate) -> str:
    """Return what the server said, without the person in it; only the code, where we cannot tell who that is."""
    if not message.address:
        return fate.status
    said = ADDRESS.sub("(the address)", one_line(fate.said)[: 2 * LONGEST])
    for address in {message.address.lower(), *fate.addresses}:
        name = address.partition("@")[0]
        if len(name) > 2:
            said = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "(the address)", said, flags=re.IGNORECASE)
    return f"{fate.status} {said}".strip()[:LONGEST]
