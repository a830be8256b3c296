"""The tables of a session, as the community answers them."""

SLUG = "maxims-in-practice"
AMINA, BEN, CLEO, DEV = "K3M9Q-XW2TB", "B4C5D-EFGHJ", "C4C5D-EFGHJ", "D4C5D-EFGHJ"
NAMES = {AMINA: "Amina", BEN: "Ben", CLEO: "Cleo", DEV: "Dev"}
STATE = {"session": SLUG, "status": "draft", "version": 2, "being_made": False}


def seat(reference, new=1, **changes):
    who = {"name": NAMES.get(reference, reference), "sector": "hospital", "organisation": "Elm Court"}
    return {"reference": reference, **who, "new": new, **changes}


def to_seat(reference, checked_in=False, **changes):
    told = seat(reference, **changes)
    del told["new"]
    return {**told, "checked_in": checked_in}


def view(*rounds, **changes):
    wishes = {"seed": 1, "keep_apart": [], "keep_together": [], "hosts": [], "step_free": [], "step_free_tables": None}
    return {
        **{"session": SLUG, "status": "draft", "kind": "tables", "version": 2, "being_made": False, "failed": False},
        **{"size": 2, "who": "booked", "wishes": {**wishes, **changes.pop("wishes", {})}},
        "rounds": [[[seat(one) for one in table] for table in tables_] for tables_ in rounds],
        "score": {"met_new": 2, "possible": 2, "sectors_per_table": 1.5},
        **{"broken": [], "changed": {"come": [], "gone": []}},
        **{"made_at": "2026-11-23T09:00:00+00:00", "published_at": None},
        **changes,
    }


ONE = view([[AMINA, BEN], [CLEO, DEV]])
