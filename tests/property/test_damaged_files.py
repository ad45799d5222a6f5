"""Two hundred files of a phone, damaged at random: each opens, and what could still be read of her work is there."""

import json
import random

from records.problems import Problem
from storage.tables import cells_of
from storage.workspace import PhoneWorkspace
from tests.damage import aside_of, own_rows, own_work, sound, work_with
from tests.phone_files import make_file


def damage(content, chance):
    """A few bytes turned, a stretch of zeros, or the end missing: as cards and cells of a cheap phone do it."""
    kind = chance.choice(["flip", "flip", "flips", "zeros", "cut"])
    if kind == "cut":
        return content[: chance.randrange(len(content))]
    damaged = bytearray(content)
    if kind == "zeros":
        at, length = chance.randrange(len(damaged)), chance.choice([1, 16, 512, 4096])
        damaged[at : at + length] = bytes(len(damaged[at : at + length]))
        return bytes(damaged)
    for _ in range(1 if kind == "flip" else 20):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def test_two_hundred_damaged_files_open_with_what_can_still_be_read(tmp_path):
    path = make_file(tmp_path)
    content, own = path.read_bytes(), own_rows(path)
    counted = {"as it was": 0, "rescued": 0, "found at work": 0}
    kept = readable = 0
    for seed in range(200):
        chance = random.Random(seed)
        for old in tmp_path.iterdir():
            old.unlink()
        damaged = damage(content, chance)
        path.write_bytes(damaged)
        path.with_name(path.name + "-syncing").touch()
        store = sound(path)
        phone = PhoneWorkspace(store)
        try:
            work_with(phone)
        except Problem as problem:
            assert problem.code == "store_damaged", f"seed {seed}"
            counted["found at work"] += 1
            store.close()
            store = sound(path)
            phone = PhoneWorkspace(store)
            work_with(phone)
            assert aside_of(path), f"seed {seed}"
        else:
            counted["rescued" if aside_of(path) else "as it was"] += 1
        if aside_of(path):
            assert phone.notice().code in ("rescued", "rescued_in_part"), f"seed {seed}"
        store.close()
        here = {line[:3] for line in own_work(path)}
        for kind, id, text in own:
            if all(part.encode() in damaged for part in (kind, id, text)):
                readable += 1
                kept += {(kind, id, name) for name in cells_of(json.loads(text))} <= here
    print(counted, f"own work kept: {kept} of {readable} rows that stood whole in the damaged files")
    assert sum(counted.values()) == 200 and counted["rescued"] > 50 and counted["as it was"] > 20
    assert kept >= 0.98 * readable > 1000
