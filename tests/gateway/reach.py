"""Who the programme reaches, as the community answers it."""

NASTY = '=HYPERLINK("https://evil.example")<script>alert(1)</script> #eval("1") {{ 7 * 7 }}'


def row(sector="hospital", name="Hospital", **changes):
    counted = {"people": 12, "new": 9, "returning": 3, "booked": 17, "attended": 14, "absent": 2}
    return {
        "sector": sector,
        "name": name,
        **counted,
        "waiting": 6,
        "organisations": 2,
        "hours": 31.5,
        "workforce": 1000,
        "share": 0.012,
        **changes,
    }


def total(**changes):
    counts = {name: value for name, value in row().items() if name not in ("sector", "name")}
    return {**counts, "first_meetings": 40, **changes}


def told(**changes):
    few = dict.fromkeys(("people", "new", "returning", "booked", "attended", "absent", "waiting", "organisations"), 1)
    sectors = [
        row(),
        row("third_sector", "Third sector", **few, hours=2.0, share=None, workforce=None),
    ]
    return {
        **{"from": "2026-04-01", "to": "2027-03-31", "programme": None, "shared": False},
        **{"made_at": "2027-01-20T09:00:00+00:00", "total": total(people=13), "sectors": sectors},
        "year_before": total(people=8, hours=20.0),
        "organisations": [{"organisation": NASTY, "sector": "hospital", "people": 12}],
        "never_reached": [{"organisation": "Quiet Clinic", "sector": "third_sector"}],
        "sessions": [
            {"session": "march", "title": "March", "ended_at": "2027-03-09T16:30:00+00:00", "sectors_in_room": 2},
            {"session": "may", "title": NASTY, "ended_at": "2027-03-08T16:30:00+00:00", "sectors_in_room": 1},
        ],
        **changes,
    }


def shared(**changes):
    """Return the same as it may be shared."""
    counts = {"people": 10, "new": 10, "returning": "<5", "booked": 15, "attended": 15, "absent": "<5", "waiting": 5}
    few = dict.fromkeys((*counts, "organisations"), "<5")
    sectors = [
        row(**counts, organisations="<5", hours=30.0, share=0.01),
        row("third_sector", "Third sector", **few, hours=None, share=None, workforce=None),
    ]
    whole = total(**{**counts, "people": 15}, organisations="<5", hours=30.0, share=0.015)
    rooms = [{"session": "may", "title": NASTY, "ended_at": "2027-03-08T16:30:00+00:00", "sectors_in_room": "<5"}]
    rest = {"organisations": [], "never_reached": [], "sessions": rooms, "year_before": None}
    return told(**{"shared": True, "total": whole, "sectors": sectors, **rest, **changes})


def feedback(**changes):
    """Return what people said of the sessions of the period, as registration answers it."""
    useful = {"mean": 4.25, "counts": {"1": 0, "2": 1, "3": 2, "4": 2, "5": 7}}
    did = {"yes": 3, "partly": 1, "not_yet": 1}
    said = {"sessions": 7, "answers": 12, "useful": useful, "pledged": 8, "pledges_answered": 5, "did": did}
    return {**said, **changes}


def feedback_shared():
    """Return the same as it may be shared."""
    useful = {"mean": 4.3, "counts": {"1": 0, "2": "<5", "3": "<5", "4": "<5", "5": 5}}
    did = {"yes": "<5", "partly": "<5", "not_yet": "<5"}
    return feedback(answers=10, useful=useful, pledged=10, pledges_answered=5, did=did)


def answered(world, told, feedback):
    """Have both services answer."""
    world.community.answers["reach"] = told
    world.registration.answers["feedback_of_period"] = feedback
