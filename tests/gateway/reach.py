"""Who the programme reaches, as the community answers it."""

NASTY = '=HYPERLINK("https://evil.example")<script>alert(1)</script> #eval("1") {{ 7 * 7 }}'


def row(sector="hospital", name="Hospital", **changes):
    counted = {"people": 12, "new": 9, "returning": 3, "booked": 17, "attended": 14, "absent": 2, "organisations": 2}
    return {"sector": sector, "name": name, **counted, "hours": 31.5, "workforce": 1000, "share": 0.012, **changes}


def total(**changes):
    counts = {name: value for name, value in row().items() if name not in ("sector", "name")}
    return {**counts, "first_meetings": 40, **changes}


def told(**changes):
    few = dict.fromkeys(("people", "new", "returning", "booked", "attended", "absent", "organisations"), 1)
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
    counts = {"people": 10, "new": 10, "returning": "<5", "booked": 15, "attended": 15, "absent": "<5"}
    few = dict.fromkeys((*counts, "organisations"), "<5")
    sectors = [
        row(**counts, organisations="<5", hours=30.0, share=0.01),
        row("third_sector", "Third sector", **few, hours=None, share=None, workforce=None),
    ]
    whole = total(**{**counts, "people": 15}, organisations="<5", hours=30.0, share=0.015)
    rooms = [{"session": "may", "title": NASTY, "ended_at": "2027-03-08T16:30:00+00:00", "sectors_in_room": "<5"}]
    rest = {"organisations": [], "never_reached": [], "sessions": rooms, "year_before": None}
    return told(**{"shared": True, "total": whole, "sectors": sectors, **rest, **changes})
