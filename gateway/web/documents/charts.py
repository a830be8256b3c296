"""Figures of charts, in whole units: the templates draw them."""

from collections.abc import Iterable
from typing import Final

WIDTH: Final = 300  # units of a whole bar


def share_of(part: int, whole: int, width: int = WIDTH) -> int:
    """Return how long the bar of `part` is where that of `whole` is `width`; what is not nothing can be seen."""
    if whole <= 0 or part <= 0:
        return 0
    return min(width, max(2, round(part * width / whole)))


def stacked(parts: dict[str, int], width: int = WIDTH) -> list[dict[str, int | str]]:
    """Return `{kind, people, x, width}` of each part of a bar; they fill it together, whatever they come to."""
    whole = sum(parts.values())
    bars: list[dict[str, int | str]] = []
    before = 0
    for kind, part in parts.items():
        begins, ends = (round(at * width / whole) if whole else 0 for at in (before, before + part))
        before += part
        if part:
            bars.append({"kind": kind, "people": part, "x": begins, "width": ends - begins})
    return bars


def step_line(points: Iterable[tuple[int, int]], end: int, bottom: int) -> str:
    """Return the path, in SVG's letters, of a line that rises from the `bottom` to the first of the points `(x, y)`.

    It keeps the height of each until the next begins, and that of the last until `end`; y counts downwards.
    """
    path: list[str] = []
    height = bottom
    for x, y in points:
        path.append(f"M{x} {bottom}" if not path else f"H{x}")
        if y != height:
            path.append(f"V{y}")
            height = y
    return "".join([*path, f"H{end}"]) if path else ""
