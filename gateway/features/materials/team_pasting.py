"""The team's page to add many materials at once: they are pasted, shown as they were understood, and then added."""

from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.materials.owners import Owner, of_session
from gateway.features.materials.pasted import Line, lines_of
from gateway.parts import editing
from gateway.parts.cards import KINDS
from gateway.parts.editing import show
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.call import Answer
from gateway.web.pages.field_errors import Asked
from gateway.web.pages.forms import key_of, typed
from gateway.web.routing import page_routes
from services.catalogue.schemas import MOST_AT_ONCE
from services.runtime.refusals import Invalid, KeyReused, Refusal

routes = page_routes("team_pasting", sign_in=for_the_team("Materials", lines="Materials"))
FIELDS: Final = ("lines", "kind", "audience")
IN_THE_WAY: Final = {"repeated": "{What} is in the list twice", "url-taken": "{What} is here already"}
ASKED: Final = {
    "title": Asked("the title"),
    "url": Asked(
        "the web address", but={"repeated": "{What} is in the list twice", "url-taken": "{What} is here already"}
    ),
    "kind": Asked("the kind", but={"not-a-choice": "The kind must be recording, slides, document or link"}),
}
EMPTY_FORM: Final = {"lines": "", "kind": "link", "audience": "everyone"}
EMPTY: Final = "Enter at least one line, with a title and a web address"
TOO_MANY: Final = f"You can add {MOST_AT_ONCE} materials at once. You have pasted {{written}}"
SAVE: Final = "save"
CHANGE: Final = "change"


@routes.route("GET", "/team/sessions/{slug}/materials/paste", "Add several materials", requires="team")
def show_paste(call: Call) -> Response:
    """An empty form."""
    return show_paste_form(call, of_session(call), EMPTY_FORM)


@routes.route("POST", "/team/sessions/{slug}/materials/paste", "Add several materials", requires="team")
def paste(call: Call) -> Response:
    """Shows first what was understood; once that was read, leads to the list. If any line is wrong, none is added."""
    return paste_to(call, of_session(call))


def paste_to(call: Call, owner: Owner) -> Response:
    """Show what was understood, or add it and lead to the list."""
    form = typed(call, *FIELDS)
    if call.given.get("do") == CHANGE:
        return show_paste_form(call, owner, form)
    lines = lines_of(form["lines"], form["kind"])
    if not lines:
        return show_paste_form(call, owner, form, EMPTY)
    given = {**owner.of, "materials": [_material(line, form["audience"]) for line in lines]}
    plans: list[Answer] = []
    if call.given.get("do") == SAVE:
        refusal = editing.refused(lambda: call.catalogue("add_materials", given=given, key=key_of(call)))
    else:
        refusal = editing.refused(lambda: plans.append(call.catalogue("plan_materials", given=given)))
    if refusal:
        return _refused(call, owner, form, lines, refusal)
    if plans:
        return _show_plan(call, owner, form, lines, plans[0].value["items"])
    return owner.go("pasted")


def _material(line: Line, audience: str) -> Data:
    return {"title": line.title, "url": line.url, "kind": line.kind, "audience": audience}


def _refused(call: Call, owner: Owner, form: dict[str, str], lines: list[Line], refusal: Refusal) -> Response:
    if refusal.code == KeyReused.code:
        return show_paste_form(call, owner, form, editing.SENT_BEFORE)
    if refusal.code != Invalid.code:
        raise refusal
    if len(lines) > MOST_AT_ONCE:
        return show_paste_form(call, owner, form, TOO_MANY.format(written=len(lines)))
    told = {_place(lines, error): error for error in reversed(refusal.facts["errors"])}
    if any(name == "audience" for _, name in told):
        return show_paste_form(call, owner, form, field="audience", error="Choose who may see them")
    wrong = [(line.number, _in_words(line, name, error)) for (line, name), error in told.items() if line]
    if not wrong:
        first = refusal.facts["errors"][0]
        return show_paste_form(call, owner, form, Asked("the list").told(first))
    return show_paste_form(call, owner, form, _how_many(len({number for number, _ in wrong})), sorted(wrong))


def _how_many(lines: int) -> str:
    return "There is something wrong in 1 line" if lines == 1 else f"There is something wrong in {lines} lines"


def _place(lines: list[Line], error: Data) -> tuple[Line | None, str]:
    """Return the line that an error is in, and which part of it is wrong."""
    _, _, path = error["field"].partition(".")
    at, _, name = path.partition(".")
    return (lines[int(at)] if at.isdigit() and int(at) < len(lines) else None), name.partition(".")[0]


def _in_words(line: Line, name: str, error: Data) -> str:
    return ASKED.get(name, Asked()).told(error, is_empty=not getattr(line, name, "").strip())


def show_paste_form(
    call: Call,
    owner: Owner,
    form: dict[str, str],
    error: str = "",
    wrong: list[tuple[int, str]] | None = None,
    field: str = "lines",
) -> Response:
    """Show the form; `error` is what is wrong with it, and `wrong` with which of its lines."""
    context: Data = {"form": form, "errors": {field: error} if error else {}, "wrong": wrong or []}
    context |= {"kinds": _kinds(), "most": MOST_AT_ONCE}
    return show(call, "team_materials_paste.html", 422 if error else 200, **owner.context(), **context)


def _kinds() -> list[dict[str, str]]:
    return [{"value": kind, "text": called} for kind, (called, _) in KINDS.items()]


def _show_plan(call: Call, owner: Owner, form: dict[str, str], lines: list[Line], items: list[Data]) -> Response:
    rows: list[Any] = [
        {**item, "line": line.number, "called": KINDS[item["kind"]][0]} for line, item in zip(lines, items, strict=True)
    ]
    return show(call, "team_materials_check.html", **owner.context(), form=form, rows=rows, save=SAVE, change=CHANGE)
