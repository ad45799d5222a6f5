"""Members, entered in a row without leaving the keyboard, and corrected one at a time."""

import asyncio
from collections.abc import Callable
from typing import Any

import flet as ft

from records.access import editable
from records.commands.deciding import Done
from records.commands.members import AddMember, ChangeMember, DeleteMember, MoveMember
from records.member import Member
from records.transliteration import in_other_script
from screens import questions
from screens.context import Here, here
from screens.filling import Filling
from screens.guarding import guard, screen, snack_bar, tell
from screens.parts.doubles import beside, beside_member
from screens.parts.picker import chooser_sheet
from screens.parts.pieces import body, empty_note, frame, icon_deed, quiet_deed, small, waiting
from screens.record_form import RecordForm
from screens.steps import MEMBER_STEPS, fields_in_steps
from screens.use_query import use_query

OTHER_SCRIPT = {"name_other": ("name", in_other_script)}


@screen
def NewMemberScreen() -> ft.View:
    h = here()
    page = ft.context.page
    route = ft.use_view_path()
    shg_id = ft.use_route_params().get("shg_id", "")
    consent, set_consent = ft.use_state(False)
    last, set_last = ft.use_state("")
    shg = use_query(questions.find_shg, id=shg_id).first
    members = use_query(questions.list_members, shg_id=shg_id, limit=200)

    def saved(done: Done | None) -> None:
        tell(page, h.say("members.added", name=name_in(done)))
        page.navigate(f"/group/{shg_id}")

    answered = ft.use_ref(dict)

    def said(consents: bool) -> None:
        set_consent(False)
        answered.current["choose"]("consented", consents)

    def above(filling: Filling, choose: Callable[[str, Any], None]) -> list[ft.Control]:
        # The words are read aloud from the bar of the page; what she says to them goes into the form below it.
        answered.current["choose"] = choose
        lines = so_far()
        if (consents := filling.typed.get("consented")) is not None:
            words = f"{h.words.field('Member', 'consented')}: {h.say('value.yes' if consents else 'value.no')}"
            lines.append(small(words, key="consent-said"))
        return lines

    def so_far() -> list[ft.Control]:
        """How many there are, and that the last one is saved: said here, where no line covers the next deed."""
        lines = [small(f"{shg.name} · {h.say('figure.members', count=count)}", key="members-so-far")]
        if last:
            tick = ft.Icon(ft.Icons.CHECK_CIRCLE_OUTLINE, size=20, color=ft.Colors.PRIMARY)
            words = body(h.say("members.added", name=last), key="member-added")
            lines.append(ft.Row([tick, ft.Container(words, expand=True)], spacing=8))
        return lines

    ft.use_dialog(_consent(h, said, guard(set_consent, False)) if consent else None)
    count = sum(1 for row in members.rows if row.left_on is None)
    read_aloud = ft.Icons.RECORD_VOICE_OVER_OUTLINED
    say_consent = icon_deed(read_aloud, h.say("members.consent_title"), "consent", guard(set_consent, True))
    return frame(
        h.say("members.new"),
        [
            RecordForm(
                fields=fields_in_steps(Member, MEMBER_STEPS, leave_out=["left_on", "left_reason"]),
                draft_key=f"Member/new/{shg_id}",
                command=lambda values, id: AddMember(shg_id, values, id),
                saved=saved,
                saved_next=lambda done: set_last(name_in(done)),
                next_words=h.say("do.save_and_next"),
                # Members are entered when a group is formed; one who came later has her day corrected by hand.
                given={"joined_on": shg.formed_on},
                about={"shg_id": shg_id},
                below=lambda one, filling, choose: (
                    beside(one, "name", beside_member, shg_id, filling.typed) if one else above(filling, choose)
                ),
                steps=MEMBER_STEPS,
                proposals=OTHER_SCRIPT,
            )
            if shg
            else waiting()
        ],
        route=route,
        actions=[say_consent],
    )


