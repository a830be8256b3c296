"""Pictures that took time to make, kept in memory for the next who asks."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final

MOST_BYTES: Final = 32 * 1024 * 1024


class KeptFiles:
    """Files by keys from which all that is in them follows: `most` bytes of them, and the longest unused go first."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most, self._bytes = most, 0
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return the file that is kept as `key`, made now if there is none. Raises what `make` raises."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        content = make()
        self._keep(key, content)
        return content

    def _keep(self, key: Hashable, content: bytes) -> None:
        self._bytes += len(content) - len(self._kept.pop(key, b""))  # another thread may have made it meanwhile
        self._kept[key] = content
        while self._bytes > self._most:
            _, longest_unused = self._kept.popitem(last=False)
            self._bytes -= len(longest_unused)
