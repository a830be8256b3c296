"""The report: what was measured, with what was expected beside it."""

HEADER = "Server-Timing"  # in which an answer says what it cost


class Table:
    """Rows of text under a title, and notes below them."""

    def __init__(self, title: str, *columns: str) -> None:
        self.title = title
        self._lines: list[tuple[str, ...]] = [("", *columns)]
        self._notes: list[str] = []

    def add(self, *cells: str) -> None:
        """Add a row: what was measured, and the figures."""
        self._lines.append(cells)

    def note(self, text: str) -> None:
        """Add a line below the rows."""
        self._notes.append(text)

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """The cells of each row, as they are shown."""
        return self._lines[1:]

    def __str__(self) -> str:
        widths = [max(map(len, column)) for column in zip(*self._lines, strict=True)]
        lines = [
            "   ".join([cells[0].ljust(widths[0]), *map(str.rjust, cells[1:], widths[1:])]).rstrip()
            for cells in self._lines
        ]
        return "\n  ".join([self.title, *lines, *self._notes])


def figure(value: float, unit: str = "", *, at_least: float | None = None, at_most: float | None = None) -> str:
    """Return a figure, and whether it is what was expected: `412/s (≥ 350 ✓)`."""
    shown = f"{_short(value)}{unit}"
    if at_least is not None:
        return f"{shown} (≥ {_short(at_least)} {'✓' if value >= at_least else '✗'})"
    if at_most is not None:
        return f"{shown} (≤ {_short(at_most)} {'✓' if value <= at_most else '✗'})"
    return shown


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 1 else f"{value:.2f}"
