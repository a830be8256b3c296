"""Who has a role, as registration answers it."""

from tests.gateway import fakes

ID = "0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a10"
ASHA = fakes.person(["person", "team"])
TEAM = {"id": ID, "person": {name: ASHA[name] for name in ("id", "name", "email")}, "role": "team",
        "since": "2026-11-23T09:00:00+00:00", "given_by": None}  # fmt: skip
BEN = {**TEAM, "id": "9" * 8 + ID[8:], "person": {"id": ID, "name": "Ben", "email": "ben@example.org"},
       "given_by": {"id": ID, "name": None}, "since": None}  # fmt: skip
