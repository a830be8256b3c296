"""The pages of where someone works and has worked: the same for themselves, and for the team about them."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from werkzeug.wrappers import Response

from gateway.parts import editing
from gateway.parts.details import sectors
from gateway.parts.edit_forms import EditForm, Form
from gateway.parts.editing import show
from gateway.parts.team_views import name_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web import times
from gateway.web.call import Answer
from gateway.web.pages.forms import key_of, typed
from gateway.web.pages.layout import go
from gateway.web.routing import url_beside
from services.runtime.refusals import NotFound, Refusal

SAID: Final = ("organisation", "sector", "job_role")
DAYS: Final = ("since", "until")
PARTS: Final = (*SAID, *(f"{name}-{part}" for name in DAYS for part in ("day", "month", "year")))
LABELS: Final = {
    "organisation": "the organisation",
    "sector": "the sector",
    "job_role": "the job role",
    "since": "the first day",
    "until": "the last day",
}
PLACES: Final = {name: (f"{name}-day", LABELS[name]) for name in DAYS}
NO_DAY: Final = "no day"  # what is sent for a day that there is not, to be refused
STAYS: Final = "present-employment"


@dataclass(frozen=True)
class EmploymentPages:
    """The pages of one kind, by the names of their routes; `of_team` says whether they are about someone else."""

    listed: str
    added: str
    changed: str
    removed: str
    of_team: bool

    def show_list(self, call: Call, status: int = 200) -> Response:
        """Each employment, the present one first."""
        done = call.query().get("done", "")
        rows = [self._seen(call, row) for row in self._ask(call, "employments").value["items"]]
        return self._show(call, "employments.html", status, rows=rows, done=done)

    def show_add(self, call: Call) -> Response:
        """An empty form."""
        return self._form(call, dict.fromkeys(PARTS, ""))

    def add(self, call: Call) -> Response:
        """Leads to the list."""
        form = typed(call, *PARTS)
        named = {"given": _given_of(form), "key": key_of(call)}
        if refusal := editing.refused(lambda: self._ask(call, "add_employment", **named)):
            return self._form(call, form, refusal=refusal)
        return self._go(call, "added")

    def show_change(self, call: Call) -> Response:
        """A form with what is known of it."""
        row = self._row(call)
        return self._form(call, _form_of(row), row)

    def change(self, call: Call) -> Response:
        """Leads to the list; says so where it was changed elsewhere meanwhile."""
        row, form = self._row(call), typed(call, *PARTS)
        given = FORM.changes(call, row, form)
        if given and (refusal := self._change(call, row, editing.version_of(call), given)):
            row = self._row(call)
            if FORM.is_as_opened(call, row):  # something else of the person was changed: the version is theirs
                refusal = self._change(call, row, row["version"], given)
            if refusal:
                return self._form(call, form, row, refusal)
        return self._go(call, "changed" if given else "")

    def show_remove(self, call: Call, status: int = 200) -> Response:
        """Says what it means, with a button; or that it cannot be."""
        row = self._seen(call, self._row(call))
        return self._show(call, "employment_remove.html", status, row=row)

    def remove(self, call: Call) -> Response:
        """Leads to the list, also where it was removed already."""
        try:
            self._ask(call, "remove_employment", id=call.path["employment"])
        except Refusal as refusal:
            if refusal.code == STAYS:
                return self.show_remove(call, 409)
            if refusal.code != NotFound.code:
                raise
        return self._go(call, "removed")

    def _change(self, call: Call, row: Data, version: int, given: Data) -> Refusal | None:
        named = {"id": row["id"], "version": version, "given": given}
        return editing.refused(lambda: self._ask(call, "change_employment", **named))

    def _ask(self, call: Call, method: str, **named: object) -> Answer:
        whose = {"person": call.path["id"]} if self.of_team else {}
        return call.registration(f"{method}_of" if self.of_team else method, **whose, **named)

    def _row(self, call: Call) -> Data:
        return dict(self._ask(call, "employment", id=call.path["employment"]).value)

    def _go(self, call: Call, done: str) -> Response:
        whose = {"id": call.path["id"]} if self.of_team else {}
        return go(self.listed, **whose, done=done or None)

    def _seen(self, call: Call, row: Data) -> Data:
        days = {name: times.date_in_words(date.fromisoformat(row[name])) if row[name] else "" for name in DAYS}
        sector = sectors(call).get(row["sector"], row["sector"])
        there = {**call.path, "employment": row["id"]}
        links = {"change": url_beside(self.changed, there), "remove": url_beside(self.removed, there)}
        return {**row, **days, "sector": sector, "called": row["organisation"] or sector, "links": links}

    def _form(self, call: Call, form: Form, row: Data | None = None, refusal: Refusal | None = None) -> Response:
        status, shown = FORM.shown(call, form, row, refusal, places=PLACES)
        items = [{"value": code, "text": name} for code, name in sectors(call).items()]
        return self._show(call, "employment.html", status, **shown, row=row, sectors=items)

    def _show(self, call: Call, template: str, status: int, **context: object) -> Response:
        there = {"list": url_beside(self.listed, call.path), "add": url_beside(self.added, call.path)}
        person = call.registration("person", id=call.path["id"]).value if self.of_team else None
        about = {"person": name_of(person), "is_guest": person["email"] is None} if person else {"person": None}
        return show(call, template, status, there=there, id=call.path.get("id"), **about, **context)


def _form_of(row: Data) -> Form:
    form = {name: row[name] or "" for name in SAID}
    for name in DAYS:
        day = date.fromisoformat(row[name]) if row[name] else None
        for part in ("day", "month", "year"):
            form[f"{name}-{part}"] = str(getattr(day, part)) if day else ""
    return form


def _given_of(form: Form) -> Data:
    """Return what was typed, as registration takes it."""
    said = {name: form[name].strip() or None for name in SAID}
    return {**said, **{name: _day_of(form, name) for name in DAYS}}


def _day_of(form: Form, name: str) -> str | None:
    day, month, year = (form[f"{name}-{part}"] for part in ("day", "month", "year"))
    if not any(part.strip() for part in (day, month, year)):
        return None
    try:
        return times.typed_day(day, month, year).isoformat()
    except ValueError:
        return NO_DAY


FORM: Final = EditForm(_form_of, _given_of, LABELS, field_of=lambda part: part.partition("-")[0])
