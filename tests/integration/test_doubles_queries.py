"""What is asked while typing is answered alike by a phone and by the central store, on both engines."""

from records.commands.accounts import RecordStep
from records.commands.groups import RegisterGroup
from records.commands.members import AddMember
from storage.queries import list_groups_near, list_same_number, list_women_like
from tests.fleet import Phone
from tests.world import ref


def test_phone_and_centre_know_the_same_doubles(world_on_each, tmp_path):
    world = world_on_each
    phone = Phone(world, "supervisor", tmp_path, "one")
    assert phone.sync()
    ids = [
        phone.do(RegisterGroup({"village_id": ref(village), "name": name, "formed_on": "2026-03-01"} | more)).id
        for village, name, more in (("V1", "जय अम्बे", {}), ("V1", "Sharda", {"mobile": "6555500001"}))
    ]
    phone.do(AddMember(ids[0], {"name": "सीता देवी"}))
    phone.do(AddMember(ids[1], {"name": "Rekha", "mobile": "6555500002"}))
    number = {"account_number": "00123456789", "name_in_passbook": "SHARDA", "opened_on": "2026-04-01"}
    phone.do(RecordStep(ids[1], "opened", "2026-04-01", account_values=number))
    assert phone.sync()
    asked = [
        (list_groups_near, {"village_id": ref("V1")}, 2),
        (list_groups_near, {"mobile": "6555500001"}, 1),
        (list_groups_near, {}, 0),
        (list_women_like, {"shg_id": ids[0], "mobile": "6555500002"}, 2),
        (list_same_number, {"shg_id": ids[0], "account_number": "123456789"}, 1),
    ]
    with world.centre.database.reading() as db:
        for query, question, count in asked:
            central = db.execute(query.select(world.centre.tables.records, **question)).mappings()
            here = [row.model_dump() for row in phone.workspace.ask(query, **question)]
            assert here == [dict(row) for row in central] and len(here) == count, (query.name, question)
    phone.store.close()
