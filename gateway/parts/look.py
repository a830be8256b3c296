"""How the site presents itself: in the team's own words and colour where it gave some, and in ours where it did not."""

from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any, Final

from gateway.projection.read_model import ReadModel
from services.catalogue.schemas import UNNAMED
from services.runtime.settings import Settings

Look = dict[str, Any]

HERO_TEXT: Final = "Learn to lead across teams and organisations, with people from other parts of health and care."


def look_of(model: ReadModel, settings: Settings) -> Look:
    """Return `{site, accent, logo, logo_alt}`, which every page is written with."""
    return head_of(model.city or {}, settings)


def head_of(city: Mapping[str, Any], settings: Settings) -> Look:
    """Return the same for a city as it is typed in a form."""
    return {
        "site": city.get("site_name") or settings.name,
        "accent": city.get("accent"),
        "logo": city.get("logo"),
        "logo_alt": city.get("logo_alt") or "",
    }


def hero_of(city: Mapping[str, Any] | None, *, named: bool) -> dict[str, str]:
    """Return the `heading` and the `text` of the home page; `named` if the team has said what the city is called."""
    city = city or {}
    ours = f"Sessions for health and care in {city['name']}" if named else "Sessions for health and care"
    return {"heading": city.get("hero_heading") or ours, "text": city.get("hero_text") or HERO_TEXT}


def contact_of(city: Mapping[str, Any] | None, settings: Settings) -> dict[str, str]:
    """Return the `sender` of our emails, and the `address`, `phone` and `words` of who answers."""
    city = city or {}
    sender, address = parseaddr(settings.mail_from)
    return {
        "sender": "" if city.get("contact_email") else sender,
        "address": city.get("contact_email") or address,
        "phone": city.get("contact_phone") or "",
        "words": city.get("contact_text") or "",
    }


def is_named(city: Mapping[str, Any] | None) -> bool:
    """Say whether the team has said what the city is called."""
    return city is not None and city["name"] != UNNAMED
