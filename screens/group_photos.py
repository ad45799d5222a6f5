"""Photos of the account's papers: add one, see how far it has come, look at it, remove it and bring it back."""

import asyncio
from collections.abc import Callable
from typing import Any

import flet as ft

from records.access import editable
from records.attachment import PHOTO_KINDS, Attachment
from records.commands.photos import AddPhoto, RemovePhoto
from records.workspace import Photo, Workspace
from records.written import show_day
from screens import questions, theme
from screens.context import Here, here
from screens.guarding import guard, part, snack_bar, tell
from screens.parts.pieces import body, heading, named, quiet_deed, second_deed, small, stack, waiting
from screens.shrinking import small_photo
from screens.use_query import use_asked, use_query

SEEN = frozenset({"Attachment"})
SHAPES = {
    "waiting": (ft.Icons.PHONE_ANDROID_OUTLINED, ft.Colors.ON_SURFACE_VARIANT),
    "received": (ft.Icons.CHECK_CIRCLE, ft.Colors.PRIMARY),
    "here": (ft.Icons.CHECK_CIRCLE, ft.Colors.PRIMARY),
    "away": (ft.Icons.DOWNLOAD, ft.Colors.PRIMARY),
    "wanted": (ft.Icons.SCHEDULE, ft.Colors.ON_SURFACE_VARIANT),
    "refused": (ft.Icons.FLAG, ft.Colors.ERROR),
}
NOT_THERE = Photo("away")


@part
def AccountPhotos(*, shg_id: str, account_id: str) -> ft.Control:
    h = here()
    page = ft.context.page
    found = use_query(questions.list_photos, account_id=account_id)
    ids = tuple(row.id for row in found.rows if row.deleted_on is None)
    kept = use_asked(lambda workspace: photos_of(workspace, ids), SEEN, "photos", ids, meanwhile=True)
    looking, set_looking = ft.use_state("")
    busy, set_busy = ft.use_state("")
    states: dict[str, Photo] = kept.value or {}
    may_add = editable(h.roles, "Attachment", "sha256", new=True)

    async def add(kind: str) -> None:
        picture = await h.services.photo()
        if picture is None:
            return
        set_busy(kind)
        try:
            content = await asyncio.to_thread(small_photo, picture.content)
            await asyncio.to_thread(h.workspace.do, AddPhoto(shg_id, kind, content))
        finally:
            set_busy("")
        tell(page, h.say("photos.kept"))

    async def restore(id: str) -> None:
        await asyncio.to_thread(h.workspace.do, RemovePhoto(id, restore=True))

    async def remove(id: str) -> None:
        set_looking("")
        await asyncio.to_thread(h.workspace.do, RemovePhoto(id))
        undo = ft.SnackBarAction(h.say("do.undo"), on_click=guard(restore, id))
        page.show_dialog(snack_bar(h.say("photos.removed"), action=undo))

    async def look(id: str) -> None:
        if states.get(id, NOT_THERE).content is not None:
            set_looking(id)
        else:
            await asyncio.to_thread(h.workspace.want_photo, id)

    chosen = next((row for row in found.rows if row.id == looking), None)
    seen = states.get(looking, NOT_THERE).content
    dialog = None
    if chosen is not None and seen is not None:
        dialog = _shown(h, chosen, seen, guard(set_looking, ""), guard(remove, looking) if may_add else None)
    ft.use_dialog(dialog)

    lines: list[ft.Control] = []
    for kind in PHOTO_KINDS:
        rows = [row for row in found.rows if row.kind == kind]
        standing = [row for row in rows if row.deleted_on is None]
        lines += [_line(h, row, states.get(row.id, NOT_THERE), guard(look, row.id)) for row in standing]
        if busy == kind:
            lines.append(waiting(f"photo-busy-{kind}"))
        elif may_add and found.loaded:
            words = h.say("do.add_photo" if not standing else "do.add_photo_again", paper=_paper(h, kind))
            lines.append(_add(words, f"add-photo-{kind}", guard(add, kind), first=not standing))
        if may_add:
            lines += [_removed(h, row, guard(restore, row.id)) for row in rows if row.deleted_on is not None]
    if not lines:
        return ft.Container()
    return stack([heading(h.say("photos.title")), *lines], spacing=8)


