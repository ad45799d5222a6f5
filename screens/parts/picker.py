"""Choosing a record by its name: village, branch, colleague, member. One pattern for all: a tile that opens a list."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import flet as ft

from records.figures import is_joined
from records.workspace import Workspace
from screens import questions, theme
from screens.context import Here, here
from screens.guarding import guard, guard_event, part
from screens.parts.pieces import body, empty_note, heading, icon_deed, named, small, stack, waiting
from screens.parts.typed import typed_text
from screens.use_query import PAGE, use_asked

TYPING_PAUSE = 0.25
"""Seconds without a key pressed before a search is asked: one question per word, not per letter."""


@dataclass(frozen=True)
class Option:
    """One thing to choose: names in both scripts, and what tells it from its namesakes."""

    id: str
    name: str
    name_hi: str | None = None
    about: str = ""
    about_hi: str | None = None
    preferred: bool = False


KINDS_ASKED: Mapping[str, frozenset[str]] = {
    "Place": frozenset({"Place"}),
    "BankBranch": frozenset({"BankBranch", "ServiceArea"}),
    "Person": frozenset({"Person"}),
    "Member": frozenset({"Member"}),
    "Shg": frozenset({"Shg", "Place"}),
}
"""Kinds that can be chosen -> kinds whose change asks the list anew."""


def options_of(workspace: Workspace, kind: str, search: str, about: Mapping[str, Any]) -> list[Option]:
    """What there is to choose from; `about` says within which group or panchayats, or for which village."""
    if kind == "Place":
        rows = workspace.ask(questions.list_villages, search=search, panchayats=about.get("panchayats"), limit=PAGE)
        return [
            Option(row.id, row.name, row.name_hi, row.gram_panchayat_name or "", row.gram_panchayat_name_hi)
            for row in rows
        ]
    if kind == "BankBranch":
        rows = workspace.ask(
            questions.list_branches, search=search, village_id=about.get("village_id") or None, limit=PAGE
        )
        return [_branch(row) for row in rows]
    if kind == "Person":
        rows = workspace.ask(questions.list_people, search=search, limit=PAGE)
        return [Option(row.id, row.name, row.name_hi) for row in rows]
    if kind == "Shg":
        rows = workspace.ask(questions.list_groups, search=search, limit=PAGE)
        within = about.get("panchayats")
        return [
            Option(row.id, row.name, None, row.village_name or "", row.village_name_hi)
            for row in rows
            if row.id != about.get("shg_id")
            and (within is None or row.gram_panchayat_id in within)
            # A search finds those that were joined to another as well.
            and not is_joined(id=row.id, canonical_id=row.canonical_id)
        ]
    rows = workspace.ask(questions.list_members, shg_id=about.get("shg_id") or "", limit=PAGE)
    wanted = search.casefold()
    return [
        Option(row.id, row.name, None, row.guardian_name or "")
        for row in rows
        if row.left_on is None and wanted in row.name.casefold()
    ]


def _branch(row: Any) -> Option:
    hindi = f"{row.bank_name}, {row.name_hi}" if row.name_hi else None
    return Option(row.id, f"{row.bank_name}, {row.name}", hindi, row.ifsc, None, bool(row.serves_village))


def named_option(workspace: Workspace, kind: str, id: str) -> Option | None:
    """The name of what is chosen already; None when this copy does not hold it (any more)."""
    if kind == "Place":
        row = next(iter(workspace.ask(questions.find_place, id=id)), None)
        return Option(row.id, row.name, row.name_hi) if row else None
    if kind == "Member":
        row = next(iter(workspace.ask(questions.find_member, id=id)), None)
        return Option(row.id, row.name) if row else None
    if kind == "Shg":
        row = next(iter(workspace.ask(questions.find_shg, id=id)), None)
        return Option(row.id, row.name) if row else None
    if kind == "BankBranch":
        row = next(iter(workspace.ask(questions.find_branch, id=id)), None)
        return _branch(row) if row else None
    if kind == "Person":
        row = next(iter(workspace.ask(questions.find_person, id=id)), None)
        return Option(row.id, row.name, row.name_hi) if row else None
    return None


def use_option(kind: str, id: str | None) -> Option | None:
    """The chosen thing with its name, as soon as it is known."""
    kinds = KINDS_ASKED.get(kind, frozenset())
    ask = (lambda workspace: named_option(workspace, kind, id)) if id else (lambda workspace: None)
    return use_asked(ask, kinds, kind, id).value


@part
def ReferenceField(
    *,
    name: str,
    kind: str,
    label: str,
    required: bool,
    value: str | None,
    error: str | None,
    about: tuple[tuple[str, Any], ...],
    on_pick: Callable[[str | None], None],
) -> ft.Control:
    """A field that holds another record: its name, and the list to choose from behind it."""
    h = here()
    opened, set_opened = ft.use_state(False)
    chosen = use_option(kind, value)

    def pick(id: str | None) -> None:
        set_opened(False)
        on_pick(id)

    ft.use_dialog(chooser_sheet(kind, label, value, about, pick, lambda: set_opened(False)) if opened else None)
    shown = h.name_of(chosen.name, chosen.name_hi) if chosen else ("…" if value else h.say("do.select"))
    if required:
        label, shown = (f"{label} *", shown) if value else (label, f"{shown} *")
    return tile(name, label, shown, error, guard(set_opened, True), filled=bool(value))


def chooser_sheet(
    kind: str,
    label: str,
    chosen: str | None,
    about: tuple[tuple[str, Any], ...],
    on_pick: Callable[[str | None], None],
    on_close: Callable[[], None],
) -> ft.BottomSheet:
    """The list over the whole screen. The phone's way back closes it and leaves what lies below as it was."""
    return ft.BottomSheet(
        fullscreen=True,
        use_safe_area=True,
        bgcolor=ft.Colors.SURFACE,
        shape=ft.RoundedRectangleBorder(radius=0),
        on_dismiss=guard(on_close),
        content=Chooser(kind=kind, label=label, chosen=chosen, about=about, on_pick=on_pick, on_close=on_close),
    )


