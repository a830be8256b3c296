"""What a person said, marked, and in which files of a Headrow a mark is, in whatever way it is written there."""

import base64
from collections.abc import Iterator
from urllib.parse import quote

from tests.journeys.running import System, eventually

MARKS = ("Qzaddress", "Qznamé", "Qzorganisation", "Qzrole", "Qzneeds", "Qznote", "Qzmessage", "Qzabout", "Qzfeedback",
         "Qzsuggestion", "Qzreport")  # fmt: skip
ADDRESS = f"{MARKS[0].lower()}@example.org"


def encodings(mark: str) -> Iterator[bytes]:
    for form in (mark, mark.lower(), mark.upper()):
        raw = form.encode()
        yield raw
        yield form.encode("utf-16-le")
        yield form.encode("ascii", "backslashreplace")  # as JSON has it
        yield quote(form).encode()
        for shift in range(3):  # base64 depends on where in the text it begins
            coded = base64.b64encode(b"\0" * shift + raw)
            yield coded[4 if shift else 0 : -4]


def traces(system: System) -> dict[str, list[str]]:
    """Return in which files there is a mark. Emails as files stand for mailboxes, which are other people's."""
    found = {}
    for file in system.folder.rglob("*"):
        if file.is_file() and file.suffix != ".eml":
            content = file.read_bytes()
            marks = [mark for mark in MARKS if any(code in content for code in encodings(mark))]
            if marks:
                found[file.name] = marks
    return found


def join(caller, **said):
    """Join, once the community has heard of the account. Returns the caller's id."""
    eventually(lambda: caller.post("/community/join", said).status_code == 201)
    return caller.get("/community/me").json()["id"]


def answered(response, status=(200, 201)):
    assert response.status_code in status, response.text
    return response.json()
