"""What all tables of registration belong to."""

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from services.bus.models import NAMING


class Base(DeclarativeBase):
    """Registration's tables."""

    metadata = MetaData(naming_convention=NAMING)
