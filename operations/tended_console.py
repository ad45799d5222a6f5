"""The console of one folder's centre, started by somebody who tends it: `python -m operations.tended_console`.

It ends with the process that started it, as `operations.tended` does.
"""

import argparse
import sys
from pathlib import Path

from operations.tended import end_with_starter
from server.console.serving import serve_console


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m operations.tended_console", description=__doc__)
    asked.add_argument("--folder", type=Path, required=True)
    asked.add_argument("--state", type=int, required=True)
    asked.add_argument("--port", type=int, required=True)
    chosen = asked.parse_args()
    serve_console(folder=chosen.folder, state=chosen.state, port=chosen.port)
    return 0


if __name__ == "__main__":
    end_with_starter()
    sys.exit(main())
