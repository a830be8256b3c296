"""The gateway's table of contents: whom it asks, what it hears, and its door."""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import eventlet
from nameko.extensions import DependencyProvider
from prometheus_client.core import Metric
from werkzeug.wrappers import Request, Response

from gateway.assembly import SITE
from gateway.features.operations.api import SERVICES, measure
from gateway.projection import kept_snapshot, snapshot
from gateway.projection.events import HEARD
from gateway.projection.read_model import ReadModel
from gateway.web.application import Application
from gateway.web.call import Services
from gateway.web.documents.typesetting import Facts, Form, Typeset, typeset_by
from services.bus.entrypoints import SETTINGS, RpcClient, broadcast
from services.bus.envelope import Envelope
from services.bus.extensions import provider_of
from services.runtime.aside import Aside
from services.runtime.web import door

log = logging.getLogger(__name__)


KEPT_AFTER, KEEP_EVERY = 5.0, 300.0  # seconds


def typeset_aside(aside: Aside) -> Typeset:
    """Return what makes documents beside the thread that answers requests."""

    def typeset(template: Path, told: Facts, *, form: Form = "pdf", **more: str) -> bytes:
        return bytes(aside.do(lambda number: typeset_by(number, template, told, more, form)))

    return typeset


class ApplicationProvider(DependencyProvider):
    """The application: one for as long as the service runs. What it knows is kept for the next."""

    _keeper: Any = None

    def setup(self) -> None:
        """Make it."""
        settings = self.container.config[SETTINGS].with_secret_key()
        self._application = Application(settings, SITE, ReadModel(), typeset=typeset_aside(Aside()))
        if not settings.embedded:  # there no service is out while the others run
            kept_snapshot.recall(self._application.model, settings.data)
            self._keeper = eventlet.spawn(self._keep_for_ever)

    def stop(self) -> None:
        """Keep what is known in the end."""
        if self._keeper is not None:
            self._keeper.kill()
            self._keep()

    def is_ready(self) -> bool:
        """Say whether it can answer reads."""
        return self._application.model.ready

    def collect(self) -> Iterable[Metric]:
        """Tell Prometheus, at the process's own port, what this gateway knows: nobody has to sign in there."""
        services = Services(**{name: provider_of(self.container, name).get_dependency(None) for name in SERVICES})
        return measure(self._application.metrics, self._application.model, services).collect()

    def _keep_for_ever(self) -> None:
        eventlet.sleep(KEPT_AFTER)
        while True:
            self._keep()
            eventlet.sleep(KEEP_EVERY if self._application.model.fresh else KEPT_AFTER)

    def _keep(self) -> None:
        if self._application.model.fresh:
            kept_snapshot.keep(self._application.model, self._application.settings.data)

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
    def hear(self, events: list[Envelope], behind: bool) -> None:
        self.application.model.hear_all(events, behind)

    def take_snapshot(self) -> None:
        snapshot.take(self.application.model, self.catalogue, self.registration)
