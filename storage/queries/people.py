"""Questions about the people of the mission."""

from typing import Any

from sqlalchemy import Select, select

from storage.queries.asking import Row, Tables, columns, matching, present, query, where


class PersonRow(Row):
    """Someone who works for the mission."""

    id: str
    name: str
    name_hi: str | None


@query(PersonRow, kinds=("Person",))
def list_people(tables: Tables, *, search: str = "", limit: int = 50) -> Select[Any]:
    """People by name."""
    people = tables["Person"]
    chosen = where(select(*columns(people, "id", "name", "name_hi")), present(people), matching(people, search))
    return chosen.order_by(people.c.search_key, people.c.id).limit(limit)


@query(PersonRow, kinds=("Person",))
def find_person(tables: Tables, *, id: str) -> Select[Any]:
    """One person, a deleted one too: her name stands where she worked."""
    people = tables["Person"]
    return select(*columns(people, "id", "name", "name_hi")).where(people.c.id == id)
