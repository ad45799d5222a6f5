"""A system to be measured: the adapter that starts its server and does its clients' work (bench/README.md)."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
ADAPTERS = HERE / "adapters"


def home() -> Path:
    """Where peers are installed and runs are kept."""
    return Path(os.environ.get("PEERS_HOME") or Path.home() / ".cache" / "sync-peers")


class Peer:
    """The adapter of one system, with its files where its dependencies are installed."""

    def __init__(self, name: str) -> None:
        self.name = name
        source = ADAPTERS / name
        if not (source / "peer.json").is_file():
            known = ", ".join(sorted(path.name for path in ADAPTERS.iterdir() if path.is_dir()))
            raise SystemExit(f"There is no adapter named {name}. There are: {known}.")
        self.about: dict[str, Any] = json.loads((source / "peer.json").read_text("utf-8"))
        self.home = home() / self.about.get("home", name)
        self.home.mkdir(parents=True, exist_ok=True)
        for file in source.iterdir():
            if file.is_file() and file.name != "package.json":
                shutil.copy(file, self.home)
        given = {key: self._filled(value) for key, value in self.about.get("env", {}).items()}
        self.env = {**os.environ, "PEERS_HOME": str(home()), "PEERS_KIT": str(HERE), **given}

    @property
    def deletes(self) -> bool:
        return bool(self.about.get("delete"))

    def installed(self) -> bool:
        """Whether what its package.json asks for has been installed by `run_peers.sh`."""
        return not (ADAPTERS / self.name / "package.json").is_file() or (self.home / "node_modules").is_dir()

    def command(self, which: str) -> list[str]:
        """The program `server` or `client`, with its first arguments."""
        return [self._filled(word) for word in self.about[which]]

    def versions(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in self.about.get("versions", []):
            package = self.home / "node_modules" / name / "package.json"
            if package.is_file():
                found[name] = json.loads(package.read_text("utf-8"))["version"]
        return found | self.about.get("fixed_versions", {})

    def _filled(self, word: str) -> str:
        places = {"$PEERS_HOME": home(), "$HOME_DIR": self.home, "$KIT": HERE, "$ROOT": ROOT, "$PYTHON": sys.executable}
        for name, place in places.items():
            word = word.replace(name, str(place))
        return word
