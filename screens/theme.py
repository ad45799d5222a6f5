"""How the app looks: Material 3, made for sunlight, large Hindi, one accent and one warning colour."""

from collections.abc import Mapping
from dataclasses import dataclass

import flet as ft

FONT = "NotoDevanagari"
BOLD = "NotoDevanagariBold"
# Devanagari stands taller than Latin; matras above and below need the room.
LINE = 1.35


@dataclass(frozen=True)
class Look:
    """The colours of one look. `dark`: light letters on a dark ground."""

    ground: str
    ink: str
    soft_ink: str
    accent: str
    on_accent: str
    accent_pale: str
    on_accent_pale: str
    warning: str
    on_warning: str
    warning_pale: str
    on_warning_pale: str
    pale: tuple[str, str, str, str]
    outline: str
    soft_outline: str
    dark: bool = False


LOOKS: Mapping[str, Look] = {
    "light": Look(
        ground="#FFFFFF",
        ink="#111411",
        soft_ink="#3C453C",
        accent="#1B5E20",
        on_accent="#FFFFFF",
        accent_pale="#CFE8CF",
        on_accent_pale="#0B2A0D",
        warning="#9A3412",
        on_warning="#FFFFFF",
        warning_pale="#FDE8DC",
        on_warning_pale="#4A1605",
        pale=("#F5F8F5", "#EEF4EE", "#E4EDE4", "#DCE6DC"),
        outline="#6B776B",
        soft_outline="#C3CCC3",
    ),
    # For the sun: black on white, no half-tones, lines that are seen.
    "outdoor": Look(
        ground="#FFFFFF",
        ink="#000000",
        soft_ink="#000000",
        accent="#003D07",
        on_accent="#FFFFFF",
        accent_pale="#FFFFFF",
        on_accent_pale="#000000",
        warning="#8A0000",
        on_warning="#FFFFFF",
        warning_pale="#FFF3B0",
        on_warning_pale="#000000",
        pale=("#FFFFFF", "#FFFFFF", "#F0F0F0", "#E6E6E6"),
        outline="#000000",
        soft_outline="#000000",
    ),
    "dark": Look(
        ground="#0E120E",
        ink="#F1F5F1",
        soft_ink="#C9D3C9",
        accent="#8FD694",
        on_accent="#00390A",
        accent_pale="#1E4A23",
        on_accent_pale="#D7F5D8",
        warning="#FFB68C",
        on_warning="#4A1605",
        warning_pale="#5C2A10",
        on_warning_pale="#FFE3D2",
        pale=("#151B15", "#1B221B", "#242D24", "#2D372D"),
        outline="#8D998D",
        soft_outline="#3F4A3F",
        dark=True,
    ),
}
"""What a person may choose from, the first at first."""

SCALES: Mapping[str, float] = {"normal": 1.0, "large": 1.3, "largest": 1.6}
"""Sizes of text to choose from."""
SCALE = "text_scale"

TOUCH = 48
"""The least height of anything that is tapped, in dp."""
GAP = 16
PHOTO = 640
"""The rhythm of space, in dp."""

BODY = 18
SMALL = 16
TITLE = 22
NUMBER = 30


def dress(page: ft.Page, look: str = "light", text_size: str = "normal") -> None:
    """Fonts, colours and sizes of a page. No file comes from outside: the fonts travel in assets."""
    page.fonts = {
        FONT: "fonts/NotoSansDevanagari-Regular.ttf",
        # One file per family name: a bold weight of FONT would be smeared by the renderer, so bold is its own family.
        BOLD: "fonts/NotoSansDevanagari-Bold.ttf",
    }
    chosen = LOOKS.get(look, LOOKS["light"])
    scale = SCALES.get(text_size, 1.0)
    page.session.store.set(SCALE, scale)
    # The mode stays light: colours are all our own, and a system's night must not turn half of them.
    page.theme = _theme(chosen, scale)
    page.theme_mode = ft.ThemeMode.LIGHT
    page.padding = 0


def scaled(size: float) -> float:
    """A size of body text as this page shows it. To be asked while drawing."""
    return size * _scale()


