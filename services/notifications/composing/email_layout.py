"""Who writes, and the addresses of the pages that letters point to."""

from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote, urlencode

from itsdangerous import URLSafeSerializer


@dataclass(frozen=True)
class EmailLayout:
    """`mail_from` is an address, with or without a name; `public_url` has no slash at its end.

    `secret_key` signs the links that work without signing in; `language` is what the letters are written in. `site` is
    what the team calls its site, and so who writes, where it says so.
    """

    mail_from: str
    public_url: str
    secret_key: str = field(repr=False)
    language: str = "en_GB"
    site: str = ""

    @property
    def sender(self) -> tuple[str, str]:
        """Who writes: a name, which may be empty, and an address."""
        name, _, address = self.mail_from.rpartition("<")
        return self.site or name.strip(' "'), address.strip(" >")

    @property
    def name(self) -> str:
        """Who writes, as readers know them."""
        return self.sender[0] or "Headrow"

    def booking(self, reference: str) -> str:
        """Return the address of the booking's page."""
        return f"{self.public_url}/bookings/{quote(reference, safe='')}"

    def needs(self, reference: str) -> str:
        """Return the address of the page on which they say what they need at a booking."""
        return f"{self.booking(reference)}/needs"

    def accept(self, reference: str) -> str:
        """Return the address of the page whose button takes the place on offer."""
        return f"{self.booking(reference)}/accept"

    def decline(self, reference: str) -> str:
        """Return the address of the page whose button says no to the place on offer."""
        return f"{self.booking(reference)}/decline"

    def feedback(self, reference: str) -> str:
        """Return the address of the page that asks how it was."""
        return f"{self.booking(reference)}/feedback"

    def pledge(self, reference: str) -> str:
        """Return the address of the page where one reads what one pledged, and says what became of it."""
        return f"{self.booking(reference)}/pledge"

    def evaluation(self, session: str) -> str:
        """Return the address of the page with the questions of a session’s evaluation."""
        return f"{self.public_url}/sessions/{session}/evaluation"

    def certificate(self, reference: str) -> str:
        """Return the address of the certificate of attendance."""
        return f"{self.booking(reference)}/certificate"

    def sign_in(self, email: str, code: str) -> str:
        """Return the address of the page whose button signs in with this code.

        Address and code are in its fragment, which no server is told, and no log keeps.
        """
        return f"{self.public_url}/sign-in/confirm#{urlencode({'email': email, 'code': code})}"

    def undo_email(self, token: str) -> str:
        """Return the address of the page whose button takes a change of address back."""
        return f"{self.public_url}/account/email/undo/{quote(token, safe='')}"

    @property
    def account(self) -> str:
        """The address of the page of what one said about oneself."""
        return f"{self.public_url}/account"

    @property
    def merges(self) -> str:
        """The address of the page of the accounts that one has merged."""
        return f"{self.public_url}/account/merges"

    def session(self, slug: str) -> str:
        """Return the address of the session's page."""
        return f"{self.public_url}/sessions/{quote(slug, safe='')}"

    def introduction(self, id: str) -> str:
        """Return the address of the page where one says yes or no to being introduced."""
        return f"{self.public_url}/introductions/{quote(id, safe='')}"

    def met(self, slug: str) -> str:
        """Return the address of the page that shows whom one sat with in a session."""
        return f"{self.public_url}/community/met/{quote(slug, safe='')}"

    @property
    def community(self) -> str:
        """The address of the community's own page."""
        return f"{self.public_url}/community"

    @property
    def profile(self) -> str:
        """The address of the page where members say what is shown of them, and to whom."""
        return f"{self.public_url}/community/profile"

    @property
    def second_factor(self) -> str:
        """The address of the page about one's authenticator app."""
        return f"{self.public_url}/account/second-factor"

    @property
    def ways_to_sign_in(self) -> str:
        """The address of the page about the ways to sign in that someone has."""
        return f"{self.public_url}/account/ways-to-sign-in"

    @property
    def contact(self) -> str:
        """The address of the page that says how to reach the team."""
        return f"{self.public_url}/contact"

    @property
    def sharing(self) -> str:
        """The address of the page about who sees one's bookings."""
        return f"{self.public_url}/account/sharing"

    @property
    def coordinating(self) -> str:
        """Where someone finds the organisations that they coordinate."""
        return f"{self.public_url}/coordinating"

    @property
    def facilitating(self) -> str:
        """The address of the page of the sessions that one facilitates."""
        return f"{self.public_url}/facilitating"

    @property
    def interests(self) -> str:
        """The address of the page where one says what to hear of, and stops it."""
        return f"{self.public_url}/interests"

    @cached_property
    def signer(self) -> URLSafeSerializer:
        """Signs `[person, topic]`, for the links by which a person chooses what to get."""
        return URLSafeSerializer(self.secret_key, salt="notifications.preferences")

    def emails(self, person: str, topic: str | None = None) -> str:
        """Return the address of the page where this person chooses what to get, or stops one topic of messages."""
        return f"{self.public_url}/emails/{self.signer.dumps([person, topic])}"
