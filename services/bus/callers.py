"""Callers of the services that hold no accounts: what registration says of someone and has signed.

A route of the gateway says who may ask. The method that is asked says it again, so that a route that forgot lets nobody
in: `@rpc(requires=with_role("team"))`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus.calls import Requires
from services.runtime.refusals import NotAllowed, NotSignedIn

Person = Mapping[str, Any]  # {id, roles, …}


def known(caller: Person | None) -> Person:
    """Return the caller. Raises NotSignedIn where there is none."""
    if caller is None:
        raise NotSignedIn
    return caller


def with_role(*roles: str) -> Requires:
    """Return what lets in callers who have one of these roles. It raises NotAllowed, NotSignedIn."""

    def check(db: OrmSession, caller: Person | None, now: datetime, named: Mapping[str, Any]) -> None:
        if not set(roles) & set(known(caller)["roles"]):
            raise NotAllowed

    return check


def themselves(db: OrmSession, caller: Person | None, now: datetime, named: Mapping[str, Any]) -> None:
    """Let in whoever asks about themselves: the `person` that the call names. Raises NotAllowed, NotSignedIn."""
    if known(caller)["id"] != named["person"]:
        raise NotAllowed
