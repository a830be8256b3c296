"""The city: there from the start, with the twelve settings of health and care, and described by the team.

Who finishes an account says where they work, so an installation has sectors before anyone has typed a thing.
How many people work in each is not known then, and null: a share of a number that nobody has given would be made up.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from services.catalogue import logos
from services.catalogue.editing import check_version, locked
from services.catalogue.events import announce_changes, announcing
from services.catalogue.models import City, Sector
from services.catalogue.schemas import UNNAMED
from services.runtime.refusals import NotFound
from services.runtime.schemas import CITY

SECTORS: Final = (  # code, name, and what it takes in
    ("general_practice", "General practice", "GP practices and primary care networks"),
    ("primary_care", "Broader primary care", "Pharmacies, dentists, opticians and others"),
    ("social_care", "Social care", "Care homes, home care and supported living"),
    ("local_authority", "Local authority", "The council, including public health"),
    ("third_sector", "Third sector", "Charities, hospices and other voluntary organisations"),
    ("community_health", "Community health", "Community nursing, therapies and clinics"),
    ("hospital", "Hospitals", "All hospitals of the NHS, including mental health"),
    ("academia", "Academia", "Universities, colleges and research"),
    ("independent_sector", "Independent sector", "Private hospitals, clinics and other companies"),
    ("commissioning", "Commissioning", "The integrated care board and other commissioners"),
    ("community_group", "Community groups", "Groups that local people run themselves"),
    ("citizen", "Citizens", "Patients, unpaid carers and anyone else who lives here"),
)


def ensure(db: OrmSession, now: datetime) -> None:
    """Describe the city as far as it is known before anyone has said anything.

    One that is there stays as it is, but for the time zone: that is the setting of this process.
    """
    city = db.scalars(select(City).with_for_update()).one_or_none()
    if city is not None:
        with announcing(db, now, city):
            city.time_zone = CITY.key
        return
    try:
        with db.begin_nested():
            announce_changes(db, now, {}, [_undescribed(db)])
    except IntegrityError:  # another process did it at the same moment
        db.expire_all()


def one(db: OrmSession) -> City:
    """Return the city. Raises NotFound."""
    city = db.scalars(select(City)).one_or_none()
    if city is None:
        raise NotFound("The city has not been described yet.")
    return city


def change(db: OrmSession, version: int, given: dict[str, Any], now: datetime) -> City:
    """Change the fields that are `given`. Raises NotFound, StaleVersion, Invalid."""
    city = locked(db, City, id=1)
    check_version(city, version)
    with announcing(db, now, city):
        for name, value in given.items():
            setattr(city, name, value)
        logos.check(db, city)
    return city


def sector(db: OrmSession, code: str) -> Sector:
    """Return the sector of this code. Raises NotFound."""
    return sector_of(one(db), code)


def change_sector(db: OrmSession, code: str, version: int, given: dict[str, Any], now: datetime) -> Sector:
    """Change the fields of a sector that are `given`. Raises NotFound, StaleVersion."""
    city = locked(db, City, id=1)  # whose version counts up: it is the city that is announced
    found = sector_of(city, code)
    check_version(found, version)
    with announcing(db, now, city):
        assign(found, given)
    return found


def assign(sector: Sector, given: dict[str, Any]) -> bool:
    """Make the sector what is `given`, under its next version; say whether that was anything new."""
    changed = {name: value for name, value in given.items() if getattr(sector, name) != value}
    for name, value in changed.items():
        setattr(sector, name, value)
    if changed:
        sector.version += 1
    return bool(changed)


def sector_of(city: City, code: str) -> Sector:
    """Return the city's sector of this code. Raises NotFound."""
    found = next((sector for sector in city.sectors if sector.code == code), None)
    if found is None:
        raise NotFound("There is no sector of this code.")
    return found


def _undescribed(db: OrmSession) -> City:
    sectors = [
        Sector(code=code, name=name, hint=hint, position=position)
        for position, (code, name, hint) in enumerate(SECTORS)
    ]
    city = City(name=UNNAMED, time_zone=CITY.key, ways_to_get_involved=[], sectors=sectors)
    db.add(city)
    return city
