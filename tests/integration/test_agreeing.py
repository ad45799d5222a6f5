"""Whether a phone's copy agrees with the centre: what differs is found, told to the office, and mended by itself."""

import random
from dataclasses import replace

import pytest
from sqlalchemy import select

from records.audience import streams_read
from records.commands.accounts import RecordStep
from records.commands.groups import ChangeGroup, RegisterGroup
from records.commands.members import AddMember
from records.digest import Summary
from server.agreeing import HEALED_AGAIN_MS
from storage.agreeing import EACH_MS, summary_due, summary_of, take_compared
from storage.contact import next_request
from storage.identity import capacity_of
from storage.pages import take_page
from tests.fleet import differences, fresh_contents
from tests.world import ref


@pytest.fixture
def world(world_on_each):
    return world_on_each


@pytest.fixture
def abm(world, phones):
    """A phone with two groups, their members and accounts, all of it at the centre."""
    phone = phones("abm")
    for number in range(2):
        group = phone.do(
            RegisterGroup({"village_id": ref("V1"), "name": f"समूह {number}", "formed_on": "2026-03-01"})
        ).id
        for name in ("सीता", "गीता", "रीता"):
            phone.do(AddMember(group, {"name": name}))
        phone.do(RecordStep(group, "resolution_passed", "2026-03-02"))
    assert phone.sync().to_mend == 0
    return phone


def compare(phone, *faults):
    """A run on the next day, in which something has moved, so that the copies are compared."""
    phone.world.clock.forward(ms=EACH_MS + 60_000)
    phone.do(RegisterGroup({"village_id": ref("V1"), "name": f"नया {phone.world.clock()}", "formed_on": "2026-03-01"}))
    return phone.sync(*faults, compares=True)


def found(world):
    return world.rows(world.centre.tables.difference)


def calls(phone):
    """The calls that told what the phone holds."""
    return [call for call in phone.line.sent if call.summary]


def ids(phone, kind):
    with phone.store.reading() as t:
        return sorted(t.connection.scalars(select(t.tables[kind].c.id)))


def assert_like_fresh(world, phone, folder):
    assert not differences(phone.contents(), fresh_contents(world, phone.person, folder))


# --- what is damaged, and how


def a_value(t, r):
    kind, name = r.choice([("Member", "name"), ("Shg", "name"), ("Shg", "active"), ("AccountStep", "on_day")])
    id = r.choice(sorted(t.connection.scalars(select(t.tables[kind].c.id))))
    value = {"name": "कोई और", "active": 0, "on_day": "2020-01-01"}[name]
    t.connection.exec_driver_sql(f'UPDATE "{t.tables[kind].name}" SET "{name}"=? WHERE id=?', (value, id))


def a_derived_value(t, r):
    t.connection.exec_driver_sql("UPDATE savings_account SET state='opened'")


def an_older_version(t, r):
    """The stamps of a version that was overwritten long ago: news were missed."""
    t.connection.exec_driver_sql("UPDATE shg SET name='पहले', stamps=replace(stamps, '0000', '0001')")


def a_lost_row(t, r):
    kind = r.choice(["Member", "Shg", "AccountStep", "SavingsAccount", "Place"])
    id = r.choice(sorted(t.connection.scalars(select(t.tables[kind].c.id))))
    t.connection.exec_driver_sql(f'DELETE FROM "{t.tables[kind].name}" WHERE id=?', (id,))


def a_lost_mark(t, r):
    """The row is there, and nothing says by which of its streams."""
    number = t.connection.scalar(select(t.tables.stream.c.number).where(t.tables.stream.c.name.like("%/groups")))
    t.connection.exec_driver_sql("UPDATE shg SET held=replace(held, ?, ',')", (f",{number},",))


