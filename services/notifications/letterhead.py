"""Who writes, and the addresses of the pages that letters point to."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode


@dataclass(frozen=True)
class Letterhead:
    """`mail_from` is an address, with or without a name; `public_url` has no slash at its end."""

    mail_from: str
    public_url: str

    @property
    def sender(self) -> tuple[str, str]:
        """Who writes: a name, which may be empty, and an address."""
        name, _, address = self.mail_from.rpartition("<")
        return name.strip(' "'), address.strip(" >")

    def booking(self, reference: str) -> str:
        """Return the address of the booking's page."""
        return f"{self.public_url}/bookings/{quote(reference, safe='')}"

    def sign_in(self, email: str, code: str) -> str:
        """Return the address of the page whose button signs in with this code."""
        return f"{self.public_url}/sign-in/confirm?{urlencode({'email': email, 'code': code})}"

    def session(self, slug: str) -> str:
        """Return the address of the session's page."""
        return f"{self.public_url}/sessions/{quote(slug, safe='')}"

    @property
    def interests(self) -> str:
        """The address of the page where one says what to hear of, and stops it."""
        return f"{self.public_url}/interests"
