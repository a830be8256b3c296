"""What the team says in emails in its own words: which parts of which kinds are theirs, and how they try them.

What happened, when and where, links and the calendar always stay: an opening is theirs only where ours says nothing
that is not said elsewhere in the email. What protects an account is ours alone: people must be able to know it again.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.notifications import messages, previews, voices
from services.notifications.composing.email_layout import EmailLayout
from services.notifications.composing.samples import SAMPLES
from services.notifications.composing.voice import placeholders, unknown
from services.notifications.errors import TooManyTests
from services.notifications.models import Message, OwnText, Person, Site
from services.runtime import correlation
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid, NotFound, StaleVersion

BOTH: Final = ("opening", "closing")
PARTS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("booking_confirmed", "booking_waiting"), BOTH),
    **dict.fromkeys(("reminder_week", "reminder_day", "reminder_hour"), BOTH),
    **dict.fromkeys(("thanks", "certificate_ready", "feedback_asked", "pledge_reminder"), BOTH),
    **dict.fromkeys(("materials_published", "tables_published", "facilitator_named"), BOTH),
    **dict.fromkeys(("place_offered", "offer_expired", "booking_cancelled", "booking_moved"), ("closing",)),
    **dict.fromkeys(("session_changed", "missed", "interest_matched", "sat_with"), ("closing",)),
    **dict.fromkeys(("introduction_proposed", "introduction_accepted"), ("closing",)),
}
TEST: Final = "own_text_test"
MOST_TESTS: Final = 5
TESTS_IN: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class _Try:
    """Why a test is sent: someone pressed a button."""

    id: str
    correlation_id: str | None


def keep_site(db: OrmSession, event: Envelope) -> None:
    """Keep what the site is called and looks like, unless a later version is known."""
    known = db.get(Site, 1)
    if known is None or known.version < event.version:
        told = {name: event.data[name] for name in ("contact_email", "contact_phone", "accent")}
        db.merge(Site(id=1, version=event.version, name=event.data["site_name"], **told))


def page(db: OrmSession) -> dict[str, Any]:
    """Return `{items}` of all kinds of emails in which something is the team's."""
    return {"items": [one(db, template) for template in PARTS]}


def one(db: OrmSession, template: str) -> dict[str, Any]:
    """Return `{template, parts, placeholders, opening, closing, version}`. Raises NotFound."""
    text = db.get(OwnText, _editable(template))
    return {
        "template": template,
        "parts": [*PARTS[template]],
        "placeholders": placeholders(SAMPLES[template]),
        "opening": text.opening if text else None,
        "closing": text.closing if text else None,
        "version": text.version if text else 1,
    }


def change(db: OrmSession, template: str, version: int, given: Mapping[str, str | None]) -> dict[str, Any]:
    """Change the parts that are `given`; None is ours again. Raises NotFound, StaleVersion, Invalid."""
    _check(template, given)
    text = _locked(db, template)
    if text.version != version:
        raise StaleVersion(version=text.version)
    changed = {part: words for part, words in given.items() if getattr(text, part) != words}
    for part, words in changed.items():
        setattr(text, part, words)
    text.version += bool(changed)
    db.flush()
    return one(db, template)


def back_to_ours(db: OrmSession, template: str) -> None:
    """Have emails of this kind say what we say. Raises NotFound."""
    text = _locked(db, template)
    if (text.opening, text.closing) != (None, None):
        text.opening, text.closing, text.version = None, None, text.version + 1


def preview(db: OrmSession, layout: EmailLayout, template: str, given: Mapping[str, str | None]) -> dict[str, Any]:
    """Return `{template, subject, plain, html}` with what is `given`, and nothing kept. Raises NotFound, Invalid."""
    _check(template, given)
    return previews.preview(layout, template, voices.tried(db, template, given))


def send_test(
    db: OrmSession, caller: str, template: str, given: Mapping[str, str | None], now: datetime
) -> dict[str, str]:
    """Queue an example with what is `given` to the `caller` (a person's id), and return `{address}`.

    Raises NotFound, Invalid; TooManyTests after 5 in 10 minutes.
    """
    _check(template, given)
    person = db.get(Person, caller, with_for_update=True)
    if person is None or person.email is None:
        raise NotFound("Your account is not ready for this yet.")
    recent = select(func.count(), func.min(Message.created_at)).where(Message.created_at > now - TESTS_IN)
    tests, first = db.execute(recent.where(Message.person == caller, Message.template == TEST)).one()
    if tests >= MOST_TESTS:
        raise TooManyTests(retry_after=max(1, int((first + TESTS_IN - now).total_seconds())))
    facts = {**SAMPLES[template], "name": person.name, "test_of": template, "invite": None}
    facts["voice"] = voices.tried(db, template, given)
    cause = _Try(str(uuid.uuid4()), correlation.current())
    messages.queue(db, cause, [messages.Draft.to_person(person, TEST, facts, asked_for=True)], now)
    return {"address": person.email}


def _editable(template: str) -> str:
    if template not in PARTS:
        raise NotFound("There is no such kind of message, or nothing in it is yours to change.")
    return template


def _check(template: str, given: Mapping[str, str | None]) -> None:
    """Raise NotFound, or Invalid with each part that is not theirs and each placeholder that is not known."""
    parts, known = PARTS[_editable(template)], placeholders(SAMPLES[template])
    faults = []
    for part, words in given.items():
        if words is not None and part not in parts:
            faults.append(Fault("not-theirs-to-change", {"choices": [*parts]}).at(part))
        elif words is not None and (name := unknown(words, known)) is not None:
            shown = [f"{{{known_name}}}" for known_name in known]
            faults.append(Fault("unknown-placeholder", {"name": f"{{{name}}}", "choices": shown}).at(part))
    if faults:
        raise Invalid(faults)


def _locked(db: OrmSession, template: str) -> OwnText:
    """Return the row of a kind, held; made now where there is none."""
    text = db.get(OwnText, _editable(template), with_for_update=True)
    if text is None:
        text = OwnText(template=template, version=1)
        db.add(text)
        db.flush()
    return text
