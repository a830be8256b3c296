"""Takes the calls of a gateway of release 0.1, so that services are upgraded while it runs. To be deleted after 0.2.

It calls over another exchange and a classic queue for each service, which such a gateway has declared. Where there
never was one, or its node is away, there is nothing to take.
"""

import logging
from collections.abc import Callable
from typing import Any

from amqp.exceptions import ChannelError

log = logging.getLogger(__name__)


def consume(channel: Any, service: str, take: Callable[[Any, Any], None]) -> None:
    """Have `take(channel, raw)` get the requests that come to the old queue of a service; they are acked."""
    queue = f"rpc-{service}"
    beside = channel.connection.channel()  # an error closes a channel
    beside.auto_decode = False
    try:
        beside.queue_declare(queue=queue, passive=True)
        beside.basic_consume(queue=queue, no_ack=True, callback=lambda raw: take(beside, raw))
    except ChannelError as error:
        log.debug("%s: no calls are taken from %s (%s)", service, queue, error)
