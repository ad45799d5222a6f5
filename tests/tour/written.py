"""docs/tour: the pictures by name, and the page that shows them."""

import io
from pathlib import Path

from PIL import Image

from tests.tour.stops import IN_CONSOLE, STOPS, Stop

LANGUAGES = ("hi", "en")
LOOKS = ("light", "outdoor")
SIZES = ((360, 740), (1280, 800))


def picture_name(stop: Stop, language: str, look: str, size: tuple[int, int]) -> str:
    """Where a picture lies below docs/tour."""
    return f"{language}/{look}/{stop.name}-{size[0]}.png"


def pictures() -> list[str]:
    """Every picture that the tour has to show."""
    return [
        picture_name(stop, language, look, size)
        for stop in STOPS
        for language in LANGUAGES
        for look in LOOKS
        for size in SIZES
    ]


def keep(taken: bytes, path: Path) -> None:
    """Write a picture with few colours: flat screens lose nothing by it, and the checkout stays small."""
    with Image.open(io.BytesIO(taken)) as picture:
        picture.convert("RGB").quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)


def page_text() -> str:
    """The page: for each stop its line in both languages, the phone in Hindi and English, and ways to the others."""
    lines = [
        "# The tour",
        "",
        "Every screen of the phone and of the console, by `make tour`: the real app in Chromium, on a practice block",
        "of 1,600 groups.",
        "Names of people and groups are invented. Below each screen: the same for the sun, and on a wide one.",
        "",
    ]
    for stop in STOPS:
        if stop is IN_CONSOLE[0]:
            lines += ["# At the office", "", "The console shows the screens of the phone as well.", ""]
        small, wide = SIZES
        shown = " ".join(
            f'<img src="{picture_name(stop, language, "light", small)}" width="240" alt="{said}">'
            for language, said in (("hi", stop.hindi), ("en", stop.english))
        )
        more = " · ".join(
            f"[{language}, {look}, {size[0]} dp]({picture_name(stop, language, look, size)})"
            for language in LANGUAGES
            for look, size in (("outdoor", small), ("light", wide), ("outdoor", wide))
        )
        lines += [f"## {stop.english}", "", f"{stop.hindi} · `{stop.path}`", "", shown, "", more, ""]
    return "\n".join(lines)


def write_page(folder: Path) -> None:
    (folder / "README.md").write_text(page_text(), encoding="utf-8")
