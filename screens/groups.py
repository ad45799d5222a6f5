"""The groups of one's area: found by name in either script, narrowed by what they need, a page at a time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import flet as ft

from records.access import editable
from records.figures import Yardstick, is_joined, members_of
from screens import questions, theme
from screens.context import Here, here
from screens.group import GroupPane
from screens.guarding import guard, guard_event, part, screen
from screens.navigation import tabs
from screens.parts.badge import mark_of
from screens.parts.norms import use_measure
from screens.parts.picker import TYPING_PAUSE, chooser_sheet, use_option
from screens.parts.pieces import (
    body,
    chip,
    deed,
    empty_note,
    frame,
    icon_deed,
    named,
    padded,
    second_deed,
    small,
    waiting,
)
from screens.parts.sliced import SLICE, SlicedList
from screens.parts.sync_strip import SyncStrip
from screens.parts.typed import typed_text
from screens.today import use_refused
from screens.use_query import PAGE, use_pages, use_query

NEEDS = ("mending", "overdue", "pending", "too_few", "unsent", "formed")
"""What the list may be narrowed to, in the order of the chips."""


@dataclass(frozen=True)
class Wanted:
    """Which groups are listed. `women`: their members instead, by name."""

    search: str = ""
    village: str | None = None
    needs: str = ""
    mine: bool = False
    deleted: bool = False
    women: bool = False
    pages: int = 1


@screen
def GroupsScreen(*, narrowed: str = "") -> ft.View:
    """`narrowed`: what the list is opened for, one of NEEDS."""
    h = here()
    page = ft.context.page
    wanted, set_wanted = ft.use_state(lambda: Wanted(needs=narrowed if narrowed in NEEDS else ""))
    shown, set_shown = ft.use_state("")
    held = use_query(questions.count_groups, deleted=True).first
    # Where none is left, the list is that of all the others again.
    hidden = held.count if held else 0
    typing = ft.use_ref("")

    def want(**changes: Any) -> None:
        set_wanted(lambda before: replace(before, **{"pages": 1, **changes}))

    async def search_soon(event: ft.Event[ft.TextField]) -> None:
        text = typed_text(event)
        typing.current = text
        await asyncio.sleep(TYPING_PAUSE)
        if typing.current == text:
            want(search=text.strip(), women=wanted.women and bool(text.strip()))

    def open_group(shg_id: str) -> None:
        # Where there is room it is shown beside the list.
        if h.wide:
            set_shown(shg_id)
        else:
            page.navigate(f"/group/{shg_id}")

    may_register = editable(h.roles, "Shg", "name", new=True)
    current = replace(wanted, deleted=wanted.deleted and bool(hidden))
    field = ft.TextField(
        key="search",
        label=h.say("groups.search"),
        # Said at each drawing: news that draw the screen anew must not empty the field.
        value=typing.current,
        prefix_icon=ft.Icons.SEARCH,
        text_size=theme.scaled(theme.BODY),
        on_change=guard_event(search_soon),
        expand=True,
    )
    pick_village = VillageFilter(village=wanted.village, on_pick=lambda id: want(village=id))
    return frame(
        h.say("groups.title"),
        [
            SyncStrip(),
            padded(ft.Row([field, pick_village], spacing=4), _filters(h, current, hidden, want), top=12, spacing=8),
            ft.Container(
                Women(wanted=current, open_group=open_group, more=lambda: want(pages=wanted.pages + 1))
                if current.women
                else GroupList(
                    wanted=current,
                    chosen=shown if h.wide else "",
                    open_group=open_group,
                    more=lambda: want(pages=wanted.pages + 1),
                ),
                expand=True,
            ),
        ],
        route="/",
        navigation=tabs(h, "/groups"),
        beside=_beside(h, shown) if h.wide else None,
        foot=deed(h.say("do.register_group"), "register-group", guard(page.navigate, "/new"), icon=ft.Icons.ADD)
        if may_register
        else None,
    )


def _beside(h: Here, shown: str) -> ft.Control:
    if shown:
        return GroupPane(shg_id=shown, key=f"pane-{shown}")
    return empty_note(h.say("groups.choose_one"), "groups-choose-one")


def _filters(h: Here, wanted: Wanted, hidden: int, want: Callable[..., None]) -> ft.Control:
    """One line of chips; a second tap lets go."""
    chips: list[ft.Control] = []
    if wanted.search and ({"abm", "supervisor", "bank_sakhi"} & set(h.roles)):
        words = h.say("groups.women")
        chips.append(chip(words, "filter-women", guard(want, women=not wanted.women), chosen=wanted.women))
    if h.mine is not None:
        chosen = wanted.mine or bool(wanted.needs)
        keep = guard(want, mine=not chosen, needs="")
        chips.append(chip(h.say("groups.mine"), "filter-mine", keep, chosen=chosen))
    for need in NEEDS:
        if need == "unsent" and h.workspace.at_centre:
            continue
        chosen = wanted.needs == need
        narrow = guard(want, needs="" if chosen else need)
        chips.append(chip(h.say(f"groups.needs.{need}"), f"filter-{need}", narrow, chosen=chosen))
    if hidden:
        words = f"{h.say('groups.deleted')} ({hidden})"
        turn = guard(want, deleted=not wanted.deleted)
        chips.append(chip(words, "deleted-groups", turn, chosen=wanted.deleted))
    # What is chosen is to be seen without scrolling.
    chips.sort(key=lambda one: not one.selected)
    return ft.Row(chips, spacing=8, scroll=ft.ScrollMode.HIDDEN)


@part
def VillageFilter(*, village: str | None, on_pick: Callable[[str | None], None]) -> ft.Control:
    """Only the groups of one village; tapping again shows all."""
    h = here()
    opened, set_opened = ft.use_state(False)

    def pick(id: str | None) -> None:
        set_opened(False)
        on_pick(id)

    label = h.words.field("Shg", "village_id")
    ft.use_dialog(chooser_sheet("Place", label, village, (), pick, lambda: set_opened(False)) if opened else None)
    if village:
        return icon_deed(ft.Icons.LOCATION_OFF_OUTLINED, h.say("do.show_all"), "all-villages", guard(on_pick, None))
    return icon_deed(ft.Icons.LOCATION_ON_OUTLINED, label, "filter-village", guard(set_opened, True))


@part
def GroupList(
    *, wanted: Wanted, chosen: str, open_group: Callable[[str], None], more: Callable[[], None]
) -> ft.Control:
    """The rows, apart from the search field, so that typing does not draw them anew."""
    measure, refused = use_measure(), use_refused()
    if wanted.needs and (measure is None or not refused.loaded):
        return waiting("groups-waiting")
    besides = tuple(refused.value or ()) if wanted.needs == "mending" else ()
    return AskedGroups(
        wanted=wanted,
        measure=measure if wanted.needs else None,
        besides=besides,
        chosen=chosen,
        open_group=open_group,
        more=more,
    )


@part
def AskedGroups(
    *,
    wanted: Wanted,
    measure: Yardstick | None,
    besides: tuple[str, ...],
    chosen: str,
    open_group: Callable[[str], None],
    more: Callable[[], None],
) -> ft.Control:
    h = here()
    # What a group elsewhere needs is not known here.
    panchayats = h.mine if wanted.mine or wanted.needs else None
    question = {
        "search": wanted.search,
        "village_id": wanted.village,
        "deleted": wanted.deleted,
        "needs": wanted.needs,
        "measure": measure,
        "panchayats": panchayats,
        "besides": besides,
    }
    answer = use_pages(questions.list_groups, pages=wanted.pages, after=lambda row: row.place, **question)
    count = use_query(questions.count_groups, meanwhile=True, **question).first
    place = use_option("Place", wanted.village)
    if not answer.loaded:
        return waiting("groups-waiting")
    if not answer.rows:
        women = [Women(wanted=replace(wanted, pages=1), open_group=open_group, more=more)] if wanted.search else []
        return ft.Column([_nothing(h, wanted), *women], scroll=ft.ScrollMode.AUTO)
    # The count stands above the rows: it tells at once whether the search was narrow enough.
    words = h.say("figure.groups", count=count.count) if count else ""
    if place:
        words += f" · {h.name_of(place.name, place.name_hi)}"
    return SlicedList(
        rows=answer.rows,
        draw=lambda row: _row(h, row, row.id == chosen, guard(open_group, row.id)),
        mark=lambda row: row.id == chosen,
        depends=(h,),
        above=[padded(small(words, key="groups-count"), top=0, bottom=4)] if words else [],
        below=_more(h, answer.rows, wanted.pages, more),
    )


@part
def Women(*, wanted: Wanted, open_group: Callable[[str], None], more: Callable[[], None]) -> ft.Control:
    """Members by name, each with the group she is in."""
    h = here()
    answer = use_pages(questions.search_members, pages=wanted.pages, after=lambda row: row.place, search=wanted.search)
    if not answer.loaded:
        return waiting("women-waiting")
    if not answer.rows:
        none = h.say("groups.no_woman_found", text=wanted.search)
        return empty_note(none, "women-none-found", ft.Icons.PERSON_SEARCH_OUTLINED) if wanted.women else ft.Container()
    if not wanted.women:
        # Below a search that found no group: the first few are enough.
        few = [_woman(h, row, guard(open_group, row.shg_id)) for row in answer.rows[:SLICE]]
        return ft.Column(few, spacing=0, tight=True)
    below = _more(h, answer.rows, wanted.pages, more)
    found = h.say("groups.women_found", count=len(answer.rows))
    return SlicedList(
        rows=answer.rows,
        draw=lambda row: _woman(h, row, guard(open_group, row.shg_id)),
        depends=(h,),
        above=[] if below else [padded(small(found, key="women-count"), top=0, bottom=4)],
        below=below,
    )


def _more(h: Here, rows: list[Any], pages: int, more: Callable[[], None]) -> list[ft.Control]:
    """The button for the next page, where there is one."""
    if len(rows) < pages * PAGE:
        return []
    return [padded(second_deed(h.say("do.load_more"), "load-more", guard(more)))]


def _woman(h: Here, row: Any, on_click: Callable[[Any], Any]) -> ft.Control:
    village = h.name_of(row.village_name, row.village_name_hi)
    group = h.say("groups.of_group", group=row.shg_name, village=village)
    left = [h.say("members.left", day=row.left_on)] if row.left_on else []
    about = " · ".join(filter(None, [row.guardian_name, *left]))
    return named(
        f"woman-{row.id}",
        ft.ListTile(
            key=f"woman-{row.id}",
            on_click=on_click,
            content_padding=ft.Padding.symmetric(horizontal=theme.GAP, vertical=2),
            leading=ft.Icon(ft.Icons.PERSON_OUTLINE, color=ft.Colors.ON_SURFACE_VARIANT),
            title=body(row.name, style=theme.bold(theme.BODY)),
            subtitle=ft.Column(
                [*([small(about)] if about else []), small(group, max_lines=2, overflow=ft.TextOverflow.ELLIPSIS)],
                spacing=0,
                tight=True,
            ),
        ),
    )


def _nothing(h: Here, wanted: Wanted) -> ft.Control:
    if wanted.search:
        return empty_note(h.say("groups.none_found", text=wanted.search), "groups-none-found", ft.Icons.SEARCH_OFF)
    if wanted.needs:
        return empty_note(h.say("groups.none_needs"), "groups-none-needs", ft.Icons.CHECK_CIRCLE_OUTLINE)
    if editable(h.roles, "Shg", "name", new=True):
        return empty_note(h.say("groups.none"), "groups-none")
    return empty_note(h.say("groups.none_to_see"), "groups-none")


def _row(h: Here, row: Any, chosen: bool, on_click: Callable[[Any], Any]) -> ft.Control:
    village = h.name_of(row.village_name, row.village_name_hi)
    members = h.say("figure.members", count=members_of(row.roster_count, row.declared_members))
    trailing = [mark_of(h, row.unsent)]
    if row.marks and not is_joined(id=row.id, canonical_id=row.canonical_id):
        said = ", ".join(h.words.mark(code) for code in row.marks)
        trailing.insert(0, ft.Icon(ft.Icons.ERROR_OUTLINE, size=22, color=ft.Colors.ERROR, semantics_label=said))
    return named(
        f"group-{row.id}",
        ft.ListTile(
            key=f"group-{row.id}",
            on_click=on_click,
            bgcolor=ft.Colors.SECONDARY_CONTAINER if chosen else None,
            content_padding=ft.Padding.symmetric(horizontal=theme.GAP, vertical=2),
            title=body(row.name, max_lines=2, overflow=ft.TextOverflow.ELLIPSIS, style=theme.bold(theme.BODY)),
            subtitle=ft.Column(
                [
                    small(f"{village} · {members}", max_lines=1, overflow=ft.TextOverflow.ELLIPSIS),
                    _account_line(h, row),
                ],
                spacing=0,
                tight=True,
            ),
            trailing=ft.Row(trailing, tight=True, spacing=6),
        ),
    )


def _account_line(h: Here, row: Any) -> ft.Control:
    words = small(account_words(h, row), max_lines=1, overflow=ft.TextOverflow.ELLIPSIS)
    icon = ft.Icon(
        ft.Icons.ACCOUNT_BALANCE_OUTLINED,
        size=16,
        color=ft.Colors.ON_SURFACE_VARIANT,
        semantics_label=h.words.kind("SavingsAccount"),
    )
    return ft.Row([icon, ft.Container(words, expand=True)], spacing=6)


def account_words(h: Here, row: Any) -> str:
    """The account in a few words: not needed, or its state; of a group elsewhere nothing is known here, that of a
    joined group does not count."""
    if is_joined(id=row.id, canonical_id=row.canonical_id):
        return h.say("group.was_joined")
    if not row.active:
        return h.say("group.inactive")
    if h.is_elsewhere(row.gram_panchayat_id):
        return h.say("group.elsewhere")
    state = row.account_state or "not_started"
    if not row.account_needed:
        state = "not_needed"
    return h.words.say_if_known(f"state.{state}", "value.newer")
