"""Who comes to a session, as registration answers it."""

ID = "6f1f9a52-7a35-4a2f-9d2a-0c3b8f0e6c01"
REFERENCE = "K3M9Q-XW2TB"
AT = "2026-11-23T09:00:00+00:00"
TOKEN = "Ikg1S0VOLVBNQVlWIg.GajJF3dBSkhCJU7xpSPE2k1DgMflJ9ZnJs3qwsFBzWk"
SEEN = {
    "reference": "K3M9Q-XW2TB",
    "name": "Amina <b>Patel</b>",
    "session": "maxims-in-practice",
    "title": "Myron’s Maxims in practice",
    "meeting": 1,
    "meetings": 2,
    "starts_at": "2027-02-11T14:00:00+00:00",
    "ends_at": "2027-02-11T15:30:00+00:00",
    "already": False,
}


def attendee(**changes):
    known = {"id": ID, "name": "Zoë Okafor", "email": "zoe@example.org", "sector": "hospital"}
    return {**known, "organisation": "Elm Court", "job_role": "Nurse", **changes}


def there(reference=REFERENCE, present=None, **changes):
    told = {"meeting": 1, "source": "list", "scanned_at": None, "recorded_at": AT, "replaced_at": None}
    record = {**told, "present": present, "recorded_by": {"id": ID, "name": "Asha"}}
    person = attendee(**changes)
    records = [] if present is None else [record]
    return {"reference": reference, "state": "confirmed", "attended_share": None, "person": person, "records": records}
