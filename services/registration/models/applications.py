"""Sessions whose places the team gives to those who applied: nobody gets one by booking, or in their turn."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from services.registration.errors import ApplicationsClosed, ByApplication
from services.registration.models.bookings import NO
from services.runtime.dialects import Moment


class Applications:
    """What a session says of applications: who applies waits, in no line, until the team has decided.

    They can apply until `applications_until`, or else until the session starts.
    """

    by_application: Mapped[bool] = mapped_column(default=False, server_default=NO)
    applications_until: Mapped[datetime | None] = mapped_column(Moment)

    def check_applications(self, now: datetime, *, early: bool) -> None:
        """Raise ApplicationsClosed where it is too late to apply at `now`; not so for the team, which books `early`."""
        if self.by_application and not early and self.applications_until and now >= self.applications_until:
            raise ApplicationsClosed(closed_at=self.applications_until.isoformat())

    def check_given_in_order(self) -> None:
        """Raise ByApplication where nobody but the team gives the places."""
        if self.by_application:
            raise ByApplication
