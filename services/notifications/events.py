"""What is read of the neighbours' events: only the fields that are used here. Nothing is announced."""

from marshmallow import fields

from services.runtime.schemas import KnownEmail, Read, Time


class CityRead(Read):
    """What the site is called, how its team is reached, and its colour."""

    site_name = fields.String(load_default=None, allow_none=True)
    contact_email = fields.String(load_default=None, allow_none=True)
    contact_phone = fields.String(load_default=None, allow_none=True)
    accent = fields.String(load_default=None, allow_none=True)


class PersonRead(Read):
    """registration.person_registered, person_changed."""

    id = fields.String(required=True)
    email = KnownEmail(required=True, allow_none=True)
    name = fields.String(allow_none=True, load_default=None)
    addresses = fields.List(KnownEmail(), load_default=list)


class UnwantedRead(Read):
    """A topic of emails that someone does not want."""

    topic = fields.String(required=True)
    since = Time(required=True)


class UndeliverableRead(Read):
    """That a mail server takes no mail for an address, by its code."""

    since = Time(required=True)
    status = fields.String(required=True)


class ChoicesImportedRead(Read):
    """registration.choices_imported."""

    person = fields.String(required=True)
    email = KnownEmail(required=True, allow_none=True)
    unwanted = fields.List(fields.Nested(UnwantedRead), required=True)
    undeliverable = fields.Nested(UndeliverableRead, required=True, allow_none=True)


class ErasedRead(Read):
    """registration.person_erased."""

    id = fields.String(required=True)
    unused = fields.Boolean(load_default=False)
    told_before = fields.Boolean(load_default=False)


class MergedRead(Read):
    """registration.person_merged."""

    id = fields.String(required=True)
    into = fields.String(required=True)
    undo_until = Time(required=True, allow_none=True)
    by = fields.String(required=True)
    told_before = fields.Boolean(load_default=False)


class PartedRead(PersonRead):
    """registration.person_parted."""

    from_ = fields.String(data_key="from", required=True)
    by = fields.String(required=True)


class ReassignedRead(Read):
    """registration.booking_reassigned."""

    reference = fields.String(required=True)
    person = fields.String(required=True)
    session = fields.String(required=True)
    mode = fields.String(required=True)
    state = fields.String(required=True)
    offer_expires_at = Time(allow_none=True, load_default=None)


class MergeAskedRead(Read):
    """registration.merge_asked."""

    person = fields.String(required=True)
    email = KnownEmail(required=True)
    code = fields.String(required=True)
    expires_at = Time(required=True)


class MeetingRead(Read):
    """One meeting of a session."""

    starts_at = Time(required=True)
    ends_at = Time(required=True)


class VenueRead(Read):
    """Where a session is held."""

    name = fields.String(required=True)
    address = fields.String(allow_none=True, load_default=None)
    access = fields.String(allow_none=True, load_default=None)


class SessionRead(Read):
    """catalogue.session_published, _changed, _converted, _cancelled, _reinstated, _unpublished."""

    slug = fields.String(required=True)
    programme = fields.String(required=True)
    programme_title = fields.String(required=True)
    title = fields.String(required=True)
    topics = fields.List(fields.String(), load_default=list)
    delivery = fields.String(required=True)
    status = fields.String(required=True)
    cancel_reason = fields.String(allow_none=True, load_default=None)
    meetings = fields.List(fields.Nested(MeetingRead), required=True)
    venue = fields.Nested(VenueRead, allow_none=True, load_default=None)
    join_url = fields.String(allow_none=True, load_default=None)


class BookingRead(Read):
    """registration.booking_confirmed, _moved, _waitlisted, _cancelled, place_offered, offer_expired."""

    reference = fields.String(required=True)
    person = fields.String(required=True)
    session = fields.String(required=True)
    mode = fields.String(required=True)
    state = fields.String(required=True)
    position = fields.Integer(allow_none=True, load_default=None)
    offer_expires_at = Time(allow_none=True, load_default=None)
    cause = fields.String(required=True)
    by = fields.String(required=True)
    reason = fields.String(allow_none=True, load_default=None)
    was_confirmed = fields.Boolean(load_default=False)
    meant_for = fields.String(allow_none=True, load_default=None)
    application = fields.Boolean(load_default=False)
    nominated_by = fields.String(allow_none=True, load_default=None)
    moved_from = fields.String(data_key="from", load_default=None)
    instead_of = fields.String(load_default=None)


class AttendanceRead(Read):
    """registration.attendance_recorded."""

    reference = fields.String(required=True)
    person = fields.String(required=True)
    session = fields.String(required=True)
    state = fields.String(required=True)
    imported = fields.Boolean(load_default=False)


class FeedbackRead(Read):
    """registration.feedback_given."""

    reference = fields.String(required=True)
    pledged = fields.Boolean(load_default=False)


class EvaluationRead(Read):
    """registration.evaluation_changed."""

    subject = fields.String(required=True)
    asks = fields.Boolean(required=True)
    moments = fields.List(fields.String(), required=True)


