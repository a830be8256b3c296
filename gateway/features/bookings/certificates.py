"""Certificates of attendance: the words of the document."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Final

from gateway.projection.read_model import Data, ReadModel
from gateway.projection.views import organiser_of
from gateway.web.documents.qr_codes import svg_of
from gateway.web.documents.typesetting import Typeset
from gateway.web.routing import url_for
from gateway.web.times import day_in_words, hours_in_words
from services.runtime.schemas import CITY

TEMPLATE: Final = Path(__file__).parent / "templates" / "certificate.typ"


def pdf_of(facts: Data, model: ReadModel, public_url: str, mail_from: str, typeset: Typeset) -> bytes:
    """Return the certificate that registration's `facts` state, in the words of the catalogue."""
    address = public_url + url_for("certificates.show_certificate", code=facts["code"])
    told = _told(facts, model, address, organiser_of(model, mail_from))
    return typeset(TEMPLATE, told, qr=svg_of(address, "").decode())


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


def _day(day: str) -> str:
    return day_in_words(datetime.combine(date.fromisoformat(day), time(12), CITY))
