"""Merges as tests ask for them, make them and undo them."""

from services.registration.accounts.sign_in import Origin
from services.registration.merging import asked, proving, undoing
from services.registration.merging.merge import merge as merge_now
from services.registration.merging.previews import preview
from tests.registration.conftest import NOW
from tests.registration.email_changes import SETTINGS, told


def ask(db, person, email, now=NOW, address="192.0.2.1", settings=SETTINGS):
    """Ask for a code; return it, or None where none was mailed."""
    before = told(db, "merge_asked")
    proving.ask(db, person, email, Origin(address), settings, now)
    db.flush()
    after = told(db, "merge_asked")
    return after["code"] if after != before else None


def prove(db, person, code, factor=None, now=NOW):
    answer = proving.prove(db, person, code, factor, SETTINGS, now)
    db.flush()
    return answer


def merge(db, kept, other, now=NOW, by=None, **said):
    """Merge two accounts, as someone does who was shown what comes together."""
    shown = preview(db, kept, other)
    made = merge_now(db, kept, other, now, by=by or kept, version=shown["version"], with_roles=True, **said)
    db.flush()
    return made


def merge_own(db, kept, other, now=NOW, name="kept"):
    """Merge another account of one's own in all its steps."""
    prove(db, kept, ask(db, kept, other.email, now), now=now)
    version = asked.proven_preview(db, kept, now)["version"]
    made = asked.merge_proven(db, kept, now, version, name)
    db.flush()
    return made


def undo(db, row, now=NOW, by=None):
    undoing.undo(db, row, now, by=by, version=undoing.preview(db, row)["version"])
    db.flush()
