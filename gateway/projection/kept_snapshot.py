"""What the gateway knows, kept in a file: one that starts while a service is out answers from what there was before.

The file holds what the gateway shows, materials for members among it, and nothing of people. It is replaced whole, so
that several gateways may keep the same one.
"""

import json
import logging
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from gateway.projection.events import KINDS, SessionPlaces
from gateway.projection.read_model import Places, ReadModel, State, load_places, thing_of
from services.runtime.refusals import Invalid

log = logging.getLogger(__name__)

NAME: Final = "gateway-snapshot.json"
FORMAT: Final = 1


def keep(model: ReadModel, folder: Path) -> None:
    """Write down what the model knows. Says in the log where that cannot be done: it is for another day."""
    state = model.state
    content = {
        "format": FORMAT,
        "things": [
            {"kind": kind, "name": name, "version": thing.version, "data": KINDS[kind].dump(thing.data)}
            | {"told_at": thing.told_at.isoformat() if thing.told_at else None}
            for kind, things in state.things.items()
            for name, thing in things.items()
        ],
        "places": [SessionPlaces().dump(_row(slug, places)) for slug, places in state.places.items()],
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=f".{NAME}.") as aside:  # which goes, whatever happens
            made = Path(aside, NAME)
            made.touch(mode=0o600)
            made.write_text(json.dumps(content))
            made.replace(folder / NAME)
    except OSError as error:
        log.warning("the snapshot could not be kept in %s (%s)", folder, error)


def recall(model: ReadModel, folder: Path) -> None:
    """Begin with what was kept, if anything was, until it is known what there is now."""
    try:
        content = json.loads((folder / NAME).read_text())
        if content["format"] == FORMAT:
            model.begin_with(_state(content))
    except FileNotFoundError:
        return
    except (OSError, ValueError, LookupError, TypeError, Invalid) as error:
        log.warning("the snapshot that was kept in %s cannot be read (%s)", folder, error)


def _row(slug: str, places: Places) -> dict[str, Any]:
    modes = {"in_room": places.in_room, "online": places.online}
    return {**places.__dict__, "session": slug, "places": modes}


def _state(content: dict[str, Any]) -> State:
    state = State()
    for row in content["things"]:
        told_at = datetime.fromisoformat(row["told_at"]) if row["told_at"] else None
        state.put(row["kind"], row["name"], thing_of(row["kind"], row["version"], row["data"], told_at))
    for row in content["places"]:
        state.put_places(*load_places(row))
    return state
