"""One at a time: a lock on an open file, which the system gives back when its holder ends, however it ends."""

import os


def is_mine(handle: int) -> bool:
    """Whether nobody else holds the lock of this open file; it is held from now on, until the file is closed.

    OSError where the disk knows no locks.
    """
    if os.name != "posix":
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
