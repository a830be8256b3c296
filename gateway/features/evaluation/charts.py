"""A report of an evaluation as its page has it: figures with their bars, and changes in words."""

from typing import Any

from gateway.features.evaluation.words import MOMENTS
from gateway.projection.read_model import Data
from gateway.web.documents.charts import share_of

WIDTH = 200  # of a whole bar: beside its label on a phone


def seen(told: Data) -> Data:
    """Return a report as the page has it."""
    received = [(MOMENTS[moment], number) for moment, number in told["received"].items()]
    return {"received": received, "items": [_question(item) for item in told["items"]]}


def _question(item: Data) -> Data:
    return {
        **item,
        "moments": [
            {**at, "words": MOMENTS[at["moment"]], "rows": _rows(item, at["figures"])} for at in item["moments"]
        ],
        "changes": [_change(item, change) for change in item["changes"]],
    }


def _change(item: Data, change: Data) -> Data:
    before, after = change["before"], change["after"]
    rows = list(zip(_rows(item, before), _rows(item, after), strict=True))
    has_mean = before is not None and before["mean"] is not None
    by = f"{after['mean'] - before['mean']:+.2f}".replace("-", "−") if has_mean else ""
    return {**change, "words": MOMENTS[change["to"]], "rows": rows, "by": by}


def _rows(item: Data, figures: Data | None) -> list[Data]:
    """Return each answer with how many gave it, and how long its bar is; none where nothing is shown."""
    counts: list[Any] = figures["counts"] if figures else []
    whole = sum(count["people"] for count in counts)
    labels = {"1": item["low"], "5": item["high"]} if item["kind"] == "scale" else {}
    return [
        {
            "words": f"{count['answer']} – {label}" if (label := labels.get(count["answer"])) else count["answer"],
            "people": count["people"],
            "width": share_of(count["people"], whole, WIDTH),
        }
        for count in counts
    ]
