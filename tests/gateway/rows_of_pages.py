"""What each service answers, one realistic row of each kind, so that every page has something to show.

What is read and what is changed stand apart: a page that is only looked at asks nothing of `CHANGES`.
"""

from typing import Any

from services.registration.schemas import Forecast
from tests.gateway import catalogue, fakes

ID = "0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a10"  # of whatever is named by one, the material of the catalogue among it
SOMEBODY = "6f1f9a52-7a35-4a2f-9d2a-0c3b8f0e6c09"
REFERENCE, ANOTHER, THIRD = "K3M9Q-XW2TB", "B4C5D-EFGHJ", "C4C5D-EFGHJ"
SLUG, LATER = "maxims-in-practice", "trust"
AT, UNTIL = "2026-11-23T09:00:00+00:00", "2026-11-25T10:00:00+00:00"
TITLE = "Myron’s Maxims in practice"
STATE = {"session": SLUG, "status": "draft", "version": 2, "being_made": False}
TOPICS = ("reminders", "follow_ups", "materials", "interests", "introductions")


def page(*items: Any, **more: Any) -> dict[str, Any]:
    return {"items": list(items), "next": None, **more}


def somebody(**changes: Any) -> dict[str, Any]:
    known = {"id": SOMEBODY, "name": "Zoë Okafor", "email": "zoe@example.org", "sector": "hospital"}
    return {**known, "organisation": "Elm Court", "job_role": "Nurse", **changes}


def booking(**changes: Any) -> dict[str, Any]:
    """A booking as registration tells the team of it; pages of its own person show less."""
    of_person = {"over_capacity": False, "person": somebody()}
    return {**fakes.booking(reference=REFERENCE, access_needs="A ramp"), **of_person, **changes}


def _team_member(**changes: Any) -> dict[str, Any]:
    return {"id": ID, "person": somebody(), "role": "team", "since": AT, "given_by": somebody(), **changes}


_SIGN_IN = {"id": ID, "signed_in_at": AT, "last_used_at": AT, "expires_at": AT}


def _sector(**changes: Any) -> dict[str, Any]:
    told = {"code": "hospital", "name": "Hospitals", "hint": "All of the NHS", "workforce": 16500, "version": 2}
    return {**told, **changes}


def _seat(reference: str, **changes: Any) -> dict[str, Any]:
    who = {"name": "Amina", "sector": "hospital", "organisation": "Elm Court"}
    return {"reference": reference, **who, "new": 1, **changes}


def _to_seat(reference: str) -> dict[str, Any]:
    return {**{name: told for name, told in _seat(reference).items() if name != "new"}, "checked_in": False}


def _reached(**changes: Any) -> dict[str, Any]:
    counted = {"people": 12, "new": 9, "returning": 3, "booked": 17, "attended": 12, "absent": 2}
    return {
        "sector": "hospital",
        "name": "Hospital",
        **counted,
        **{"waiting": 6, "organisations": 2},
        "hours": 31.5,
        "workforce": 1000,
        "share": 0.012,
        **changes,
    }


def _total() -> dict[str, Any]:
    counts = {name: told for name, told in _reached().items() if name not in ("sector", "name")}
    return {**counts, "first_meetings": 40}


def _message(**changes: Any) -> dict[str, Any]:
    told = {"id": ID, "template": "booking_confirmed", "person": SOMEBODY, "name": "Zoë Okafor", "session": SLUG}
    about = {"email": "zoe@example.org", "booking": REFERENCE, "subject": "About your place", "state": "failed"}
    became = {"reason": "refused", "error": "550 No such mailbox", "queued_at": AT, "due_at": None, "finished_at": AT}
    again = {"attempts": 1, "resend_of": ID, "resent_by": SOMEBODY, "resent_by_name": "Tess", "repeats": []}
    return {**told, **about, **became, **again, "plain": "Hello Zoë", "html": "<p>Hello</p>", **changes}


