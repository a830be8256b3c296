"""Made-up facts of each kind of message: what the team's previews show, and what the templates are tested with."""

from typing import Any, Final

from services.notifications.models import Facts

MEETINGS: Final = [
    {"starts_at": "2027-03-09T09:30:00+00:00", "ends_at": "2027-03-09T16:30:00+00:00"},
    {"starts_at": "2027-03-30T08:30:00+00:00", "ends_at": "2027-03-30T15:30:00+00:00"},
]
VENUE: Final = {"name": "Civic meeting rooms", "address": "Leeds city centre", "access": "Step-free, hearing loop"}
TOWN_HALL: Final = {**VENUE, "name": "Town Hall"}
SESSION: Final[Facts] = {
    "title": "Leading across boundaries",
    "session": "leading-across-boundaries",
    "mode": "in_room",
    "meetings": MEETINGS,
    "venue": VENUE,
    "name": "Zoë Okafor",
    "reference": "K3M9Q-XW2TB",
}
BOOKING: Final[Facts] = {
    **SESSION,
    "state": "confirmed",
    "position": None,
    "offer_expires_at": None,
    "cause": "booked",
    "by": "person",
    "was_confirmed": False,
    "reason": None,
    "offer_ended": None,
    "meant_for": None,
    "application": False,
    "nominated_by": None,
    "others": [],
    "invite": None,
}
OTHERS: Final = [{"title": "What is a system?", "slug": "what-is-a-system", "meetings": [MEETINGS[1]]}]

FACILITATED: Final[Facts] = {
    **{"name": "Zoë Okafor", "title": SESSION["title"], "meetings": MEETINGS},
    **{"invite": None, "further": 0},
}


def _of(facts: Facts, **more: Any) -> Facts:
    return {**facts, **more}


