"""The services by name. Here, and in the demonstration, all of them are known; nowhere else."""

from importlib import import_module
from typing import Any, Final

SERVICES: Final = ("catalogue", "registration", "notifications", "community")


def service_class(name: str) -> Any:
    """Return the class of a service, or of the gateway."""
    module = import_module("gateway.service" if name == "gateway" else f"services.{name}.service")
    return getattr(module, name.capitalize())
