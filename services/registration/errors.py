"""What registration refuses, and why, as facts."""

from services.runtime.refusals import NotFound, Refusal, Unavailable


class AccountMerged(Unavailable):
    """This account has just been merged with another one.

    Whoever tries again finds that one.
    """


class ProfileIncomplete(Refusal):
    """We need your name and your sector before you can book."""

    code = "profile-incomplete"


class NoOrganisation(Refusal):
    """Your details do not say which organisation you work for. Add it first."""

    code = "no-organisation"


class AlreadyNominated(Refusal):
    """You have nominated them for this session before."""

    code = "already-nominated"


class SessionFull(Refusal):
    """Every place in this session is taken."""

    code = "session-full"


class AlreadyBooked(Refusal):
    """You already have a booking for this session."""

    code = "already-booked"


class Clash(Refusal):
    """This overlaps another of your bookings."""

    code = "clash"


class BookingClosed(Refusal):
    """Booking for this session is not open."""

    code = "booking-closed"


class ApplicationsClosed(Refusal):
    """It is too late to apply for a place in this session."""

    code = "applications-closed"


class ByApplication(Refusal):
    """The team gives the places in this session to people who apply."""

    code = "by-application"


class SessionCancelled(Refusal):
    """This session has been cancelled."""

    code = "session-cancelled"


class HasBookings(Refusal):
    """Someone has booked this session, is or was on its waiting list, or came to it."""

    code = "has-bookings"


class HasFacilitators(Refusal):
    """Someone was told that they facilitate this session. Take that back first."""

    code = "has-facilitators"


class SessionFinished(Refusal):
    """This session has been over for too long."""

    code = "session-finished"


class OfferExpired(Refusal):
    """The offer of this place has run out."""

    code = "offer-expired"


class NothingOffered(Refusal):
    """There is no place on offer for this booking."""

    code = "nothing-offered"


class PeopleAreWaiting(Refusal):
    """People are waiting for a place, so it goes to the first of them."""

    code = "people-are-waiting"


class NotWaiting(Refusal):
    """This booking is not on the waiting list."""

    code = "not-waiting"


class CodeWrong(Refusal):
    """That code is wrong, or it has run out. Ask for a new one."""

    code = "code-wrong"


class WelcomeOver(Refusal):
    """This address no longer works: it was used, it is over an hour old, or there is a team member already."""

    code = "welcome-over"


class EmailUndoOver(NotFound):
    """This link no longer works: it was used, or it is over seven days old."""


class AddressHasAccount(Refusal):
    """That address is yours, and has an account of its own: you can merge the two."""

    code = "address-has-account"


class PrimaryAddress(Refusal):
    """Our emails go to this address. Choose another one for them first."""

    code = "primary-address"


class AddressFixed(Refusal):
    """This address came with an account that was merged into yours. It stays as it is until that cannot be undone."""

    code = "address-fixed"


class PresentEmployment(Refusal):
    """This is where you work now. Say where you work instead, and it becomes an earlier one."""

    code = "present-employment"


class TooManyCodes(Refusal):
    """Too many sign-in codes were asked for."""

    code = "too-many-codes"


class TooManySuggestions(Refusal):
    """You have sent us many suggestions today. Please send the next one tomorrow."""

    code = "too-many-suggestions"


class AttendanceTooEarly(Refusal):
    """Attendance can be recorded from an hour before a meeting starts."""

    code = "attendance-too-early"


class BookingNotConfirmed(Refusal):
    """This booking has no confirmed place."""

    code = "booking-not-confirmed"


class CheckInClosed(Refusal):
    """No meeting of this session is under way or near."""

    code = "check-in-closed"


class ScanOutOfTime(Refusal):
    """A scan counts for 7 days, and its time may be at most 5 minutes ahead of ours."""

    code = "scan-out-of-time"


class NotAttended(Refusal):
    """There is a certificate once it is recorded that you were there."""

    code = "not-attended"


class FeedbackNotOpen(Refusal):
    """You can give feedback once a session that you had a place in has ended, and for 60 days."""

    code = "feedback-not-open"


class EvaluationNotOpen(Refusal):
    """There is nothing to answer for this session now."""

    code = "evaluation-not-open"


class NoPledge(Refusal):
    """You have not told us what you will do differently after this session."""

    code = "no-pledge"


class PledgeNotDue(Refusal):
    """You can say what became of your pledge six weeks after the session."""

    code = "pledge-not-due"


class SecondFactorRequired(Refusal):
    """This needs a code from your authenticator app as well, or a recovery code."""

    code = "second-factor-required"


class SecondFactorWrong(Refusal):
    """That code is wrong, or it was used already. Enter the code that your app shows now."""

    code = "second-factor-wrong"


class TooManyTries(Refusal):
    """Too many wrong codes were tried. Wait a few minutes."""

    code = "too-many-tries"


class SecondFactorOff(Refusal):
    """There is no second factor to change."""

    code = "second-factor-off"


class SecondFactorNotBegun(Refusal):
    """No authenticator app is being set up here, or that was begun over an hour ago. Begin again."""

    code = "second-factor-not-begun"


class OwnRole(Refusal):
    """Nobody gives a role to themselves: ask someone else who can."""

    code = "own-role"


class LastOperator(Refusal):
    """There has to be an operator. Make someone else one first."""

    code = "last-operator"


class IdentityProviderAway(Refusal):
    """The provider that you want to sign in with does not answer. Use a code by email instead, or try again later."""

    code = "identity-provider-away"


class IdentityRefused(Refusal):
    """What your provider told us could not be used. Start again, or use a code by email instead."""

    code = "identity-refused"


class IdentityOver(Refusal):
    """This was begun in another browser, was used already, or is over ten minutes old. Start again."""

    code = "identity-over"


class IdentityWithoutAddress(Refusal):
    """Your provider did not tell us an email address that it has checked. Use a code by email instead."""

    code = "identity-without-address"


class IdentityUnconfirmed(Refusal):
    """You already have an account with this address. Confirm that it is yours."""

    code = "identity-unconfirmed"


class IdentityTaken(Refusal):
    """Another account signs in with this already. Remove it there first."""

    code = "identity-taken"


class ImportOver(Refusal):
    """This import cannot be undone any more: it was undone, or it is over 30 days old."""

    code = "import-over"


class NothingProven(Refusal):
    """You have not shown that another account is yours, or that was over half an hour ago. Ask for a code."""

    code = "nothing-proven"


class MergeChanged(Refusal):
    """Something changed since you were shown what would come together. Look at it again."""

    code = "merge-changed"


class MergeRefused(Refusal):
    """These two accounts cannot be merged now."""

    code = "merge-refused"


class MergeOver(Refusal):
    """This merge cannot be undone any more: it was undone, or it is over 30 days old."""

    code = "merge-over"
