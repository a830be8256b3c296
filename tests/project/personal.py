"""The tables of every service, and what a column is called that is about a person."""

import re

from services.catalogue.models import Base as Catalogue
from services.community.models import Base as Community
from services.notifications.models import Base as Notifications
from services.registration.models import Base as Registration

METADATA = {
    "registration": Registration.metadata,
    "notifications": Notifications.metadata,
    "community": Community.metadata,
    "catalogue": Catalogue.metadata,
}

THEIRS = re.compile(
    r"person(_id)?|people|email|address|actor_id|name|organisation|job_role|access_needs|reference|recipients?|whose"
    r"|booking(_id)?|by|to|first|second|owner|\w+_by"
)
