"""What a thing is, as the journal of an import keeps it: all that its editors can change, as JSON."""

from typing import Any, Final

from services.catalogue import schemas
from services.catalogue.models import Material, Session, Speaker
from services.runtime.schemas import Schema

Kept = dict[str, Any]
FIELDS: Final[dict[type, Schema]] = {
    Speaker: schemas.NewSpeaker(),
    Session: schemas.NewSession(),
    Material: schemas.NewMaterial(),
}


def fields_of(thing: Any) -> Kept:
    """Return what can be given of a thing, as JSON."""
    dumped: Kept = FIELDS[type(thing)].dump(thing)
    return dumped


def kept(thing: Any) -> Kept:
    """Return what can be given of it, and its state: whether it is published, or a template."""
    became = {name: getattr(thing, name) for name in ("status", "template") if hasattr(thing, name)}
    return {**fields_of(thing), **became}
