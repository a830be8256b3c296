"""What the gateway itself refuses, before any service is asked."""

from services.runtime.refusals import Refusal


class NotJson(Refusal):
    """The body is not JSON."""

    code = "not-json"


class TooLarge(Refusal):
    """The body is larger than is taken here."""

    code = "too-large"


class WrongMediaType(Refusal):
    """The body must be JSON in UTF-8: Content-Type: application/json."""

    code = "unsupported-media-type"


class NoSuchMethod(Refusal):
    """This address does not take that method."""

    code = "method-not-allowed"


class KeyRequired(Refusal):
    """This request needs an Idempotency-Key, so that repeating it is safe."""

    code = "idempotency-key-required"


class PreconditionRequired(Refusal):
    """A change needs If-Match with the ETag of what you read, so that nobody's change is overwritten unseen."""

    code = "precondition-required"


class TooManyRequests(Refusal):
    """You are asking faster than the limit allows."""

    code = "too-many-requests"


class CrossSite(Refusal):
    """The request came from another site. Open the page again and repeat it."""

    code = "cross-site"


class StaleForm(CrossSite):
    """The form was shown more than a day ago, or before someone signed in or out. Open the page again and repeat it."""


class SecondFactorRequired(Refusal):
    """Your role counts once you sign in with an authenticator app. Set it up at /account/second-factor."""

    code = "second-factor-required"


class NotReady(Refusal):
    """The catalogue is still being read. Try again in a moment."""

    code = "unavailable"

    def __init__(self) -> None:
        super().__init__(retry_after=2)


class Broken(Refusal):
    """Something went wrong on our side."""

    code = "internal"
