"""Whom the programme reaches, as the community answers it."""

NASTY = '=HYPERLINK("https://evil.example")<script>alert(1)</script> #eval("1") {{ 7 * 7 }}'


def row(sector="hospital", name="Hospital", **changes):
    counted = {"people": 12, "new": None, "returning": "<5", "booked": 17, "attended": 12, "organisations": 2}
    return {"sector": sector, "name": name, **counted, "workforce": 1000, "share": 0.012, **changes}


def told(**changes):
    few = dict.fromkeys(("people", "new", "returning", "booked", "attended"), "<5")
    sectors = [row(), row("third_sector", "Third sector", **few, organisations=None, share=None, workforce=None)]
    total = {name: value for name, value in row().items() if name not in ("sector", "name")}
    return {
        **{"from": "2026-04-01", "to": "2027-03-31", "asked": {"from": "2026-05-01", "to": "2027-02-01"}},
        **{"programme": None, "made_at": "2027-01-20T09:00:00+00:00", "total": total, "sectors": sectors},
        "organisations": [{"organisation": NASTY, "sector": "hospital", "people": None}],
        "never_reached": [{"organisation": "Quiet Clinic", "sector": "third_sector"}],
        "sessions": [
            {"session": "march", "title": "March", "ended_at": "2027-03-09T16:30:00+00:00", "sectors_in_room": 2},
            {"session": "may", "title": NASTY, "ended_at": "2027-03-08T16:30:00+00:00", "sectors_in_room": "<5"},
        ],
        "meetings": {"cross_sector": 40, "rounded_to": 10},
        **changes,
    }