@screen
def EditMemberScreen() -> ft.View:
    h = here()
    page = ft.context.page
    route = ft.use_view_path()
    params = ft.use_route_params()
    shg_id, member_id = params.get("shg_id", ""), params.get("member_id", "")
    deleting, set_deleting = ft.use_state(False)
    moving, set_moving = ft.use_state(False)
    target, set_target = ft.use_state("")
    reach = h.panchayats
    answer = use_query(questions.find_member, id=member_id)
    member = answer.first

    def saved(done: Done | None) -> None:
        tell(page, h.say("saved.now" if done else "form.unchanged"))
        page.navigate(f"/group/{shg_id}")

    async def delete() -> None:
        set_deleting(False)
        await asyncio.to_thread(h.workspace.do, DeleteMember(member_id))
        page.navigate(f"/group/{shg_id}")
        tell_undo(h, page, member_id)

    async def move() -> None:
        set_target("")
        await asyncio.to_thread(h.workspace.do, MoveMember(member_id, target))
        tell(page, h.say("members.moved", name=member.name if member else ""))
        page.navigate(f"/group/{target}")

    def picked(id: str | None) -> None:
        set_moving(False)
        set_target(id or "")

    to = use_query(questions.find_shg, id=target).first
    dialog = None
    if deleting and member:
        dialog = _delete_question(h, member.name, guard(delete), guard(set_deleting, False))
    elif moving:
        about = (("panchayats", reach), ("shg_id", shg_id))
        dialog = chooser_sheet("Shg", h.say("members.move_where"), shg_id, about, picked, lambda: set_moving(False))
    elif target and to and member:
        dialog = _move_question(h, member.name, to.name, guard(move), guard(set_target, ""))
    ft.use_dialog(dialog)
    actions = []
    if member and editable(h.roles, "Member", "shg_id", new=False):
        move_words = h.say("do.move_member")
        actions.append(icon_deed(ft.Icons.DRIVE_FILE_MOVE_OUTLINED, move_words, "move-member", guard(set_moving, True)))
    if member and editable(h.roles, "Member", "deleted_on", new=False):
        delete_words = h.say("do.delete")
        actions.append(icon_deed(ft.Icons.DELETE_OUTLINE, delete_words, "delete-member", guard(set_deleting, True)))
    if member is None:
        content = empty_note(h.say("group.not_found"), "member-not-found") if answer.loaded else waiting()
    else:
        content = RecordForm(
            fields=fields_in_steps(Member, MEMBER_STEPS),
            draft_key=f"Member/{member_id}",
            command=lambda values, _: ChangeMember(member_id, values) if values else None,
            saved=saved,
            known=member,
            about={"shg_id": shg_id},
            steps=MEMBER_STEPS,
            proposals=OTHER_SCRIPT,
        )
    return frame(h.say("members.edit"), [content], route=route, actions=actions)


def name_in(done: Done | None) -> str:
    return next((change.values["name"] for change in done.changes if "name" in change.values), "") if done else ""


def tell_undo(h: Here, page: ft.Page, member_id: str) -> None:
    """Deleting can be undone at once; later it is restored at the group."""

    async def restore() -> None:
        await asyncio.to_thread(h.workspace.do, DeleteMember(member_id, restore=True))

    page.show_dialog(
        snack_bar(h.say("members.deleted"), action=ft.SnackBarAction(h.say("do.undo"), on_click=guard(restore)))
    )


def _consent(h: Here, said: Callable[[bool], None], close: object) -> ft.AlertDialog:
    """What is read aloud, and her answer to it. Without one nothing is noted."""
    return ft.AlertDialog(
        title=ft.Text(h.say("members.consent_title")),
        content=ft.Column([body(h.say("members.consent"))], tight=True, scroll=ft.ScrollMode.AUTO),
        actions=[
            quiet_deed(h.say("members.consent_yes"), "consent-yes", guard(said, True)),
            quiet_deed(h.say("members.consent_no"), "consent-no", guard(said, False)),
            quiet_deed(h.say("do.close"), "consent-close", close),
        ],
        on_dismiss=close,
    )


def _move_question(h: Here, name: str, group: str, yes: object, no: object) -> ft.AlertDialog:
    return ft.AlertDialog(
        modal=True,
        title=ft.Text(h.say("members.move_question", name=name, group=group)),
        content=body(h.say("members.move_explain")),
        actions=[quiet_deed(h.say("do.back"), "move-no", no), quiet_deed(h.say("do.move_member"), "move-yes", yes)],
        on_dismiss=no,
    )


def _delete_question(h: Here, name: str, yes: object, no: object) -> ft.AlertDialog:
    return ft.AlertDialog(
        modal=True,
        title=ft.Text(h.say("members.delete_question", name=name)),
        content=body(h.say("members.delete_explain")),
        actions=[quiet_deed(h.say("do.back"), "delete-no", no), quiet_deed(h.say("do.delete"), "delete-yes", yes)],
        on_dismiss=no,
    )
