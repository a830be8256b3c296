"""The team's page to import a programme file: its text is pasted, and all of it comes in, or nothing."""

import re
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.programmes.imports_api import IMPORT_SECONDS
from gateway.parts.editing import show
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.web import body
from gateway.web.errors import NotJson
from gateway.web.pages.forms import key_of, typed
from gateway.web.pages.layout import go
from gateway.web.routing import LARGE, page_routes
from services.runtime.refusals import Invalid, Refusal

routes = page_routes("team_imports", sign_in=for_the_team("Import a programme", file="Text of the file"))
COUNTED: Final = ("created", "changed", "unchanged")
NUMBER: Final = re.compile(r"[0-9]{1,6}")
MOST_SHOWN: Final = 100


@routes.route("GET", "/team/import", "Import a programme", requires="team", query=COUNTED)
def show_import(call: Call) -> Response:
    """A field for the file's text; after an import, what it did."""
    query = call.query()
    counts = {name: int(query[name]) for name in COUNTED if NUMBER.fullmatch(query.get(name, ""))}
    return _show(call, counts=counts if len(counts) == len(COUNTED) else None)


@routes.route("POST", "/team/import", "Import a programme", requires="team", most=LARGE)
def import_programme(call: Call) -> Response:
    """Leads back with what came in; or says all that is wrong with the file, of which nothing came in then."""
    text = typed(call, "file")["file"]
    try:
        given = body.parse(text.encode())
        answer = call.catalogue("import_programme", given=given, key=key_of(call), timeout=IMPORT_SECONDS)
    except Refusal as refusal:
        return _refused(call, text, refusal)
    sums = {name: sum(answer.value[name].values()) for name in COUNTED}
    return go("team_imports.show_import", **sums)


def _refused(call: Call, text: str, refusal: Refusal) -> Response:
    if refusal.code == NotJson.code:
        wrong = "The file is not JSON. Paste all of it" if text.strip() else "Paste the text of the file"
        return _show(call, 422, text=text, errors={"file": wrong})
    if refusal.code != Invalid.code:
        raise refusal
    faults = refusal.facts["errors"]
    number = len(faults)
    wrong = f"The file has {number} mistake{'' if number == 1 else 's'}. Nothing was imported"
    return _show(call, 422, text=text, errors={"file": wrong}, faults=faults[:MOST_SHOWN], more=number - MOST_SHOWN)


def _show(call: Call, status: int = 200, **context: Any) -> Response:
    shown = {"text": "", "counts": None, "faults": [], "more": 0, **context}
    return show(call, "team_import.html", status, **shown)
