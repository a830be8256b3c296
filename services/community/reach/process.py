"""Makes the figures of one sector, as a process of its own: what was gathered comes in as JSON, figures go out."""

import json

from services.community import worker_process
from services.community.reach.counts import Gathered, joined
from services.community.reach.figures import shown


def gathered_from(text: str) -> Gathered:
    """Return what `making.show_apart` wrote, a part a line."""
    return joined([Gathered(**json.loads(line)) for line in text.splitlines()])


if __name__ == "__main__":
    worker_process.answer(lambda asked: shown(gathered_from(asked)))
