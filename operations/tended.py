"""The server, started by somebody who tends it: `python -m operations.tended --folder ... --port ...`.

It is the same server as `python -m server.serving` and takes the same arguments. In addition it ends with the process
that started it, however that came to its end: the operating system closes the other end of its standard input then.
"""

import os
import signal
import sys
import threading

from server.serving import main


def end_with_starter() -> None:
    """End this process, in the ordinary way, once standard input is closed."""

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="ends with its starter", daemon=True).start()


if __name__ == "__main__":
    end_with_starter()
    sys.exit(main())
