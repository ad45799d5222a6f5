"""One definition: a field added to a record class is in both tables, on the wire, in the form and in the words."""

from dataclasses import replace
from datetime import date

import pytest

from records.commands.groups import RegisterGroup
from records.fields import Remark
from records.kinds import KINDS
from records.shg import Shg
from records.wire import thawed
from screens.filling import form_fields
from screens.words.extracting import wanted_by_records
from server.tables import central_tables
from storage.tables import Tables
from tests.fleet import Phone
from tests.world import World, ref


class ShgWithWard(Shg):
    """A group as of the next version: this one line is all that is added."""

    ward: Remark | None = None


NEXT = KINDS.replaced(replace(KINDS["Shg"], cls=ShgWithWard))


@pytest.fixture
def phone(tmp_path):
    made = Phone(World(registry=NEXT), "abm", tmp_path, "phone")
    yield made
    made.store.close()


def test_the_new_field_has_a_column_in_both_tables_and_only_there():
    for registry, has in ((KINDS, False), (NEXT, True)):
        assert ("ward" in Tables(registry)["Shg"].c) is has
        assert ("ward" in central_tables(registry).records["Shg"].c) is has


def test_the_new_field_is_in_the_form_and_in_the_words_asked_for():
    for registry, has in ((KINDS, False), (NEXT, True)):
        assert ("ward" in [field.name for field in form_fields(registry["Shg"].cls)]) is has
        assert ("shg.ward" in {wanted.key for wanted in wanted_by_records(registry)}) is has


def test_the_new_field_travels_from_one_phone_over_the_wire_to_the_centre_and_to_another(phone, tmp_path):
    phone.sync()
    values = {"village_id": ref("V1"), "name": "जय अम्बे", "formed_on": date(2026, 3, 1), "ward": "वार्ड 4"}
    group = phone.do(RegisterGroup(values)).id
    phone.sync()
    sections = [section for sent in phone.line.sent if sent.batch for section in thawed(sent.batch.blob).sections]
    assert any("ward" in section.fields for section in sections)
    assert phone.world.row("Shg", group)["ward"] == "वार्ड 4"
    other = Phone(phone.world, "supervisor", tmp_path, "other")
    other.sync()
    assert other.contents()["Shg"][group][0]["ward"] == "वार्ड 4"
    other.store.close()


def test_a_phone_of_the_version_before_upgrades_its_table_by_itself(phone, tmp_path):
    phone.world.registry = KINDS
    older = Phone(phone.world, "abm", tmp_path, "older")
    group = older.do(RegisterGroup({"village_id": ref("V1"), "name": "पुराना", "formed_on": date(2026, 3, 1)})).id
    phone.world.registry = NEXT
    older.kill()
    values, _stamps, _held, _extra = older.contents()["Shg"][group]
    assert values["name"] == "पुराना" and values["ward"] is None
    older.store.close()
