"""How many people book, and when: a city, a region, a country, and what we take for granted about them.

What is known is of one city: an academy that has 73 sessions and 1,137 learners a year, and a workforce of 57,000. All
else here is assumed, and on the high side, so that what is enough by these figures is enough.
"""

from dataclasses import dataclass

WORKFORCE, SESSIONS_TODAY, LEARNERS_TODAY = 57_000, 73, 1137  # of the city, and a year of its academy

BOOKINGS = 2.0  # a person and year: assumed; today it is 0.02
PLACES = 83  # a session: the mean of the sample programme (services/samples/leeds-programme.json: 664 in 8)
YEARS = 5  # for which sessions are kept: those that are over stay in the catalogue
TERMS = 3  # a year; booking opens for all sessions of a term at once
AT_OPENING, OPENING = 0.2, 300.0  # the share of a term's bookings that come at the opening, and their mean delay in s
WANTED, RUSH = 0.05, 60.0  # the share of all people who want the same session, and their mean delay in s
PAGES = 5  # that someone who is signed in reads for a booking: two lists, a session, a check, the booking
EMAILS = 7  # a booking: a code to sign in, a confirmation, three reminders, thanks, and a question how it was
NOTIFY = 50  # emails a second that GOV.UK Notify takes: 3,000 a minute (docs/operations.md)


@dataclass(frozen=True)
class Place:
    """Somewhere with so many people who may book."""

    name: str
    people: int

    @property
    def bookings(self) -> float:
        """Bookings a year."""
        return self.people * BOOKINGS

    @property
    def sessions(self) -> float:
        """Sessions that are kept."""
        return self.bookings / PLACES * YEARS

    @property
    def to_come(self) -> float:
        """Sessions of the term whose booking has just opened."""
        return self.bookings / PLACES / TERMS

    @property
    def opening(self) -> float:
        """Bookings in the rush at the opening of a term."""
        return self.bookings / TERMS * AT_OPENING

    @property
    def peak(self) -> float:
        """Bookings a second as a term opens."""
        return self.opening / OPENING

    @property
    def wanted(self) -> float:
        """People who want the session that is wanted most."""
        return self.people * WANTED


CITY, REGION, COUNTRY = Place("a city", WORKFORCE), Place("a region", 1_500_000), Place("a country", 60_000_000)
EACH = (CITY, REGION, COUNTRY)
