"""The one table from a refusal to an HTTP problem (RFC 9457), and the answer made from it."""

import json
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from gateway.web.account_problems import ACCOUNTS
from gateway.web.booking_problems import BOOKINGS
from gateway.web.community_problems import COMMUNITY
from gateway.web.errors import TooLarge
from gateway.web.message_problems import MESSAGES
from gateway.web.problem import Problem
from services.runtime.refusals import Refusal

RESERVED = {"type", "title", "status", "detail", "instance", "errors", "correlation_id"}
TOLD_IN_HEADERS = {"allow", "token_given"}


PROBLEMS: dict[str, Problem] = {
    # The request itself
    "bad-request": Problem(
        400,
        "Bad request",
        "The request is not valid HTTP, or could be understood in two ways, such as a body whose length is given twice."
        " It was not read any further.",
    ),
    "not-json": Problem(
        400,
        "Not JSON",
        "The body could not be read as JSON (RFC 8259) in UTF-8. NaN and Infinity are not JSON, and lists and objects"
        " may be nested at most 64 deep.",
    ),
    "not-signed-in": Problem(
        401,
        "Not signed in",
        "This needs a token that is in force: send it as “Authorization: Bearer …”, or sign in on the page. A token"
        " ends when it expires, when you sign out, and when the account is erased.",
    ),
    "code-wrong": Problem(
        401,
        "The code is wrong",
        "The six-digit code does not match, has been used, is older than 10 minutes, or was tried 5 times. Ask for a"
        " new one.",
    ),
    "welcome-over": Problem(
        410,
        "This link no longer works",
        "The address of the first team member is good for one use and for an hour, and only while there is no team."
        " “headrow welcome” prints a new one, as long as nobody is of the team.",
    ),
    "not-allowed": Problem(403, "Not allowed", "You are signed in, but your role does not allow this."),
    **ACCOUNTS,
    "cross-site": Problem(
        403,
        "The request came from elsewhere",
        "To protect you, forms and requests that use the browser’s session are taken only from our own pages. Open the"
        " page again, and repeat what you did.",
    ),
    "not-found": Problem(404, "Not found", "There is nothing at this address, or it is not yours to know of."),
    "method-not-allowed": Problem(
        405,
        "Method not allowed",
        "The address exists, but does not take this method. The Allow header lists those it takes.",
    ),
    "request-timeout": Problem(
        408, "The request took too long", "The request did not arrive in full within the time that it has."
    ),
    "too-large": Problem(
        413,
        "Too large",
        "The body is larger than 64 KiB, 2 MiB for attendance or a CSV file, or 8 MiB for a programme file. "
        "Nothing of it has been taken in.",
    ),
    "request-uri-too-long": Problem(414, "The address is too long", "A request line may have at most 8 KiB."),
    "unsupported-media-type": Problem(
        415,
        "Unsupported media type",
        "Bodies are JSON in UTF-8, not compressed: send “Content-Type: application/json” and no Content-Encoding."
        " Attendance may also be “text/csv”, and a mail server’s report is “message/rfc822”, “multipart/report” or"
        " “text/plain”.",
    ),
    "invalid": Problem(
        422,
        "Some fields are wrong",
        "The request was understood, but some fields cannot be accepted. “errors” lists all of them at once, each with"
        " the field’s path, a code and its limits for programs, and a message for people.",
    ),
    "idempotency-key-reused": Problem(
        422,
        "The Idempotency-Key was used for another request",
        "A key stands for one request for 24 hours. The same key came with another body or address: use a fresh key.",
    ),
    "idempotency-key-required": Problem(
        428,
        "Idempotency-Key required",
        "Booking, and asking to meet somebody, must be safe to repeat. Send an Idempotency-Key, for example a UUID, and"
        " the same one when you repeat the request.",
    ),
    "precondition-required": Problem(
        428,
        "If-Match required",
        "A change must say which version it changes. Read the thing, and send its ETag as If-Match.",
    ),
    "stale-version": Problem(
        412,
        "Changed meanwhile",
        "Somebody changed this since you read it, so your If-Match no longer matches. Read it again, then decide.",
    ),
    "too-many-requests": Problem(
        429,
        "Too many requests",
        "You asked faster than the limit allows. Wait for as many seconds as Retry-After says. RateLimit and"
        " RateLimit-Policy tell the limit in every answer.",
    ),
    "too-many-codes": Problem(
        429,
        "Too many codes",
        "Only a few sign-in codes are sent to one address, and to one network, in an hour. Use the last one that came,"
        " or wait for as long as Retry-After says.",
    ),
    **COMMUNITY,
    "too-many-suggestions": Problem(
        429,
        "Too many suggestions",
        "One person may send 20 suggestions in 24 hours. Wait for as long as Retry-After says, then send the next one.",
    ),
    "too-many-tests": Problem(
        429,
        "Too many tests",
        "You can send yourself 5 tests of emails in 10 minutes. Wait for as long as Retry-After says.",
    ),
    "request-header-fields-too-large": Problem(
        431, "The header is too large", "A request’s header may have at most 100 fields and 32 KiB."
    ),
    # The state of things
    "refused": Problem(409, "Refused", "The state of things does not allow this now."),
    "idempotency-key-in-use": Problem(
        409,
        "The first request is still under way",
        "A request with this Idempotency-Key is being worked on. Repeat it in a moment to get its answer.",
    ),
    "profile-incomplete": Problem(
        409,
        "Your profile is incomplete",
        "A booking needs your name and the sector that you work in, and so does joining the community. Add them to your"
        " profile, then try again.",
    ),
    "already-nominated": Problem(
        409,
        "You have nominated them already",
        "A coordinator nominates someone for a session once. They may have cancelled since.",
    ),
    "no-organisation": Problem(
        409,
        "You have not said where you work",
        "Only people whose details name an organisation can let its coordinators see their bookings. Add it to your"
        " details first.",
    ),
    **BOOKINGS,
    "own-role": Problem(
        409, "Not for yourself", "Nobody gives a role to themselves. Ask someone else who can give it."
    ),
    "last-operator": Problem(
        409, "The last operator", "There has to be an operator. Make someone else one, and then remove this one."
    ),
    "not-waiting": Problem(
        409,
        "Not on the waiting list",
        "Only someone who is on the waiting list can be given a place in this way, and this booking is not on it.",
    ),
    "would-displace": Problem(
        409,
        "People would lose their place",
        "There would be fewer places than people who have one. “displaces” says how many people would lose theirs; send"
        " that number as displace to go on. With dry_run=true the answer says who they are.",
    ),
    "would-remove-attendance": Problem(
        409,
        "Attendance is recorded for a meeting that would go",
        "“people” says for how many people it is recorded whether they were there; send that number as"
        " remove_attendance to go on. If the meeting comes back at the same time, what was recorded counts again.",
    ),
    "clash": Problem(
        409,
        "You are elsewhere at that time",
        "The session overlaps with another one that you are confirmed for. Send allow_clash as true to book both.",
    ),
    "offer-expired": Problem(
        409,
        "The offer has expired",
        "The place was offered to you until a certain time, and has gone to the next person.",
    ),
    "session-cancelled": Problem(
        409,
        "The session is cancelled",
        "The session has been cancelled; it can be neither booked nor changed, unless the team calls it back.",
    ),
    "session-not-cancelled": Problem(
        409,
        "The session is not cancelled",
        "Only a cancelled session can be called back, and this one is not cancelled.",
    ),
    "session-not-published": Problem(
        409,
        "The session is not published",
        "The session is a draft. Publish it first; only then can it be cancelled or booked.",
    ),
    "session-not-draft": Problem(
        409,
        "The session is not a draft",
        "Only a draft can be deleted, and people know of this session. Cancel it instead.",
    ),
    "topic-exists": Problem(
        409,
        "There is a topic of this name",
        "Another topic has this name already. Give this one another name, or merge the two.",
    ),
    "session-is-template": Problem(
        409,
        "The session is a template",
        "A template is never published. Copy it, and publish the copy; or make it a draft again.",
    ),
    "has-bookings": Problem(
        409,
        "The session has bookings",
        "Only a session that nobody has or had booked, or waited for, can be unpublished. Cancel it instead.",
    ),
    "has-facilitators": Problem(
        409,
        "The session has facilitators",
        "Someone was told that they facilitate this session. Remove its facilitators first, then unpublish it.",
    ),
    "speaker-named": Problem(
        409,
        "A session names the speaker",
        "A speaker who is in any session cannot be deleted. The member sessions lists the first of them, by slug and"
        " title: remove the speaker from each session first.",
    ),
    "import-edited": Problem(
        409,
        "The import cannot be undone as it is",
        "Something that the import added or changed is not what the import made it any more. Nothing was undone. The"
        " member lines says which lines that are, and why, as the errors of a file are told.",
    ),
    "session-finished": Problem(
        409,
        "The session is over",
        "The last meeting of this session has ended, or would have, so this can no longer be done.",
    ),
    "publication-check-incomplete": Problem(
        409,
        "Not checked for publication",
        "A recording is published once its speakers consent, its captions are checked, and the voices of those who"
        " attended are checked: all three must be true.",
    ),
    "material-published": Problem(
        409,
        "The material is published",
        "A published recording was checked at its present address. Withdraw it before you give it another one.",
    ),
    "tables-being-made": Problem(
        409,
        "The tables are being made",
        "Looking for the best tables takes some seconds, and for a large session up to a minute. Try again then.",
    ),
    "attendance-too-early": Problem(
        409,
        "Too early for attendance",
        "Who is at a meeting can be recorded from 60 minutes before it starts.",
    ),
    "booking-not-confirmed": Problem(
        409,
        "The booking is not confirmed",
        "Only a booking with a confirmed place has a check-in code, and only its owner can be checked in.",
    ),
    "check-in-closed": Problem(
        409,
        "There is no meeting to check in to",
        "People can be checked in to a meeting from 60 minutes before it starts until 12 hours after it ended.",
    ),
    "scan-out-of-time": Problem(
        409,
        "The scan is too old, or from the future",
        "A scan that comes late counts for 7 days. Its time may be at most 5 minutes ahead of ours: look at the"
        " scanner’s clock.",
    ),
    "not-attended": Problem(
        409,
        "There is no certificate yet",
        "A certificate is there once every meeting has a record of who came, or the session is over, and you were at"
        " one of its meetings or more. Tell the team if the record is wrong.",
    ),
    "feedback-not-open": Problem(
        409,
        "The feedback form is not open",
        "What people thought of a session is asked once its last meeting has ended, and for 60 days. The form is for"
        " those who had a place, unless the list says that they were not there.",
    ),
    "evaluation-not-open": Problem(
        409,
        "There is nothing to answer now",
        "People who have a place are asked until the session starts. Those who came are asked from when the last"
        " meeting starts until 14 days after it, and 3, 6 and 12 months later, for 28 days. What is asked when is for"
        " the team to say, and nobody answers twice at one of these moments.",
    ),
    "no-pledge": Problem(
        404,
        "There is no pledge",
        "A pledge is what somebody says, in the feedback on a session, that they will do differently. This booking has"
        " none, or it was taken back.",
    ),
    "pledge-not-due": Problem(
        409,
        "It is too early to say what became of the pledge",
        "Whoever made a pledge is asked about it six weeks after the last meeting of the session, and can answer from"
        " then on.",
    ),
    **MESSAGES,
    # Ourselves
    "internal": Problem(
        500,
        "Something went wrong",
        "The fault is ours. It has been noted under the correlation id; tell us that id if it keeps happening.",
    ),
    "not-implemented": Problem(501, "Not implemented", "The request uses a part of HTTP that is not understood here."),
    "unavailable": Problem(
        503,
        "Not available just now",
        "A part of the system does not answer at the moment. Nothing is lost: repeat the request after Retry-After"
        " seconds, with the same Idempotency-Key if it had one.",
    ),
    "http-version-not-supported": Problem(505, "HTTP version not supported", "HTTP/1.0 and HTTP/1.1 are spoken here."),
}


