"""A control for each kind of entry. The text of a field lives in the control; only what changes the form redraws it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import flet as ft

from records.aadhaar import aadhaar_runs, strike_aadhaar
from records.record import Record, fields_of, from_wire
from records.written import masked, read_day, show_day, show_percent, show_rupees
from screens import theme
from screens.context import Here, here
from screens.filling import FormField
from screens.guarding import guard, guard_event, part
from screens.parts.picker import KINDS_ASKED, ReferenceField, error_line, use_option
from screens.parts.pieces import body, chip, icon_deed, named, quiet_deed, small, stack
from screens.parts.times import today
from screens.parts.typed import typed_text

KEYBOARDS = {
    "digits": ft.KeyboardType.NUMBER,
    "number": ft.KeyboardType.NUMBER,
    "rupees": ft.KeyboardType.NUMBER,
    "percent": ft.KeyboardType.NUMBER,
    "day": ft.KeyboardType.DATETIME,
    "long_text": ft.KeyboardType.MULTILINE,
}


@dataclass(frozen=True)
class Drawn:
    """What a control of a form needs to be drawn."""

    one: FormField
    value: Any
    code: str | None
    """The problem code that stands at it, if any."""
    editable: bool
    about: tuple[tuple[str, Any], ...]
    """What narrows a reference: the group, the village."""
    options: tuple[str, ...] = ()
    """Of a closed list, those that go with what stands in the other fields."""


@dataclass(frozen=True)
class Doings:
    """What a control tells the form. `typed` keeps quiet, `chosen` redraws."""

    typed: Callable[[str, Any], None]
    chosen: Callable[[str, Any], None]
    left: Callable[[str], Any]
    entered: Callable[[str], Any]
    pick_day: Callable[[str], None]


def field_control(h: Here, drawn: Drawn, doings: Doings, refs: Mapping[str, ft.Ref]) -> ft.Control:
    """The control of one field: editable, or shown with the reason why it cannot be changed."""
    one = drawn.one
    if not drawn.editable:
        label = label_of(h, one)
        return ShownField(name=one.name, cls=one.cls, spec_name=one.spec.name, label=label, value=drawn.value)
    if one.entry in ("yes_no", "choice"):
        return _choices(h, drawn, doings)
    if one.entry == "reference":
        return ReferenceField(
            name=one.name,
            kind=one.spec.refers,
            label=label_of(h, one),
            required=one.spec.required,
            value=drawn.value,
            error=said_error(h, drawn),
            about=drawn.about,
            on_pick=lambda id: doings.chosen(one.name, id),
        )
    return _text(h, drawn, doings, refs)


def label_of(h: Here, one: FormField) -> str:
    if one.again:
        return h.say("accounts.number_again")
    return h.words.field(one.kind, one.spec.name)


def said_value(h: Here, cls: type[Record], name: str, value: Any) -> str:
    """A field's value in words, wherever it is shown and not entered; of an account number only its end."""
    spec = fields_of(cls)[name]
    if value is None or value == "":
        return h.say("value.none")
    if spec.value_type.entry == "choice":
        return h.words.choice(cls, name, value)
    if spec.value_type.entry == "yes_no":
        return h.say("value.yes" if value else "value.no")
    if name == "account_number":
        return masked(str(value))
    if spec.value_type.entry == "rupees":
        return show_rupees(int(value))
    if spec.value_type.entry == "percent":
        return show_percent(int(value))
    if spec.value_type.entry == "day" and isinstance(value, str):
        value = from_wire(spec, value) or value
    return show_day(value) if isinstance(value, date) else str(value)


@part
def ShownField(*, name: str, cls: type[Record], spec_name: str, label: str, value: Any) -> ft.Control:
    """A field that this person, or this version of the app, may not change: said, with a lock."""
    h = here()
    spec = fields_of(cls)[spec_name]
    chosen = use_option(spec.refers or "", value if spec.refers in KINDS_ASKED else None)
    words = said_value(h, cls, spec_name, value)
    if spec.refers:
        words = h.name_of(chosen.name, chosen.name_hi) if chosen else h.say("value.none")
    return named(
        f"shown-{name}",
        ft.Container(
            padding=ft.Padding.symmetric(horizontal=12, vertical=8),
            border_radius=8,
            bgcolor=ft.Colors.SURFACE_CONTAINER_LOW,
            content=ft.Row(
                [
                    ft.Container(stack([small(label), body(words, key=f"shown-{name}")], spacing=0), expand=True),
                    ft.Icon(
                        ft.Icons.LOCK_OUTLINE,
                        size=20,
                        color=ft.Colors.OUTLINE,
                        semantics_label=h.say("value.read_only"),
                    ),
                ]
            ),
        ),
    )


