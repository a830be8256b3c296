"""Certificates of attendance as PDF/UA-1 (ISO 14289-1), written by Typst from facts.

People's texts reach Typst as JSON, so that none can be read as markup. The same facts give the same bytes.
"""

import json
from datetime import date, datetime, time
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst

from gateway.qr_codes import svg_of
from gateway.read_model import Data, ReadModel
from gateway.times import day_in_words
from services.bus.schemas import CITY

TEMPLATE: Final = Path(__file__).parent / "templates" / "certificate.typ"
GLYPH: Final = b'#set document(title: "glyph")\n#set text(font: "Libertinus Serif")\n#sys.inputs.text'
NO_GLYPH: Final = "□"  # what stands for a character that no font here has


def pdf_of(facts: Data, model: ReadModel, public_url: str, mail_from: str) -> bytes:
    """Return the certificate that registration's `facts` state, in the words of the catalogue."""
    address = f"{public_url}/certificates/{facts['code']}"
    told = _told(facts, model, address, organiser_of(model, mail_from))
    picture = svg_of(address, "").decode()
    for system_fonts in (False, True):  # our own first: a machine with other fonts writes the same bytes
        try:
            return _written(told, picture, system_fonts)
        except typst.TypstError:
            continue
    return _written(showable(told), picture, False)


def organiser_of(model: ReadModel, mail_from: str) -> str:
    """Return who runs the programme: the name under which its messages are sent, and the city."""
    name = parseaddr(mail_from)[0] or "Headrow"
    city = model.city["name"] if model.city else ""
    return f"{name}, {city}" if city and city.casefold() not in name.casefold() else name


def _told(facts: Data, model: ReadModel, address: str, organiser: str) -> Data:
    """Return all texts of the certificate."""
    programme = model.get("programmes", facts["programme"])
    outcomes = list(programme.data["outcomes"]) if programme else []
    parts = [
        ("Dates", [_day(day) for day in facts["dates"]]),
        ("Hours", [hours_in_words(facts["hours"])]),
        ("Participatory hours", [hours_in_words(facts["participatory_hours"])]),
        ("Outcomes", outcomes),
        ("Organiser", [organiser]),
    ]
    return {
        "title": f"Certificate of attendance: {facts['title']}",
        "organiser": organiser,
        "heading": "Certificate of attendance",
        "intro": "This certificate is for",
        "name": facts["name"] or "",
        "took_part": "who took part in" + ("" if facts["state"] == "attended" else " some of the meetings of"),
        "session": facts["title"],
        "programme": f"Part of the programme: {programme.data['title']}" if programme else "",
        "parts": [{"title": title, "items": items} for title, items in parts if items],
        "check_title": "Check this certificate",
        "check": "To see that it is genuine, scan the picture, or open this page:",
        "address": address,
        "code_words": "The code of this certificate is",
        "code": facts["code"],
        "qr_words": "QR code of the page that checks this certificate",
    }


def hours_in_words(hours: float) -> str:
    """Return for example “1 hour”, “7.5 hours”."""
    return "1 hour" if hours == 1 else f"{hours:g} hours"


def _day(day: str) -> str:
    return day_in_words(datetime.combine(date.fromisoformat(day), time(12), CITY))


@cache
def _compiler(system_fonts: bool) -> typst.Compiler:
    return typst.Compiler(TEMPLATE, font_paths=_fonts(system_fonts))


@cache
def _fonts(system_fonts: bool) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=system_fonts)


def _written(told: Data, picture: str, system_fonts: bool) -> bytes:
    """Return the PDF. Raises typst.TypstError where a text has a character that none of the fonts has."""
    inputs = {"told": json.dumps(told), "qr": picture}
    content = _compiler(system_fonts).compile(format="pdf", sys_inputs=inputs, pdf_standards="ua-1", timestamp=0)
    assert isinstance(content, bytes)
    return content


def showable(told: Any) -> Any:
    """Return `told` with `NO_GLYPH` in the place of what cannot be shown: PDF/UA-1 forbids to leave a gap."""
    if isinstance(told, dict):
        return {name: showable(value) for name, value in told.items()}
    if isinstance(told, list):
        return [showable(value) for value in told]
    return "".join(character if _has_glyph(character) else NO_GLYPH for character in told)


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
