"""Who facilitates a session and who comes to it, as registration answers it."""

SLUG = "maxims-in-practice"
ID = "0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a10"
FAY = {
    "id": ID,
    "session": SLUG,
    "person": {"id": ID, "name": "Fay", "email": "fay@example.org"},
    "since": "2026-11-23T09:00:00+00:00",
    "named_by": {"id": ID, "name": "Asha"},
}
COMES = {
    "reference": "K3M9Q-XW2TB",
    "mode": "online",
    "person": {"name": "Amina", "sector": "hospital", "organisation": "Elm Court", "job_role": "Nurse"},
}