def scaled_title(size: float) -> float:
    """The size of what is large already: it grows half as much, so that a title still fits on a phone."""
    return size * (1 + (_scale() - 1) / 2)


def _scale() -> float:
    return float(ft.context.page.session.store.get(SCALE) or 1.0)


def bold(size: float | None = None, color: ft.ColorValue | None = None) -> ft.TextStyle:
    family, grown = BOLD, None if size is None else scaled(size)
    return ft.TextStyle(font_family=family, weight=_weight(family), size=grown, color=color, height=LINE)


def _style(ink: str, size: float, family: str = FONT) -> ft.TextStyle:
    # A style of a TextTheme without family and colour falls back to Roboto (boxes for Hindi) and black; a colour by its
    # name would be that of the theme before, while this one is being made.
    return ft.TextStyle(size=size, font_family=family, weight=_weight(family), color=ink, height=LINE)


def _label(size: float, family: str = BOLD) -> ft.TextStyle:
    # No colour: these stand on buttons, which bring their own.
    return ft.TextStyle(size=size, font_family=family, weight=_weight(family), height=LINE)


def _weight(family: str) -> ft.FontWeight:
    # The bold file is bold by itself; the weight is for Latin letters, which come from another font.
    return ft.FontWeight.W_700 if family == BOLD else ft.FontWeight.W_400


def _theme(look: Look, scale: float) -> ft.Theme:
    round_button = ft.RoundedRectangleBorder(radius=12)
    # Whoever goes by keys sees where she is, on buttons of any colour.
    focused = {ft.ControlState.FOCUSED: ft.BorderSide(3, look.ink)}
    padding = ft.Padding.symmetric(horizontal=20, vertical=10)
    button = ft.ButtonStyle(padding=padding, shape=round_button, side=focused)
    half = 1 + (scale - 1) / 2
    return ft.Theme(
        use_material3=True,
        font_family=FONT,
        visual_density=ft.VisualDensity.STANDARD,
        scaffold_bgcolor=look.ground,
        focus_color=ft.Colors.with_opacity(0.32, look.accent),
        color_scheme=_colours(look),
        text_theme=ft.TextTheme(
            display_small=_style(look.ink, NUMBER * half, BOLD),
            headline_small=_style(look.ink, TITLE * half, BOLD),
            title_large=_style(look.ink, TITLE * half, BOLD),
            title_medium=_style(look.ink, BODY * scale, BOLD),
            title_small=_style(look.ink, SMALL * scale, BOLD),
            body_large=_style(look.ink, BODY * scale),
            body_medium=_style(look.ink, SMALL * scale),
            body_small=_style(look.ink, 14 * scale),
            label_large=_label(BODY * half),
            # Five tabs stand side by side: their words grow a little only.
            label_medium=_label(min(15 * half, 17)),
            label_small=_label(14 * half),
        ),
        filled_button_theme=ft.FilledButtonTheme(style=button),
        outlined_button_theme=ft.OutlinedButtonTheme(style=button),
        text_button_theme=ft.TextButtonTheme(style=button),
        appbar_theme=ft.AppBarTheme(bgcolor=look.ground, elevation=0),
    )


def _colours(look: Look) -> ft.ColorScheme:
    low, middle, high, highest = look.pale
    return ft.ColorScheme(
        primary=look.accent,
        on_primary=look.on_accent,
        primary_container=look.accent_pale,
        on_primary_container=look.on_accent_pale,
        secondary=look.accent,
        on_secondary=look.on_accent,
        secondary_container=look.accent_pale,
        on_secondary_container=look.on_accent_pale,
        tertiary=look.warning,
        error=look.warning,
        on_error=look.on_warning,
        error_container=look.warning_pale,
        on_error_container=look.on_warning_pale,
        surface=look.ground,
        on_surface=look.ink,
        on_surface_variant=look.soft_ink,
        surface_container=middle,
        surface_container_low=low,
        surface_container_high=high,
        surface_container_highest=highest,
        outline=look.outline,
        outline_variant=look.soft_outline,
        inverse_surface="#1D241D" if not look.dark else "#E4EDE4",
        on_inverse_surface="#FFFFFF" if not look.dark else "#111411",
    )
