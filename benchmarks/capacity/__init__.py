"""The capacity of a site: a simulation of the way of a booking, first held against what was measured.

`python -m benchmarks capacity` prints the tables of docs/scaling.md. It needs no server, and a run is the same on every
machine: only the costs that it begins with were measured (`costs.py`).
"""

from benchmarks.capacity.tables import AMOUNTS, measure

__all__ = ["AMOUNTS", "measure"]
