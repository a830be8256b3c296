"""What the pages on which the team writes know of its drafts."""

from datetime import datetime
from typing import Final

from gateway.parts.chosen import FIELD as CHOSEN
from gateway.parts.editing import version_of
from gateway.parts.sign_ins import key_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.call import Answer
from gateway.web.pages.field_errors import Asked, Errors, found
from services.notifications.schemas import MessageDraftText
from services.runtime.refusals import NotFound

GONE: Final = "draft-gone"
TOO_MANY: Final = "too-many-drafts"
NOTHING: Final = "Enter a subject or a message to save a draft"
FIELDS: Final = ("subject", "body")


def draft_of(call: Call, id: str) -> Data:
    """Return a draft, if it is one to the people of the session that the address names. Raises NotFound."""
    draft = dict(call.notifications("message_draft", id=id).value)
    if draft["session"] != call.path["slug"]:
        raise NotFound("There is no such draft. It may have been sent or deleted.")
    return as_shown(draft)


def as_shown(draft: Data) -> Data:
    """Return a draft with the moment at which it was saved."""
    return {**draft, "saved_at": datetime.fromisoformat(draft["saved_at"])}


def in_form(draft: Data) -> dict[str, str]:
    """Return a draft as the form has it."""
    texts = {name: (draft[name] or "").replace("\r\n", "\n") for name in FIELDS}
    chosen = {CHOSEN: " ".join(draft["references"] or ()), "to": draft["to"] or ""}
    return {**texts, **chosen, "draft": draft["id"], "version": str(draft["version"])}


def named_in(call: Call) -> dict[str, str]:
    """Return which draft a form says that it has, and in which version; both empty where it has none."""
    id = call.given.get("draft", "")
    return {"draft": id, "version": str(version_of(call)) if id else ""}


def why_not(given: Data, asked: dict[str, Asked]) -> Errors:
    """Return what is in the way of keeping what was written so far."""
    if not any(given[name].strip() for name in FIELDS):
        return {"subject": NOTHING}
    return found(MessageDraftText(), _begun(given), asked)


def kept(call: Call, slug: str, said: dict[str, str], given: Data) -> Answer:
    """Keep what was written so far, in the draft that it came from or in a new one."""
    text = _begun(given)
    if said["draft"]:
        named = {"id": said["draft"], "version": int(said["version"]), "given": text}
        return call.notifications("change_message_draft", **named)
    return call.notifications("begin_message_draft", given={**text, "session": slug}, key=key_of(call))


def _begun(given: Data) -> Data:
    """Return what there is already: a field that nobody has filled in is missing, and not wrong."""
    return {name: told for name, told in given.items() if not isinstance(told, str) or told.strip()}
