"""Makes a photo small and plain: upright, at most 100 KB, and without what the camera wrote into it.

Pillow does this on a phone too. What comes out holds the picture alone; `records.jpeg` looks at it once more.
"""

import io
from typing import TYPE_CHECKING

from records.fields import LARGEST_PHOTO
from records.jpeg import read_jpeg
from records.problems import Problem

if TYPE_CHECKING:
    from PIL.Image import Image

# Pillow is imported where it is used: it takes a while on a slow phone, and few starts of the app need it.

LARGEST_FILE = 40 * 1024 * 1024
MOST_PIXELS = 50_000_000
"""Of a picture that must be unpacked whole. A JPEG is unpacked at a fraction of its size, whatever it has."""

SIDES = (1600, 1280, 1024, 800, 640)
"""Lengths of the longer side in pixels, the first that fits: at 1,600 a page of handwriting is read with ease."""
QUALITIES = (72, 60, 48)


def small_photo(content: bytes) -> bytes:
    """The photo as it is kept and sent. Takes a tenth of a second here, a second on a slow phone: off the event loop.

    Raises Problem: picture_empty, not_a_picture, picture_too_large.
    """
    if not content:
        raise Problem("picture_empty")
    if len(content) > LARGEST_FILE:
        raise Problem("picture_too_large")
    from PIL.Image import Resampling

    picture = _opened(content)
    for side in SIDES:
        fitting = picture.copy()
        fitting.thumbnail((side, side), Resampling.LANCZOS)
        for quality in QUALITIES:
            small = _written(fitting, quality)
            if len(small) <= LARGEST_PHOTO:
                read_jpeg(small)
                return small
    raise Problem("picture_too_large")


def _opened(content: bytes) -> "Image":
    """The picture upright and in colours, of nothing but pixels."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as file:
            if file.format == "JPEG":
                file.draft("RGB", (SIDES[0], SIDES[0]))
            if file.width * file.height > MOST_PIXELS:
                raise Problem("picture_too_large")
            upright = ImageOps.exif_transpose(file)
            upright.thumbnail((SIDES[0], SIDES[0]), Image.Resampling.LANCZOS)
            plain = Image.new("RGB", upright.size, "white")
            seen = (
                upright.convert("RGBA") if "transparency" in upright.info or upright.mode in ("LA", "PA") else upright
            )
            plain.paste(
                seen.convert("RGB") if seen.mode != "RGBA" else seen, mask=seen if seen.mode == "RGBA" else None
            )
            return plain
    except Image.DecompressionBombError as error:
        raise Problem("picture_too_large") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        # Pillow says in many ways that this is no picture, or not all of one.
        raise Problem("not_a_picture") from error


def _written(picture: "Image", quality: int) -> bytes:
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=quality, optimize=True)
    return written.getvalue()
