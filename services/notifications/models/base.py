"""What all tables of the notifications service are made of."""

from datetime import datetime
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from services.runtime.dialects import NAMING, Json, Moment

Facts = dict[str, Any]  # JSON values


class Base(DeclarativeBase):
    """All tables of this service."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: Moment, Facts: Json, list[Facts]: Json}  # noqa: RUF012 - SQLAlchemy's own name
