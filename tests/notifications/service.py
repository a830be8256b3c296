"""The service without its surroundings."""

from dataclasses import dataclass

from services.runtime.settings import Settings


@dataclass
class Running:
    """The service as its methods see it, without nameko around it."""

    config: Settings