EDITED = {**catalogue.session(), "materials": [catalogue.material()]}  # a session as the catalogue tells the team of it
DRAFT = {**EDITED, "status": "draft"}
CANCELLED = {**EDITED, "status": "cancelled", "cancel_reason": "The hall is flooded"}
EVENT = {
    **{"id": ID, "type": "registration.booking_confirmed.v1", "subject": "bookings/K3", "attempts": 6},
    **{"stored_at": AT, "error": "ValueError: no such template"},
}
OWN_TEXT = {
    **{"template": "thanks", "parts": ["opening", "closing"], "placeholders": ["name", "site"]},
    **{"opening": "Hello {name}", "closing": None, "version": 3},
}
MAILING = {
    **{
        "id": ID,
        "to": "all",
        "chosen": False,
        "subject": "Bring a pen",
        "body": "Hello",
        "written_by": SOMEBODY,
        "written_by_name": "Tess",
        "created_at": AT,
        "finished_at": None,
    },
    **{"queued": 0, "sent": 3, "delivered": 2, "bounced": 0, "failed": 1},
}
DRAFT_OF_MESSAGE = {
    **{"id": ID, "session": SLUG, "session_title": "Maxims in practice", "to": "all"},
    **{"references": None, "subject": "Bring a pen", "body": "Hello", "version": 3},
    **{"saved_by": SOMEBODY, "saved_by_name": "Tess", "saved_at": AT},
}
ATTENDED = {
    **{"reference": REFERENCE, "state": "confirmed", "attended_share": None, "person": somebody()},
    "records": [
        {"meeting": 1, "source": "list", "scanned_at": None, "recorded_at": AT, "replaced_at": None, "present": False,
         "recorded_by": {"id": SOMEBODY, "name": "Asha"}},
    ],
}  # fmt: skip
TURNOUT_COUNTS = {
    **{"had_place": 8, "attended": 4, "partly_attended": 1, "absent": 1, "not_recorded": 0},
    **{"cancelled_late": 1, "cancelled_in_time": 1},
}
TURNOUT = page(
    {"of": SLUG, "starts_at": AT, **TURNOUT_COUNTS},
    **{"by": "session", "from": None, "to": None, "programme": None, "total": TURNOUT_COUNTS},
)
IMPORTED = {
    **{"id": ID, "kind": "people", "made_at": AT, "by": {"id": SOMEBODY, "name": "Asha"}, "add": 2, "change": 1},
    **{"undo_until": UNTIL, "undone_at": None},
}
IMPORT_LOOKED_AT = {
    **{"id": ID, "add": 2, "change": 1, "same": 0, "errors": []},
    "duplicates": [
        {
            **{"line": 2, "email": "zoe@example.org", "name": "Zoë", "why": "same-name"},
            **{"other_line": None, "other_email": "zoe@old.example", "other_name": "Zoe"},
        }
    ],
}
RECORDED = {"session": SLUG, "recorded": 1, "unchanged": 0}
ATTENDANCE_REPORT = {
    **{**RECORDED, "id": 7, "meeting": 1, "minutes": 45, "other_day": "2026-07-03", "below": [], "added": []},
    "matched": [
        {
            **{"line": 2, "name": "Zoe", "email": "zoe@example.org", "minutes": 60, "reference": REFERENCE},
            **{"booked_name": "Zoë Okafor", "by": "email", "meeting": 1, "present": True},
        }
    ],
    "unmatched": [{"line": 3, "name": "Pat", "email": "pat@example.org", "minutes": None}],
}
_NOT_BOOKED = {
    **{"reference": None, "state": None, "mode": None, "position": None, "name_used": None, "clash": None},
    **{"new_account": False, "problem": None},
}
WAITING_LIST_INVITED = {
    **{"session": SLUG, "to": "autumn", "until": AT, "offers_until": AT, "places": {"in_room": 0, "online": 1}},
    "invited": 1,
    "items": [
        {"reference": REFERENCE, "person": somebody(), "position": 1, "mode": "online", **invited}
        for invited in (
            {"invited": True, "offer": "K3M9Q-XW2TC", "why": None},
            {"invited": False, "offer": None, "why": "clash"},
        )
    ],
}
LIST_BOOKED = {
    "items": [
        {
            **{**_NOT_BOOKED, "line": 1, "email": "zoe@example.org", "name": "Zoë Okafor", "reference": REFERENCE},
            **{"state": "confirmed", "mode": "online", "new_account": True, "name_used": True},
            "clash": {"session": "trust", "title": "Trust"},
        },
        {
            **{**_NOT_BOOKED, "line": 2, "email": "sam@example.org", "name": "Sam Lee", "reference": REFERENCE},
            **{"state": "waiting", "mode": "online", "position": 3, "name_used": False},
        },
        {
            **{**_NOT_BOOKED, "line": 3, "email": "pat@", "name": None},
            "problem": {"code": "not-an-email", "detail": "No address", "field": "email"},
        },
    ],
    **{"done": 2, "refused": 1},
}
MANY_CHANGED = {
    "items": [
        {
            **{"reference": REFERENCE, "person": somebody(), "was": "confirmed", "state": "confirmed"},
            "problem": None,
        },
        {
            **{"reference": REFERENCE, "person": somebody(), "was": "waiting", "state": None},
            "problem": {"code": "session-full", "detail": "Full", "field": None},
        },
        {
            **{"reference": "XXXXX-XXXXX", "person": None, "was": None, "state": None},
            "problem": {"code": "not-found", "detail": "None", "field": None},
        },
    ],
    **{"done": 1, "refused": 2},
}
ATTENDANCE_REPORTS = {
    "items": [
        {
            **{"id": 7, "records": 3, "recorded_at": AT, "recorded_by": {"id": SOMEBODY, "name": "Asha"}},
            "undo_until": UNTIL,
        }
    ]
}
CERTIFICATE = {
    **{"title": TITLE, "dates": ["2027-03-09"], "hours": 8.0, "participatory_hours": 7.5, "name": "Zoë Okafor"},
    **{"code": "K3M9Q-XW2TB-7HJRD-PZ4CE", "reference": REFERENCE, "session": SLUG, "programme": "virtual-sessions"},
    **{"state": "attended", "version": 2},
}
CHECKED_IN = {
    **{"reference": REFERENCE, "name": "Amina Patel", "session": SLUG, "title": TITLE, "meeting": 1, "meetings": 2},
    **{"starts_at": "2027-02-11T14:00:00+00:00", "ends_at": "2027-02-11T15:30:00+00:00", "already": False},
}
MEMBER = {
    **{"id": ID, "name": "Ben", "sector": "citizen", "organisation": "Leeds", "about": "I listen."},
    "topics": ["psychology"],
}
PROFILE = {**MEMBER, "id": fakes.BEN, "tell_tablemates": True, "joined_at": AT, "version": 2}
RECEIVED = {
    **{"id": ID, "by": ID, "to": fakes.BEN, "other": MEMBER, "message": "Shall we talk?", "state": "proposed"},
    **{"proposed_at": AT, "expires_at": "2026-12-07T09:00:00+00:00", "email": None},
}
SENT = {**RECEIVED, "by": fakes.BEN, "to": ID}
REPORT = {
    **{"id": ID, "by": {"id": SOMEBODY, "name": "Asha"}, "about": {"id": ID, "name": "Ben", "removed": False}},
    **{"asked_by": ID, "message": "Hello, love", "text": "Rude.", "created_at": AT, "status": "open", "version": 1},
    **{"note": None, "dealt_with_at": None, "dealt_with_by": None},
}
DEALT_WITH = {
    **{**REPORT, "status": "dealt_with", "note": "Spoke to Ben.", "dealt_with_at": AT, "version": 2},
    "dealt_with_by": {"id": SOMEBODY, "name": "Tess"},
}
MEMBER_STILL = {"id": ID, "name": "Ben", "member": True, "removed_at": None, "reason": None, "by": None}
REMOVED = {
    **{**MEMBER_STILL, "member": False, "removed_at": AT, "reason": "You were rude."},
    "by": {"id": SOMEBODY, "name": "Tess"},
}
CONFIRMED = {
    **{"id": ID, "name": "City council", "email_domain": "leeds.gov.uk", "confirmed_at": AT},
    "confirmed_by": {"id": SOMEBODY, "name": "Tess"},
}
TABLES = {
    **{"session": SLUG, "status": "draft", "kind": "tables", "version": 2, "being_made": False, "failed": False},
    **{"size": 2, "who": "booked", "made_at": AT, "published_at": None, "broken": []},
    "wishes": {
        **{"seed": 1, "keep_apart": [], "keep_together": [], "hosts": [], "step_free": [], "step_free_tables": None}
    },
    "rounds": [[[_seat(REFERENCE)], [_seat(ANOTHER)]]],
    "score": {"met_new": 2, "possible": 2, "sectors_per_table": 1.5},
    "changed": {"come": [_to_seat(THIRD)], "gone": []},
}
REACH = {
    **{"from": "2026-04-01", "to": "2027-03-31", "shared": False, "year_before": _total()},
    **{"programme": None, "made_at": "2027-01-20T09:00:00+00:00", "total": _total(), "sectors": [_reached()]},
    "organisations": [{"organisation": "Elm Court", "sector": "hospital", "people": 6}],
    "never_reached": [{"organisation": "Quiet Clinic", "sector": "hospital"}],
    "sessions": [{"session": SLUG, "title": TITLE, "ended_at": AT, "sectors_in_room": 2}],
}
FEEDBACK_OF_PERIOD = {
    **{"sessions": 7, "answers": 12, "useful": {"mean": 4.25, "counts": {"1": 0, "2": 1, "3": 2, "4": 2, "5": 7}}},
    **{"pledged": 8, "pledges_answered": 5, "did": {"yes": 3, "partly": 1, "not_yet": 1}},
}
LEARNING_RECORD = {
    **{"reference": REFERENCE, "person": ID, "email": "ben@example.org", "name": "Ben", "sector": "hospital"},
    **{
        "organisation": "Elm Court",
        "job_role": "Nurse",
        "session": SLUG,
        "title": TITLE,
        "programme": "virtual-sessions",
    },
    **{"mode": "online", "starts_at": AT, "ends_at": AT, "hours": 1.5, "participatory_hours": 1.5, "state": "attended"},
}
LEARNING = {
    "person": {"id": ID, "name": "Ben", "sector": "hospital", "organisation": "Elm Court", "job_role": "Nurse"},
    **{"from": None, "to": None, "hours": 1.5, "items": [LEARNING_RECORD]},
}
INTERESTS = page(
    *({"id": ID, "topic": None, "programme": None, "session": None, "created_at": AT, kind: slug}
      for kind, slug in (("topic", "systems-thinking"), ("programme", "virtual-sessions"), ("session", SLUG))),
)  # fmt: skip
FEEDBACK_SAID = {"useful": 4, "differently": "Ask first.", "next": "More", "given_at": AT, "changed_at": None}
FORMS = {
    "reference": "K3M9Q-XW2TB",
    "feedback": "open",
    "pledged": True,
    "evaluation": {"moment": "on_the_day", "answered": False},
}
FEEDBACK_FORM = {
    **{"reference": REFERENCE, "title": TITLE, "pledge_asked_at": "2027-03-25T15:30:00+00:00"},
    "given": {"reference": REFERENCE, "session": SLUG, **FEEDBACK_SAID, "version": 1},
}
PLEDGE = {
    **{"reference": REFERENCE, "session": SLUG, "title": TITLE, "pledge": "Listen first.", "given_at": AT},
    **{"asked_at": "2026-11-10T15:30:00+00:00", "did": "partly", "note": "Ask Ben.", "answered_at": AT, "version": 1},
}
BY_MODE = ("stay", "wait_again", "moved", "moved_waiting", "free", "over", "over_then")
FORECAST = Forecast().dump(
    {
        "live": {"confirmed": 2, "offered": 0, "waiting": 1},
        **{name: {"in_room": 0, "online": 0} for name in BY_MODE},
        "plan": {"stay": 2, "change_mode": 0, "wait": 0, "offered": 0, "people": []},
    }
)
HISTORY = {
    **{"at": AT, "what": "note", "cause": "note", "by": "team", "session": SLUG, "mode": "online"},
    **{"state": "confirmed", "late": False, "reason": "Rang twice", "actor": "Tess"},
}
CHOICES = dict.fromkeys(TOPICS, True)
BY_LINK = {"topic": "reminders", "wanted": CHOICES}
UNREACHED = {"person": SOMEBODY, "email": "zoe@example.org", "since": AT, "why": "No such mailbox"}
APP = {
    **{"otpauth_uri": "otpauth://totp/Headrow:asha%40example.org?secret=ORSXG5A&issuer=Headrow", "secret": "ORSXG5A"},
    "expires_at": UNTIL,
}
RECOVERY = {"recovery_codes": ["abcd-efgh-2345-wxyz"] * 10}
APP_ON = {"on": True, "since": AT, "recovery_codes_left": 10}
SIGNED_IN = {"token": "person-token", "expires_at": "2026-12-23T10:00:00+00:00", "person": fakes.person(["person"])}
COORDINATOR = {"id": ID, "organisation": "Elm Court", "person": somebody(), "since": AT, "named_by": somebody()}
COORDINATED = {"id": ID, "organisation": "Elm Court", "since": AT}
SHARED_PLACE = {
    **{"name": "Zoë Okafor", "session": SLUG, "title": TITLE, "starts_at": AT, "ends_at": UNTIL, "mode": "online"},
    **{"state": "attended", "hours": 3.5, "participatory_hours": 1.5},
}
NOMINATION = {"session": SLUG, "title": TITLE, "email": "ben@example.org", "name": None, "nominated_at": AT}
_NOMINATED = {"line": 1, "email": "ben@example.org", "name": None, "nominated": True, "foreseen": "confirmed"}
_TWICE = {"code": "already-nominated", "detail": "Twice.", "field": None}
NOMINATED = {
    "items": [
        {**_NOMINATED, "problem": None},
        {**_NOMINATED, "line": 2, "name": "Zoë", "foreseen": "waiting", "problem": None},
        {**_NOMINATED, "line": 3, "nominated": False, "foreseen": None, "problem": _TWICE},
    ],
    **{"done": 2, "refused": 1},
}
SHARING = {"organisation": "Elm Court", "shares": True, "since": AT, "coordinators": ["Cora", None]}
FACILITATOR = {"id": ID, "session": SLUG, "person": somebody(), "since": AT, "named_by": somebody()}
_FILLED = {"day": "2026-11-20", "confirmed": 3, "offered": 0, "waiting": 0}
_STATES = (
    *(("confirmed", {}), ("waiting", {"position": 1}), ("offered", {"offer": {"expires_at": UNTIL}})),
    ("cancelled", {}),
)
_WAITING = booking(state="offered", offer={"expires_at": UNTIL})
LOGO = "ab" * 32
CITY = {**catalogue.city(), "sectors": [_sector(), _sector(code="citizen", name="Citizens", workforce=None)]}
NO_MEMBER = fakes.refused("not-found")


