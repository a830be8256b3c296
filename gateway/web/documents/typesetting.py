"""Documents as PDF/UA-1 (ISO 14289-1), and pictures, written by Typst from facts.

People's texts reach Typst as JSON, so that none can be read as markup. The same facts give the same bytes of a
document; a picture takes from the machine's fonts what ours do not have.
"""

import json
import unicodedata
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import typst

Facts = dict[str, Any]  # that JSON can hold
Form = Literal["pdf", "png"]
GLYPH: Final = b'#set document(title: "glyph")\n#set text(font: "Libertinus Serif")\n#sys.inputs.text'
NO_GLYPH: Final = "□"  # what stands for a character that no font here has


class Typeset(Protocol):
    """What makes a document: `typeset`, or something that has it do so elsewhere and may raise Unavailable."""

    def __call__(self, template: Path, told: Facts, *, form: Form = "pdf", **more: str) -> bytes: ...


def typeset(template: Path, told: Facts, *, form: Form = "pdf", **more: str) -> bytes:
    """Return the document that a template makes of `told`; `more` are texts that it takes besides.

    As a picture it has one pixel for each point of its only page.
    """
    return typeset_by(0, template, told, more, form)


def typeset_by(number: int, template: Path, told: Facts, more: dict[str, str], form: Form) -> bytes:
    """Return it. Threads that do so at once have numbers of their own: a compiler does one thing at a time."""
    return pdf_by(number, template, told, more) if form == "pdf" else png_by(number, template, told, more)


def png_by(number: int, template: Path, told: Facts, more: dict[str, str]) -> bytes:
    """Return a picture. What no font has is drawn as an empty box."""
    inputs = {"told": json.dumps(told), **more}
    content = _compiler(number, template, True).compile(format="png", ppi=72, sys_inputs=inputs)
    assert isinstance(content, bytes)
    return content


def pdf_by(number: int, template: Path, told: Facts, more: dict[str, str]) -> bytes:
    """Return a document as PDF/UA-1."""
    for system_fonts in (False, True):  # our own first: a machine with other fonts writes the same bytes
        try:
            return _written(number, template, told, more, system_fonts)
        except typst.TypstError:
            continue
    with suppress(typst.TypstError):
        return _written(number, template, showable(told), more, False)
    return _written(number, template, showable(told, marks=False), more, False)  # a mark that its letter cannot carry


@cache
def _compiler(number: int, template: Path, system_fonts: bool) -> typst.Compiler:
    return typst.Compiler(template, font_paths=_fonts(system_fonts))


@cache
def _fonts(system_fonts: bool) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=system_fonts)


def _written(number: int, template: Path, told: Facts, more: dict[str, str], system_fonts: bool) -> bytes:
    """Return the PDF. Raises typst.TypstError where a text has a character that none of the fonts has."""
    inputs = {"told": json.dumps(told), **more}
    compiler = _compiler(number, template, system_fonts)
    content = compiler.compile(format="pdf", sys_inputs=inputs, pdf_standards="ua-1", timestamp=0)
    assert isinstance(content, bytes)
    return content


def showable(told: Any, *, marks: bool = True) -> Any:
    """Return `told` with `NO_GLYPH` in the place of what cannot be shown: PDF/UA-1 forbids to leave a gap.

    Without `marks`, letters stand without those that combine with them.
    """
    if isinstance(told, dict):
        return {name: showable(value, marks=marks) for name, value in told.items()}
    if isinstance(told, list):
        return [showable(value, marks=marks) for value in told]
    if not isinstance(told, str):
        return told
    kept = told if marks else "".join(c for c in told if not unicodedata.category(c).startswith("M"))
    return "".join(character if _has_glyph(character) else NO_GLYPH for character in kept)


@cache
def _has_glyph(character: str) -> bool:
    if character.isascii():
        return character.isprintable()
    try:
        inputs = {"text": character}
        typst.compile(GLYPH, format="pdf", sys_inputs=inputs, pdf_standards="ua-1", font_paths=_fonts(False))
    except typst.TypstError:
        return False
    return True
