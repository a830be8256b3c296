"""Which Headrow this is: the one version that pyproject.toml names, as it was installed."""

from importlib.metadata import PackageNotFoundError, version


def headrow_version() -> str:
    """Return the version that is installed."""
    try:
        return version("headrow")
    except PackageNotFoundError:  # run from a folder, not installed
        return "0"
