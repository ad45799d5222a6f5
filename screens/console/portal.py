"""Our register beside the portal's: what is to be entered there, by person; what stands only there; what differs."""

from typing import Any

import flet as ft

from records.access import editable
from screens import questions
from screens.context import Here, here
from screens.guarding import guard, part, screen
from screens.parts.pieces import (
    body,
    chip,
    empty_note,
    frame,
    named,
    padded,
    second_deed,
    small,
    waiting,
)
from screens.parts.sliced import SlicedList
from screens.use_query import PAGE, use_pages, use_query

STANDS = ("to_enter", "only_there", "differs")


@screen
def PortalScreen() -> ft.View:
    h = here()
    page = ft.context.page
    opened = ft.use_route_params().get("stands") or STANDS[0]
    stands = opened if opened in STANDS else STANDS[0]
    person, set_person = ft.use_state(None)
    chips = [
        chip(
            h.say(f"portal.stands.{one}"), f"stands-{one}", guard(page.navigate, f"/portal/{one}"),
            chosen=one == stands,
        )
        for one in STANDS
    ]  # fmt: skip
    by_person = stands == "to_enter" and person is None
    listed = People(choose=set_person) if by_person else Groups(stands=stands, person=person, leave=set_person)
    return frame(
        h.say("portal.title"),
        [
            padded(
                ft.Row(chips, wrap=True, spacing=8, run_spacing=8),
                small(h.say(f"portal.stands.{stands}.explain")),
                top=12,
                spacing=8,
            ),
            ft.Container(listed, expand=True),
        ],
        route=ft.use_view_path(),
    )


@part
def People(*, choose: Any) -> ft.Control:
    """Who has how much to enter, by name."""
    h = here()
    answer = use_query(questions.count_to_enter)
    if not answer.loaded:
        return waiting("portal-waiting")
    if not answer.rows:
        return empty_note(h.say("portal.all_entered"), "portal-none", ft.Icons.TASK_ALT)
    return ft.ListView([_person(h, row, choose) for row in answer.rows], expand=True, spacing=0)


def _person(h: Here, row: Any, choose: Any) -> ft.Control:
    id = row.person_id or questions.NOBODY
    name = h.name_of(row.person_name, row.person_name_hi) or h.say("pack.nobody")
    return named(
        f"person-{id}",
        ft.ListTile(
            key=f"person-{id}",
            title=body(name),
            subtitle=small(_amounts(h, row.groups, row.members, row.accounts)),
            trailing=ft.Icon(ft.Icons.CHEVRON_RIGHT),
            on_click=guard(choose, (id, name)),
        ),
    )


def _amounts(h: Here, groups: int, members: int, accounts: int) -> str:
    said = []
    if groups:
        said.append(h.say("figure.groups", count=groups))
    if members:
        said.append(h.say("figure.members", count=members))
    if accounts:
        said.append(h.say("portal.accounts", count=accounts))
    return " · ".join(said)


@part
def Groups(*, stands: str, person: tuple[str, str] | None, leave: Any) -> ft.Control:
    """Groups by how they stand beside the portal; `person` (id, name): those that she formed."""
    h = here()
    pages, set_pages = ft.use_state(1)
    answer = use_pages(
        questions.list_beside_portal,
        pages=pages,
        after=lambda row: (row.search_key, row.id),
        stands=stands,
        person_id=person[0] if person and stands == "to_enter" else None,
    )
    above: list[ft.Control] = []
    if person and stands == "to_enter":
        whose = chip(person[1], "portal-person", guard(leave, None), chosen=True)
        above.append(padded(ft.Row([whose], wrap=True)))
    if not answer.loaded:
        return ft.Column([*above, waiting("portal-waiting")])
    if not answer.rows:
        return ft.Column([*above, empty_note(h.say("portal.none"), "portal-none", ft.Icons.TASK_ALT)])
    below: list[ft.Control] = []
    if len(answer.rows) == pages * PAGE:
        below.append(padded(second_deed(h.say("do.load_more"), "portal-more", guard(set_pages, pages + 1))))
    # The sheet is for whoever enters; everybody else looks at the group.
    sheet = stands == "to_enter" and editable(h.roles, "Shg", "portal_code", new=False)
    return SlicedList(
        rows=answer.rows,
        draw=lambda row: _group(h, row, stands, sheet),
        depends=(stands, sheet, h.words.language),
        above=above,
        below=below,
    )


def _group(h: Here, row: Any, stands: str, sheet: bool) -> ft.Control:
    page = ft.context.page
    village = h.name_of(row.village_name, row.village_name_hi)
    itself = row.portal_status == ("differs" if stands == "differs" else "not_entered")
    what = [] if stands == "only_there" else [_amounts(h, int(itself), row.members, int(bool(row.account)))]
    words = " · ".join(filter(None, (village, row.portal_code, *what)))
    return named(
        f"beside-{row.id}",
        ft.ListTile(
            key=f"beside-{row.id}",
            title=body(row.name),
            subtitle=small(words),
            trailing=ft.Icon(ft.Icons.CHEVRON_RIGHT),
            on_click=guard(page.navigate, f"/portal/group/{row.id}" if sheet else f"/group/{row.id}"),
        ),
    )
