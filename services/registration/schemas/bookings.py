"""Bookings, and their history."""

from collections.abc import Mapping
from typing import Generic, NotRequired, TypedDict, TypeVar

from marshmallow import fields

from services.registration.schemas.people import Attendee
from services.registration.schemas.questions import Answers
from services.runtime.limits import Length, OneOf, Range
from services.runtime.links import WITHOUT_LINKS
from services.runtime.schemas import Email, Schema, Text, Time

MODES = ("in_room", "online")
Moment = TypeVar("Moment")
STATES = ("confirmed", "waiting", "offered", "cancelled", "attended", "partly_attended", "absent")
STATES_TO_FIND = (*STATES, "cancelled_late")  # some of those that are cancelled


class BookingWanted(Schema):
    """A place in a session. `mode` must be said where the session is hybrid; `either`: the other one will do as well.

    `allow_clash` is for a place that overlaps another booking, knowingly. `answers` are to the session's questions, by
    their ids.
    """

    session = Text(80, required=True)
    mode = fields.String(validate=OneOf(MODES))
    either = fields.Boolean(load_default=False)
    access_needs = Text(2000, lines=True, allow_none=True)
    if_full = fields.String(validate=OneOf(("wait", "refuse")), load_default="wait")
    allow_clash = fields.Boolean(load_default=False)
    answers = Answers()


class BookingForSomebody(Schema):
    """A place for somebody, from the team; with `over_capacity` and a reason, also beyond those that there are."""

    email = Email(required=True)
    name = Text(120, validate=WITHOUT_LINKS)
    mode = fields.String(validate=OneOf(MODES))
    access_needs = Text(2000, lines=True, allow_none=True)
    if_full = fields.String(validate=OneOf(("wait", "refuse")), load_default="wait")
    over_capacity = fields.Boolean(load_default=False)
    reason = Text(500, lines=True, allow_none=True)


class Acceptance(Schema):
    """Taking an offered place; `allow_clash` where it overlaps another booking, knowingly."""

    allow_clash = fields.Boolean(load_default=False)


class Move(Schema):
    """The session to move to, of the same programme; `mode` where it has both and the one booked will not do.

    `mode` alone: the other mode of the same session.
    """

    session = Text(80)
    mode = fields.String(validate=OneOf(MODES))
    allow_clash = fields.Boolean(load_default=False)


class BookingChange(Schema):
    """What its owner needs at one booking alone."""

    access_needs = Text(2000, lines=True, allow_none=True, required=True)


class HandOn(Schema):
    """Whom to give the place to; who has no account gets one, with `name`."""

    email = Email(required=True)
    name = Text(120, allow_none=True, validate=WITHOUT_LINKS)


class Admission(Schema):
    """A place for somebody who waits; with `over_capacity` and a reason, also beyond those that there are."""

    over_capacity = fields.Boolean(load_default=False)
    reason = Text(500, lines=True, allow_none=True)


class PersonAhead(Schema):
    """Somebody who stands before another on the waiting list."""

    reference = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)


class AdmissionForeseen(Schema):
    """What giving a place to somebody who waits would mean.

    A place of `mode` is `free` for them, or they would have one over capacity. So many are `ahead` of them on the
    waiting list; `people` are the first of those.
    """

    free = fields.Boolean(required=True)
    mode = fields.String(required=True, validate=OneOf(MODES))
    ahead = fields.Integer(required=True)
    people = fields.List(fields.Nested(PersonAhead), required=True)


class Note(Schema):
    """What the team wants to remember of a booking."""

    text = Text(2000, lines=True, required=True)


class Cancellation(Schema):
    """Why, if one likes to say."""

    reason = Text(500, lines=True, allow_none=True)


class Offer(Schema):
    """A place held for somebody until `expires_at`."""

    expires_at = fields.DateTime(required=True)


class WaitingFor(Schema):
    """The mode that somebody waits for who has a place of the other, or the offer of one; `position` counts from 1."""

    mode = fields.String(required=True, validate=OneOf(MODES))
    position = fields.Integer(required=True)


class BookingView(Schema):
    """A booking. `position` counts from 1 while waiting; `join_url` is there when it is time.

    `instead_of` is there for who was invited from the waiting list of another session: its slug.

    `cancelled_late` is said of a cancelled one that had a place until after the programme's deadline.

    `application`: the team gives the places of the session to those who apply, and who is `waiting` has applied.
    `refused` is said of an application that was cancelled because the team gave it no place. `asks`: the session has
    questions for those who book it; `answered`: this booking has answers to some.

    `waiting_for` is there for who has a place of one mode, or the offer of one, and waits for the other.
    `attended_share` is there with the states attended, partly_attended and absent: from 0 to 1, of all minutes.
    """

    reference = fields.String(required=True)
    session = fields.String(required=True)
    mode = fields.String(required=True, validate=OneOf(MODES))
    state = fields.String(required=True, validate=OneOf(STATES))
    position = fields.Integer(required=True, allow_none=True)
    either = fields.Boolean(required=True)
    waiting_for = fields.Nested(WaitingFor, required=True, allow_none=True)
    offer = fields.Nested(Offer, required=True, allow_none=True)
    attended_share = fields.Float()
    join_url = fields.String()
    instead_of = fields.String()
    access_needs = fields.String(required=True, allow_none=True)
    asks = fields.Boolean(required=True)
    answered = fields.Boolean(required=True)
    cancelled_late = fields.Boolean(required=True)
    application = fields.Boolean(required=True)
    refused = fields.Boolean(required=True)
    created_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class OfferRow(TypedDict, Generic[Moment]):
    """What `Offer` writes out."""

    expires_at: Moment


