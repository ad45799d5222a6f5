"""The laws of photos under random work on random lines: cut between any two pieces, killed, moved, withdrawn, removed.

The simulation of `test_laws`, whose people also take photos, look at those of others, and remove them.
"""

import hashlib

import pytest

from records.commands.photos import AddPhoto, RemovePhoto
from records.problems import Refused
from screens.shrinking import small_photo
from tests.fleet import Phone, quiet
from tests.pictures import a_scene, from_camera
from tests.property.test_laws import Simulation

SEEDS = range(4)
CUTS = ("", "", "", "lost_request", "lost_reply", "twice")


@pytest.fixture(scope="module")
def pictures() -> list[bytes]:
    return [small_photo(from_camera(a_scene(240, 160, seed=seed))) for seed in range(6)]


class PhotoSimulation(Simulation):
    """`taken`: id -> the bytes that somebody took under it."""

    def __init__(self, seed: int, folder, pictures: list[bytes]) -> None:
        self.pictures, self.taken = pictures, dict[str, bytes]()
        super().__init__(seed, folder)

    def run(self, deeds: int) -> None:
        for phone in self.phones:
            phone.line.photo_faults = []
        super().run(deeds)

    def work(self, phone: Phone) -> None:
        phone.line.photo_faults = self.random.choices(CUTS, k=self.random.randrange(12))
        if self.random.random() < 0.6:
            super().work(phone)
            return
        known = sorted(phone.contents().get("Attachment", {}))
        roll = self.random.random()
        if known and roll < 0.4:
            phone.workspace.want_photo(self.random.choice(known))
        elif known and roll < 0.55:
            self.attempt(phone, RemovePhoto(self.random.choice(known), restore=self.random.random() < 0.5))
        elif groups := sorted(phone.contents().get("Shg", {}))[:4]:
            picture = self.random.choice(self.pictures)
            kind = self.random.choice(("resolution", "passbook"))
            done = self.attempt(phone, AddPhoto(self.random.choice(groups), kind, picture))
            if done is not None:
                self.taken[done.id] = picture

    def attempt(self, phone: Phone, command):
        try:
            return phone.do(command)
        except Refused:
            return None

    def rest(self) -> None:
        for phone in self.phones:
            phone.line.photo_faults = []
        super().rest()
        self.withdraw_what_was_not_taken()
        # What was wanted of a phone that sent last comes with one more run.
        quiet(self.phones)
        for phone in self.phones:
            phone.sync()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_laws_of_photos_hold(seed, tmp_path, pictures, monkeypatch):
    monkeypatch.setattr("sync.photos.PIECE", 1500)
    simulation = PhotoSimulation(seed, tmp_path, pictures)
    simulation.run(150)
    simulation.rest()
    world, tables = simulation.world, simulation.world.centre.tables
    records = {row["id"]: row for row in world.rows(tables.records["Attachment"])}
    held = {row["id"]: bytes(row["content"]) for row in world.rows(tables.photo)}
    assert set(held) <= set(records), "no bytes without a record"
    for id, content in held.items():
        # What was cut while its record still stood, and removed since, may have stayed in pieces.
        assert simulation.taken[id].startswith(content), "nothing but what was taken"
    for id, row in records.items():
        if row["deleted_on"] is None:
            assert held.get(id) == simulation.taken[id], "every photo that stands is whole at the centre"
            assert hashlib.sha256(held[id]).hexdigest() == row["sha256"]
    for phone in simulation.phones:
        here = phone.contents().get("Attachment", {})
        with phone.store.reading() as t:
            kept = t.connection.execute(t.tables.photo.select()).all()
        for row in kept:
            waits = row.state == "waiting" and phone.workspace.photo(row.id).state == "waiting"
            assert row.id in here or waits, f"{phone.name} ({row.state}) keeps bytes of a photo that is not hers"
            if row.state in ("here", "received"):
                assert row.content == simulation.taken[row.id]
            if row.state == "wanted":
                assert records[row.id]["deleted_on"], "what was asked for has come"


def test_the_simulation_takes_sends_and_fetches_photos(tmp_path, pictures, monkeypatch):
    """The control: a simulation in which nothing happens would prove nothing."""
    monkeypatch.setattr("sync.photos.PIECE", 1500)
    simulation = PhotoSimulation(1, tmp_path, pictures)
    simulation.run(150)
    simulation.rest()
    states = [row.state for phone in simulation.phones for row in photos_on(phone)]
    assert len(simulation.taken) > 5 and {"received", "here"} <= set(states)


def photos_on(phone: Phone):
    with phone.store.reading() as t:
        return t.connection.execute(t.tables.photo.select()).all()
