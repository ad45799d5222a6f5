"""How Alembic runs: on the connection it is handed (`server/schema.py`), or for `make migration` on a new database."""

from typing import Any

from alembic import context
from sqlalchemy import Text, create_engine
from sqlalchemy.types import TypeDecorator

from records.kinds import KINDS
from server.tables import central_tables


def render(kind: str, item: Any, autogen_context: Any) -> Any:
    """The types of our own are text at rest, and a step must not change when a class is renamed."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return "sa.Text()"
    return "TEXT" if kind == "type" and isinstance(item, Text) else False


def run(connection: Any) -> None:
    context.configure(
        connection=connection,
        target_metadata=central_tables(KINDS).metadata,
        render_item=render,
        compare_type=False,
        include_object=lambda item, name, kind, reflected, other: name not in ("schema_lock", "alembic_version"),
    )
    with context.begin_transaction():
        context.run_migrations()


handed = context.config.attributes.get("connection")
if handed is not None:
    run(handed)
else:
    with create_engine(context.config.get_main_option("sqlalchemy.url") or "sqlite://").begin() as connection:
        run(connection)
