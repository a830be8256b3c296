"""What the community service refuses, as facts."""

from services.bus.refusals import Refusal


class SessionCancelled(Refusal):
    """The session is cancelled."""

    code = "session-cancelled"


class SessionFinished(Refusal):
    """The session is over."""

    code = "session-finished"


class TablesBeingMade(Refusal):
    """The tables are being made just now. Try again in a few seconds."""

    code = "tables-being-made"
