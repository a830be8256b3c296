"""Nothing that is held on a person is left out of what they can have of it, without a reason that stands here."""

import re

import pytest

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
    r"|booking(_id)?|by|to|first|second|\w+_by"
)

# Where each table with such a column is in the export, or why it is not.
EXPORTED = {
    "registration.people": "person",
    "registration.sign_in_codes": "codes_asked_for",
    "registration.bookings": "bookings",
    "registration.booking_changes": "history",
    "registration.tokens": "signed_in",
    "registration.interests": "interests",
    "registration.suggestions": "suggestions",
    "registration.attendance": "attendance",
    "registration.certificates": "certificates",
    "registration.feedback": "feedback",
    "registration.facilitators": "facilitates",
    "registration.roles": "roles",
    "notifications.messages": "messages",
    "notifications.undeliverable": "undeliverable",
    "notifications.unwanted": "preferences",
    "notifications.calendar_addresses": "calendar",
    "community.employments": "community.employments",
    "community.members": "community.member",
    "community.introductions": "community.introductions",
    "community.blocks": "community.blocked",
    "community.removals": "community.removed",
    "community.reports": "community.reports",
    "community.seats": "community.tables",
}
COPY = "a copy of what registration holds, which is exported from there"
LEFT_OUT = {
    "registration.sign_in_guesses": "only a keyed hash of an address, which whoever guesses chose",
    "registration.sectors": "about the city",
    "notifications.people": COPY,
    "notifications.bookings": COPY,
    "notifications.facilitators": COPY,
    "notifications.interests": COPY,
    "notifications.invites": "what each email of the export put into the calendar",
    "notifications.mailings": "written by the team to the people of a session; who got it has it among their messages",
    "community.people": COPY,
    "community.bookings": COPY,
    "community.presences": "made of attendance, which is exported",
    "community.reached": "figures, made of bookings and employments, which are exported",
    "community.reach_rooms": "figures",
    "community.sectors": "about the city",
    "community.told_of_sittings": "that an email was sent, which is among the messages",
    "catalogue.speakers": "published by the team about people who speak, who have no account by that",
    "catalogue.sectors": "about the city",
    "catalogue.cities": "about the city",
    "catalogue.topics": "about the programme",
}


def tables_of_people():
    for service, metadata in METADATA.items():
        for table in metadata.sorted_tables:
            if any(THEIRS.fullmatch(column.name) for column in table.columns):
                yield f"{service}.{table.name}"


@pytest.mark.parametrize("table", sorted(tables_of_people()))
def test_what_is_of_a_person_is_exported_or_left_out_for_a_reason(table):
    assert (table in EXPORTED) != (table in LEFT_OUT), f"{table} is of a person: export it, or say here why not"


def test_nothing_is_listed_that_is_not_there():
    there = {f"{service}.{table.name}" for service, metadata in METADATA.items() for table in metadata.sorted_tables}
    assert {*EXPORTED, *LEFT_OUT} <= there
