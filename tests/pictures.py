"""Photos for tests, as a phone's camera makes them and as they are kept."""

import io
import random

from PIL import Image, ImageDraw
from PIL.TiffImagePlugin import IFDRational

from screens.shrinking import small_photo

MAKER, PLACE, REMARK = "Kaveri Phones K7", (24.5833, 80.8322), "a remark of the camera"


def a_scene(width: int = 1200, height: int = 900, *, seed: int = 1, noise: int = 12) -> Image.Image:
    """A page with lines of writing on a table; `noise` makes it hard to press, as paper in the shade is."""
    chance = random.Random(seed)
    scene = Image.new("RGB", (width, height), (90, 70, 50))
    draw = ImageDraw.Draw(scene)
    draw.rectangle((width // 12, height // 12, width - width // 12, height - height // 12), fill=(235, 232, 220))
    for line in range(height // 8, height - height // 8, max(9, height // 30)):
        for at in range(width // 9, width - width // 8, 14):
            draw.line((at, line, at + chance.randint(2, 11), line + chance.randint(-5, 5)), fill=(20, 20, 90), width=2)
    if noise:
        speckle = Image.frombytes("L", (width, height), chance.randbytes(width * height))
        scene = Image.blend(scene, speckle.convert("RGB"), noise / 100)
    return scene


def from_camera(scene: Image.Image | None = None, *, orientation: int = 1, **how: int) -> bytes:
    """A JPEG with all that a camera writes into it: device, place, a thumbnail, a remark."""
    scene = scene or a_scene(**how)
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = MAKER, orientation
    gps = exif.get_ifd(0x8825)
    for number, value in zip((2, 4), PLACE, strict=True):
        gps[number] = (IFDRational(int(value)), IFDRational(round(value % 1 * 60)), IFDRational(0))
    written = io.BytesIO()
    scene.save(written, "JPEG", quality=92, exif=exif, comment=REMARK, icc_profile=b"a profile" * 20,
               xmp=b"<x:xmpmeta>GPSLatitude</x:xmpmeta>")  # fmt: skip
    return written.getvalue()


def a_photo(seed: int = 1) -> bytes:
    """A photo as it is kept: small and plain. Another one for each seed."""
    return small_photo(from_camera(seed=seed))
