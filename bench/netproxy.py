"""A TCP proxy on this machine that counts bytes and can be a slow link. Needs the standard library only.

    python -m bench.netproxy --target 127.0.0.1:5984 [--delay-ms 300] [--kbps 40] [--cut-every 30] [--connect-rtts 2]

Once it listens it prints one line {"port", "control"}. Each connection to the control port says one word and is
answered by one line of figures: `stats`, `reset` (and begins to count anew), `cut` (and drops every connection).

Counted is the payload of TCP in each direction ("up" is to the server), connections, cuts, and `turns`: how often a
connection went from sending to receiving, which for HTTP is the number of round trips. IP, TCP and TLS are not counted.

The link: per direction one byte rate that all connections share, a delay, and a small buffer before the bottleneck, so
that a sender feels it. A new connection costs `connect-rtts` round trips (2: TCP and TLS 1.3). A cut resets everything
that is open, what was on its way is lost; the first one comes `cut-every` seconds after the first connection.
"""

import argparse
import asyncio
import contextlib
import json
import signal
import socket
import struct
import time
from dataclasses import asdict, dataclass, field
from typing import Any

FAST_PIECE = 65536
BUFFER = 8192
"""Bytes that a slow link holds back per connection and direction."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Link:
    """What a network is like. All zero: as fast as this machine."""

    delay_ms: float = 0
    kbps: float = 0
    cut_every: float = 0
    connect_rtts: float = 0

    @property
    def slow(self) -> bool:
        return bool(self.kbps or self.delay_ms)

    @property
    def bytes_per_second(self) -> float:
        return self.kbps * 125

    @property
    def delay(self) -> float:
        return self.delay_ms / 1000

    def arguments(self) -> list[str]:
        return [f"--{name.replace('_', '-')}={value}" for name, value in asdict(self).items() if value]


@dataclass
class Counts:
    """What has passed since the last reset."""

    up: int = 0
    down: int = 0
    conns: int = 0
    cuts: int = 0
    turns: int = 0
    open_peak: int = 0
    began: float = field(default_factory=time.monotonic)
    first: float = 0
    last: float = 0

    def count(self, way: str, size: int) -> None:
        self.last = time.monotonic()
        self.first = self.first or self.last
        setattr(self, way, getattr(self, way) + size)

    def told(self) -> dict[str, Any]:
        figures = {name: value for name, value in asdict(self).items() if name not in ("began", "first", "last")}
        elapsed, active = time.monotonic() - self.began, self.last - self.first
        return {**figures, "elapsed_s": round(elapsed, 3), "active_s": round(active, 3)}


class Bottleneck:
    """One direction of the link: bytes leave it one after the other, at its rate."""

    def __init__(self, bytes_per_second: float) -> None:
        self._rate, self.free_at = bytes_per_second, 0.0

    def leaves_at(self, size: int, now: float) -> float:
        """When bytes that are handed over now have left."""
        if not self._rate:
            return now
        self.free_at = max(self.free_at, now) + size / self._rate
        return self.free_at


class Proxy:
    """Connections to one target over one link."""

    def __init__(self, host: str, port: int, link: Link) -> None:
        self._target, self.link, self.counts = (host, port), link, Counts()
        self._ways = {way: Bottleneck(link.bytes_per_second) for way in ("up", "down")}
        self._open: set[tuple[asyncio.StreamWriter, ...]] = set()
        self._cutter: asyncio.Task[None] | None = None
        self._limit = BUFFER if link.slow else 2 * FAST_PIECE

    async def listen(self, port: int) -> int:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._narrow(listener)  # before listen: what is accepted inherits the window
        listener.bind(("127.0.0.1", port))
        self._server = await asyncio.start_server(self._carry, sock=listener, backlog=512, limit=self._limit)
        return int(self._server.sockets[0].getsockname()[1])

    async def listen_for_words(self, port: int) -> int:
        self._control = await asyncio.start_server(self._answer, "127.0.0.1", port)
        return int(self._control.sockets[0].getsockname()[1])

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            word = (await reader.readline()).decode().strip()
            told = self.counts.told()
            if word == "reset":
                self.counts = Counts()
            elif word == "cut":
                self.cut()
            writer.write(f"{json.dumps(told)}\n".encode())
            await writer.drain()
        writer.close()

    def cut(self) -> None:
        self.counts.cuts += bool(self._open)
        for pair in self._open:
            _reset(*pair)
        self._open.clear()
        for way in self._ways.values():
            way.free_at = 0.0

    async def _cut_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(self.link.cut_every)
            self.cut()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.counts.conns += 1
        if self.link.cut_every and self._cutter is None:
            self._cutter = asyncio.create_task(self._cut_again_and_again())
        self._shorten(writer)
        await asyncio.sleep(self.link.connect_rtts * 2 * self.link.delay)
        try:
            to_server, server_writer = await self._reach()
        except OSError:
            _reset(writer)
            return
        self._shorten(server_writer)
        pair = (writer, server_writer)
        self._open.add(pair)
        self.counts.open_peak = max(self.counts.open_peak, len(self._open))
        turn = {"last": ""}
        pump = self._pump_slowly if self.link.slow else self._pump
        both = (pump("up", reader, server_writer, turn, pair), pump("down", to_server, writer, turn, pair))
        with contextlib.suppress(asyncio.CancelledError):  # the proxy itself is being ended
            await asyncio.gather(*both, return_exceptions=True)
        self._open.discard(pair)
        for one in pair:
            one.close()

    async def _reach(self) -> Streams:
        sock = socket.socket()
        self._narrow(sock)
        sock.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(sock, self._target)
        except OSError:
            sock.close()
            raise
        return await asyncio.open_connection(sock=sock, limit=self._limit)

    async def _pump(
        self, way: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, turn: dict[str, str], pair: Any
    ) -> None:
        try:
            while piece := await reader.read(FAST_PIECE):
                self._count(way, piece, turn)
                writer.write(piece)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
        except OSError:
            _reset(*pair)

    async def _pump_slowly(
        self, way: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, turn: dict[str, str], pair: Any
    ) -> None:
        rate = self.link.bytes_per_second
        size = max(256, min(1460, int(rate / 20) or 1460))
        room = asyncio.Semaphore(max(1, BUFFER // size) if rate else 64)
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivering = asyncio.create_task(self._deliver(way, under_way, writer, turn, pair))
        loop = asyncio.get_running_loop()
        try:
            while True:
                await room.acquire()
                piece = await reader.read(size)
                now = time.monotonic()
                leaves = self._ways[way].leaves_at(len(piece), now)
                # The buffer has room again when the bytes have left the bottleneck.
                loop.call_later(max(0.0, leaves - now), room.release)
                await under_way.put((leaves + self.link.delay, piece))
                if not piece:
                    break
            await delivering
        except OSError:
            _reset(*pair)
            delivering.cancel()

    async def _deliver(
        self,
        way: str,
        under_way: "asyncio.Queue[tuple[float, bytes]]",
        writer: asyncio.StreamWriter,
        turn: dict[str, str],
        pair: Any,
    ) -> None:
        while True:
            when, piece = await under_way.get()
            if not piece:
                break
            await asyncio.sleep(max(0.0, when - time.monotonic()))
            if pair not in self._open:
                return
            self._count(way, piece, turn)
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    def _count(self, way: str, piece: bytes, turn: dict[str, str]) -> None:
        self.counts.count(way, len(piece))
        self.counts.turns += way == "down" and turn["last"] == "up"
        turn["last"] = way

    def _narrow(self, sock: socket.socket) -> None:
        if self.link.slow:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)

    def _shorten(self, writer: asyncio.StreamWriter) -> None:
        """Neither the kernel nor the event loop may hold for a slow link what it has not carried."""
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.link.slow:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
            writer.transport.set_write_buffer_limits(high=BUFFER)


def _reset(*writers: asyncio.StreamWriter) -> None:
    """Ends connections as a lost network does: by a reset, not by a farewell."""
    for writer in writers:
        with contextlib.suppress(OSError):
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


def ask(control_port: int, word: str = "stats") -> dict[str, Any]:
    """The figures of a running proxy."""
    with socket.create_connection(("127.0.0.1", control_port), timeout=10) as line:
        line.sendall(f"{word}\n".encode())
        with line.makefile() as answer:
            told: dict[str, Any] = json.loads(answer.readline())
            return told


async def _run(chosen: argparse.Namespace) -> None:
    host, _, port = chosen.target.rpartition(":")
    link = Link(chosen.delay_ms, chosen.kbps, chosen.cut_every, chosen.connect_rtts)
    proxy = Proxy(host, int(port), link)
    listens, control = await proxy.listen(chosen.listen), await proxy.listen_for_words(chosen.control)
    print(json.dumps({"port": listens, "control": control}), flush=True)
    ended = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, ended.set)
    await ended.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.netproxy", description="Count what passes; be a slow link.")
    parser.add_argument("--target", required=True, help="host:port of the server")
    for name in ("--listen", "--control"):
        parser.add_argument(name, type=int, default=0, help="port to take, 0 for any")
    for name in ("--delay-ms", "--kbps", "--cut-every", "--connect-rtts"):
        parser.add_argument(name, type=float, default=0)
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
