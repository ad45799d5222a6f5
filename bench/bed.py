"""A test bed: a fresh server, the counting proxy before it, and folders for clients."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.netproxy import Link, ask
from bench.peer import ROOT, Peer, home
from bench.processes import bytes_below, cost, end_family, free_port
from bench.workload import Line, read_lines

OPERATION_SECONDS = float(os.environ.get("PEERS_OP_TIMEOUT", "420"))
START_SECONDS = 150.0
FAST = Link()


class Failed(Exception):
    """A server or an operation did not do what the contract says; the text says what it said."""


class Bed:
    """To be used in a `with`: at its end all processes are gone, and with them the folder."""

    def __init__(self, peer: Peer, tag: str, link: Link = FAST) -> None:
        self.peer = peer
        self.root = home() / "runs" / f"{peer.name}-{tag}-{os.getpid()}"
        shutil.rmtree(self.root, ignore_errors=True)
        self.server_folder = self.root / "server"
        self.server_folder.mkdir(parents=True)
        self._env = {**peer.env, "PEERS_SERVER_DIR": str(self.server_folder)}
        self._server_port, self.port, self.control = free_port(), 0, 0
        self._proxy: subprocess.Popen[bytes] | None = None
        with (self.root / "server.log").open("wb") as log:
            where = ["--dir", str(self.server_folder), "--port", str(self._server_port)]
            self._server = subprocess.Popen(
                [*peer.command("server"), *where], cwd=peer.home, env=self._env, stdout=log, stderr=log
            )
        try:
            self._wait_for_server()
            self.through(link)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Bed":
        return self

    def __exit__(self, *why: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def server_pid(self) -> int:
        return self._server.pid

    def _wait_for_server(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._server.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self._server_port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        said = (self.root / "server.log").read_text("utf-8", errors="replace")[-1500:]
        raise Failed(f"the server of {self.peer.name} does not listen: {said}")

    def through(self, link: Link) -> None:
        """From now on clients reach the server over this link."""
        if self._proxy:
            _end(self._proxy)
        command = [sys.executable, "-m", "bench.netproxy", "--target", f"127.0.0.1:{self._server_port}"]
        if self.port:
            # The address must not change under a client: some keep what they know of a server by it.
            command += ["--listen", str(self.port)]
        self._proxy = subprocess.Popen([*command, *link.arguments()], cwd=ROOT, stdout=subprocess.PIPE)
        assert self._proxy.stdout
        told = json.loads(self._proxy.stdout.readline())
        self.port, self.control = told["port"], told["control"]

    def client_folder(self, client: str) -> Path:
        folder = self.root / f"c-{client}"
        folder.mkdir(exist_ok=True)
        return folder

    def start(self, client: str, operation: str, *more: str, **how: Any) -> "subprocess.Popen[bytes]":
        """A client process at work on one operation."""
        where = ["--dir", str(self.client_folder(client)), "--url", self.url, "--client", client]
        command = [*self.peer.command("client"), operation, *where, *more]
        return subprocess.Popen(command, cwd=self.peer.home, env=self._env, **how)

    def do(self, client: str, operation: str, *more: str, seconds: float | None = None) -> dict[str, Any]:
        """One operation to its end, with its figures. Raises Failed unless it went well."""
        figures = self.attempt(client, operation, *more, seconds=seconds)
        if not figures["ok"]:
            log = (self.root / "client.log").read_text("utf-8", errors="replace")[-1200:]
            raise Failed(f"{client} {operation}: {json.dumps(figures)[:600]}\n{log}")
        return figures

    def attempt(self, client: str, operation: str, *more: str, seconds: float | None = None) -> dict[str, Any]:
        """One operation as a fresh process; `ok` says whether it went well."""
        ask(self.control, "reset")
        before, _ = cost(self.server_pid)
        began = time.monotonic()
        with (self.root / "client.log").open("ab") as log, (self.root / "said").open("wb") as said:
            process = self.start(client, operation, *more, stdout=said, stderr=log)
            status, usage, peak = _watched(process, began + (seconds or OPERATION_SECONDS))
        wall = time.monotonic() - began
        told, passed = _last_line(self.root / "said"), ask(self.control)
        after, server_peak = cost(self.server_pid)
        return {
            "op": operation,
            "client": client,
            "ok": status == 0 and bool(told.get("ok")),
            "wall_s": round(wall, 3),
            "sync_s": told.get("sync_s"),
            **{name: passed[name] for name in ("up", "down", "conns", "turns", "cuts")},
            "client_rss_mib": round(peak, 1),
            "client_cpu_s": round(usage.ru_utime + usage.ru_stime, 3),
            "server_cpu_s": round(after - before, 3),
            "server_rss_mib": round(server_peak, 1),
            "said": told,
        }

    def records_of(self, client: str) -> dict[str, Line]:
        """All that a client holds: id -> record."""
        out = self.root / f"dump-{client}.jsonl"
        self.do(client, "dump", "--out", str(out))
        return by_id(read_lines(out))

    def server_bytes(self) -> int:
        return bytes_below(self.server_folder)

    def close(self) -> None:
        for process in (self._proxy, self._server):
            if process and process.poll() is None:
                end_family(process.pid)
                _end(process)
        if not os.environ.get("PEERS_KEEP"):
            shutil.rmtree(self.root, ignore_errors=True)


def by_id(lines: list[Line]) -> dict[str, Line]:
    """id -> record, without the fields that an adapter keeps for itself (their names begin with `_`)."""
    return {line["id"]: {name: value for name, value in line.items() if name[0] != "_"} for line in lines}


def _watched(process: "subprocess.Popen[bytes]", deadline: float) -> tuple[int, Any, float]:
    """(status, usage, peak memory) of a process that is ended when its time is up."""
    peak = 0.0
    while True:
        # wait4 tells what this child used; its own peak would include our size from before it became itself.
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if not pid and time.monotonic() > deadline:
            process.kill()
            pid, status, usage = os.wait4(process.pid, 0)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage, peak
        peak = max(peak, cost(process.pid)[1])
        time.sleep(0.005)


def _last_line(path: Path) -> dict[str, Any]:
    lines = path.read_text("utf-8", errors="replace").strip().splitlines()
    try:
        told = json.loads(lines[-1])
        return told if isinstance(told, dict) else {}
    except (IndexError, ValueError):
        return {"raw": lines[-1][:300] if lines else ""}


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()
