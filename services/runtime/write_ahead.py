"""SQLite's write-ahead log: emptied soon after it was written to, as what was erased can be read in it until then."""

import time
from pathlib import Path

from sqlalchemy import Engine

QUIET = 1.0  # seconds without a write
LATEST = 60.0  # seconds after which the log is emptied in the middle of the work


class WriteAheadLog:
    """The log beside one SQLite file."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._log = Path(f"{engine.url.database}-wal")
        self._emptied_at = time.monotonic()

    def is_due(self) -> bool:
        """Tell whether the log holds something, and nobody is writing; or has not been empty for a minute."""
        try:
            file = self._log.stat()
        except FileNotFoundError:
            return False
        if not file.st_size:
            self._emptied_at = time.monotonic()
            return False
        is_late = time.monotonic() - self._emptied_at > LATEST
        return is_late or abs(time.time() - file.st_mtime) > QUIET

    def empty(self) -> bool:
        """Write what is in the log into the database, and cut the log to nothing.

        Returns False where a reader or a writer is in the way: nobody is waited for. Raises sqlite3.OperationalError.
        """
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            [patience] = cursor.execute("PRAGMA busy_timeout").fetchone()
            cursor.execute("PRAGMA busy_timeout=0")
            try:
                [busy, *_] = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                cursor.execute(f"PRAGMA busy_timeout={patience}")
        finally:
            connection.close()
        return not busy
