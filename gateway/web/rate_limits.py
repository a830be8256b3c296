"""How fast one caller, or one network address, may ask: token buckets in memory.

The headers follow draft-ietf-httpapi-ratelimit-headers-10.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from gateway.web.errors import TooManyRequests
from services.runtime.networks import network_of

MOST_BUCKETS: Final = 50_000
MOST_TOKENS: Final = 50_000


@dataclass(frozen=True)
class Policy:
    """`rate` requests a second, and bursts of `burst`."""

    name: str
    rate: float
    burst: int

    @property
    def header(self) -> str:
        """The policy for RateLimit-Policy: a quota and the window, in seconds, in which it is earned anew."""
        return f'"{self.name}";q={self.burst};w={math.ceil(self.burst / self.rate)}'


CALLER: Final = Policy("caller", 20, 100)
ADDRESS: Final = Policy("address", 50, 200)


@dataclass
class Bucket:
    """What one asker has left."""

    policy: Policy
    left: float
    filled_at: float

    def take(self, now: float) -> None:
        """Take one. Raises TooManyRequests with the seconds to wait."""
        self.fill(now)
        if self.left < 1:
            raise TooManyRequests(retry_after=max(1, math.ceil((1 - self.left) / self.policy.rate)))
        self.left -= 1

    def fill(self, now: float) -> None:
        """Add what has been earned since it was last looked at."""
        earned = max(0.0, now - self.filled_at) * self.policy.rate
        self.left = min(self.policy.burst, self.left + earned)
        self.filled_at = now

    @property
    def headers(self) -> dict[str, str]:
        """RateLimit: requests left, and seconds until the bucket is full again. RateLimit-Policy."""
        until_full = math.ceil((self.policy.burst - self.left) / self.policy.rate)
        return {
            "RateLimit": f'"{self.policy.name}";r={int(self.left)};t={until_full}',
            "RateLimit-Policy": self.policy.header,
        }


class RateLimits:
    """The buckets of one process.

    A token has a bucket of its own only once registration has vouched for it, and until it no longer does: otherwise a
    made-up token in each request would be a fresh bucket in each.
    """

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self._vouched: OrderedDict[str, None] = OrderedDict()

    def bucket(self, address: str, token: str | None, now: float) -> Bucket:
        """Return the bucket that a request is charged to."""
        if token is not None and token in self._vouched:
            return self._get(token, CALLER, now)
        return self._get(network_of(address), ADDRESS, now)

    def trust(self, token: str) -> None:
        """Note that registration knew the token."""
        self._vouched[token] = None
        self._vouched.move_to_end(token)
        if len(self._vouched) > MOST_TOKENS:
            self._vouched.popitem(last=False)

    def revoke(self, token: str, address: str, now: float) -> None:
        """Note that registration did not know the token: the request counts against the address."""
        if token in self._vouched:
            del self._vouched[token]
            bucket = self._get(network_of(address), ADDRESS, now)
            bucket.left = max(0.0, bucket.left - 1)

    def _get(self, key: str, policy: Policy, now: float) -> Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(policy, policy.burst, now)
            if len(self._buckets) > MOST_BUCKETS:
                self._buckets.popitem(last=False)  # who asked longest ago has a full bucket by now, or nearly
        else:
            self._buckets.move_to_end(key)
        return bucket
