"""The same sync tests run on the store in process and over HTTP, on SQLite and on PostgreSQL."""

from contextlib import ExitStack

import pytest

from tests.console import Console
from tests.fleet import Phone
from tests.serving import served
from tests.world import World

BOTH_WAYS = ("in process", "over HTTP")
BOTH_ENGINES = ("SQLite", "PostgreSQL")
EVERYWHERE = [f"{way}, {engine}" for way in BOTH_WAYS for engine in BOTH_ENGINES]


def a_world(where: str, folder, stack: ExitStack) -> World:
    """A world at one of EVERYWHERE; what it opened is closed with the stack."""
    way, _, engine = where.partition(", ")
    if engine == "PostgreSQL":
        world = World.on_postgres()
    else:
        world = World(url="sqlite://" if way == "in process" else f"sqlite:///{folder / 'central.db'}")
    stack.callback(world.drop)
    if way == "over HTTP":
        world.address = stack.enter_context(served(world.centre))
    return world


@pytest.fixture(params=EVERYWHERE)
def world(request, tmp_path):
    """A world, by each way and on each engine."""
    with ExitStack() as stack:
        yield a_world(request.param, tmp_path, stack)


@pytest.fixture(params=BOTH_ENGINES)
def world_on_each(request, tmp_path):
    """A world in process, on each engine."""
    with ExitStack() as stack:
        yield a_world(f"in process, {request.param}", tmp_path, stack)


@pytest.fixture
def console(world):
    """The console's process over the centre of a test's world."""
    made = Console(world)
    yield made
    made.close()


@pytest.fixture
def phones(world, tmp_path):
    """`phones(person)`: a phone that has synchronised once."""
    made: list[Phone] = []

    def phone(person: str) -> Phone:
        made.append(Phone(world, person, tmp_path, f"{len(made)}-{person}"))
        assert made[-1].sync() is not None
        return made[-1]

    yield phone
    for one in made:
        one.store.close()


# The stories take longest; PostgreSQL is told all of them by the way that phones use.
@pytest.fixture(params=[one for one in EVERYWHERE if one != "in process, PostgreSQL"])
def fleet(request, tmp_path):
    """Makes phones of one world; `fleet(person, name)` enrols and syncs one. `fleet.world` is the world."""
    with ExitStack() as stack:
        maker = Fleet(a_world(request.param, tmp_path, stack), tmp_path)
        stack.callback(maker.close)
        yield maker


class Fleet:
    def __init__(self, world: World, folder) -> None:
        self.world, self.folder, self.phones = world, folder, []

    def __call__(self, person: str, name: str = "", **how) -> Phone:
        phone = Phone(self.world, person, self.folder, name or f"{len(self.phones)}-{person}", **how)
        self.phones.append(phone)
        assert phone.sync() is not None
        return phone

    def close(self) -> None:
        for phone in self.phones:
            phone.store.close()