def _text(h: Here, drawn: Drawn, doings: Doings, refs: Mapping[str, ft.Ref]) -> ft.Control:
    one = drawn.one
    control = ft.TextField(
        ref=refs[one.name],
        key=f"field-{one.name}",
        label=_marked(label_of(h, one), one),
        value=drawn.value or "",
        error=said_error(h, drawn),
        error_max_lines=4,
        helper=None if one.again else h.words.help(one.kind, one.spec.name),
        helper_max_lines=3,
        hint_text=h.say("form.day_hint") if one.entry == "day" else None,
        text_size=theme.scaled(theme.BODY),
        keyboard_type=KEYBOARDS.get(one.entry, ft.KeyboardType.TEXT),
        multiline=one.entry == "long_text",
        min_lines=2 if one.entry == "long_text" else None,
        max_lines=5 if one.entry == "long_text" else 1,
        capitalization=ft.TextCapitalization.CHARACTERS if one.spec.name.endswith("ifsc") else None,
        autocorrect=False,
        on_change=guard_event(lambda event: doings.typed(one.name, typed_text(event))),
        on_blur=guard(doings.left, one.name),
        on_submit=guard(doings.entered, one.name),
    )
    if one.entry != "day":
        # The same shape with and without an error: a field that moves in the tree loses its keyboard.
        return stack([control, *(_strike(h, drawn, doings) if drawn.code == "holds_aadhaar" else [])], spacing=4)
    return ft.Row(
        [
            ft.Container(control, expand=True),
            icon_deed(
                ft.Icons.CALENDAR_MONTH, h.say("form.choose_day"), f"pick-{one.name}", guard(doings.pick_day, one.name)
            ),
        ],
        vertical_alignment=ft.CrossAxisAlignment.START,
        spacing=4,
    )


def said_error(h: Here, drawn: Drawn) -> str | None:
    return h.words.problem(drawn.code) if drawn.code else None


def _strike(h: Here, drawn: Drawn, doings: Doings) -> list[ft.Control]:
    """Which digits look like an Aadhaar number, and the offer to strike them."""
    runs = ", ".join(digits for _, _, digits in aadhaar_runs(drawn.value or ""))
    name = drawn.one.name
    struck = strike_aadhaar(drawn.value or "", keep_last=0).strip()
    return [
        small(h.say("aadhaar.found", digits=runs), key=f"aadhaar-{name}"),
        ft.Row([quiet_deed(h.say("aadhaar.strike"), f"strike-{name}", guard(doings.chosen, name, struck))]),
    ]


def _choices(h: Here, drawn: Drawn, doings: Doings) -> ft.Control:
    one = drawn.one
    if one.entry == "yes_no":
        options = [(True, h.say("value.yes")), (False, h.say("value.no"))]
    else:
        options = [(option, h.words.choice(one.cls, one.spec.name, option)) for option in drawn.options]
    lines: list[ft.Control] = [
        small(_marked(label_of(h, one), one)),
        ft.Row(
            [_chip(one, drawn.value, option, words, doings) for option, words in options],
            wrap=True,
            spacing=8,
            run_spacing=8,
        ),
    ]
    if drawn.code:
        lines.append(error_line(one.name, h.words.problem(drawn.code)))
    return stack(lines, spacing=6)


def _chip(one: FormField, value: Any, option: Any, words: str, doings: Doings) -> ft.Control:
    """One choice of a field; tapping it again takes an optional one back."""
    chosen = value == option
    ident = f"{one.name}-{str(option).lower()}"
    after = None if chosen and not one.spec.required and one.spec.default is None else option
    return chip(words, ident, guard(doings.chosen, one.name, after), chosen=chosen)


def day_picker(h: Here, typed: Any, picked: Callable[[str], None], closed: Callable[[], None]) -> ft.DatePicker:
    """The calendar, in the reader's language, opened at the day that stands in the field."""
    try:
        day = read_day(typed or "")
    except ValueError:
        day = today()
    return ft.DatePicker(
        value=_noon(day),
        first_date=_noon(date(1950, 1, 1)),
        last_date=_noon(max(today(), day)),
        locale=ft.Locale("hi", "IN") if h.words.language == "hi" else ft.Locale("en", "IN"),
        on_change=guard_event(lambda event: picked(show_day(day_of(event.control.value)))),
        on_dismiss=guard(closed),
    )


def day_of(value: Any) -> date:
    """The day that was tapped. It comes as midnight of the phone's time zone told in UTC, often the day before;
    half a day more is the same calendar day from twelve hours west to twelve hours east."""
    if isinstance(value, datetime):
        return (value.astimezone(UTC) + timedelta(hours=12)).date() if value.tzinfo else value.date()
    return value


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def _marked(label: str, one: FormField) -> str:
    return f"{label} *" if one.spec.required or one.again else label
