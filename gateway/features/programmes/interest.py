"""How many people want to hear of each programme, by sector: numbers, and never who."""

from collections.abc import Callable

from gateway.parts.team_views import sector_name
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from services.runtime.refusals import Refusal, Unavailable


def known(call: Call) -> Callable[[str], Data] | None:
    """Return what tells `{people, sectors: [{name, people}]}` of a programme; None where that cannot be found out now.

    The sector that most of them are of comes first.
    """
    try:
        items = call.registration("interest_in_programmes").value["items"]
    except Refusal as refusal:
        if refusal.code != Unavailable.code:
            raise
        return None
    counted = {item["programme"]: item for item in items}

    def of(slug: str) -> Data:
        item = counted.get(slug, {"people": 0, "sectors": {}})
        sectors = [{"name": sector_name(call, code), "people": number} for code, number in item["sectors"].items()]
        return {"people": item["people"], "sectors": sorted(sectors, key=lambda row: (-row["people"], row["name"]))}

    return of