class BookingRow(TypedDict, Generic[Moment]):
    """What `BookingView` writes out: moments are datetimes before, and text after that."""

    reference: str
    session: str
    mode: str
    state: str
    cancelled_late: bool
    application: NotRequired[bool]  # an older registration does not tell it
    refused: NotRequired[bool]
    position: int | None
    either: bool
    waiting_for: Mapping[str, object] | None
    offer: OfferRow[Moment] | None
    access_needs: str | None
    asks: NotRequired[bool]  # an older registration does not tell it
    answered: NotRequired[bool]
    created_at: Moment
    version: int
    attended_share: NotRequired[float | None]
    join_url: NotRequired[str]
    instead_of: NotRequired[str]


class OwnBooking(Schema):
    """One's own live booking for a session, if there is one; and whether the session `asks` those who book anything."""

    booking = fields.Nested(BookingView, required=True, allow_none=True)
    asks = fields.Boolean(required=True)


class BookingOfPerson(BookingView):
    """A booking as the team sees it; `over_capacity` where the team gave a place beyond the capacity."""

    over_capacity = fields.Boolean(required=True)
    person = fields.Nested(Attendee, required=True)


class BookingForSomebodyMade(BookingOfPerson):
    """A booking that the team made; `name_used` is false where the account has another name than the one given.

    Null where none was given.
    """

    name_used = fields.Boolean(required=True, allow_none=True)


class BookingPage(Schema):
    """A page of one's own bookings, the latest first."""

    items = fields.List(fields.Nested(BookingView), required=True)
    next = fields.String(required=True, allow_none=True)


class FirstRefusal(Schema):
    """The session whose waiting list is asked first for the places of another, and until when."""

    session = fields.String(required=True)
    until = Time(required=True)


class SessionBookingPage(Schema):
    """A page of a session's bookings, in the order in which they were made; `first_refusal` of its places now."""

    items = fields.List(fields.Nested(BookingOfPerson), required=True)
    first_refusal = fields.List(fields.Nested(FirstRefusal), required=True)
    next = fields.String(required=True, allow_none=True)


class MeetingPlanned(Schema):
    """When people might meet."""

    starts_at = Time(required=True)
    ends_at = Time(required=True)


class ChangePlanned(Schema):
    """How many places a session might have, and when it might meet; what is not said stays."""

    places_in_room = fields.Integer(strict=True, validate=Range(0, 100_000))
    places_online = fields.Integer(strict=True, validate=Range(0, 100_000))
    meetings = fields.List(fields.Nested(MeetingPlanned), validate=Length(min=1, max=60, of="meetings"))


class ByMode(Schema):
    """A number for each mode."""

    in_room = fields.Integer(required=True)
    online = fields.Integer(required=True)


class LiveBookings(Schema):
    """How many have a place, have the offer of one, and wait."""

    confirmed = fields.Integer(required=True)
    offered = fields.Integer(required=True)
    waiting = fields.Integer(required=True)


class SeatOfPlan(Schema):
    """Where a booking stands."""

    mode = fields.String(required=True, validate=OneOf(MODES))
    state = fields.String(required=True, validate=OneOf(("confirmed", "waiting", "offered")))


class PersonOfPlan(Schema):
    """For whom something would change: what they have, and what they would have."""

    reference = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    from_ = fields.Nested(SeatOfPlan, required=True, data_key="from", attribute="from")
    to = fields.Nested(SeatOfPlan, required=True)


class Plan(Schema):
    """What would become of a session's bookings, counted by person.

    So many keep the place or the offer that they have (`stay`), have it of the other mode (`change_mode`), lose it and
    `wait`, and are `offered` one; `people` are all for whom something changes. `attendance_removed` counts the people
    of whom something is recorded at a meeting that would be gone.
    """

    stay = fields.Integer(required=True)
    change_mode = fields.Integer(required=True)
    wait = fields.Integer(required=True)
    offered = fields.Integer(required=True)
    attendance_removed = fields.Integer(required=True)
    people = fields.List(fields.Nested(PersonOfPlan), required=True)


class Forecast(Schema):
    """What would become of a session's bookings, counted by the mode that they would have.

    Of those who are confirmed, so many are `over` the capacity now, and so many would be (`over_then`).
    """

    live = fields.Nested(LiveBookings, required=True)
    stay = fields.Nested(ByMode, required=True)
    wait_again = fields.Nested(ByMode, required=True)
    moved = fields.Nested(ByMode, required=True)
    moved_waiting = fields.Nested(ByMode, required=True)
    free = fields.Nested(ByMode, required=True)
    over = fields.Nested(ByMode, required=True)
    over_then = fields.Nested(ByMode, required=True)
    plan = fields.Nested(Plan, required=True)


class ReinstatementForecast(Schema):
    """How many bookings would stand again, were a cancelled session called back."""

    live = fields.Nested(LiveBookings, required=True)


class Withdrawal(Schema):
    """Whether nobody can book a session for a while, which nobody has booked: it can be made a draft again."""

    withdrawn = fields.Boolean(required=True)


class ChangeView(Schema):
    """One entry of a booking's history. `late`: it was cancelled after the programme's deadline.

    `actor`, whoever of the team or the person did it, is for the team.
    """

    at = fields.DateTime(required=True)
    what = fields.String(required=True)
    cause = fields.String(required=True)
    by = fields.String(required=True, validate=OneOf(("person", "colleague", "team", "system")))
    session = fields.String(required=True)
    mode = fields.String(required=True)
    state = fields.String(required=True)
    late = fields.Boolean(required=True)
    reason = fields.String(required=True, allow_none=True)
    actor = fields.String(allow_none=True)


class ChangePage(Schema):
    """A page of a booking's history, the earliest first."""

    items = fields.List(fields.Nested(ChangeView), required=True)
    next = fields.String(required=True, allow_none=True)