def photos_of(workspace: Workspace, ids: tuple[str, ...]) -> dict[str, Photo]:
    """What is here of these photos' bytes."""
    return {id: workspace.photo(id) for id in ids}


def _paper(h: Here, kind: str) -> str:
    return h.words.choice(Attachment, "kind", kind)


def _add(words: str, key: str, on_click: Callable[[Any], Any], *, first: bool) -> ft.Control:
    """The first photo of a paper has a button; a further one is rarely taken."""
    if first:
        return second_deed(words, key, on_click, icon=ft.Icons.PHOTO_CAMERA_OUTLINED)
    return ft.Row([quiet_deed(words, key, on_click, icon=ft.Icons.PHOTO_CAMERA_OUTLINED)], wrap=True)


def _line(h: Here, row: Any, photo: Photo, look: Callable[[Any], Any]) -> ft.Control:
    """A photo in the list: the picture small where it is here, which paper, how far it has come."""
    icon, color = SHAPES.get(photo.state, SHAPES["away"])
    picture: ft.Control = ft.Icon(ft.Icons.IMAGE_OUTLINED, size=32, color=ft.Colors.OUTLINE)
    if photo.content is not None:
        picture = ft.Image(src=photo.content, width=64, height=64, fit=ft.BoxFit.COVER, exclude_from_semantics=True)
    words = f"{_paper(h, row.kind)} · {show_day(row.taken_on)}"
    told = stack(
        [
            body(words),
            ft.Row(
                [
                    ft.Icon(icon, size=20, color=color),
                    ft.Container(small(_said(h, photo), key=f"photo-state-{row.id}"), expand=True),
                ],
                spacing=6,
                vertical_alignment=ft.CrossAxisAlignment.START,
            ),
        ],
        spacing=2,
    )
    line = ft.Row(
        [
            ft.Container(picture, width=64, height=64, alignment=ft.Alignment.CENTER, border_radius=8,
                         bgcolor=ft.Colors.SURFACE_CONTAINER, clip_behavior=ft.ClipBehavior.HARD_EDGE),
            ft.Container(told, expand=True),
        ],
        spacing=12,
    )  # fmt: skip
    key = f"photo-{row.id}"
    return named(key, ft.Container(line, key=key, ink=True, on_click=look, padding=4, border_radius=8), button=True)


def _said(h: Here, photo: Photo) -> str:
    if photo.state == "refused":
        return h.words.problem(photo.code or "photo_not_taken")
    if photo.state == "wanted" and photo.code:
        return h.say("photos.not_there")
    return h.say(f"photos.state.{photo.state}")


def _removed(h: Here, row: Any, restore: Callable[[Any], Any]) -> ft.Control:
    struck = ft.TextStyle(decoration=ft.TextDecoration.LINE_THROUGH)
    words = f"{_paper(h, row.kind)} · {show_day(row.taken_on)}"
    deed = quiet_deed(h.say("do.restore"), f"restore-photo-{row.id}", restore)
    return ft.Row([ft.Container(small(words, style=struck), expand=True), deed])


def _shown(
    h: Here, row: Any, content: bytes, close: Callable[[Any], Any], remove: Callable[[Any], Any] | None
) -> ft.AlertDialog:
    """The photo as large as the screen lets it be; two fingers make it larger."""
    words = f"{_paper(h, row.kind)} · {show_day(row.taken_on)}"
    actions = [quiet_deed(h.say("do.back"), "photo-close", close)]
    if remove is not None:
        actions.insert(0, quiet_deed(h.say("do.remove_photo"), "photo-remove", remove))
    image = ft.Image(src=content, fit=ft.BoxFit.CONTAIN, semantics_label=words)
    return ft.AlertDialog(
        title=ft.Text(words, theme_style=ft.TextThemeStyle.TITLE_MEDIUM),
        content=ft.Container(
            ft.InteractiveViewer(image, max_scale=5, key="photo-shown"), width=theme.PHOTO, height=theme.PHOTO
        ),
        inset_padding=ft.Padding.all(8),
        content_padding=ft.Padding.all(8),
        actions=actions,
        on_dismiss=close,
    )
