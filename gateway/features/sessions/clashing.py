"""Where two meetings are at once in one venue, or with one speaker or facilitator."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.projection.read_model import Session
from services.runtime.visible_text import caseless

NO_PLACE = frozenset({"to be confirmed", "tbc", "to be decided"})  # what people write where there is no venue yet


@dataclass
class Slot:
    """One meeting of a session, its number among them, and what it clashes with."""

    session: Session
    number: int
    starts_at: datetime
    ends_at: datetime
    venue: list[str] = field(default_factory=list)  # titles of sessions that are there at that time
    speakers: list[tuple[str, str]] = field(default_factory=list)  # the speaker’s name, and the title of the other
    facilitators: list[tuple[str, str]] = field(default_factory=list)  # the same
    people: Mapping[str, str] = field(default_factory=dict)  # who facilitates it: their names by their id

    @property
    def place(self) -> str:
        """What the venue is called, however it was typed; nothing where there is none."""
        venue = self.session.data["venue"]
        return caseless(venue["name"]) if venue else ""


def slots(sessions: Iterable[Session], people: Mapping[str, Mapping[str, str]] | None = None) -> list[Slot]:
    """Return every meeting of `sessions`, the soonest first, with what it clashes with. Cancelled ones never do.

    `people` are the facilitators by session: their names by their id.
    """
    led = people or {}
    found = [
        Slot(session, number, meeting["starts_at"], meeting["ends_at"], people=led.get(session.data["slug"], {}))
        for session in sessions
        for number, meeting in enumerate(session.data["meetings"], start=1)
    ]
    found.sort(key=lambda slot: (slot.starts_at, slot.session.data["slug"], slot.number))
    under_way: list[Slot] = []
    for slot in found:
        if slot.session.data["status"] == "cancelled":
            continue
        under_way = [other for other in under_way if other.ends_at > slot.starts_at]
        for other in under_way:
            _compare(slot, other)
        under_way.append(slot)
    return found


def _compare(one: Slot, other: Slot) -> None:
    if one.session.data["slug"] == other.session.data["slug"]:
        return
    titles = one.session.data["title"], other.session.data["title"]
    if one.place and one.place == other.place and one.place not in NO_PLACE:
        one.venue.append(titles[1])
        other.venue.append(titles[0])
    theirs = {speaker["slug"] for speaker in other.session.data["speakers"]}
    for speaker in one.session.data["speakers"]:
        if speaker["slug"] in theirs:
            one.speakers.append((speaker["name"], titles[1]))
            other.speakers.append((speaker["name"], titles[0]))
    for person in one.people.keys() & other.people.keys():
        one.facilitators.append((one.people[person], titles[1]))
        other.facilitators.append((other.people[person], titles[0]))
