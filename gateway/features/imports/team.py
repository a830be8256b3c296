"""The team's pages for moving in: a file is sent or pasted, what would come of it is shown, and only then it is taken.

Nothing is kept in between: the page that shows it holds the file, and sends it again.
"""

import re
from datetime import datetime
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.imports.faults import in_words_of_the_sheet
from gateway.features.imports.kinds import KINDS, Kind, asked, kind_of, listed, undone
from gateway.parts.sign_ins import FOR_THE_TEAM, key_of, once, show
from gateway.projection.call import Call
from gateway.web.documents.sheets import sheet_of
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import LARGE, page_routes
from services.runtime.refusals import Invalid, KeyInUse, Refusal

routes = page_routes("team_move_in", sign_in=FOR_THE_TEAM, private=True)
TITLE: Final = "Move data in"
PASTE: Final = "Choose a file, or paste its lines"
MOST_SHOWN: Final = 100  # errors and likely duplicates on one page
NUMBER: Final = re.compile(r"[0-9]{1,6}")
COUNTS: Final = ("add", "change", "same")
DONE: Final = ("kind", *COUNTS[:2])


@routes.route("GET", "/team/move-in", TITLE, requires="team", query=DONE)
def show_kinds(call: Call) -> Response:
    """What can be brought in, and the imports that can be undone."""
    query = call.query()
    kind, counts = KINDS.get(query.get("kind", "")), {name: query.get(name, "") for name in DONE[1:]}
    are_numbers = all(NUMBER.fullmatch(text) for text in counts.values())
    return _show_all(call, done={"title": kind.title, **counts} if kind and are_numbers else None)


@routes.route("GET", "/team/move-in/{kind}", TITLE, requires="team")
def show_file(call: Call) -> Response:
    """The form, and the columns that a file can have."""
    return _ask(call, kind_of(call))


@routes.route("POST", "/team/move-in/{kind}", TITLE, requires="team", most=LARGE, files=True)
def send_file(call: Call) -> Response:
    """Shows what would come of the file; with the step `import` it is taken, all of it or nothing."""
    kind, said = kind_of(call), typed(call, "csv", "file")
    csv = said["file"] if said["file"].strip() else said["csv"]
    step = call.given.get("step")
    if step == "change" or not csv.strip():
        return _ask(call, kind, csv) if step == "change" else _ask(call, kind, csv, {"csv": PASTE}, 422)
    if step == "import":
        try:
            taken = once(lambda: asked(call, kind, csv, dry_run=False, key=key_of(call)))
        except Refusal as refusal:
            if refusal.code != Invalid.code:
                raise
        else:
            counts = {name: taken.value[name] for name in DONE[1:]} if taken else {}
            return go("team_move_in.show_kinds", **({"kind": kind.name, **counts} if taken else {}))
    return _check(call, kind, csv)


@routes.route(
    "GET",
    "/team/move-in/{kind}/template.csv",
    "Template",
    requires="team",
    media="text/csv",
    back="team_move_in.show_file",
)
def download_template(call: Call) -> Response:
    """A file with the names of the columns, and one made-up line."""
    kind = kind_of(call)
    content = sheet_of(kind.columns, [kind.example])
    response = Response(content, content_type="text/csv; charset=utf-8; header=present")
    response.headers["Content-Disposition"] = f'attachment; filename="{kind.name}.csv"'
    return response


@routes.route("POST", "/team/move-in/{id}/undo", TITLE, requires="team", back="team_move_in.show_kinds")
def undo(call: Call) -> Response:
    """Says what was undone, and which lines stay and why."""
    try:
        told = undone(call, call.path["id"], key_of(call))
    except Refusal as refusal:
        if refusal.code == KeyInUse.code:
            return go("team_move_in.show_kinds")
        if not refusal.code.startswith("import-"):
            raise
        return _show_all(call, 409, problem=refusal.detail, kept=refusal.facts.get("lines", []))
    return _show_all(call, undone=told["undone"], kept=told["kept"])


def _show_all(call: Call, status: int = 200, **told: Any) -> Response:
    rows = [
        {
            **row,
            "title": KINDS[row["kind"]].title,
            "made_at": datetime.fromisoformat(row["made_at"]),
            "undo_until": datetime.fromisoformat(row["undo_until"]),
            "by_name": row["by"]["name"],
        }
        for row in listed(call)
    ]
    context = {"done": None, "undone": None, "problem": None, "kept": [], **told}
    return show(call, "team_move_in.html", status, kinds=KINDS.values(), rows=rows, **context)


def _ask(call: Call, kind: Kind, csv: str = "", errors: dict[str, str] | None = None, status: int = 200) -> Response:
    return show(call, "team_move_in_file.html", status, kind=kind, csv=csv, errors=errors or {})


def _check(call: Call, kind: Kind, csv: str) -> Response:
    """Show what would come of the file, or all that is wrong with it."""
    told = asked(call, kind, csv, dry_run=True).value
    faults, likely = told["errors"], told["duplicates"]
    context = {
        "counts": {name: told[name] for name in COUNTS},
        "faults": [{**fault, "message": in_words_of_the_sheet(fault)} for fault in faults[:MOST_SHOWN]],
        "number": len(faults),
        "likely": [_likely(pair) for pair in likely[:MOST_SHOWN]],
        "more": max(0, len(likely) - MOST_SHOWN),
    }
    return show(call, "team_move_in_check.html", 422 if faults else 200, kind=kind, csv=csv, **context)


def _likely(pair: dict[str, Any]) -> dict[str, Any]:
    """Return who may be there twice, in words: people by name and address, other things by name."""
    if "like" in pair:
        where = f"line {pair['like_line']}" if pair.get("like_line") else pair.get("slug")
        return {
            "line": pair["line"],
            "new": pair["name"],
            "other": pair["like"],
            "where": where,
            "why": "a similar name",
        }
    where = f"line {pair['other_line']}" if pair["other_line"] else "has an account"
    why = "a similar address" if pair["why"] == "similar-address" else "the same name"
    return {
        "line": pair["line"],
        "new": f"{pair['name']}, {pair['email']}",
        "other": ", ".join(filter(None, (pair["other_name"], pair["other_email"]))),
        "where": where,
        "why": why,
    }
