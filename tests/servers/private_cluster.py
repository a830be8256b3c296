"""A private RabbitMQ of three nodes, each of which can be killed and started again."""

import contextlib
import json
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

from tests.servers.private_rabbitmq import PrivateRabbitMQ


class PrivateCluster:
    """Three nodes, and one virtual host on them."""

    def __init__(self, nodes: list[PrivateRabbitMQ]) -> None:
        self.nodes = nodes
        self._vhost = nodes[0].new_vhost()

    @property
    def url(self) -> str:
        """The addresses of all nodes, as HEADROW_BUS takes them."""
        return ";".join(urlunsplit(urlsplit(node.url)._replace(path=f"/{self._vhost}")) for node in self.nodes)

    def leader_of(self, queue: str) -> PrivateRabbitMQ:
        """Return the node that leads a quorum queue."""
        alive = next(node for node in self.nodes if node.answers())
        listed = alive.ctl("-p", self._vhost, "--silent", "--formatter", "json", "list_queues", "name", "leader")
        leaders = {row["name"]: row["leader"] for row in json.loads(listed)}
        return next(node for node in self.nodes if node.node == leaders[queue])

    def is_whole(self) -> bool:
        """Tell whether any node could be lost: each quorum queue has more members online than it needs."""
        try:
            for node in self.nodes:
                node.ctl("check_if_node_is_quorum_critical", script="rabbitmq-queues")
        except RuntimeError:
            return False
        return True


@contextlib.contextmanager
def private_cluster() -> Iterator[PrivateCluster]:
    """Yield a cluster of three nodes that answer; stop them and delete what they held afterwards."""
    with contextlib.ExitStack() as afterwards:
        nodes: list[PrivateRabbitMQ] = []
        for _ in range(3):
            node = PrivateRabbitMQ(joins=nodes[0] if nodes else None)
            afterwards.callback(node.end)
            nodes.append(node)
            node.start()
        yield PrivateCluster(nodes)
