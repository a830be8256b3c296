"""Log lines: text for people, JSON for machines, each with the correlation id of what was being done."""

import json
import logging
import sys
from datetime import UTC, datetime

from services.runtime import correlation


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, correlation_id, and error where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "correlation_id": correlation.current(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


class TextLines(logging.Formatter):
    """Lines to read in a terminal."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s%(correlation)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        followed = correlation.current()
        record.correlation = f" [{followed}]" if followed else ""
        return super().format(record)


def log_to_stderr(style: str) -> None:
    """Log from INFO up, as `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if style == "json" else TextLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("nameko").setLevel(logging.WARNING)
