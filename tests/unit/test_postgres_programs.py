"""How the programs of PostgreSQL are called: the password never stands among their arguments."""

import stat

import pytest

from operations import backup
from operations.speaking import CannotDo
from server.settings import Settings


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A program that writes down how it was called."""
    file = tmp_path / "pg_dump"
    file.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\necho "$PGPASSWORD" > {tmp_path}/password\n')
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def test_the_password_goes_by_the_environment_only(program, tmp_path):
    settings = Settings(folder=tmp_path, database_url="postgresql://samooh:kachnar-47@db.example:5433/records")
    backup.postgres("pg_dump", settings, "--format=custom")
    said = (program / "arguments").read_text()
    assert said == "--dbname=postgresql://samooh@db.example:5433/records --format=custom\n"
    assert (program / "password").read_text() == "kachnar-47\n"


def test_a_program_that_is_missing_is_a_sentence(program, monkeypatch):
    monkeypatch.setattr(backup, "_beside_pg_config", lambda name: None)
    with pytest.raises(CannotDo, match="postgresql-client"):
        backup.postgres("pg_nothing", None)
