"""What seating refuses, as facts."""

from services.runtime.refusals import Refusal


class CannotBeSeated(Refusal):
    """Nobody can be seated in this way."""

    code = "cannot-be-seated"
