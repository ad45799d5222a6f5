"""What to do about a database that cannot be used, by what it says is wrong: for whoever gave a command."""

from sqlalchemy.exc import DBAPIError, OperationalError

from server.settings import Settings

GIVE = "give the file and its folder to the user under whom the server runs."

SQLITE = {
    "SQLITE_FULL": "make room on that disk.",
    "SQLITE_READONLY": GIVE,
    "SQLITE_CANTOPEN": GIVE,
    "SQLITE_PERM": GIVE,
    "SQLITE_AUTH": GIVE,
    "SQLITE_BUSY": "another program holds it; try again, and look what that is if this goes on.",
    "SQLITE_LOCKED": "another program holds it; try again, and look what that is if this goes on.",
    "SQLITE_CORRUPT": "keep the file as it is, and restore the newest backup.",
    "SQLITE_NOTADB": "it is no database of Samooh; look at SAMOOH_FOLDER, or restore the newest backup.",
}
POSTGRESQL = {
    "53100": "make room on the disk of PostgreSQL.",
    "25006": "it takes no writing at present; is it a copy of another one, or set to be read only?",
}


def what_to_do(settings: Settings, error: DBAPIError) -> str:
    """The end of a sentence that has said which database it is, and what it answered."""
    if settings.database_file is None:
        state = str(getattr(error.orig, "sqlstate", None) or "")
        ask = "is it running, and is SAMOOH_DATABASE_URL right?"
        if not isinstance(error, OperationalError):
            ask = "is SAMOOH_DATABASE_URL right, and does the database belong to the user named there?"
        return POSTGRESQL.get(state, ask)
    # SQLITE_READONLY_DIRECTORY and the like: what comes after the second word tells of a special case.
    name = "_".join(str(getattr(error.orig, "sqlite_errorname", None) or "").split("_")[:2])
    return SQLITE.get(name, "look whether its disk is well and has room, and whether SAMOOH_FOLDER is right.")
