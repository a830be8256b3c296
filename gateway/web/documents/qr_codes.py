"""QR codes, as pictures that need nothing but themselves."""

import io

import segno


def svg_of(address: str, title: str) -> bytes:
    """Return a QR code of an address as SVG, whose title says what it is to whoever cannot see it.

    Level M: a phone reads it though a seventh of it is hidden.
    """
    written, code = io.BytesIO(), segno.make(address, error="m", micro=False)
    code.save(written, kind="svg", scale=8, border=4, light="#fff", title=title, svgclass=None)
    return written.getvalue()


def svg_inline(address: str, title: str) -> str:
    """Return a QR code as a part of a page, for addresses that nobody else may learn: it is fetched from nowhere."""
    drawn = segno.make(address, error="m", micro=False).svg_inline(scale=5, border=4, light="#fff", title=title)
    return drawn.replace("<svg ", '<svg role="img" ', 1)
