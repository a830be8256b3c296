"""How emails of a kind are said now: the team's own words, and what their site is called. Empty where all is ours."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.notifications.models import OwnText, Site

Voice = dict[str, Any]


def voices_of(db: OrmSession, templates: Iterable[str]) -> dict[str, Voice]:
    """Return the voice of each of these kinds."""
    names = set(templates)
    site = site_of(db)
    texts = {text.template: text for text in db.scalars(select(OwnText).where(OwnText.template.in_(names)))}
    return {name: {**site, **_said(texts.get(name))} for name in names}


def tried(db: OrmSession, template: str, given: Mapping[str, str | None]) -> Voice:
    """Return the voice of a kind with other words in the parts that are `given`."""
    known = {part: words for part, words in voices_of(db, [template])[template].items() if part not in given}
    return known | {part: words for part, words in given.items() if words is not None}


def site_of(db: OrmSession) -> Voice:
    """Return `{site, contact_email, contact_phone, accent}`, as far as these are not ours."""
    site = db.get(Site, 1)
    if site is None:
        return {}
    told = {"site": site.name, "accent": site.accent}
    told |= {"contact_email": site.contact_email, "contact_phone": site.contact_phone}
    return {name: value for name, value in told.items() if value is not None}


def _said(text: OwnText | None) -> Voice:
    parts = {"opening": text.opening, "closing": text.closing} if text else {}
    return {part: words for part, words in parts.items() if words is not None}
