"""Refusals of the catalogue, as facts."""

from services.runtime.refusals import Refusal


class SessionCancelled(Refusal):
    """The session was cancelled, and a cancelled session does not change until it is called back."""

    code = "session-cancelled"


class SessionNotCancelled(Refusal):
    """The session was not cancelled, so there is nothing to call back."""

    code = "session-not-cancelled"


class SessionNotPublished(Refusal):
    """The session is a draft: nobody has been told of it yet."""

    code = "session-not-published"


class SessionNotDraft(Refusal):
    """The session was published, so people know of it: cancel it."""

    code = "session-not-draft"


class SessionIsTemplate(Refusal):
    """This draft is kept as a template, which is only ever copied."""

    code = "session-is-template"


class SpeakerNamed(Refusal):
    """A session names this speaker. Remove the speaker from it first."""

    code = "speaker-named"


class SessionFinished(Refusal):
    """The session is over."""

    code = "session-finished"


class PublicationCheckIncomplete(Refusal):
    """A recording is published once its speakers consent, and its captions and attendees' voices are checked."""

    code = "publication-check-incomplete"


class MaterialPublished(Refusal):
    """The recording at this address was checked and published; withdraw it before you give it another address."""

    code = "material-published"


class TopicExists(Refusal):
    """There is a topic of this name: the two can be merged."""

    code = "topic-exists"


class ImportOver(Refusal):
    """This import cannot be undone any more: it was undone, or it is over 30 days old."""

    code = "import-over"


class ImportEdited(Refusal):
    """Something that this import added or changed is not what the import made it, so nothing of it was undone."""

    code = "import-edited"
