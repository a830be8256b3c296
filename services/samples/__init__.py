"""The sample programme, which comes with Headrow: of Leeds, in the file format that `headrow import` takes."""

import json
from importlib.resources import files
from typing import Any


def leeds_programme() -> dict[str, Any]:
    """Return the sample programme as its file has it."""
    programme: dict[str, Any] = json.loads(files(__name__).joinpath("leeds-programme.json").read_text("utf-8"))
    return programme
