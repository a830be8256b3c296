"""Members, introductions and reports, as the community answers them."""

from tests.gateway import fakes

ME = fakes.person([])["id"]
BEN, ID = "3f6f3f0e-6a55-4a33-9a2e-5b8b1a4e9f10", "0b0a3f0e-6f0c-4b7e-9d5a-3a8a6a2f8b11"
AT, UNTIL = "2026-11-23T09:00:00+00:00", "2026-12-07T09:00:00+00:00"
MEMBER = {"id": BEN, "name": "Ben", "sector": "citizen", "organisation": None, "about": None, "topics": ["psychology"]}
PROFILE = {**MEMBER, "id": ME, "name": "Asha", "tell_tablemates": True, "joined_at": AT, "version": 2}
INTRODUCTION = {
    "id": ID,
    "by": ME,
    "to": BEN,
    "other": {"id": BEN, "name": "Ben", "sector": "citizen", "organisation": None},
    "message": "Shall we talk?",
    "state": "proposed",
    "proposed_at": AT,
    "expires_at": UNTIL,
    "email": None,
}
SUGGESTION = {**MEMBER, "why": ["You both picked Psychology", "From another sector: Citizens"]}
MET = {**MEMBER, "sessions": [{"slug": "maxims-in-practice", "title": "Myron’s Maxims in practice", "at": AT}]}
CONFIRMED = {"id": ID, "name": "City council", "email_domain": "leeds.gov.uk", "confirmed_at": AT,
             "confirmed_by": {"id": ME, "name": "Asha"}}  # fmt: skip
REPORT = {
    "id": ID, "by": {"id": ME, "name": "Asha"}, "about": {"id": BEN, "name": "Ben", "removed": False}, "asked_by": BEN,
    "message": "Hello, love", "text": "Rude.", "created_at": AT, "status": "open", "note": None, "dealt_with_at": None,
    "dealt_with_by": None, "version": 1,
}  # fmt: skip
