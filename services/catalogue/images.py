"""Pictures that people send, decoded with care and drawn again: nothing else that was in the file comes along."""

import base64
import binascii
import io
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from services.runtime.refusals import Invalid

FORMATS: Final = ("PNG", "JPEG", "WEBP")  # no SVG: that is a program
MOST_PIXELS: Final = 25_000_000  # of the file: a few kilobytes can unpack to more than a machine has
WHITE: Final = "white"  # what shows through where a picture is clear

Image.init()  # loads what reads each format now: pictures are drawn in threads, and an import in one may wait for ever


@dataclass(frozen=True)
class Drawn:
    """A picture that was drawn again: its bytes and media type, and its size in pixels."""

    content: bytes
    media: str
    width: int
    height: int


def bytes_of(content: str, most: int, field: str) -> bytes:
    """Return what is given in base64. Raises Invalid on `field` where it is not that, or is more than `most` bytes."""
    try:
        given = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid.field(field, "not-bytes") from error
    if len(given) > most:
        raise Invalid.field(field, "too-many-bytes", max=most)
    return given


def drawn(data: bytes, box: tuple[int, int], field: str, *, keeps_clear: bool = False) -> Drawn:
    """Return a picture drawn again to fit into a box of so many pixels: width and height. It is never made larger.

    It stands as its EXIF orientation says. It becomes a JPEG; with `keeps_clear`, all but a JPEG becomes a PNG, which
    keeps what is clear. Raises Invalid on `field` where `data` is no picture of the FORMATS, or has more than
    MOST_PIXELS.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as given:
            if given.width * given.height > MOST_PIXELS:
                raise Invalid.field(field, "too-many-pixels", max=MOST_PIXELS)
            given.draft("RGB", _least(given.size, *box))  # reads a large JPEG at a fraction of its size
            as_png = keeps_clear and given.format != "JPEG"
            picture = ImageOps.exif_transpose(given).convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise Invalid.field(field, "not-a-picture", choices=[*FORMATS]) from error
    except Image.DecompressionBombError as error:
        raise Invalid.field(field, "too-many-pixels", max=MOST_PIXELS) from error
    picture.thumbnail(box, Image.Resampling.LANCZOS)
    return _as_png(picture) if as_png else _as_jpeg(picture)


def _least(size: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """Return the size that is needed of a picture which is to fit, whether it stands upright or lies on its side."""
    upright = min(width / size[0], height / size[1])
    on_its_side = min(width / size[1], height / size[0])
    scale = min(1.0, max(upright, on_its_side))
    return round(size[0] * scale), round(size[1] * scale)


def _as_jpeg(picture: Image.Image) -> Drawn:
    bare, written = Image.new("RGB", picture.size, WHITE), io.BytesIO()
    bare.paste(picture, mask=picture)
    bare.save(written, "JPEG", quality=82)
    return Drawn(written.getvalue(), "image/jpeg", *bare.size)


def _as_png(picture: Image.Image) -> Drawn:
    bare, written = Image.new("RGBA", picture.size), io.BytesIO()
    bare.paste(picture)  # without what came along: place, camera, colour profile, comments
    bare.save(written, "PNG", optimize=True)
    return Drawn(written.getvalue(), "image/png", *bare.size)
