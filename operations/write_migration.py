"""`make migration name="what changed"`: writes the next step of the centre's tables from what the records have become.

A new database is brought to the newest step there is, and compared with the records; the difference is the new step.
Read what was written before it is kept: a step only ever adds.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from server.schema import configuration


def main(arguments: list[str] | None = None) -> int:
    words = " ".join(sys.argv[1:] if arguments is None else arguments).strip()
    if not words:
        print('Say what changed: make migration name="offices of a group"', file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        config = configuration()
        config.set_main_option("sqlalchemy.url", f"sqlite:///{Path(folder) / 'newest.db'}")
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        command.upgrade(config, "head")
        steps = len(list(ScriptDirectory.from_config(config).walk_revisions()))
        written = command.revision(config, words, autogenerate=True, rev_id=f"{steps + 1:04}")
    print("Read it, then run `make format`:", *[one.path for one in _each(written)])
    return 0


def _each(written: object) -> list:
    return list(written) if isinstance(written, list) else [written]


if __name__ == "__main__":
    sys.exit(main())
