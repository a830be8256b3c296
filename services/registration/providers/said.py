"""What an identity provider said of someone, once it was checked."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """Who it is for the provider, and what belongs to that.

    `email` is None where nothing says that the address is theirs. `factored` is whether the provider vouches that they
    gave a second factor. `session` is the provider's name for their sign-in there.
    """

    issuer: str
    subject: str
    email: str | None
    factored: bool
    session: str | None