class EvaluationAnsweredRead(Read):
    """registration.evaluation_answered."""

    person = fields.String(required=True)
    subject = fields.String(required=True)
    moment = fields.String(required=True)


class MaterialRead(Read):
    """catalogue.material_published, material_withdrawn."""

    id = fields.String(required=True)
    session = fields.String(required=True, allow_none=True)
    kind = fields.String(required=True)
    title = fields.String(required=True)
    url = fields.String(required=True)
    minutes = fields.Integer(allow_none=True, load_default=None)
    audience = fields.String(required=True)


class InterestRead(Read):
    """registration.interest_registered, interest_withdrawn: one of topic, programme and session is named."""

    id = fields.String(required=True)
    person = fields.String(required=True)
    topic = fields.String(allow_none=True, load_default=None)
    programme = fields.String(allow_none=True, load_default=None)
    session = fields.String(allow_none=True, load_default=None)


class ProposalRead(Read):
    """community.introduction_proposed."""

    id = fields.String(required=True)
    to = fields.String(required=True)
    by = fields.String(required=True)
    name = fields.String(required=True)
    organisation = fields.String(allow_none=True, load_default=None)
    proven = fields.Boolean(load_default=False)
    message = fields.String(required=True)
    expires_at = Time(required=True)


class IntroducedRead(Read):
    """One of the two of an introduction."""

    person = fields.String(required=True)
    name = fields.String(required=True)
    email = KnownEmail(required=True)
    organisation = fields.String(allow_none=True, load_default=None)
    proven = fields.Boolean(load_default=False)


class AcceptanceRead(Read):
    """community.introduction_accepted."""

    id = fields.String(required=True)
    people = fields.List(fields.Nested(IntroducedRead), required=True)


class SeatRead(Read):
    """Where one person sits, in each round."""

    reference = fields.String(required=True)
    tables = fields.List(fields.Integer(allow_none=True), required=True)


class TablesRead(Read):
    """community.tables_published."""

    session = fields.String(required=True)
    kind = fields.String(load_default="tables")
    seats = fields.List(fields.Nested(SeatRead), required=True)


class SatTogetherRead(Read):
    """community.sat_together."""

    person = fields.String(required=True)
    session = fields.String(required=True)
    kind = fields.String(required=True)
    others = fields.Integer(required=True)
    sectors = fields.List(fields.String(), required=True)


class LeftRead(Read):
    """community.member_left."""

    person = fields.String(required=True)


class RemovedRead(Read):
    """community.member_removed, member_let_in."""

    person = fields.String(required=True)
    reason = fields.String(load_default="")


class FacilitatorRead(Read):
    """registration.facilitator_named."""

    id = fields.String(required=True)
    person = fields.String(required=True)
    session = fields.String(required=True)
    new = fields.Boolean(load_default=True)


class CoordinatorRead(Read):
    """registration.coordinator_named."""

    person = fields.String(required=True)
    organisation = fields.String(required=True)


class TakenBackRead(Read):
    """registration.facilitator_taken_back."""

    id = fields.String(required=True)


class GuessedRead(Read):
    """registration.sign_in_guessed and registration.second_factor_guessed."""

    person = fields.String(required=True)


class IdentityLinkedRead(Read):
    """registration.identity_linked."""

    person = fields.String(required=True)
    provider = fields.String(required=True)


class EmailAskedRead(Read):
    """registration.email_change_asked: without a code, the address has an account."""

    person = fields.String(required=True)
    email = KnownEmail(required=True)
    code = fields.String(required=True, allow_none=True)
    expires_at = Time(required=True)
    adding = fields.Boolean(load_default=False)


class EmailChangedRead(Read):
    """registration.email_changed: `email` is the old one."""

    person = fields.String(required=True)
    name = fields.String(allow_none=True, load_default=None)
    email = KnownEmail(required=True)
    undo = fields.String(required=True)
    until = Time(required=True)


class EmailUndoneRead(Read):
    """registration.email_change_undone."""

    person = fields.String(required=True)
    name = fields.String(allow_none=True, load_default=None)
    email = KnownEmail(required=True)
    given_up = KnownEmail(required=True)
    others = fields.List(KnownEmail(), load_default=list)
    also_given_up = fields.List(KnownEmail(), load_default=list)


class ToldRead(Read):
    """An address, and what its link holds that takes a change back."""

    email = KnownEmail(required=True)
    undo = fields.String(required=True)


class AddressesChangedRead(Read):
    """registration.addresses_changed."""

    person = fields.String(required=True)
    name = fields.String(allow_none=True, load_default=None)
    what = fields.String(required=True)
    told = fields.List(fields.Nested(ToldRead), required=True)
    until = Time(required=True)


class CorrectedRead(Read):
    """registration.person_corrected."""

    person = fields.String(required=True)
    changed = fields.List(fields.String(), required=True)


class UnusedRead(Read):
    """registration.account_unused."""

    person = fields.String(required=True)
    erased_on = Time(required=True)


class SignInRead(Read):
    """registration.sign_in_requested."""

    email = KnownEmail(required=True)
    name = fields.String(allow_none=True, load_default=None)
    code = fields.String(required=True)
    expires_at = Time(required=True)
