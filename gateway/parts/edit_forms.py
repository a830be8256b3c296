"""A form of the team's editor that two people may have open at once: nobody's change takes back another's.

A form carries a mark of each field as it was when the form was opened. So it is known what its writer changed: that
alone is sent. Where somebody else saved first, the form is shown again with what they saved in every field that its
writer left alone, and its writer is asked only about the fields that both changed.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from gateway.parts.editing import errors_of, is_stale, version_of
from gateway.projection.read_model import Data
from gateway.web.call import AnyCall
from services.runtime.refusals import Refusal

Form = dict[str, str]
MARK: Final = re.compile(r"([a-z_]{1,40}):([0-9a-f]{12})")


@dataclass(frozen=True)
class Theirs:
    """What somebody else saved since a form was opened, as `{label, there}`: fields that both changed, and others."""

    both: list[dict[str, str]]
    alone: list[dict[str, str]]


@dataclass(frozen=True)
class EditForm:
    """How things of one kind are changed in a form.

    `form_of` fills in the form of a thing, and `given_of` reads what was typed as the catalogue takes it. `field_of`
    names the field that a part of the form belongs to, and `in_words` says what stands in a field of a thing.
    """

    form_of: Callable[[Data], Form]
    given_of: Callable[[Form], Data]
    labels: Mapping[str, str]
    field_of: Callable[[str], str] = str
    in_words: Callable[[Data, str], str] | None = None

    def changes(self, call: AnyCall, thing: Data, form: Form) -> Data:
        """Return the fields that the writer of the form changed, to what they are to be."""
        now = self._given(thing)
        return {name: value for name, value in self._written(call, thing, form).items() if value != now[name]}

    def is_as_opened(self, call: AnyCall, thing: Data) -> bool:
        """Say whether the thing is as it was when the form was opened."""
        was = _marks_of(call)
        return all(was.get(name) == _mark(value) for name, value in self._given(thing).items())

    def shown(
        self,
        call: AnyCall,
        form: Form,
        thing: Data | None = None,
        refusal: Refusal | None = None,
        errors: dict[str, str] | None = None,
        places: Mapping[str, tuple[str, str]] | None = None,
    ) -> tuple[int, Data]:
        """Return the status of the page that shows a form, and what its template takes.

        `refusal` is why it was not saved; `errors` are what is wrong, where the refusal does not say it by itself.
        `thing` is what the form changes, as it is now. Raises the refusal if no form can mend it.
        """
        if thing is not None and is_stale(refusal):
            merged, theirs = self._merged(call, thing, form)
            return 409, {"form": merged, "errors": {}, "theirs": theirs, **self._as_opened(thing)}
        if refusal and errors is None:
            errors = errors_of(refusal, self.labels, form, places)
        shown = {"form": form, "errors": errors or {}, "theirs": None}
        if errors and thing is not None:
            return 422, {**shown, **_as_sent(call)}
        return 422 if errors else 200, {**shown, **self._as_opened(thing)}

    def kept(self, call: AnyCall, form: Form) -> Data:
        """Return what the template takes of a form that is shown again before it is saved."""
        return {"form": form, "errors": {}, "theirs": None, **_as_sent(call)}

    def _as_opened(self, thing: Data | None) -> Data:
        if thing is None:
            return {"version": None, "opened": None}
        marks = " ".join(f"{name}:{_mark(value)}" for name, value in self._given(thing).items())
        return {"version": thing["version"], "opened": marks}

    def _given(self, thing: Data) -> Data:
        return self.given_of(self.form_of(thing))

    def _written(self, call: AnyCall, thing: Data, form: Form) -> Data:
        """Return what was typed in the fields that are not as they were when the form was opened.

        Where a form does not say how it was opened, that is all that is not as it is now.
        """
        was = _marks_of(call)
        given = self.given_of(form)
        marks = {name: was.get(name) or _mark(value) for name, value in self._given(thing).items()}
        return {name: value for name, value in given.items() if _mark(value) != marks[name]}

    def _merged(self, call: AnyCall, thing: Data, form: Form) -> tuple[Form, Theirs]:
        """Return the form with what somebody else saved where its writer changed nothing, and what they saved."""
        was, now, written = _marks_of(call), self._given(thing), self._written(call, thing, form)
        there = self.form_of(thing)
        merged = {part: text for part, text in there.items() if self.field_of(part) not in written}
        merged |= {part: text for part, text in form.items() if self.field_of(part) in written}
        changed = [name for name in now if (_mark(now[name]) != was[name] if name in was else name in written)]
        told = {name: {"label": self._label(name), "there": self._in_words(thing, name)} for name in changed}
        both = [told[name] for name in changed if name in written and written[name] != now[name]]
        return merged, Theirs(both, [told[name] for name in changed if name not in written])

    def _label(self, name: str) -> str:
        label = self.labels.get(name, name.replace("_", " "))
        return label[:1].upper() + label[1:]

    def _in_words(self, thing: Data, name: str) -> str:
        return self.in_words(thing, name) if self.in_words else self.form_of(thing)[name]


def _mark(value: Any) -> str:
    """Return what tells a value from others."""
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


def _marks_of(call: AnyCall) -> dict[str, str]:
    """Return the marks that the form was opened with, by field; none where they were tampered with."""
    return dict(MARK.findall(call.given.get("opened", "")))


def _as_sent(call: AnyCall) -> Data:
    """Return what a form is held against that has not been: the thing as it was when the form was opened."""
    return {"version": version_of(call), "opened": call.given.get("opened", "")}
