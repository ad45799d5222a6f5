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
DISK_FULL = "53100"
"""SQLSTATE of PostgreSQL whose disk has no room."""


def what_to_do(settings: Settings, error: DBAPIError) -> str:
    """The end of a sentence that has said which database it is, and what it answered."""
    if settings.database_file is None:
        if getattr(error.orig, "sqlstate", None) == DISK_FULL:
            return "make room on the disk of PostgreSQL."
        if isinstance(error, OperationalError):
            return "is it running, and is SAMOOH_DATABASE_URL right?"
        return "is SAMOOH_DATABASE_URL right, does the database belong to the user named there, and may it be written?"
    # SQLITE_READONLY_DIRECTORY and the like: what comes after the second word tells of a special case.
    name = "_".join(str(getattr(error.orig, "sqlite_errorname", None) or "").split("_")[:2])
    return SQLITE.get(name, "look whether its disk is well and has room, and whether SAMOOH_FOLDER is right.")
