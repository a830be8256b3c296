"""Makes the figures of one sector, as a process of its own: what was gathered comes in as JSON, figures go out."""

import json
import os
import sys

from services.community.reach.counts import Gathered
from services.community.reach.figures import shown

POLITENESS = 10  # how far it gives way to those who answer calls


def gathered_from(lines: list[str]) -> Gathered:
    """Return what `making.show_apart` wrote: the sessions and organisations, then some rows a line."""
    gathered = Gathered(**json.loads(lines[0]))
    for line in lines[1:]:
        some = json.loads(line)
        gathered.rows += some["rows"]
        gathered.elsewhere += some["elsewhere"]
    return gathered


if __name__ == "__main__":
    os.nice(POLITENESS)
    json.dump(shown(gathered_from(sys.stdin.read().splitlines())), sys.stdout)
