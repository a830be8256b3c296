"""Pictures that people send, decoded with care and drawn again: nothing else that was in the file comes along."""

import io
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from services.runtime.refusals import Invalid

FORMATS: Final = ("PNG", "JPEG", "WEBP")  # no SVG: that is a program
MOST_PIXELS: Final = 25_000_000  # of the file: a few kilobytes can unpack to more than a machine has
CLEAR: Final = "white"  # what shows through where a picture is clear


def scaled(data: bytes, width: int, height: int, field: str = "") -> tuple[bytes, str, int, int]:
    """Return the picture as a JPEG that fits into so many pixels: its bytes, media type, width and height.

    It stands as its EXIF orientation says, and is never made larger. Raises Invalid on `field` where `data` is no
    picture of the FORMATS, or has more than MOST_PIXELS.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as given:
            if given.width * given.height > MOST_PIXELS:
                raise Invalid.field(field, "too-many-pixels", max=MOST_PIXELS)
            given.draft("RGB", _least(given.size, width, height))  # reads a large JPEG at a fraction of its size
            return _drawn(given, width, height)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise Invalid.field(field, "not-a-picture", choices=[*FORMATS]) from error
    except Image.DecompressionBombError as error:
        raise Invalid.field(field, "too-many-pixels", max=MOST_PIXELS) from error


def _least(size: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """Return the size that is needed of a picture which is to fit, whether it stands upright or lies on its side."""
    upright = min(width / size[0], height / size[1])
    on_its_side = min(width / size[1], height / size[0])
    scale = min(1.0, max(upright, on_its_side))
    return round(size[0] * scale), round(size[1] * scale)


def _drawn(given: Image.Image, width: int, height: int) -> tuple[bytes, str, int, int]:
    picture = ImageOps.exif_transpose(given).convert("RGBA")
    picture.thumbnail((width, height), Image.Resampling.LANCZOS)
    bare = Image.new("RGB", picture.size, CLEAR)
    bare.paste(picture, mask=picture)
    written = io.BytesIO()
    bare.save(written, "JPEG", quality=82)
    return written.getvalue(), "image/jpeg", bare.width, bare.height