def _profile(caller: Any, **_: Any) -> Any:
    return PROFILE if caller["id"] == fakes.BEN else NO_MEMBER


AUDIT_ROW = {
    **{"number": 7, "at": AT, "actor": SOMEBODY, "actor_name": "Tess", "action": "data-seen", "person": SOMEBODY},
    **{"object": f"people/{SOMEBODY}", "person_name": "Zoë Okafor", "correlation_id": ID},
}
ANOTHER_ID = "0c3f6a52-2a5e-4c55-9d5b-8a8b5d4a1a10"
_MERGED_BOOKING = {
    **{"reference": REFERENCE, "session": SLUG, "title": "Maxims in practice", "mode": "in_room"},
    **{"state": "confirmed", "starts_at": AT},
}
_MERGED_ACCOUNT = {
    **{"id": SOMEBODY, "email": "zoe@example.org", "name": "Zoë Okafor", "organisation": "City council"},
    **{"sector": "hospital", "created_at": AT, "roles": []},
}
MERGE = {  # what would come together
    "kept": _MERGED_ACCOUNT,
    "other": {**_MERGED_ACCOUNT, "id": ANOTHER_ID, "email": "zoe@old.example", "name": "Zoe O", "roles": ["team"]},
    "bookings": [_MERGED_BOOKING],
    "doubled": [{"stays": _MERGED_BOOKING, "let_go": {**_MERGED_BOOKING, "reference": ANOTHER, "state": "waiting"}}],
    "clashes": [{"one": _MERGED_BOOKING, "other": {**_MERGED_BOOKING, "reference": THIRD, "title": "Trust"}}],
    **{"fills": ["job_role"], "facilitates": [SLUG], "interests": 1, "suggestions": 1, "attended": 2},
    **{"certificates": 2, "feedback": 1, "version": "a" * 32},
}
MERGED = {  # a merge that can be undone
    **{"id": ID, "email": "zoe@old.example", "name": "Zoe O", "merged_at": AT, "undo_until": UNTIL},
    **{"goes_back": [_MERGED_BOOKING], "stays": [{**_MERGED_BOOKING, "reference": THIRD}]},
    **{"lost": [{**_MERGED_BOOKING, "reference": ANOTHER, "state": "cancelled"}], "version": "b" * 32},
}
ADDRESS = {"id": ID, "email": "zoe@home.example", "primary": False, "added_at": AT, "fixed_until": None}
PRIMARY = {**ADDRESS, "id": ANOTHER_ID, "email": "zoe@example.org", "primary": True}
FIXED = {**ADDRESS, "id": SOMEBODY, "email": "zoe@old.example", "fixed_until": UNTIL}
EMPLOYED = {  # an earlier employment
    **{"id": ID, "sector": "social_care", "organisation": "The Old Place", "job_role": "Carer"},
    **{"since": None, "until": "2026-08-31", "version": 3},
}
PRESENT = {**EMPLOYED, "id": ANOTHER_ID, "organisation": "General Hospital", "sector": "hospital", "until": None}
SEEN = {**somebody(), "addresses": ["zoe@example.org", "zoe@home.example"], "version": 3}  # as the team sees a person
TOPIC = {"slug": "systems-thinking", "sessions": 2, "drafts": 1, "programmes": 1, "former": ["systemic-thoughts"]}
QUESTION = {
    **{"id": "1a2b3c4d", "kind": "line", "text": "Which seat?", "hint": "By a window", "options": [], "required": True},
    **{"facilitators": True, "asked": True, "answered": 2},
}
TO_CHOOSE = {**QUESTION, "id": "2b3c4d5e", "kind": "several", "text": "What food?", "options": ["Vegan", "Halal"]}
QUESTIONS = {"session": SLUG, "items": [QUESTION, TO_CHOOSE], "kept_days": 30, "version": 4}
ANSWERS = {
    **{"reference": REFERENCE, "session": SLUG, "kept_days": 30, "kept_until": UNTIL, "open": True, "version": 1},
    "items": [{**QUESTION, "answer": "The front"}, {**TO_CHOOSE, "answer": ["Vegan"]}],
}
ANSWER_TOTALS = {
    **{"session": SLUG, "people": 3},
    "items": [
        {**QUESTION, "answers": [{"answer": "The front", "people": 2}]},
        {**TO_CHOOSE, "answers": [{"answer": "Vegan", "people": 1}, {"answer": "Halal", "people": 0}]},
    ],
}
EVALUATED = {  # questions of an evaluation
    "scale": {
        **{"id": "1a2b3c4d", "kind": "scale", "text": "How sure?", "hint": "Choose one", "options": []},
        **{"low": "Unsure", "high": "Sure"},
    },
    "choice": {
        **{"id": "2b3c4d5e", "kind": "choice", "text": "Which part?", "hint": None, "options": ["Lead", "Member"]},
        **{"low": None, "high": None},
    },
    "text": {
        **{"id": "3c4d5e6f", "kind": "text", "text": "Which hopes?", "hint": None, "options": []},
        **{"low": None, "high": None},
    },
}
EVALUATION = {
    **{"subject": f"sessions/{SLUG}", "moments": ["before", "after_3_months"], "version": 3},
    "items": [{**item, "asked": kind != "text", "answered": kind != "choice"} for kind, item in EVALUATED.items()],
}
EVALUATION_FORM = {
    **{"session": SLUG, "title": TITLE, "moment": "before", "until": UNTIL, "version": 1},
    **{"items": [*EVALUATED.values()], "answers": {"1a2b3c4d": 4, "3c4d5e6f": "Calm"}},
}
_SURE = [{"answer": str(number), "people": number} for number in range(1, 6)]
_SCALE = {"mean": 3.67, "counts": _SURE}
_CHANGED = {"people": 15, "before": _SCALE, "after": _SCALE, "withheld": False}
_HIDDEN = {"before": None, "after": None}
EVALUATION_REPORT = {
    **{"subject": f"sessions/{SLUG}", "received": {"before": 16, "after_3_months": "<5"}},
    "items": [
        {
            **{**EVALUATED["scale"], "asked": True},
            "moments": [
                {"moment": "before", "answers": 15, "figures": _SCALE, "texts": []},
                {"moment": "after_3_months", "answers": "<5", "figures": None, "texts": []},
            ],
            "changes": [
                {"to": "on_the_day", **_CHANGED},
                {"to": "after_3_months", **_HIDDEN, "people": "<5", "withheld": False},
                {"to": "after_6_months", **_HIDDEN, "people": 6, "withheld": True},
            ],
        },
        {
            **{**EVALUATED["choice"], "asked": True},
            "moments": [
                {
                    **{"moment": "before", "answers": 5, "texts": []},
                    "figures": {
                        "mean": None,
                        "counts": [{"answer": "Lead", "people": 5}, {"answer": "Member", "people": 0}],
                    },
                }
            ],
            "changes": [],
        },
        {
            **{**EVALUATED["text"], "asked": False},
            "moments": [{"moment": "before", "answers": 5, "figures": None, "texts": ["Calm", "Rest"]}],
            "changes": [],
        },
    ],
}
APPLICATION = {
    **{"reference": REFERENCE, "person": somebody(), "mode": "online", "either": False, "attended": 2, "refused": 1},
    **{"answers": {"1a2b3c4d": "The front"}, "created_at": "2026-11-23T09:00:00+00:00", "version": 1},
}
SUGGESTED = {
    **{"session": SLUG, "free": 3, "references": [REFERENCE]},
    "sectors": [{"sector": "hospital", "have": 1, "applied": 1, "suggested": 1}],
}
READS: dict[str, dict[str, Any]] = {
    "registration": {
        **{"evaluation": EVALUATION, "evaluation_form": EVALUATION_FORM, "evaluation_report": EVALUATION_REPORT},
        "who": fakes.who,
        "own_booking": {"booking": None, "asks": True},
        **{"questions": QUESTIONS, "answers": ANSWERS, "answer_totals": ANSWER_TOTALS},
        "session_answers": page({"reference": REFERENCE, "answers": {"1a2b3c4d": "The front", "2b3c4d5e": ["Vegan"]}}),
        **{"applications": page(APPLICATION), "suggest_applicants": SUGGESTED},
        "booking": booking(),
        "bookings": page(*(fakes.booking(reference=REFERENCE, state=state, **more) for state, more in _STATES)),
        "booking_of_person": booking(),
        "session_bookings": lambda state=None, **_: page(booking()) if state in (None, "confirmed") else page(_WAITING),
        "bookings_of_person": page(fakes.booking(reference=REFERENCE), person=SEEN),
        "history": page(HISTORY),
        "turnout": TURNOUT,
        "feedback_of_period": FEEDBACK_OF_PERIOD,
        "records": page(LEARNING_RECORD),
        "own_learning": LEARNING,
        "learning": LEARNING,
        "attendance_reports": ATTENDANCE_REPORTS,
        "read_attendance_report": ATTENDANCE_REPORT,
        "attendance": lambda others=False, **_: page({**ATTENDED, "state": "waiting"} if others else ATTENDED),
        "expected": page({"reference": REFERENCE, "mode": "online", "person": somebody()}),
        "day_sheet": {"join_url": "https://example.org/join", "needs": 2},
        **dict.fromkeys(("facilitators", "all_facilitators"), page(FACILITATOR)),
        "coordinators": page(COORDINATOR),
        "coordinated": page(COORDINATED, {**COORDINATED, "id": SOMEBODY, "organisation": "Oak House"}),
        "shared_places": page(SHARED_PLACE, {**SHARED_PLACE, "state": "confirmed", "participatory_hours": None}),
        "sharing": SHARING,
        "nominations": page(NOMINATION, {**NOMINATION, "name": "Ben Carter"}),
        "foresee_nominations": NOMINATED,
        "audit": page(AUDIT_ROW),
        "roles": page(_team_member(), _team_member(id=SOMEBODY, role="operator")),
        "sign_ins": page(
            {**_SIGN_IN, "device": "Firefox on Windows", "current": True},
            {**_SIGN_IN, "device": "unknown", "current": False},
            {**_SIGN_IN, "device": None, "current": False},
        ),
        "identities": page(
            {
                "id": ID,
                "provider": "Leeds City Council",
                "since": "2026-11-01T10:00:00+00:00",
                "last_used_at": "2026-11-20T10:00:00+00:00",
            }
        ),
        "provider_sign_out": {"url": "https://login.leeds.example/end"},
        "second_factor": {"on": False, "since": None, "recovery_codes_left": 0, "required": True},
        "begun_second_factor": APP,
        "find_people": page(somebody()),
        "interest_in_topics": {"topics": {"systems-thinking": 4}},
        "interest_in_programmes": {
            "items": [{"programme": "virtual-sessions", "people": 4, "sectors": {"hospital": 3}}]
        },
        "sectors_of": page({"session": SLUG, "sector": "hospital", "people": 3}),
        "fillings": page({"session": SLUG, "places": 40, "over": 0, "days": [_FILLED]}),
        "demand": page({"topic": "systems-thinking", "programme": None, "session": None, "people": 4}),
        "suggestions": page({"id": ID, "kind": "theme", "text": "Trust", "created_at": AT, "person": somebody()}),
        "session_feedback": page(
            {"next": "Less talk", "given_on": "2026-11-20"},
            answers=4,
            useful={"mean": 4.5, "counts": {"1": 0, "2": 0, "3": 0, "4": 2, "5": 2}},
            pledges={"pledged": 4, "answers": 3, "did": {"yes": 1, "partly": 2, "not_yet": 0}},
        ),
        "feedback_form": FEEDBACK_FORM,
        "feedback_forms": page(pledges=[]),
        "forms_of_booking": FORMS,
        "pledge": PLEDGE,
        "interests": INTERESTS,
        "certificate": CERTIFICATE,
        "verify_certificate": {
            name: CERTIFICATE[name] for name in ("title", "dates", "hours", "participatory_hours", "name")
        },
        "look_up_check_in": CHECKED_IN,
        "check_welcome": None,
        "check_email_undo": {"email": "zoe@example.org", "what": "changed", "until": UNTIL},
        **dict.fromkeys(("addresses", "addresses_of"), page(PRIMARY, ADDRESS, FIXED)),
        **{"address": ADDRESS, "address_under_way": {"email": "new@example.org", "expires_at": UNTIL}},
        **dict.fromkeys(("employments", "employments_of"), page(PRESENT, EMPLOYED)),
        **dict.fromkeys(("employment", "employment_of"), EMPLOYED),
        "email_change": {"email": "new@example.org", "expires_at": UNTIL},
        "merges": page(MERGED),
        **{"list_imports": [IMPORTED], "importers": [{"id": ID, "name": "Ben"}]},
        "merges_of": page(MERGED),
        **dict.fromkeys(("merge_preview", "preview_merge_of"), MERGE),
        "merge_suspects": page({"id": ANOTHER_ID, "email": "zoe@old.example"}),
        "person": SEEN,
        "export_me": lambda caller: {
            "person": fakes.who(caller),
            "suggestions": [{"kind": "theme", "text": "Trust", "created_at": AT}],
        },
        "foresee_admission": {
            "free": False,
            "mode": "online",
            "ahead": 12,
            "people": [{"reference": ANOTHER, "name": "Ben"}, {"reference": THIRD, "name": None}],
        },
        **{"forecast_change": FORECAST, "withdraw_session": {"withdrawn": True}},
        "forecast_reinstatement": {"live": FORECAST["live"]},
        "parked": page(total=0),
        "health": fakes.HEALTH,
    },
    "catalogue": {
        **{"city": CITY, "sector": _sector(), "programme": catalogue.programme()},
        "list_imports": [{**IMPORTED, "id": ANOTHER_ID, "kind": "sessions", "by": ID}],
        "logo": {"media": "image/png", "content": "iVBORw=="},
        **{"speaker": catalogue.speaker(), "session": EDITED, "material": catalogue.material(status="draft")},
        **{"topics": page(TOPIC, {**TOPIC, "slug": "psychology", "former": []}), "topic": TOPIC},
        "templates": page({**DRAFT, "slug": "half-a-day", "template": "Half a day"}),
        "plan_programme_copy": page({"session": catalogue.session()["slug"], "copy": catalogue.session()}),
        "broken_links": page(
            {
                "url": "https://example.org/gone",
                "said": "404 Not Found",
                "broken_since": AT,
                "checked_at": AT,
                "materials": [catalogue.material()],
            },
            total=1,
            checked=9,
        ),
        "materials_of": page(catalogue.material(session=None, status="draft")),
        **{"drafts": page({**DRAFT, "slug": "a-draft"}), "parked": page(total=0), "health": fakes.HEALTH},
    },
    "notifications": {
        "address_of": {**UNREACHED, "state": "undeliverable"},
        "calendar_generation": 0,
        "messages_of": {
            "items": [{"queued_at": AT, "subject": "Your place", "address": "asha@example.org", "state": "sent"}],
            "undeliverable": [],
            "preferences": [],
        },
        "choices": {**CHOICES, "version": 31},
        "choices_by_link": BY_LINK,
        "invite": {"ics": "BEGIN:VCALENDAR", "method": "REQUEST"},
        "mail_way": {"way": "file", "where": "/var/mail", "sender": "Headrow <h@localhost>"},
        "mailings": page(MAILING),
        "messages_page": page(_message()),
        "message": _message(),
        "message_drafts": page(DRAFT_OF_MESSAGE),
        "message_draft": DRAFT_OF_MESSAGE,
        "own_texts": page(OWN_TEXT),
        "own_text": OWN_TEXT,
        "previews": page({"template": "thanks", "subject": "Thank you"}),
        "preview": {"template": "thanks", "subject": "Thank you", "plain": "Hello", "html": "<p>Hi</p>"},
        "undeliverable": page(UNREACHED),
        "parked": page(EVENT, total=1),
        "health": {
            **fakes.HEALTH,
            "messages": {"queued": {"at_once": 2}, "due": 2, "oldest_due_seconds": 9.0, "put_off": 1},
        },
    },
    "community": {
        "check_member": lambda caller, **_: None if caller["id"] == fakes.BEN else fakes.refused("not-a-member"),
        "membership": {"member": False},
        "check_may_join": None,
        "confirmed_organisations": page(CONFIRMED),
        "export_of": {
            "member": {"about": "Nights"},
            "employments": [],
            "introductions": [],
            "table_wishes": [{"session": SLUG, "status": "published", "reference": REFERENCE, "step_free": True}],
        },
        "profile": _profile,
        "members": page(MEMBER),
        "member": MEMBER,
        "blocked": page({"id": ID, "name": "Ben"}),
        "suggested": page({**MEMBER, "why": ["You both picked Psychology"]}),
        "met": page({**MEMBER, "sessions": [{"slug": SLUG, "title": TITLE, "at": AT}]}),
        "introductions": page(RECEIVED),
        "introduction": RECEIVED,
        "own_tables": page(),
        "people_to_seat": {"kind": "tables", "items": [_to_seat(one) for one in (REFERENCE, ANOTHER, THIRD)]},
        "tables": TABLES,
        "reach": REACH,
        "reports": page(REPORT, DEALT_WITH),
        "one_report": REPORT,
        "reports_waiting": {"open": 2},
        "picked_topics": {"topics": {"systems-thinking": 3}},
        "removed": page(REMOVED),
        "standing": MEMBER_STILL,
        "parked": page(total=0),
        "health": fakes.HEALTH,
    },
}
_IMPORTED = {name: {"sessions": 1} for name in ("created", "changed", "unchanged")}
CHANGES: dict[str, dict[str, Any]] = {
    "registration": {
        **dict.fromkeys(("book", "accept", "decline"), fakes.booking(reference=REFERENCE)),
        **dict.fromkeys(("cancel", "move", "hand_on", "change_booking", "admit"), booking()),
        **dict.fromkeys(("copy_to_drafts", "forget_draft", "forget_drafts")),
        **{"ask_questions": QUESTIONS, "change_answers": ANSWERS},
        **{"ask_evaluation": EVALUATION, "answer_evaluation": EVALUATION_FORM},
        **dict.fromkeys(("request_sign_in", "sign_out", "erase_me", "take_role", "take_back_facilitator"), None),
        "take_back_coordinator": None,
        **dict.fromkeys(("end_sign_in", "end_sign_ins", "remove_identity"), None),
        **dict.fromkeys(("begin_at_provider", "begin_identity"), fakes.AT_PROVIDER),
        **{"prove_at_provider": {"added": False}, "mail_provider_code": "asha@example.org"},
        "finish_at_provider": fakes.SIGNED_IN,
        **{"begin_second_factor": APP, "remove_second_factor": None},
        **dict.fromkeys(("confirm_second_factor", "renew_recovery_codes"), RECOVERY),
        **dict.fromkeys(("confirm_sign_in", "come_in"), SIGNED_IN),
        "change_me": lambda caller, given, **_: {**fakes.who(caller), **given, "version": 4},
        "give_role": _team_member(),
        "name_facilitator": FACILITATOR,
        "name_coordinator": COORDINATOR,
        "change_sharing": SHARING,
        "nominate": NOMINATED,
        "add_note": HISTORY,
        "check_in": CHECKED_IN,
        "record_attendance": RECORDED,
        "take_attendance_report": ATTENDANCE_REPORT,
        "import_csv": IMPORT_LOOKED_AT,
        "undo_import": {
            **{"id": ID, "kind": "people", "undone": 2},
            "kept": [{"line": 3, "code": "signed-in-since", "message": "They have signed in."}],
        },
        "undo_attendance_report": {"session": SLUG, "undone": 3, "corrected_since": 0},
        "add_attendee": {**ATTENDED, "name_used": None},
        "book_for": {**booking(), "name_used": None},
        **dict.fromkeys(("foresee_list", "book_list"), LIST_BOOKED),
        **dict.fromkeys(("foresee_invitation", "invite_waiting_list"), WAITING_LIST_INVITED),
        **dict.fromkeys(("foresee_moves", "move_bookings"), MANY_CHANGED),
        **dict.fromkeys(("foresee_cancellations", "cancel_bookings"), MANY_CHANGED),
        **dict.fromkeys(("foresee_decision", "decide_applications"), MANY_CHANGED),
        "check_unbooked": None,
        **dict.fromkeys(("change_email", "confirm_email"), None),
        "undo_email": {"email": "zoe@example.org", "what": "changed", "until": UNTIL},
        **dict.fromkeys(("add_address", "remove_address", "remove_address_of"), None),
        **dict.fromkeys(("add_employment", "add_employment_of"), EMPLOYED),
        **dict.fromkeys(("change_employment", "change_employment_of"), EMPLOYED),
        **dict.fromkeys(("remove_employment", "remove_employment_of"), None),
        **{"confirm_address": ADDRESS, "prefer_address": {**ADDRESS, "primary": True}},
        **dict.fromkeys(("ask_merge", "undo_merge", "undo_merge_of"), None),
        **{"prove_merge": MERGE, "merge": MERGED, "merge_for": MERGED},
        "correct_person": {**SEEN, "version": 4},
        **{"give_feedback": FEEDBACK_FORM["given"], "answer_pledge": PLEDGE},
        **{"suggest": {"id": ID}, "register_interest": {"id": ID}, "withdraw_interest": None},
    },
    "catalogue": {
        "create_session": {**EDITED, "slug": "from-the-middle"},
        **{"plan_copies": page(catalogue.session()), "copy_session": page({**DRAFT, "slug": "a-copy"})},
        **dict.fromkeys(("keep_template", "end_template"), DRAFT),
        "copy_programme": {
            "programme": catalogue.programme(),
            **page({**DRAFT, "slug": "a-copy"}),
            "sources": [catalogue.session()["slug"]],
        },
        **{"delete_session": None, "delete_speaker": None, "unpublish_session": {**EDITED, "status": "draft"}},
        **dict.fromkeys(("change_session", "publish_session", "cancel_session", "convert_session"), EDITED),
        "reinstate_session": EDITED,
        **dict.fromkeys(("create_programme", "change_programme"), catalogue.programme()),
        **dict.fromkeys(("create_speaker", "change_speaker", "remove_picture_of_speaker"), catalogue.speaker()),
        "remove_picture_of_session": EDITED,
        **dict.fromkeys(
            ("add_material", "create_material", "change_material", "publish_material", "withdraw_material"),
            catalogue.material(),
        ),
        **dict.fromkeys(("plan_materials", "add_materials"), page(catalogue.material())),
        **{"change_city": CITY, "change_sector": _sector(), "keep_logo": {"logo": LOGO, "media": "image/png"}},
        "import_programme": _IMPORTED,
        **{"rename_topic": TOPIC, "merge_topic": TOPIC, "remove_topic": None},
    },
    "notifications": {
        "choose": {**CHOICES, "version": 32},
        **dict.fromkeys(("choose_by_link", "stop_by_link"), BY_LINK),
        **{"trust_address": {**UNREACHED, "state": "ok"}, "end_calendar_address": None},
        "resend": _message(state="queued", resend_of=ID, resent_by=SOMEBODY),
        "write_to_session": {**MAILING, "queued": 3},
        **dict.fromkeys(("begin_message_draft", "change_message_draft"), DRAFT_OF_MESSAGE),
        "drop_message_draft": None,
        **{"change_own_text": OWN_TEXT, "drop_own_text": None, "send_test": {"address": "asha@example.org"}},
        **{"retry_parked": 1, "drop_parked": 1},
    },
    "community": {
        **{"join": PROFILE, "change_profile": PROFILE, "leave": None, "block": None, "unblock": None},
        **dict.fromkeys(("propose", "accept", "decline", "withdraw", "report"), RECEIVED),
        **dict.fromkeys(("plan_tables", "move_seat", "update_tables", "publish_tables"), STATE),
        **{"confirm_organisation": CONFIRMED, "withdraw_organisation": None},
        **{"deal_with_report": DEALT_WITH, "reopen_report": REPORT, "remove_member": REMOVED, "let_in": MEMBER_STILL},
    },
}
