"""The team's pages of speakers: all of them, a new one, and one to be changed or deleted."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.parts import editing
from gateway.parts.edit_forms import EditForm
from gateway.parts.editing import show
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.call import Answer
from gateway.web.pages.forms import key_of, typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.catalogue.schemas import NewSpeaker
from services.runtime import limits
from services.runtime.refusals import NotFound, Refusal

routes = page_routes("team_speakers", sign_in=for_the_team("Speakers", bio="About the speaker"))
FIELDS: Final = ("name", "affiliation", "bio")
LABELS: Final = {
    "slug": "the name in the address",
    "name": "the name",
    "affiliation": "where they work",
    "bio": "about the speaker",
}


@routes.route("GET", "/team/speakers", "Speakers", requires="team", query=("done",))
def show_speakers(call: Call) -> Response:
    """All of them by name."""
    call.model.require_ready()
    speakers = sorted((thing.data for thing in call.model.all("speakers").values()), key=lambda s: s["name"].casefold())
    return show(call, "team_speakers.html", speakers=speakers, done=call.query().get("done"))


@routes.route("GET", "/team/speakers/new", "New speaker", requires="team")
def show_new_speaker(call: Call) -> Response:
    """An empty form."""
    return _show_form(call, dict.fromkeys(("slug", *FIELDS), ""))


@routes.route("POST", "/team/speakers/new", "Add a speaker", requires="team")
def add_speaker(call: Call) -> Response:
    """Leads to the list, which has them."""
    form = typed(call, "slug", *FIELDS)
    if editing.asks_for_preview(call):
        return _show_form(call, form, is_preview=True)
    slug = form["slug"].strip()
    given = {**_given(form), **({"slug": slug} if slug else {})}

    def act() -> Answer:
        return call.catalogue("create_speaker", given=given, key=key_of(call))

    if refusal := editing.refused(act):
        return _show_form(call, form, refusal=refusal)
    return go("team_speakers.show_speakers", done="added")


@routes.route("GET", "/team/speakers/{slug}/edit", "Change a speaker", requires="team")
def show_speaker(call: Call) -> Response:
    """The form, filled in."""
    speaker = _speaker(call)
    return _show_form(call, _form_of(speaker), speaker)


@routes.route("POST", "/team/speakers/{slug}/edit", "Change a speaker", requires="team")
def change_speaker(call: Call) -> Response:
    """Leads to the list; says so where somebody else changed them meanwhile."""
    speaker, form = _speaker(call), typed(call, *FIELDS)
    if editing.asks_for_preview(call):
        return _show_form(call, form, speaker, is_preview=True)
    given = FORM.changes(call, speaker, form)
    named = {"slug": call.path["slug"], "version": editing.version_of(call), "given": given}
    if given and (refusal := editing.refused(lambda: call.catalogue("change_speaker", **named))):
        return _show_form(call, form, _speaker(call), refusal)
    return go("team_speakers.show_speakers", done="saved")


@routes.route("GET", "/team/speakers/{slug}/delete", "Delete a speaker", requires="team")
def show_delete(call: Call) -> Response:
    """Says what will be gone, with a button."""
    return show(call, "team_speaker_delete.html", speaker=_speaker(call), sessions=[])


@routes.route("POST", "/team/speakers/{slug}/delete", "Delete a speaker", requires="team")
def delete_speaker(call: Call) -> Response:
    """Leads to the speakers who are left; or says which sessions name this one."""
    refusal = editing.refused(lambda: call.catalogue("delete_speaker", slug=call.path["slug"]))
    if refusal and refusal.code == "speaker-named":
        named = refusal.facts.get("sessions", [])
        return show(call, "team_speaker_delete.html", 409, speaker=_speaker(call), sessions=named)
    if refusal and refusal.code != NotFound.code:  # the button was pressed twice
        raise refusal
    return go("team_speakers.show_speakers", done="deleted")


def _speaker(call: Call) -> Data:
    return dict(call.catalogue("speaker", slug=call.path["slug"]).value)


def _form_of(speaker: Data) -> dict[str, str]:
    return {name: (speaker[name] or "").replace("\r\n", "\n") for name in FIELDS}


def _given(form: dict[str, str]) -> Data:
    """Return the speaker who was typed, as the catalogue takes them."""
    return {"name": form["name"], "bio": form["bio"], "affiliation": form["affiliation"].strip() or None}


FORM: Final = EditForm(_form_of, _given, LABELS)


def _show_form(
    call: Call,
    form: dict[str, str],
    speaker: Data | None = None,
    refusal: Refusal | None = None,
    *,
    is_preview: bool = False,
) -> Response:
    status, shown = FORM.shown(call, form, speaker, refusal)
    if is_preview and speaker:
        shown = FORM.kept(call, form)
    most = limits.most(NewSpeaker, "bio")
    return show(call, "team_speaker.html", status, **shown, speaker=speaker, most=most, is_preview=is_preview)
