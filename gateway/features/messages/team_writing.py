"""Writing to the people of a session: the text, a look at it, then a button; and what was written before.

The team can keep a text as a draft, which goes once it is sent. Who facilitates the session writes to those who have a
place, and to nobody else.
"""

from datetime import datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.features.messages.kept_drafts import GONE, TOO_MANY, draft_of, in_form, kept, named_in, why_not
from gateway.parts.chosen import FIELD as CHOSEN
from gateway.parts.chosen import FIELDS as BOXES
from gateway.parts.chosen import references_in
from gateway.parts.editing import is_stale
from gateway.parts.sign_ins import FOR_FACILITATORS, key_of, once, show
from gateway.parts.team_views import all_rows, bookings_of, session_of
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Asked, found
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import LARGE, page_routes
from services.notifications.schemas import MOST_CHOSEN, TeamMessage
from services.runtime import limits
from services.runtime.refusals import NotFound, Refusal

routes = page_routes("team_writing", sign_in=FOR_FACILITATORS, private=True)
FIELDS: Final = ("to", "subject", "body")
SECONDS: Final = 30.0  # for as many people as a session may have
TO: Final = {
    "confirmed": "People who have a place",
    "waiting": "People on the waiting list",
    "all": "Everybody: both of these",
}
TO_EXPECTED: Final = {"confirmed": TO["confirmed"]}  # for who facilitates the session
TO_SELECTED: Final = {"all": "Those you selected who have a place or are waiting"}
IN_STATE: Final = {
    "confirmed": ("confirmed", "attended", "partly_attended", "absent"),
    "waiting": ("waiting", "offered"),
}
DRAFT: Final = "save-draft"  # the id of the button
SAVED: Final = "draft"
STALE: Final = (
    "Someone else changed this draft since you opened it. See their text below, then save or send yours again"
)
SENT_OR_DELETED: Final = (
    "This draft was sent or deleted since you opened it. See under “Written before” whether it was sent. You can save"
    " your text as a new draft"
)
TOO_MANY_KEPT: Final = "There are {most} drafts already, and there can be no more. Send or delete one of them first"
COUNTED: Final = {
    **{"queued": "waiting to be sent", "sent": "sent", "delivered": "arrived"},
    **{"bounced": "came back", "failed": "failed"},
}
ASKED: Final = {
    "to": Asked(ask="Choose who to write to"),
    "references": Asked(ask=f"Select {MOST_CHOSEN} bookings at most"),
    "subject": Asked(ask=f"Enter a subject of at most {limits.most(TeamMessage, 'subject'):,} characters"),
    "body": Asked(ask=f"Write your message, in at most {limits.most(TeamMessage, 'body'):,} characters"),
}


@routes.route(
    "GET",
    "/team/sessions/{slug}/write",
    "Write to a session’s people",
    requires="facilitator",
    query=("done", "cursor", "draft"),
)
def show_writing(call: Call) -> Response:
    """The form, empty or with a draft in it, and what was written before with what became of it."""
    if (id := call.query().get("draft")) and not _facilitates(call):
        return _ask(call, in_form(draft_of(call, id)))
    return _ask(call, dict.fromkeys((*FIELDS, CHOSEN, "draft", "version"), ""))


@routes.route(
    "POST",
    "/team/sessions/{slug}/write",
    "Write to a session’s people",
    requires="facilitator",
    most=LARGE,
    most_fields=BOXES,
)
def write(call: Call) -> Response:
    """Shows what they will read; sends it when the button on that page is pressed, or keeps it as a draft.

    With bookings that were selected in the session's list, it goes to their people alone.
    """
    said = {**typed(call, *FIELDS), **_selected(call), **named_in(call)}
    if call.given.get("step") == "choose" and not _facilitates(call):
        return _ask(call, said) if said[CHOSEN] else go("team_bookings.show_bookings", slug=call.path["slug"])
    given: Data = {name: said[name] for name in FIELDS}
    if said[CHOSEN]:
        given["references"] = said[CHOSEN].split()
    if call.given.get("step") == "draft" and not _facilitates(call):
        return _keep(call, said, given)
    if errors := found(TeamMessage(), given, ASKED):
        return _ask(call, said, errors, 422)
    step = call.given.get("step")
    if step == "change":
        return _ask(call, said)
    if step != "send":
        session = session_of(call)
        people = _counts(call, said)[said["to"]]
        context: Data = {"said": said, "to": _choices(call, said)[said["to"]], "people": people}
        return show(call, "team_write_check.html", session=session, **context)
    session = session_of(call)
    if said["draft"]:
        given |= {"draft": said["draft"], "draft_version": int(said["version"])}
    named = {"slug": session["slug"], "given": given, "key": key_of(call), "timeout": SECONDS}
    try:
        answer = once(lambda: call.notifications("write_to_session", **named))
    except Refusal as refusal:
        return _not_done(call, said, refusal)
    return go("team_writing.show_writing", slug=session["slug"], done=answer.value["queued"] if answer else "")


