"""The tables of the catalogue, and the rule that each row protects."""

from services.catalogue.models.catalogue import (
    MOST_PLACES,
    Base,
    City,
    HeldPlace,
    Meeting,
    Programme,
    ProgrammeTopic,
    Removed,
    Sector,
    Session,
    SessionSpeaker,
    SessionTopic,
    Speaker,
    Topic,
    Venue,
)
from services.catalogue.models.imports import Import, ImportLine
from services.catalogue.models.links import Link
from services.catalogue.models.logos import Logo
from services.catalogue.models.materials import CHECKS, OF_NEITHER, Material
from services.catalogue.models.pictures import Picture, PictureFile

__all__ = [
    "CHECKS",
    "MOST_PLACES",
    "OF_NEITHER",
    "Base",
    "City",
    "HeldPlace",
    "Import",
    "ImportLine",
    "Link",
    "Logo",
    "Material",
    "Meeting",
    "Picture",
    "PictureFile",
    "Programme",
    "ProgrammeTopic",
    "Removed",
    "Sector",
    "Session",
    "SessionSpeaker",
    "SessionTopic",
    "Speaker",
    "Topic",
    "Venue",
]
