"""Letters to deliver."""

from services.notifications.emails import Letter
from tests.notifications.conftest import NOW


def letter(id_="one", recipient="zoe@example.org", written_at=NOW) -> Letter:
    """Return a letter that is ready to be sent."""
    mail = f"From: a@example.org\r\nTo: {recipient}\r\nSubject: {id_}\r\n\r\n.a dot first\r\nGrüße\r\n".encode()
    return Letter(id_, written_at, "academy@example.org", recipient, id_, mail)