def _keep(call: Call, said: dict[str, str], given: Data) -> Response:
    """Keep what was written so far as a draft; or say why not, with the text."""
    if errors := why_not(given, ASKED):
        return _ask(call, said, errors, 422)
    slug = session_of(call)["slug"]
    try:
        answer = once(lambda: kept(call, slug, said, given))
    except Refusal as refusal:
        return _not_done(call, said, refusal)
    id = answer.value["id"] if answer else said["draft"]
    return go("team_writing.show_writing", slug=slug, draft=id, done=SAVED)


def _not_done(call: Call, said: dict[str, str], refusal: Refusal) -> Response:
    """Say what is in the way of a draft. The text is kept, and can be saved or sent from there again.

    Raises the refusal where it is of no draft.
    """
    if is_stale(refusal):
        there = draft_of(call, said["draft"])
        return _ask(call, {**said, "version": str(there["version"])}, {DRAFT: STALE}, 409, there)
    if refusal.code == TOO_MANY:
        return _ask(call, said, {DRAFT: TOO_MANY_KEPT.format(most=refusal.facts["most"])}, 409)
    if said["draft"] and refusal.code in (GONE, NotFound.code):
        return _ask(call, {**said, "draft": "", "version": ""}, {DRAFT: SENT_OR_DELETED}, 409)
    raise refusal


def _selected(call: Call) -> dict[str, str]:
    """Return the references of the bookings that were selected, where some were; then only their people are meant."""
    if _facilitates(call):
        return {CHOSEN: "", "to": "confirmed"}
    references = references_in(call.given)
    return {CHOSEN: " ".join(references), **({"to": "all"} if references else {})}


def _facilitates(call: Call) -> bool:
    return "team" not in call.who()["roles"]


def _choices(call: Call, said: dict[str, str]) -> dict[str, str]:
    if _facilitates(call):
        return TO_EXPECTED
    return TO_SELECTED if said[CHOSEN] else TO


def _counts(call: Call, said: dict[str, str]) -> dict[str, int]:
    """Return how many people there are to write to."""
    if _facilitates(call):
        people = sum(1 for _ in all_rows(call, "expected", slug=call.path["slug"]))
        return {"confirmed": people, "waiting": 0, "all": people}
    chosen = said[CHOSEN].split()
    bookings = [row for row in bookings_of(call) if not chosen or row["reference"] in chosen]
    states = [booking["state"] for booking in bookings]
    counts = {to: sum(state in of for state in states) for to, of in IN_STATE.items()}
    return {**counts, "all": sum(counts.values())}


def _ask(
    call: Call,
    said: dict[str, str],
    errors: dict[str, str] | None = None,
    status: int = 200,
    there: Data | None = None,
) -> Response:
    """Show the form; `there` is what someone else saved of the draft meanwhile."""
    session, query = session_of(call), call.query()
    cursor = query.get("cursor")
    try:
        before = call.notifications("mailings", slug=session["slug"], cursor=cursor, limit=lists.USUAL).value
    except Refusal as refusal:
        if refusal.code != NotFound.code:  # notifications may hear of a new session later than we do
            raise
        before = {"items": [], "next": None}
    done = query.get("done", "")
    context: Data = {
        "said": said,
        "errors": errors or {},
        "to": _choices(call, said),
        "counts": _counts(call, said),
        "before": [_mailing(row) for row in before["items"]],
        "next": before["next"],
        "there": there,
        "to_all": TO,
        "is_saved": done == SAVED,
        "done": int(done) if done.isascii() and done.isdigit() and len(done) < 7 else None,
    }
    return show(call, "team_write.html", status, session=session, **context)


def _mailing(row: Data) -> Data:
    parts = [f"{row[state]:,} {words}" for state, words in COUNTED.items() if row[state]]
    created_at = datetime.fromisoformat(row["created_at"])
    to = "People you selected" if row.get("chosen") else TO[row["to"]]  # an older notifications does not say so
    row = {"written_by_name": None, **row}  # nor who wrote it
    return {**row, "to": to, "state": ", ".join(parts) or "went to nobody", "created_at": created_at}
