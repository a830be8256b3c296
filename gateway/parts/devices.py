"""What someone signs in with, in words that they know it by again, such as `Firefox on Windows`."""

from typing import Final

from werkzeug.wrappers import Request

# In this order: most browsers name others that they want to be taken for.
BROWSERS: Final = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS: Final = {
    "iPhone": "an iPhone",
    "iPad": "an iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Macintosh": "a Mac",
    "CrOS": "a Chromebook",
    "Linux": "Linux",
}


def device_of(request: Request) -> str | None:
    """Return what the request was made with; None for what does not say, as programs do not."""
    agent = request.headers.get("User-Agent", "")
    browser = next((name for mark, name in BROWSERS.items() if mark in agent), None)
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), None)
    return f"{browser} on {system}" if browser and system else browser or system