def an_extra_row(t, r):
    """A record that the centre does not know, or that is not hers."""
    row = dict(t.connection.execute(select(t.tables["Member"])).mappings().first())
    t.connection.execute(t.tables["Member"].insert().values({**row, "id": "f" * 32, "name": "किसी और की"}))


def a_stray_row(t, r):
    """One that no stream holds, and one that a stream holds which nobody knows."""
    row = dict(t.connection.execute(select(t.tables["Member"])).mappings().first())
    for id, held in (("e" * 32, ""), ("f" * 32, ",999,")):
        t.connection.execute(t.tables["Member"].insert().values({**row, "id": id, "held": held}))


def a_lost_stream(t, r):
    """All that came by a stream is gone, and that it was ever read."""
    name = select(t.tables.stream.c.number).where(t.tables.stream.c.name.like("gp/%"))
    number = t.connection.scalars(name).first()
    t.connection.exec_driver_sql("DELETE FROM member")
    t.connection.exec_driver_sql("DELETE FROM stream WHERE number=?", (number,))


DAMAGES = [
    a_value, a_derived_value, an_older_version, a_lost_row, a_lost_mark, an_extra_row, a_stray_row, a_lost_stream,
]  # fmt: skip


def test_what_differs_on_a_phone_is_found_mended_and_told(world, abm, tmp_path):
    """One damage after the other, each on a day of its own."""
    for number, damage in enumerate([*DAMAGES, a_value, a_lost_row, a_value, a_lost_row]):
        told = {row["stream"]: row["times"] for row in found(world)}
        with abm.store.writing() as t:
            damage(t, random.Random(number))
        compare(abm)
        abm.sync()  # what no stream holds is let go with the next news read to their end
        difference = differences(abm.contents(), fresh_contents(world, abm.person, tmp_path))
        assert not difference, f"{damage.__name__}: {difference[:2]}"
        rows = found(world)
        if damage is not a_stray_row:
            assert {row["stream"]: row["times"] for row in rows} != told, f"{damage.__name__} was not told"
        assert all(row["healed_ms"] and row["fetched_ms"] for row in rows), damage.__name__


def test_a_row_that_the_centre_holds_and_never_told_is_found_and_fetched(world, abm, tmp_path):
    """The centre's own feed was damaged, or a device was told of less than there is: the phone gets what is there."""
    member = ids(abm, "Member")[0]
    with world.centre.database.writing() as db:
        table = world.centre.tables.records["Member"]
        db.execute(table.update().where(table.c.id == member).values(name="वह जो नहीं आया"))
    compare(abm)
    assert abm.contents()["Member"][member][0]["name"] == "वह जो नहीं आया"
    assert_like_fresh(world, abm, tmp_path)
    assert found(world) and all(row["healed_ms"] for row in found(world))


def test_healing_touches_no_unsent_work(world, abm, tmp_path):
    """A record that is damaged and holds work that the centre refused: the work waits to be mended as before."""
    group = ids(abm, "Shg")[0]
    abm.do(ChangeGroup(group, {"name": "मेरा नाम"}))
    with abm.store.writing() as t:
        t.connection.exec_driver_sql("UPDATE shg SET declared_members=99 WHERE id=?", (group,))
        a_lost_row(t, random.Random(5))
    world.clock.forward(ms=EACH_MS)
    summary = summary_due(abm.store)
    assert summary
    request = replace(next_request(abm.store, app="0.1.0", batch=None, room=500), summary=summary)
    reply = abm.line.sync(request)
    assert reply.compared and reply.compared.differ
    take_compared(abm.store, summary, reply.compared)
    take_page(abm.store, reply.page)
    values, *_ = abm.contents()["Shg"][group]
    assert values["name"] == "मेरा नाम" and values["declared_members"] is None
    assert abm.workspace.sync_status().waiting == 1
    abm.sync()
    assert world.row("Shg", group)["name"] == "मेरा नाम"
    assert_like_fresh(world, abm, tmp_path)


