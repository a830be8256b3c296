"""What the community service refuses, as facts."""

from services.runtime.refusals import Refusal


class ProfileIncomplete(Refusal):
    """We need your name and your sector before you can join."""

    code = "profile-incomplete"


class NotAMember(Refusal):
    """This is for members of the community. You can join at any time."""

    code = "not-a-member"


class NotOpenToYou(Refusal):
    """You can join once you have come to a session, or once the team has confirmed your organisation."""

    code = "not-open-to-you"


class AccountTooNew(Refusal):
    """Your account is new. You cannot ask to meet people yet."""

    code = "account-too-new"


class RemovedFromCommunity(Refusal):
    """The team has taken you out of the community."""

    code = "removed-from-community"


class IntroductionWaiting(Refusal):
    """They have asked to meet you already. Answer that first."""

    code = "introduction-waiting"


class AlreadyAsked(Refusal):
    """You have asked this person already."""

    code = "already-asked"


class AlreadyIntroduced(Refusal):
    """You two have been introduced already."""

    code = "already-introduced"


class IntroductionOver(Refusal):
    """This introduction is not open any more."""

    code = "introduction-over"


class TooManyIntroductions(Refusal):
    """You can ask 3 people in 7 days."""

    code = "too-many-introductions"


class SessionCancelled(Refusal):
    """The session is cancelled."""

    code = "session-cancelled"


class SessionFinished(Refusal):
    """The session is over."""

    code = "session-finished"


class TablesBeingMade(Refusal):
    """The tables are being made just now. Try again in a few seconds."""

    code = "tables-being-made"
