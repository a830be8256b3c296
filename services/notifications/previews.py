"""What the team reads of messages before people do: each kind written out with made-up facts."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from services.notifications.composing.email_layout import EmailLayout
from services.notifications.composing.samples import SAMPLES
from services.notifications.emails import write_out
from services.notifications.message_types import MESSAGE_TYPES, TO_AN_ADDRESS
from services.notifications.models import Message
from services.notifications.voices import Voice
from services.runtime.refusals import NotFound

SOMEBODY: Final = "somebody"  # whose message it is, where it is nobody's
ADDRESS: Final = "zoe@example.org"
OURS: Final[Mapping[str, Any]] = MappingProxyType({})
ITS_OWN: Final = "the-link-is-in-the-email-itself"


class TeamCopy(EmailLayout):
    """The layout of what the team reads: its links choose nothing, as those in an email are its reader's alone."""

    def emails(self, person: str, topic: str | None = None) -> str:
        """Return an address that stands for the one in the letter."""
        return f"{self.public_url}/emails/{ITS_OWN}"

    def undo_email(self, token: str) -> str:
        """Return an address that stands for the one in the letter."""
        return super().undo_email(ITS_OWN)


def copy_of(email_layout: EmailLayout) -> TeamCopy:
    """Return the layout as the team may read it, which can sign nothing."""
    return TeamCopy(email_layout.mail_from, email_layout.public_url, "", email_layout.language)


def every_kind(email_layout: EmailLayout, said: Mapping[str, Voice] = OURS) -> dict[str, Any]:
    """Return `{items: [{template, subject}]}` of all kinds of messages, in the order of `message_types.py`.

    `said` is the voice of each, where that is not ours.
    """
    subjects = {name: _written(name, email_layout, said.get(name, {}))[0] for name in MESSAGE_TYPES}
    return {"items": [{"template": name, "subject": subject} for name, subject in subjects.items()]}


def preview(email_layout: EmailLayout, template: str, voice: Mapping[str, Any] = OURS) -> dict[str, Any]:
    """Return `{template, subject, plain, html}` of a kind of message, as it is said with `voice`. Raises NotFound."""
    if template not in MESSAGE_TYPES:
        raise NotFound("There is no such kind of message.")
    subject, plain, html = _written(template, email_layout, voice)
    return {"template": template, "subject": subject, "plain": plain, "html": html}


def _written(template: str, email_layout: EmailLayout, voice: Mapping[str, Any]) -> tuple[str, str, str]:
    person = None if template in TO_AN_ADDRESS else SOMEBODY
    sample = Message(template=template, facts={**SAMPLES[template], "voice": {**voice}}, person=person, address=ADDRESS)
    return write_out(sample, copy_of(email_layout))
