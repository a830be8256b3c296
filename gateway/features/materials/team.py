"""The team's pages of materials: added to a session, changed, published once they were checked, and withdrawn."""

from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.materials.owners import Owner, added, of_session, owner_of, page_of_materials
from gateway.parts import editing
from gateway.parts.edit_forms import EditForm
from gateway.parts.editing import show
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.forms import key_of, typed
from gateway.web.pages.paging import next_page
from gateway.web.routing import page_routes
from services.runtime.refusals import Refusal

routes = page_routes("team_materials", sign_in=for_the_team("Materials"))
FIELDS: Final = ("kind", "title", "url", "minutes", "captions", "audience")
LABELS: Final = {
    "kind": "what it is",
    "title": "the title",
    "url": "the web address",
    "minutes": "how many minutes it takes",
    "captions": "whether it has captions",
    "audience": "who may see it",
}
CHECKS: Final = {
    "speaker_consents": "Everybody who speaks in it has agreed that we publish it",
    "captions_checked": "Somebody has read the captions, and they are right",
    "attendee_voices_checked": "Nobody who only came to listen is heard or seen without having agreed",
}
NOT_CHECKED: Final = "publication-check-incomplete"
DRAFT_SESSION: Final = "session-not-published"
IS_PUBLISHED: Final = "material-published"
KEEPS_ITS_ADDRESS: Final = "This recording is published. Withdraw it before you give it another web address"
YES_NO: Final = {"yes": True, "no": False}


@routes.route("GET", "/team/sessions/{slug}/materials", "Materials of a session", requires="team", query=("done",))
def show_materials(call: Call) -> Response:
    """All of them, whether they are published or not."""
    return show_list(call, of_session(call))


@routes.route("GET", "/team/sessions/{slug}/materials/new", "New material", requires="team")
def show_new_material(call: Call) -> Response:
    """An empty form."""
    return show_empty_form(call, of_session(call))


@routes.route("POST", "/team/sessions/{slug}/materials/new", "Add a material", requires="team")
def add_material(call: Call) -> Response:
    """Leads to the list; nobody else sees it until it is published."""
    return add_to(call, of_session(call))


@routes.route("GET", "/team/materials/{id}/edit", "Change a material", requires="team")
def show_material(call: Call) -> Response:
    """The form, filled in."""
    material = _material(call)
    return _show_form(call, owner_of(call, material), _form_of(material), material)


@routes.route("POST", "/team/materials/{id}/edit", "Change a material", requires="team")
def change_material(call: Call) -> Response:
    """Leads to the list; says so where somebody else changed it meanwhile."""
    material, form = _material(call), typed(call, *FIELDS)
    form["kind"] = material["kind"]
    given = FORM.changes(call, material, form)
    named = {"id": material["id"], "version": editing.version_of(call), "given": given}
    if given and (refusal := editing.refused(lambda: call.catalogue("change_material", **named))):
        return _show_form(call, owner_of(call, material), form, _material(call), refusal)
    return owner_of(call, material).go("saved")


@routes.route("GET", "/team/materials/{id}/publish", "Publish a material", requires="team")
def show_publish(call: Call) -> Response:
    """Asks for what must have been checked, with a button."""
    return _show_publish(call, dict.fromkeys(CHECKS, ""))


@routes.route("POST", "/team/materials/{id}/publish", "Publish a material", requires="team")
def publish(call: Call) -> Response:
    """Leads to the list, or says which checks are not done."""
    form = typed(call, *CHECKS)
    material = _material(call)
    given = {name: form[name] == "yes" for name in CHECKS} if material["kind"] == "recording" else {}
    named = {"id": material["id"], "given": given, "key": key_of(call)}
    refusal = editing.refused(lambda: call.catalogue("publish_material", **named))
    if refusal is None:
        return owner_of(call, material).go("published")
    if refusal.code == NOT_CHECKED:
        errors = {name: f"Check this first: {text[:1].lower()}{text[1:]}" for name, text in CHECKS.items()}
        return _show_publish(call, form, {name: text for name, text in errors.items() if form[name] != "yes"})
    if refusal.code == DRAFT_SESSION:
        return _show_publish(call, form, draft=True)
    raise refusal


@routes.route("GET", "/team/materials/{id}/withdraw", "Withdraw a material", requires="team")
def show_withdraw(call: Call) -> Response:
    """Says what will happen, with a button."""
    material = _material(call)
    return show(call, "team_material_withdraw.html", **owner_of(call, material).context(), material=material)


@routes.route("POST", "/team/materials/{id}/withdraw", "Withdraw a material", requires="team")
def withdraw(call: Call) -> Response:
    """Leads to the list, where it is a draft now."""
    material = _material(call)
    if refusal := editing.refused(lambda: call.catalogue("withdraw_material", id=material["id"], key=key_of(call))):
        raise refusal
    return owner_of(call, material).go("withdrawn")


def _material(call: Call) -> Data:
    return dict(call.catalogue("material", id=call.path["id"]).value)


def _form_of(material: Data) -> dict[str, str]:
    captions = {True: "yes", False: "no"}.get(material["captions"], "")
    texts = {name: str(material[name] or "") for name in ("kind", "title", "url", "minutes", "audience")}
    return {**texts, "captions": captions}


def _given(form: dict[str, str]) -> Data:
    """Return the material that was typed, as the catalogue takes it."""
    return {
        **{name: form[name] for name in ("kind", "title", "audience")},
        "url": form["url"].strip(),
        "minutes": editing.number_of(form["minutes"]) if form["minutes"].strip() else None,
        "captions": YES_NO.get(form["captions"]),
    }


FORM: Final = EditForm(_form_of, _given, LABELS)


def show_list(call: Call, owner: Owner) -> Response:
    """Show the materials of a session, of a programme, or of neither."""
    query = call.query()
    materials, after = page_of_materials(call, owner, query.get("cursor"))
    context: Data = {
        "materials": materials,
        "next": next_page(owner.listed_at, after, **owner.named),
        "first": owner.list_address if "cursor" in query else None,
        "done": query.get("done"),
    }
    return show(call, "team_materials.html", **owner.context(), **context)


def show_empty_form(call: Call, owner: Owner) -> Response:
    """Show the form of a new material."""
    return _show_form(call, owner, {**dict.fromkeys(FIELDS, ""), "audience": "everyone"})


def add_to(call: Call, owner: Owner) -> Response:
    """Add the material that was typed, and lead to the list."""
    form = typed(call, *FIELDS)
    if refusal := editing.refused(lambda: added(call, owner, _given(form), key_of(call))):
        return _show_form(call, owner, form, refusal=refusal)
    return owner.go("added")


def _show_form(
    call: Call, owner: Owner, form: dict[str, str], material: Data | None = None, refusal: Refusal | None = None
) -> Response:
    is_published = refusal is not None and refusal.code == IS_PUBLISHED
    errors = {"url": KEEPS_ITS_ADDRESS} if is_published else None
    status, shown = FORM.shown(call, form, material, refusal, errors)
    return show(call, "team_material.html", status, **owner.context(), **shown, material=material)


def _show_publish(
    call: Call, form: dict[str, str], errors: dict[str, str] | None = None, *, draft: bool = False
) -> Response:
    material = _material(call)
    context: dict[str, Any] = {
        **owner_of(call, material).context(),
        "material": material,
        "form": form,
        "checks": CHECKS if material["kind"] == "recording" else {},
        "draft": draft,
        "errors": errors or {},
    }
    return show(call, "team_material_publish.html", 422 if errors else 409 if draft else 200, **context)
