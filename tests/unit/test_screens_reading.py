"""How screens read: off the event loop, anew after each change, never an old answer under a new question."""

import asyncio
import threading
from dataclasses import dataclass, field

import flet as ft

from records.commands.groups import ChangeGroup
from records.problems import Problem
from screens import questions
from screens.guarding import guard, part
from screens.use_query import use_asked, use_pages, use_query
from tests.factories import an_shg
from tests.harness import TREE, a_phone, receive, showing


def a_group(name: str, **changes):
    return an_shg(name=name, village_id=TREE.village.id, **changes)


@part
def Names():
    answer = use_query(questions.list_groups, search="")
    return ft.Text(", ".join(row.name for row in answer.rows) if answer.loaded else "…", key="names")


async def test_it_gives_nothing_until_the_first_answer_and_then_the_rows(tmp_path):
    async with showing(a_phone(tmp_path, "abm", a_group("Durga")), Names) as app:
        await app.until(lambda: app.one("names").value == "Durga")


async def test_it_asks_again_when_its_kind_changes(tmp_path):
    shg = a_group("Durga")
    phone = a_phone(tmp_path, "supervisor", shg)
    async with showing(phone, Names) as app:
        await app.until(lambda: app.one("names").value == "Durga")
        phone.do(ChangeGroup(shg.id, {"name": "Maa Durga"}))
        await app.until(lambda: app.one("names").value == "Maa Durga")


async def test_it_hears_of_changes_made_in_another_thread_as_sync_makes_them(tmp_path):
    phone = a_phone(tmp_path)
    async with showing(phone, Names) as app:
        await app.until(lambda: app.one("names").value == "")
        for number in range(20):
            threading.Thread(target=receive, args=(phone, a_group(f"G{number:02}"))).start()
        await app.until(lambda: app.one("names").value.count("G") == 20)


async def test_the_event_loop_does_not_wait_for_an_answer(tmp_path):
    asked_in = []

    @part
    def Slow():
        answer = use_asked(lambda workspace: asked_in.append(threading.current_thread()) or 1, frozenset(), "x")
        return ft.Text(str(answer.value), key="value")

    async with showing(a_phone(tmp_path), Slow) as app:
        await app.until(lambda: app.one("value").value == "1")
    assert asked_in[0] is not threading.main_thread()


@dataclass
class Gates:
    """Answers that come when the test lets them."""

    opened: dict[str, threading.Event] = field(default_factory=dict)

    def ask(self, question: str) -> str:
        self.opened.setdefault(question, threading.Event()).wait(5)
        return f"answer to {question}"

    def open(self, question: str) -> None:
        self.opened.setdefault(question, threading.Event()).set()


async def test_a_late_answer_is_never_shown_under_another_question(tmp_path):
    gates = Gates()

    @part
    def Asking():
        question, set_question = ft.use_state("first")
        answer = use_asked(lambda workspace: gates.ask(question), frozenset(), question)
        return ft.Column(
            [
                ft.Text(str(answer.value), key="value"),
                ft.Button("next", key="next", on_click=guard(set_question, "second")),
            ]
        )

    async with showing(a_phone(tmp_path), Asking) as app:
        await app.click("next")
        gates.open("second")
        await app.until(lambda: app.one("value").value == "answer to second")
        gates.open("first")
        await app.settle(0.1)
        assert app.one("value").value == "answer to second"


async def test_an_equal_answer_to_another_question_is_an_answer(tmp_path):
    @part
    def Asking():
        question, set_question = ft.use_state("first")
        answer = use_asked(lambda workspace: [], frozenset(), question)
        words = f"{question}: {len(answer.rows)}" if answer.loaded else "…"
        return ft.Column(
            [ft.Text(words, key="value"), ft.Button("next", key="next", on_click=guard(set_question, "second"))]
        )

    async with showing(a_phone(tmp_path), Asking) as app:
        await app.until(lambda: app.one("value").value == "first: 0")
        await app.click("next")
        await app.until(lambda: app.one("value").value == "second: 0")


async def test_another_question_hides_the_old_answer_unless_asked_to_keep_it(tmp_path):
    gates = Gates()
    gates.open("first")

    @part
    def Asking():
        question, set_question = ft.use_state("first")
        hidden = use_asked(lambda workspace: gates.ask(question), frozenset(), question)
        kept = use_asked(lambda workspace: gates.ask(question), frozenset(), question, meanwhile=True)
        return ft.Column(
            [
                ft.Text(str(hidden.value), key="hidden"),
                ft.Text(str(kept.value), key="kept"),
                ft.Button("next", key="next", on_click=guard(set_question, "second")),
            ]
        )

    async with showing(a_phone(tmp_path), Asking) as app:
        await app.until(lambda: app.one("hidden").value == app.one("kept").value == "answer to first")
        await app.click("next")
        assert (app.one("hidden").value, app.one("kept").value) == ("None", "answer to first")
        gates.open("second")
        await app.until(lambda: app.one("hidden").value == app.one("kept").value == "answer to second")


async def test_a_screen_that_is_gone_asks_no_more(tmp_path):
    phone = a_phone(tmp_path)
    asked = []

    @part
    def Asking():
        use_asked(lambda workspace: asked.append(1), frozenset({"Shg"}), "x")
        return ft.Text("asking")

    @part
    def Both():
        shown, set_shown = ft.use_state(True)
        return ft.Column([ft.Button("hide", key="hide", on_click=guard(set_shown, False)), *([Asking()] * shown)])

    async with showing(phone, Both) as app:
        await app.until(lambda: asked)
        await app.click("hide")
        await app.settle()
        before = len(asked)
        receive(phone, a_group("Durga"))
        await app.settle(0.1)
        assert len(asked) == before


async def test_a_question_that_fails_is_a_problem_and_can_come_right(tmp_path):
    phone = a_phone(tmp_path)
    failing = [Problem("store_damaged"), KeyError("a mistake of ours")]

    def ask(workspace):
        if failing:
            raise failing.pop(0)
        return "right"

    @part
    def Asking():
        answer = use_asked(ask, frozenset({"Shg"}), "x")
        return ft.Text(str(answer.problem or answer.value), key="value")

    async with showing(phone, Asking) as app:
        await app.until(lambda: app.one("value").value == "store_damaged")
        receive(phone, a_group("A"))
        await app.until(lambda: app.one("value").value == "something_broke")
        receive(phone, a_group("B"))
        await app.until(lambda: app.one("value").value == "right")


async def test_a_list_grows_by_pages_and_stays_one_list(tmp_path):
    groups = [a_group(f"G{number}") for number in range(7)]
    phone = a_phone(tmp_path, "abm", *groups)

    @part
    def Paged():
        pages, set_pages = ft.use_state(1)
        answer = use_pages(
            questions.list_groups, pages=pages, after=lambda row: (row.search_key, row.id), limit=3, search=""
        )
        return ft.Column(
            [
                ft.Text(",".join(row.name for row in answer.rows), key="names"),
                ft.Button("more", key="more", on_click=guard(set_pages, pages + 1)),
            ]
        )

    async with showing(phone, Paged) as app:
        await app.until(lambda: app.one("names").value == "G0,G1,G2")
        await app.click("more")
        await app.until(lambda: app.one("names").value == "G0,G1,G2,G3,G4,G5")
        # A group that comes in between moves the pages; none is doubled and none is left out.
        receive(phone, a_group("G1a"))
        await app.until(lambda: app.one("names").value == "G0,G1,G1a,G2,G3,G4")
        await asyncio.sleep(0)
