"""One letter a meeting: the first invite goes with what is told, and each further one in a short letter of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.notifications.messages import Draft
from services.notifications.models import Facts

TEMPLATES = {"REQUEST": "meeting_invite", "CANCEL": "meeting_cancelled"}


def with_invites(draft: Draft, issued: Sequence[Facts]) -> Iterator[Draft]:
    """Yield the letter with the first of what was issued (see `invites.py`), then a short one for each of the others.

    The letter's facts get `invite`, which is null where nothing was issued, and `further`: how many letters follow.
    """
    first = issued[0] if issued else None
    yield replace(draft, facts={**draft.facts, "invite": first, "further": len(issued[1:])})
    for invite in issued[1:]:
        facts = {**facts_of(invite), "name": draft.facts["name"]}
        further = {"template": TEMPLATES[invite["method"]], "part": invite["n"], "urgency": draft.kind.urgency}
        yield replace(draft, **further, facts=facts, expires_at=None)


def facts_of(invite: Facts) -> Facts:
    """Return what a short letter says of what was issued, but for whom it is to."""
    named = ("reference", "title", "mode", "venue", "nth", "of", "is_new", "facilitates")
    meeting = {"starts_at": invite["starts_at"], "ends_at": invite["ends_at"]}
    return {**{name: invite[name] for name in named}, "meetings": [meeting], "invite": invite}