def test_copies_that_agree_are_never_said_to_differ_whatever_role(world, abm, phones):
    """All roles, with all the columns each of them sees, work of one's own and refused work on top."""
    others = [phones(person) for person in ("supervisor", "sakhi", "district")]
    supervisor = others[0]
    supervisor.do(ChangeGroup(ids(abm, "Shg")[0], {"name": "नया नाम"}))
    for phone in (*others, abm, *others, abm):
        phone.sync()
    abm.do(ChangeGroup(ids(abm, "Shg")[1], {"name": "अभी नहीं भेजा"}))
    for phone in (abm, *others):
        with phone.store.reading() as t:
            capacity = capacity_of(t.meta)
        names = streams_read(capacity.reaches, capacity.person_id)
        request = replace(next_request(phone.store, app="0.1.0", batch=None, room=500),
                          summary=summary_of(phone.store, names))  # fmt: skip
        compared = phone.line.sync(request).compared
        assert compared and compared.differ == () and compared.left_out == (), phone.person
        assert sum(one.count for one in request.summary.streams.values()) > 10
    assert not found(world)


# --- when, and how often


def test_a_stream_is_compared_once_a_day_and_only_when_something_moved(abm):
    abm.sync(compares=True)
    assert not calls(abm), "nothing moved"
    compare(abm)
    assert len(calls(abm)) == 1
    abm.do(ChangeGroup(ids(abm, "Shg")[0], {"name": "एक"}))
    abm.sync(compares=True)
    assert len(calls(abm)) == 1, "on the same day"
    compare(abm)
    assert len(calls(abm)) == 2, "on the next"


def test_a_clock_that_was_years_ahead_puts_it_off_by_no_more_than_a_day(abm):
    abm.skew_ms = 20 * 365 * 86_400_000
    compare(abm)
    abm.skew_ms = 0
    compare(abm)
    assert len(calls(abm)) == 2


def test_a_call_that_tells_nothing_new_writes_nothing_and_gives_the_same_cursor(world, abm):
    compare(abm)
    before = abm.line.sent[-1].cursor
    with abm.store.reading() as t:
        assert t.meta.get("cursor") == before
    assert not found(world)


def test_a_large_copy_is_compared_in_parts(abm, monkeypatch):
    monkeypatch.setattr("storage.agreeing.MOST_AT_ONCE", 1)
    told = set()
    for _ in range(9):
        compare(abm)
        told |= set(calls(abm)[-1].summary.streams)
        # Each time another part of what is due on that day.
        abm.world.clock.forward(ms=-EACH_MS)
    with abm.store.reading() as t:
        capacity = capacity_of(t.meta)
    assert told == set(streams_read(capacity.reaches, capacity.person_id))


def test_the_centre_reads_through_no_more_than_it_says_in_one_call(abm, monkeypatch):
    monkeypatch.setattr("server.agreeing.MOST_COMPARED", 3)
    with abm.store.reading() as t:
        names = sorted(streams_read(capacity_of(t.meta).reaches, ""))
    request = next_request(abm.store, app="0.1.0", batch=None, room=500)
    compared = abm.line.sync(replace(request, summary=summary_of(abm.store, names))).compared
    assert 0 < len(compared.left_out) < len(names) and not compared.differ


def test_what_has_news_is_not_compared(abm, phones):
    supervisor = phones("supervisor")
    supervisor.do(ChangeGroup(ids(abm, "Shg")[0], {"name": "समाचार"}))
    supervisor.sync()
    with abm.store.reading() as t:
        names = streams_read(capacity_of(t.meta).reaches, "")
    request = next_request(abm.store, app="0.1.0", batch=None, room=500)
    compared = abm.line.sync(replace(request, summary=summary_of(abm.store, names))).compared
    assert compared.differ == () and set(compared.left_out) == {name for name in names if "reference" not in name} & {
        f"gp/{ref('G1')}/members", f"block/{ref('B1')}/groups",
    }  # fmt: skip


