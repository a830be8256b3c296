"""The gateway's table of contents: whom it asks, what it hears, and its door."""

import logging
from typing import Any

from nameko.extensions import DependencyProvider
from werkzeug.wrappers import Request, Response

from gateway.assembly import SITE
from gateway.projection import snapshot
from gateway.projection.events import HEARD
from gateway.projection.read_model import ReadModel
from gateway.web.application import Application
from gateway.web.call import Services
from services.bus.entrypoints import SETTINGS, RpcClient, broadcast
from services.bus.envelope import Envelope
from services.runtime.web import door

log = logging.getLogger(__name__)


class ApplicationProvider(DependencyProvider):
    """The application: one for as long as the service runs."""

    def setup(self) -> None:
        """Make it."""
        self._application = Application(self.container.config[SETTINGS].with_secret_key(), SITE, ReadModel())

    def get_dependency(self, worker_ctx: Any) -> Application[ReadModel]:
        """Give it to a worker."""
        return self._application


class Gateway:
    """The only HTTP door."""

    name = "gateway"
    workers = 3000  # requests under way: more than the door lets in, so that none waits for another
    application: Application[ReadModel] = ApplicationProvider()
    registration = RpcClient("registration")
    catalogue = RpcClient("catalogue")
    notifications = RpcClient("notifications")
    community = RpcClient("community")

    @door
    def answer(self, request: Request) -> Response:
        services = Services(self.registration, self.catalogue, self.notifications, self.community)
        return self.application.answer(request, services)

    @broadcast(*HEARD, on_gap="take_snapshot")
    def hear(self, event: Envelope) -> None:
        self.application.model.hear(event.type, event.subject, event.version, event.data, event.time)

    def take_snapshot(self) -> None:
        snapshot.take(self.application.model, self.catalogue, self.registration)