SAMPLES: Final[dict[str, Facts]] = {
    "sign_in": {"email": "zoe@example.org", "name": None, "code": "042042", "expires_at": "2027-02-01T10:10:00+00:00"},
    "sign_in_guessed": {"name": "Zoë Okafor"},
    "second_factor_guessed": {"name": "Zoë Okafor"},
    "identity_linked": {"name": "Zoë Okafor", "provider": "Leeds City Council"},
    "email_change_code": {"name": None, "code": "042042", "expires_at": "2027-02-01T10:10:00+00:00"},
    "email_change_taken": {"name": None},
    "address_code": {"name": None, "code": "042042", "expires_at": "2027-02-01T10:10:00+00:00"},
    "addresses_changed": {
        "name": "Zoë Okafor",
        "what": "added",
        "undo": "IjhmIg.c2lnbmVk",
        "until": "2027-02-08T10:00:00+00:00",
    },
    "email_changed": {"name": "Zoë Okafor", "undo": "IjhmIg.c2lnbmVk", "until": "2027-02-08T10:00:00+00:00"},
    "email_change_undone": {"name": "Zoë Okafor", "is_back": True},
    "merge_code": {"name": None, "code": "042042", "expires_at": "2027-02-01T10:10:00+00:00"},
    "accounts_merged": {
        "name": "Zoë Okafor",
        "until": "2027-03-03T10:00:00+00:00",
        "by": "person",
        "is_kept": True,
    },
    "accounts_parted": {"name": "Zoë Okafor", "by": "person", "is_kept": True},
    "invites_again": {
        "name": "Zoë Okafor",
        "sessions": [{"title": "Leading across boundaries", "meetings": MEETINGS}],
        "further": 1,
        "invite": None,
    },
    "person_corrected": {"name": "Zoë Okafor", "changed": ["name", "organisation"]},
    "account_unused": {"name": "Zoë Okafor", "erased_on": "2027-03-01T10:00:00+00:00"},
    "account_erased": {"name": None, "unused": False, "calendar": True},
    "booking_confirmed": BOOKING,
    "booking_waiting": _of(BOOKING, state="waiting", position=3),
    "application_received": _of(BOOKING, state="waiting", cause="applied", application=True),
    "application_refused": _of(BOOKING, state="cancelled", cause="refused", by="team", application=True, others=OTHERS),
    "place_offered": _of(BOOKING, state="offered", cause="freed", offer_expires_at="2027-02-03T17:00:00+00:00"),
    "offer_expired": _of(BOOKING, state="cancelled", cause="expired", by="system"),
    "booking_cancelled": _of(
        BOOKING, state="cancelled", cause="session_cancelled", by="team", reason="The speaker is ill.", others=OTHERS
    ),
    "booking_moved": _of(BOOKING, cause="moved", moved_from="What is a system?"),
    "booking_reassigned": BOOKING,
    "meeting_invite": _of(SESSION, meetings=MEETINGS[1:], nth=2, of=2, is_new=True, invite=None),
    "meeting_cancelled": _of(SESSION, meetings=MEETINGS[1:], invite=None),
    "session_changed": _of(
        SESSION,
        before={**SESSION, "title": "Beyond boundaries", "meetings": MEETINGS[:1], "venue": TOWN_HALL},
        title_changed=True,
        times_changed=True,
        place_changed=True,
        link_changed=False,
        join_url=None,
        clash="What is a system?",
        invite=None,
    ),
    "team_message": _of(
        SESSION,
        team_subject="Please bring a photo",
        by=None,
        state="confirmed",
        paragraphs=[["Bring one of where you work."]],
    ),
    "reminder_week": _of(SESSION, starts_at=MEETINGS[0]["starts_at"], join_url=None),
    "reminder_day": _of(SESSION, starts_at=MEETINGS[0]["starts_at"], join_url=None),
    "reminder_hour": _of(
        SESSION, mode="online", venue=None, starts_at=MEETINGS[0]["starts_at"], join_url="https://example.org/meet"
    ),
    "thanks": _of(SESSION, certificate=True),
    "own_text_test": _of(SESSION, certificate=True, test_of="thanks"),
    "missed": _of(SESSION, has_materials=True, others=OTHERS),
    "certificate_ready": SESSION,
    "feedback_asked": SESSION,
    "pledge_reminder": SESSION,
    "evaluation_asked": _of(SESSION, moment="before", until=MEETINGS[0]["starts_at"]),
    "materials_published": _of(
        SESSION,
        materials=[
            {"title": "Leading across boundaries", "kind": "recording", "url": "https://example.org/r", "minutes": 84},
            {"title": "What to read next", "kind": "document", "url": "https://example.org/d", "minutes": None},
        ],
    ),
    "interest_matched": _of(
        SESSION, delivery="hybrid", because=["systems thinking", "What is a system?"], is_ahead=True
    ),
    "tables_published": _of(SESSION, kind="tables", tables=[{"round": 1, "table": 3}, {"round": 2, "table": None}]),
    "sat_with": _of(SESSION, kind="tables", others=3, sectors=["Hospitals", "Social care"]),
    "community_removed": {
        "name": "Zoë Okafor",
        "paragraphs": [["You wrote to several members about something that you sell."]],
    },
    "community_let_in": {"name": "Zoë Okafor"},
    "coordinator_named": {"name": "Zoë Okafor", "organisation": "Elm Court"},
    "facilitator_named": FACILITATED,
    "facilitator_taken_back": FACILITATED,
    "facilitated_changed": {
        **FACILITATED,
        **{"status": "published", "delivery": "hybrid", "venue": VENUE, "reason": None},
        **{"title_changed": False, "status_changed": False, "delivery_changed": True, "meetings_changed": True},
        "venue_changed": True,
        "before": {
            "title": SESSION["title"],
            "status": "published",
            "delivery": "face_to_face",
            "meetings": MEETINGS[:1],
            "venue": TOWN_HALL,
        },
    },
    "introduction_proposed": {
        "name": "Zoë Okafor",
        "introduction": "0b0a3f0e-6f0c-4b7e-9d5a-3a8a6a2f8b11",
        "other_name": "Ben Ward",
        "organisation": "City council",
        "paragraphs": [["You work where I would like to learn.", "Could we talk?"]],
        "answer_before": "2027-03-23T10:00:00+00:00",
    },
    "introduction_accepted": {
        "name": "Zoë Okafor",
        "introduction": "0b0a3f0e-6f0c-4b7e-9d5a-3a8a6a2f8b11",
        "other_name": "Ben Ward",
        "other_email": "ben@example.org",
        "organisation": None,
    },
}