def tile(
    name: str, label: str, shown: str, error: str | None, on_click: Callable[[Any], Any], *, filled: bool
) -> ft.Control:
    """What looks like a field and opens something."""
    color = ft.Colors.ERROR if error else ft.Colors.OUTLINE
    lines: list[ft.Control] = [
        named(
            f"field-{name}",
            ft.Container(
                key=f"field-{name}",
                ink=True,
                on_click=on_click,
                border=ft.Border.all(2 if error else 1, color),
                border_radius=8,
                padding=ft.Padding.symmetric(horizontal=12, vertical=8 if filled else 14),
                content=ft.Row(
                    [
                        ft.Container(
                            stack([small(label), body(shown, key=f"value-{name}")], spacing=0)
                            if filled
                            else body(f"{label}: {shown}", key=f"value-{name}"),
                            expand=True,
                        ),
                        ft.Icon(ft.Icons.ARROW_DROP_DOWN, color=ft.Colors.ON_SURFACE_VARIANT),
                    ]
                ),
            ),
            button=True,
        )
    ]
    if error:
        lines.append(error_line(name, error))
    return stack(lines, spacing=4)


def error_line(name: str, error: str) -> ft.Control:
    return named(
        f"error-{name}",
        ft.Row(
            [
                ft.Icon(ft.Icons.FLAG, size=18, color=ft.Colors.ERROR),
                ft.Container(small(error, key=f"error-{name}", color=ft.Colors.ERROR), expand=True),
            ],
            spacing=6,
            vertical_alignment=ft.CrossAxisAlignment.START,
        ),
    )


@part
def Chooser(
    *,
    kind: str,
    label: str,
    chosen: str | None,
    about: tuple[tuple[str, Any], ...],
    on_pick: Callable[[str | None], None],
    on_close: Callable[[], None],
) -> ft.Control:
    """The list behind a field, with a search that understands both scripts."""
    h = here()
    search, set_search = ft.use_state("")
    typing = ft.use_ref("")

    async def search_soon(event: ft.Event[ft.TextField]) -> None:
        text = typed_text(event)
        typing.current = text
        await asyncio.sleep(TYPING_PAUSE)
        if typing.current == text:
            set_search(text)

    answer = use_asked(
        lambda workspace: options_of(workspace, kind, search, dict(about)),
        KINDS_ASKED[kind],
        kind,
        search,
        about,
        meanwhile=True,
    )
    rows = [_row(h, option, option.id == chosen, on_pick) for option in answer.rows]
    if answer.loaded and not rows:
        rows = [_nothing(h, about)]
    return ft.Container(
        padding=ft.Padding.only(top=8),
        content=ft.Column(
            expand=True,
            spacing=0,
            horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
            controls=[
                ft.Row(
                    [
                        icon_deed(ft.Icons.ARROW_BACK, h.say("do.back"), "choose-close", guard(on_close)),
                        ft.Container(heading(label), expand=True),
                    ]
                ),
                ft.Container(
                    ft.TextField(
                        key="choose-search",
                        label=h.say("form.search_list"),
                        value=typing.current,
                        prefix_icon=ft.Icons.SEARCH,
                        on_change=guard_event(search_soon),
                        text_size=theme.scaled(theme.BODY),
                    ),
                    padding=ft.Padding.symmetric(horizontal=theme.GAP, vertical=8),
                ),
                ft.ListView(rows if answer.loaded else [waiting()], expand=True),
            ],
        ),
    )


def _nothing(h: Here, about: tuple[tuple[str, Any], ...]) -> ft.Control:
    if dict(about).get("panchayats") == ():
        # No search would find one: it is not in her hands.
        return empty_note(h.say("form.no_panchayats"), "choose-no-panchayats", ft.Icons.LOCATION_OFF_OUTLINED)
    return empty_note(h.say("form.none_found"), "choose-none", ft.Icons.SEARCH_OFF)


def _row(h: Here, option: Option, chosen: bool, on_pick: Callable[[str | None], None]) -> ft.Control:
    about = h.name_of(option.about, option.about_hi)
    if option.preferred:
        about = " · ".join(filter(None, [about, h.say("form.serves_village")]))
    return named(
        f"choose-{option.id}",
        ft.ListTile(
            key=f"choose-{option.id}",
            title=body(h.name_of(option.name, option.name_hi)),
            subtitle=small(about) if about else None,
            leading=ft.Icon(ft.Icons.RADIO_BUTTON_CHECKED if chosen else ft.Icons.RADIO_BUTTON_UNCHECKED),
            on_click=guard(on_pick, option.id),
        ),
    )
