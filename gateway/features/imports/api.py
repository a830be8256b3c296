"""Importing what another programme kept, as CSV: looked at, taken whole, and undone."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.imports.kinds import asked, kind_of, listed, undone
from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.errors import WrongMediaType
from gateway.web.routing import LARGE, Routes
from services.registration import schemas as registration

routes = Routes("api.imports", "Import and export")
DRY_RUN: Final = ("dry_run",)


@routes.route(
    "POST",
    "/imports/{kind}",
    "Import a file",
    requires="team",
    returns=registration.imports.ImportTaken,
    status=201,
    csv=True,
    most=LARGE,
    query=DRY_RUN,
)
def import_file(call: Call) -> Response:
    """As text/csv: a file with one kind of thing a line, such as `people`, below a line that names its columns.

    All of it is taken, or nothing. With `dry_run=true` nothing is kept: the answer, 200, says what would be.
    """
    if call.sheet is None:
        raise WrongMediaType("The body must be text/csv.")
    kind, dry_run = kind_of(call), call.query().get("dry_run") == "true"
    answer = asked(call, kind, call.sheet, dry_run=dry_run, key=call.key)
    return responses.private(answer, 200 if dry_run else 201)


@routes.route("GET", "/imports", "List imports", requires="team", returns=registration.imports.ImportView, lists=True)
def list_imports(call: Call) -> Response:
    """Those of the last 30 days, the latest first. It is one page."""
    return responses.written(responses.to_json({"items": listed(call), "next": None}))


@routes.route(
    "POST", "/imports/{id}/undo", "Undo an import", requires="team", returns=registration.imports.ImportUndone
)
def undo_import(call: Call) -> Response:
    """What it added is removed, and what it changed is put back, for 30 days. `kept` are the lines that stay, and why.

    Those are people who have signed in, booked or been given a role since, and what was changed since.
    """
    return responses.written(responses.to_json(undone(call, call.path["id"], call.key)))
