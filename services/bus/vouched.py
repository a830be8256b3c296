"""What a service has that holds no accounts: it knows its callers by what registration has signed."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus.callers import Person
from services.bus.entrypoints import VerifierProvider


class VouchedCallers:
    """Finds out in whose name a call is made."""

    verifier = VerifierProvider()

    def identify(self, db: OrmSession, caller: Any, serialised: bool) -> Person | None:
        """Return who calls; None for a call in nobody's name. Raises NotSignedIn."""
        person: Person | None = self.verifier.person_of(caller)
        return person
