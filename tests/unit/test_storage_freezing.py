"""Batches: frozen once, the same bytes each time, newest saves first, parents before children."""

import pytest
from sqlalchemy import select

from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.members import AddMember
from records.messages import BatchAnswer
from records.wire import thawed
from storage.answers import take_answer
from storage.freezing import freeze_ahead, next_batch
from storage.pages import take_page
from storage.upgrade import upgrade
from tests.factories import a_page, a_part, a_place_tree, a_section, an_shg, filled
from tests.phones import a_phone, outbox_of

TREE = a_place_tree()


@pytest.fixture
def phone(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        yield phone


def register(phone, name="Jai Ambe"):
    return phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, name=name)))).id


def rows_of(batch):
    return [(section.kind, id) for section in thawed(batch.blob).sections for id in section.ids]


def test_a_batch_is_the_same_bytes_until_it_is_answered_also_after_a_restart(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        id = register(phone)
        first = next_batch(phone.store)
        phone.do(ChangeGroup(id, {"name": "Typed since"}))
        assert next_batch(phone.store) == first
    with a_phone(tmp_path, TREE, enrolled=False) as again:
        assert next_batch(again.store) == first
        take_answer(again.store, BatchAnswer(first.number))
        second = next_batch(again.store)
        assert second.number == first.number + 1
        assert rows_of(second) == [("Shg", id)]


def test_nothing_waiting_makes_no_batch_and_leaves_no_gap(phone):
    assert next_batch(phone.store) is None
    register(phone)
    assert next_batch(phone.store).number == 1


def test_parents_go_before_children_and_the_newest_saves_first(phone):
    old, new = register(phone, "Old"), register(phone, "New")
    member_of_old = phone.do(AddMember(old, {"name": "Sunita Bai"})).id
    first = next_batch(phone.store, rows=2)
    assert rows_of(first) == [("Shg", old), ("Member", member_of_old)]
    take_answer(phone.store, BatchAnswer(first.number))
    assert rows_of(next_batch(phone.store, rows=2)) == [("Shg", new)]


def test_a_group_larger_than_a_batch_is_sent_in_its_order(phone):
    id = register(phone)
    members = [phone.do(AddMember(id, {"name": f"Member {n}"})).id for n in range(5)]
    sent = []
    while batch := next_batch(phone.store, rows=2):
        sent += rows_of(batch)
        take_answer(phone.store, BatchAnswer(batch.number))
    assert sent == [("Shg", id), *(("Member", member) for member in members)]


def test_rows_of_one_batch_were_typed_under_one_cursor(phone):
    register(phone)
    take_page(phone.store, a_page(number=5))
    register(phone)
    batches = []
    while batch := next_batch(phone.store):
        batches.append(thawed(batch.blob).typed_under)
        take_answer(phone.store, BatchAnswer(batch.number))
    assert batches == [5, 0]


def test_an_edit_sends_only_the_fields_that_changed(phone):
    shg = an_shg(village_id=TREE.village.id)
    take_page(phone.store, a_page(a_part(f"gp/{TREE.panchayat.id}/members", a_section([shg]))))
    phone.do(ChangeGroup(shg.id, {"declared_members": 12}))
    (section,) = thawed(next_batch(phone.store).blob).sections
    assert section.fields == ["declared_members"]


def test_long_texts_make_smaller_batches(phone):
    for number in range(8):
        phone.do(RegisterGroup(filled(an_shg(village_id=TREE.village.id, name=f"G{number}", remarks="क" * 1000))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("storage.freezing.MOST_CHARACTERS", 3000)
        assert len(thawed(next_batch(phone.store).blob)) < 4


def with_a_word_of_a_later_app(phone):
    """(id of a group with it, the batch that goes without it)."""
    id = register(phone)
    with phone.store.writing() as t:
        changes = outbox_of(phone)["Shg", id]
        changes["group_type"] = ["of_the_future", changes["name"][1], ""]
        t.connection.execute(t.tables.outbox.update().values(changes=changes))
    return id, next_batch(phone.store)


def test_a_value_that_this_app_does_not_know_is_never_sent(phone):
    _, batch = with_a_word_of_a_later_app(phone)
    cells = thawed(batch.blob).sections[0].cells(0)
    assert "group_type" not in cells and "name" in cells
    take_answer(phone.store, BatchAnswer(batch.number))
    assert next_batch(phone.store) is None
    assert phone.sync_status().waiting == 1


def make_ready(phone, **wanted):
    with phone.store.writing() as t:
        freeze_ahead(t, **wanted)


def test_the_next_whole_batch_is_made_ready_while_one_is_on_its_way(tmp_path):
    with a_phone(tmp_path, TREE) as phone:
        ids = [register(phone, f"Group {number}") for number in range(7)]
        first = next_batch(phone.store, rows=3)
        for _ in range(2):
            make_ready(phone, rows=3, least=3)
        assert next_batch(phone.store, rows=3) == first, "one at a time is sent, in order"
        phone.do(ChangeGroup(ids[3], {"name": "Typed since"}))
    with a_phone(tmp_path, TREE, enrolled=False) as again:
        take_answer(again.store, BatchAnswer(first.number))
        second = next_batch(again.store, rows=3)
        assert second.number == first.number + 1 and len(rows_of(second)) == 3
        take_answer(again.store, BatchAnswer(second.number))
        third = next_batch(again.store, rows=3)
        assert sorted(id for _, id in rows_of(third)) == sorted({ids[0], ids[3]})
        sent = [id for batch in (first, second, third) for _, id in rows_of(batch)]
        assert set(sent) == set(ids)


def test_nothing_is_made_ready_of_what_may_still_be_typed_over(phone):
    ids = [register(phone, f"Group {number}") for number in range(4)]
    make_ready(phone, rows=1, least=1)
    assert len(outbox_of(phone)) == 4, "none is on its way"
    first = next_batch(phone.store, rows=3)
    make_ready(phone, rows=2, least=2)
    assert len(outbox_of(phone)) == 1, "less than a whole batch waits"
    phone.do(ChangeGroup(rows_of(first)[0][1], {"name": "Changed while on its way"}))
    make_ready(phone, rows=2, least=2)
    assert len(outbox_of(phone)) == 2 and ids, "of one record two changes would be under way"


def test_what_was_parked_goes_with_what_was_typed_since_once_a_later_app_is_back(phone):
    """Its own cell, stamp and base; of a field typed anew the later one."""
    id, batch = with_a_word_of_a_later_app(phone)
    take_answer(phone.store, BatchAnswer(batch.number))
    phone.do(ChangeGroup(id, {"declared_members": 12}))
    with phone.store.writing() as t:
        t.meta.put("schema", None)
        upgrade(t.connection, t.tables, t.meta)
        rows = t.connection.execute(select(t.tables.outbox)).all()
    assert [(row.id, row.batch) for row in rows] == [(id, 0)]
    assert {name: cell[0] for name, cell in rows[0].changes.items()} == {
        "group_type": "of_the_future", "declared_members": 12,
    }  # fmt: skip
