"""Opens damaged files as the app does, and tells what only that phone held."""

import json
import random
from datetime import date

from records.commands.groups import RegisterGroup
from storage.contact import next_request
from storage.freezing import next_batch
from storage.opened import open_sound
from storage.queries import list_groups, list_members
from storage.tables import cells_of
from tests.factories import NOW_MS, a_place_tree
from tests.phone_files import contents

TREE = a_place_tree()


def sound(path):
    return open_sound(path, clock=lambda: NOW_MS, randomness=random.Random(1).randbytes, built_on=date(2026, 1, 1))


def own_rows(path):
    """(kind, id, changes as text) of what waits or is to be mended, and the drafts."""
    found = contents(path)
    changes = [(row["kind"], row["id"], row["changes"]) for name in ("mending", "outbox") for row in found[name]]
    return changes + [("draft", row["key"], row["values"]) for row in found["draft"]]


def own_work(path):
    """What only this phone holds: the newest value of each field, wherever it stands."""
    newest = {}
    for kind, id, text in own_rows(path):
        for name, value in cells_of(json.loads(text)).items():
            value, stamp = value[:2] if isinstance(value, list) else (value, "")
            newest[kind, id, name] = max(newest.get((kind, id, name), ("", "")), (stamp, str(value)))
    return {(*key, value) for key, (_stamp, value) in newest.items()}


def aside_of(path):
    return sorted(path.parent.glob("phone.damaged-*.sqlite"))


def work_with(phone):
    """All that a day does with a store; a problem has a name."""
    rows = phone.ask(list_groups)
    for row in rows[:2]:
        phone.ask(list_members, shg_id=row.id)
        phone.history(row.id)
    phone.mending(), phone.drafts(), phone.sync_status(), phone.identity(), phone.notice()
    next_batch(phone.store)
    next_request(phone.store, app="0", batch=None, room=50)
    if phone.identity():
        phone.do(RegisterGroup({"village_id": TREE.village.id, "name": "after", "formed_on": date(2026, 3, 1)}))
        phone.keep_draft("Shg/other", {"name": "half"})
    return rows
