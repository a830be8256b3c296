"""The team's pages of the picture of a session, and of a speaker."""

from collections.abc import Mapping
from typing import Final

from werkzeug.wrappers import Response

from gateway.features.pictures.api import MOST_BYTES, SECONDS, given_of
from gateway.parts import editing
from gateway.parts.editing import show
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.projection.views import picture_view
from gateway.web.pages.field_errors import Errors
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.runtime.refusals import Invalid

routes = page_routes("team_pictures", sign_in=for_the_team("Picture", alt="What the picture shows"))
MOST: Final = MOST_BYTES + 64 * 1024  # of a form: the picture, and what is beside it
PAGE_OF: Final = {"session": "team_pictures.show_of_session", "speaker": "team_pictures.show_of_speaker"}
STALE: Final = "Someone else changed this. Check what the picture shows, and save it again"
LABELS: Final = {"content": "the picture", "alt": "what the picture shows"}


@routes.route("GET", "/team/sessions/{slug}/picture", "The picture of a session", requires="team", query=("done",))
def show_of_session(call: Call) -> Response:
    """What is there, and a form to change it."""
    return _show(call, _session(call))


@routes.route(
    "POST", "/team/sessions/{slug}/picture", "The picture of a session", requires="team", most=MOST, files=True
)
def change_of_session(call: Call) -> Response:
    """Leads back. Without a file, only what the picture is said to show changes."""
    return _change(call, _session(call))


@routes.route("GET", "/team/speakers/{slug}/picture", "The picture of a speaker", requires="team", query=("done",))
def show_of_speaker(call: Call) -> Response:
    """What is there, and a form to change it."""
    return _show(call, _speaker(call))


@routes.route(
    "POST", "/team/speakers/{slug}/picture", "The picture of a speaker", requires="team", most=MOST, files=True
)
def change_of_speaker(call: Call) -> Response:
    """Leads back. Without a file, only what the picture is said to show changes."""
    return _change(call, _speaker(call))


def _session(call: Call) -> Data:
    session = call.catalogue("session", slug=call.path["slug"]).value
    return {"one": "session", "name": session["title"], **_with_picture(session)}


def _speaker(call: Call) -> Data:
    speaker = call.catalogue("speaker", slug=call.path["slug"]).value
    return {"one": "speaker", "name": speaker["name"], **_with_picture(speaker)}


def _with_picture(owner: Data) -> Data:
    return {"picture": owner.get("picture"), "version": owner["version"]}


def _change(call: Call, owner: Data) -> Response:
    slug, one = call.path["slug"], owner["one"]
    alt = call.given.get("alt", "").strip()
    if call.given.get("do") == "remove":
        call.catalogue(f"remove_picture_of_{one}", slug=slug)
        return go(PAGE_OF[one], slug=slug, done="removed")
    content = call.files.get("content") or b""
    if errors := _missing(owner, content, alt):
        return _show(call, owner, 422, alt, errors)
    refusal = editing.refused(lambda: _put(call, one, content, alt) if content else _describe(call, one, alt))
    if editing.is_stale(refusal):
        latest = {"session": _session, "speaker": _speaker}[one](call)
        return _show(call, latest, 409, alt, {"alt": STALE})
    if refusal:
        return _show(call, owner, 422, alt, editing.errors_of(refusal, LABELS, {"alt": alt}))
    return go(PAGE_OF[one], slug=slug, done="saved" if content else "described")


def _put(call: Call, one: str, content: bytes, alt: str) -> None:
    if len(content) > MOST_BYTES:
        raise Invalid.field("content", "too-many-bytes", max=MOST_BYTES)
    call.catalogue(f"put_picture_of_{one}", slug=call.path["slug"], given=given_of(content, alt), timeout=SECONDS)


def _describe(call: Call, one: str, alt: str) -> None:
    """Change what is said of the picture that is there."""
    named = {"slug": call.path["slug"], "version": editing.version_of(call), "given": {"alt": alt}}
    call.catalogue(f"change_picture_of_{one}", **named)


def _missing(owner: Data, content: bytes, alt: str) -> Errors:
    errors: Errors = {}
    if not content and not owner["picture"]:
        errors["content"] = "Choose a picture"
    if not alt:
        errors["alt"] = "Enter what the picture shows"
    return errors


def _show(
    call: Call, owner: Data, status: int = 200, alt: str | None = None, errors: Mapping[str, str] | None = None
) -> Response:
    """Show the form with what was typed; if nothing was, with what the picture is said to show now."""
    if alt is None:
        alt = owner["picture"]["alt"] if owner["picture"] else ""
    shown = {name: owner[name] for name in ("one", "name", "version")} | {
        "slug": call.path["slug"],
        "form": {"alt": alt},
    }
    megabytes = MOST_BYTES // 1_000_000
    picture = picture_view(owner["picture"])
    done = call.query().get("done")
    return show(
        call, "team_picture.html", status, **shown, picture=picture, megabytes=megabytes, errors=errors or {}, done=done
    )
