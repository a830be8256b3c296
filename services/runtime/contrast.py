"""How well two colours can be told apart, as WCAG 2.2 measures it (relative luminance and contrast ratio)."""

from typing import Final

AA: Final = 4.5  # what text of ordinary size needs at least (WCAG 2.2, 1.4.3)


def ratio(one: str, other: str) -> float:
    """Return the contrast of two colours written as `#rrggbb`, from 1.0 to 21.0; their order does not matter."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Return the relative luminance, from 0.0 for black to 1.0 for white."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