def test_between_two_registers_nothing_is_compared(world, abm):
    request = next_request(abm.store, app="0.1.0", batch=None, room=500)
    name = f"gp/{ref('G1')}/members"
    other = Summary("00000000", summary_of(abm.store, [name]).streams)
    assert abm.line.sync(replace(request, summary=other)).compared is None
    assert not found(world)


def test_a_difference_that_does_not_heal_is_fetched_once_a_day_and_stays_told(world, abm, monkeypatch):
    """As where two versions of an app mean different things by a value: no endless loop."""
    monkeypatch.setattr("storage.agreeing.register_of", lambda registry: world.centre._agreeing._register)
    real = summary_of.__globals__["_add"]

    def wrong(sums, raw, streams, digests):
        real(sums, raw, streams, {name: lambda *what: 1 for name in digests})

    monkeypatch.setattr("storage.agreeing._add", wrong)
    compare(abm)
    fetched = [row["fetched_ms"] for row in found(world)]
    assert fetched and all(fetched) and not any(row["healed_ms"] for row in found(world))
    received = []
    for _ in range(3):
        world.clock.forward(ms=2 * 3_600_000)
        abm.do(ChangeGroup(ids(abm, "Shg")[0], {"name": f"नाम {world.clock()}"}))
        received.append(abm.sync(compares=True).received)
    assert [row["fetched_ms"] for row in found(world)] == fetched, "not again on this day"
    assert max(received) < 5
    world.clock.forward(ms=HEALED_AGAIN_MS)
    compare(abm)
    assert all(row["fetched_ms"] not in fetched for row in found(world))
    monkeypatch.setattr("storage.agreeing._add", real)
    compare(abm)
    assert all(row["healed_ms"] for row in found(world)), "and that it agrees at last is told as well"


def test_a_summary_of_streams_that_are_not_hers_opens_nothing(world, abm):
    request = next_request(abm.store, app="0.1.0", batch=None, room=500)
    other = f"gp/{ref('G3')}/members"
    mine = summary_of(abm.store, [f"gp/{ref('G1')}/members"])
    told = Summary(mine.register, {other: next(iter(mine.streams.values()))})
    reply = abm.line.sync(replace(request, summary=told))
    assert reply.compared.left_out == (other,) and not reply.page.granted and not found(world)


def test_cut_off_while_it_heals_it_goes_on_and_ends_whole(world, abm, tmp_path):
    with abm.store.writing() as t:
        a_lost_row(t, random.Random(1))
        a_value(t, random.Random(1))
    assert compare(abm, "", "lost_reply") is None, "the reply that brings the stream anew is lost"
    assert calls(abm), "it was the call that compares"
    for _ in range(2):
        abm.sync()
    compare(abm)
    assert_like_fresh(world, abm, tmp_path)


@pytest.mark.parametrize("room", [1, 5])
def test_pages_of_any_size_heal_a_value_that_stands_in_two_streams(world, abm, tmp_path, room):
    """A record that a richer stream has brought counts as brought only if that stream is read anew as well."""
    group = ids(abm, "Shg")[0]
    with abm.store.writing() as t:
        t.connection.exec_driver_sql("UPDATE shg SET name='कोई और' WHERE id=?", (group,))
    name = f"block/{ref('B1')}/groups"
    request = next_request(abm.store, app="0.1.0", batch=None, room=room)
    summary = summary_of(abm.store, [name])
    reply = abm.line.sync(replace(request, summary=summary))
    assert reply.compared.differ == (name,) and reply.page.granted == (name,)
    take_compared(abm.store, summary, reply.compared)
    take_page(abm.store, reply.page)
    while reply.page.more:
        reply = abm.line.sync(next_request(abm.store, app="0.1.0", batch=None, room=room))
        take_page(abm.store, reply.page)
    assert_like_fresh(world, abm, tmp_path)