def problem_of(refusal: Refusal) -> tuple[str, Problem]:
    """Return slug and problem of a refusal; a code that is not in the table is a fault of ours."""
    code = refusal.code if refusal.code in PROBLEMS else "internal"
    return code, PROBLEMS[code]


def content_of(refusal: Refusal, correlation_id: str) -> dict[str, Any]:
    """Return the problem document. A fault of ours gives no detail away."""
    slug, problem = problem_of(refusal)
    content: dict[str, Any] = {"type": f"/problems/{slug}", "title": problem.title, "status": problem.status}
    if slug == "internal":
        return {**content, "detail": problem.explanation, "correlation_id": correlation_id}
    facts = {name: fact for name, fact in refusal.facts.items() if name not in RESERVED | TOLD_IN_HEADERS}
    content |= {"detail": refusal.detail, **facts, "correlation_id": correlation_id}
    if errors := refusal.facts.get("errors"):
        content["errors"] = errors
    return content


def headers_of(refusal: Refusal) -> dict[str, str]:
    """Return the headers that go with a refusal of this kind."""
    _, problem = problem_of(refusal)
    headers = {"Cache-Control": "no-store"}
    if problem.status == 401:
        error = ', error="invalid_token"' if refusal.facts.get("token_given") else ""
        headers["WWW-Authenticate"] = f'Bearer realm="headrow"{error}'
    if problem.status in (429, 503) or "retry_after" in refusal.facts:
        headers["Retry-After"] = str(max(1, round(float(refusal.facts.get("retry_after", 2)))))
    if getattr(refusal, "replayed", False):
        headers["Idempotent-Replayed"] = "true"
    if allow := refusal.facts.get("allow"):
        headers["Allow"] = ", ".join(allow)
    return headers


def as_json(refusal: Refusal, correlation_id: str) -> Response:
    """Return the refusal as `application/problem+json`."""
    content = content_of(refusal, correlation_id)
    body = json.dumps(content, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return Response(body, content["status"], headers_of(refusal), content_type="application/problem+json")


def from_http(error: HTTPException) -> Refusal:
    """Return what the door, or Werkzeug, refused as a refusal of ours."""
    slug = TooLarge.code if error.code == 413 else error.name.lower().replace(" ", "-")
    refusal = Refusal(error.description if slug in PROBLEMS else None)
    refusal.code = slug if slug in PROBLEMS else "internal"  # type: ignore[misc]  # this code is data
    return refusal
