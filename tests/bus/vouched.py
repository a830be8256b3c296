"""Callers as registration vouches for them, for tests that call a service as the bus does."""

from typing import Any

from services.bus.assertions import Signer, Verifier
from services.runtime.settings import Settings

SETTINGS = Settings(secret_key="k" * 32)
VERIFIER = Verifier(SETTINGS)
SOMEONE = {
    "id": "someone",
    "roles": ["person"],
    "facilitates": [],
    "name": "Someone",
    "sector": "hospital",
    "organisation": None,
    "job_role": None,
    "created_at": "2026-11-01T09:00:00+00:00",
}


def vouched(caller: dict[str, Any]) -> dict[str, str]:
    """Return what a gateway passes on for a caller; what is not said of them is as it is for someone."""
    return {"assertion": Signer(SETTINGS).vouch({**SOMEONE, **caller})}
