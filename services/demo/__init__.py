"""A demonstration: the sample programme, in a city that has used it for half a year."""

from pathlib import Path
from typing import Final

NOTE: Final = "demo"  # a file in the data folder that says of which day the demonstration is


def is_in(folder: Path) -> bool:
    """Tell whether the data folder holds a demonstration."""
    return (folder / NOTE).exists()
